"""Query strings as typed parameters, and as the JSON request that they stand for."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, get_origin

import orjson
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent
from pydantic import BaseModel, ValidationError

from imagesearch.errors import InvalidRequest
from search_api.models.parameters import FilterParameters, SearchParameters

Parameters = TypeVar("Parameters", bound=BaseModel)

_RANGES = {
    "min_width": ("width", "min"),
    "max_width": ("width", "max"),
    "min_height": ("height", "min"),
    "max_height": ("height", "max"),
    "taken_from": ("taken", "from"),
    "taken_to": ("taken", "to"),
    "uploaded_from": ("uploaded", "from"),
    "uploaded_to": ("uploaded", "to"),
    "tag": ("tags", "all"),
    "any_tag": ("tags", "any"),
    "not_tag": ("tags", "none"),
}
_RENAMED = {"q": "text", "facet": "facets"}


def parameters_of(event: BaseProxyEvent | Mapping[str, Any], model: type[Parameters]) -> Parameters:
    """Raises RequestValidationError (for unknown ones, too), and InvalidRequest where one of one value is repeated."""
    given: Mapping[str, Sequence[str]] = event.get("multiValueQueryStringParameters") or {}
    values: dict[str, Any] = {}
    for name, several in given.items():
        if _is_list(model, name):
            values[name] = list(several)
        elif len(several) > 1:
            raise InvalidRequest(f"`{name[:80]}` is given {len(several)} times: give it once.")
        else:
            values[name] = several[0]
    return parsed(values, model)


def parsed(values: Mapping[str, Any], model: type[Parameters]) -> Parameters:
    """What a query string says, as this model. Raises RequestValidationError."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise RequestValidationError([{**each, "loc": ("query", *each["loc"])} for each in error.errors()]) from error


def search_said(parameters: SearchParameters) -> dict[str, Any]:
    """The JSON of `POST /search` that they stand for: only what was said."""
    said = _said(parameters)
    filters = filters_said(parameters)
    request = {
        _RENAMED.get(name, name): value for name, value in said.items() if name not in FilterParameters.model_fields
    }
    return {**request, "filters": filters} if filters else request


def filters_said(parameters: FilterParameters) -> dict[str, Any]:
    """The JSON `filters` that they stand for: only what was said."""
    filters: dict[str, Any] = {}
    for name, value in _said(parameters).items():
        if name not in FilterParameters.model_fields:
            continue
        if name in _RANGES:
            outer, inner = _RANGES[name]
            filters.setdefault(outer, {})[inner] = value
        elif name == "near":
            filters[name] = dict(
                zip(("latitude", "longitude", "kilometres"), map(float, value.split(",")), strict=True)
            )
        elif name == "attribute":
            filters["attributes"] = _attributes(value)
        else:
            filters[name] = value
    return filters


def json_of_raw_picture(event: Mapping[str, Any]) -> dict[str, Any]:
    """The same event with a picture in its body as the JSON request that it stands for.

    API Gateway hands over binary bodies in base64, which is just what `image` takes. Options are in the query string.
    Raises as `parameters_of` does.
    """
    body = event.get("body") or ""
    image = body if event.get("isBase64Encoded") else base64.b64encode(body.encode()).decode()
    request = {**search_said(parameters_of(event, SearchParameters)), "image": image}
    return {
        **typed_as_json(event),
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "body": orjson.dumps(request).decode(),
        "isBase64Encoded": False,
    }


def typed_as_json(event: Mapping[str, Any]) -> dict[str, Any]:
    """The same event with a body of type `application/json`, whatever its headers said."""
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
    }


def _attributes(given: Sequence[str]) -> dict[str, list[str]]:
    """By name. What is written does not tell its type: as texts they find all that is shown so."""
    attributes: dict[str, list[str]] = {}
    for each in given:
        name, _, value = each.partition(":")
        attributes.setdefault(name, []).append(value)
    return attributes


def _said(parameters: BaseModel) -> dict[str, Any]:
    return parameters.model_dump(mode="json", exclude_unset=True)


def _is_list(model: type[BaseModel], name: str) -> bool:
    field = model.model_fields.get(name)
    return field is not None and get_origin(field.annotation) is list
