"""Requests as the use cases' queries."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from imagesearch import bootstrap
from imagesearch.errors import InvalidRequest, QueryImageTooLarge
from imagesearch.records import Descriptors
from imagesearch.searches import Filters
from imagesearch.searching import Query, descriptors_of
from search_api.models import SearchFilters, SearchRequest


def query_of(request: SearchRequest) -> Query:
    """Raises InvalidRequest, QueryImageTooLarge, PictureError, ImageNotFound, NotIndexed, ModelMissing."""
    filters = filters_of(request.filters)
    if request.image_id:
        filters = _without(filters, request.image_id)
    return Query(
        text=request.text,
        descriptors=_descriptors(request),
        weights=request.weights,
        filters=filters,
        facets=tuple(request.facets),
        depth=bootstrap.settings().search_depth,
    )


def filters_of(filters: SearchFilters) -> Filters:
    return Filters(
        tags_all=tuple(filters.tags.all),
        tags_any=tuple(filters.tags.any),
        tags_none=tuple(filters.tags.none),
        key_prefix=filters.prefix,
        uploaded_from=filters.uploaded.start,
        uploaded_to=filters.uploaded.end,
        taken_from=filters.taken.start,
        taken_to=filters.taken.end,
    )


def json_of_raw_picture(event: Mapping[str, Any]) -> dict[str, Any]:
    """The same event with a picture in its body as the JSON request that it stands for.

    API Gateway hands over binary bodies in base64, which is just what `image` takes. Options are in the query string.
    """
    parameters = event.get("multiValueQueryStringParameters") or {}
    body = event.get("body") or ""
    image = body if event.get("isBase64Encoded") else base64.b64encode(body.encode()).decode()
    request = {**request_of_parameters(parameters), "image": image}
    headers = {name: value for name, value in (event.get("headers") or {}).items() if name.lower() != "content-type"}
    several = {
        name: values
        for name, values in (event.get("multiValueHeaders") or {}).items()
        if name.lower() != "content-type"
    }
    return {
        **event,
        "headers": {**headers, "content-type": "application/json"},
        "multiValueHeaders": {**several, "content-type": ["application/json"]},
        "body": orjson.dumps(request).decode(),
        "isBase64Encoded": False,
    }


def request_of_parameters(parameters: Mapping[str, list[str]]) -> dict[str, Any]:
    """The JSON request that some query parameters stand for; unknown ones are kept, to be refused by name."""
    request: dict[str, Any] = {}
    filters: dict[str, Any] = {}
    for name, values in parameters.items():
        match name:
            case "q":
                request["text"] = values[-1]
            case "tag":
                filters.setdefault("tags", {})["all"] = values
            case "not_tag":
                filters.setdefault("tags", {})["none"] = values
            case "prefix":
                filters["prefix"] = values[-1]
            case "limit" if re.fullmatch("[0-9]{1,9}", values[-1]):
                request["limit"] = int(values[-1])
            case "facet":
                request["facets"] = values
            case _:
                request[name] = values[-1]
    return {**request, "filters": filters} if filters else request


def _descriptors(request: SearchRequest) -> Descriptors:
    if request.image_id:
        return descriptors_of(request.image_id, index=bootstrap.index())
    if request.image is None:
        return {}
    try:
        pixels = bootstrap.query_reader()(_decoded(request.image))
    except MemoryError as error:
        raise QueryImageTooLarge("The query picture needs more memory than there is: shrink it.") from error
    (descriptors,) = bootstrap.query_describer().describe([pixels])
    return descriptors


def _decoded(image: str) -> bytes:
    limit = bootstrap.settings().max_query_image_bytes
    # Four characters stand for three bytes, or for one or two at the end: what can't fit is not decoded at all.
    if len(image) * 3 // 4 - 2 > limit:
        raise _too_large(limit)
    try:
        data = base64.b64decode(image, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest("`image` is not base64.") from error
    if len(data) > limit:
        raise _too_large(limit)
    return data


def _too_large(limit: int) -> QueryImageTooLarge:
    return QueryImageTooLarge(f"A query picture may have {limit:,} bytes: shrink it before you send it.")


def _without(filters: Filters, image_id: str) -> Filters:
    """An image is not an answer to itself."""
    return replace(filters, excluded_ids=(image_id,))
