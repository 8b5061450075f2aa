"""Requests as the use cases' queries."""

from __future__ import annotations

from typing import Any

from imagesearch import bootstrap
from imagesearch.errors import InvalidRequest
from imagesearch.records import Position
from imagesearch.retrieval import AttributeFilter, DateOrder, Filters, Near, NumberRange
from imagesearch.searches import Example, Query
from imagesearch.searching import descriptors_of
from search_api.models import filters as models
from search_api.models.search import SearchRequest
from search_api.pictures import examples_of

_ORDERS = {
    "relevance": None,
    "newest": DateOrder("uploaded", newest_first=True),
    "oldest": DateOrder("uploaded", newest_first=False),
    "taken_newest": DateOrder("taken", newest_first=True),
    "taken_oldest": DateOrder("taken", newest_first=False),
}


def query_of(request: SearchRequest) -> Query:
    """Raises InvalidRequest, QueryImageTooLarge, PictureError, ImageNotFound, NotIndexed, ModelMissing."""
    given = (request.image_id, *(each.image_id for each in (*request.like, *request.unlike)))
    # An image is not an answer to itself.
    filters = filters_of(request.filters, excluded_ids=tuple(dict.fromkeys(each for each in given if each)))
    like, unlike = examples_of(request)
    return Query(
        text=request.text,
        like=like,
        unlike=unlike,
        weights=request.weights,
        fusion=request.fusion,
        min_score=request.min_score,
        collapse_duplicates=request.collapse_duplicates,
        diversity=request.diversity,
        expand_visually=request.expand_visually,
        sort=_ORDERS[request.sort],
        explain=request.explain,
        filters=filters,
        facets=tuple(dict.fromkeys(request.facets)),
        depth=bootstrap.settings().search_depth,
    )


def query_of_similar(image_id: str) -> Query:
    """More like this. Any text may be the id: what can't be one is not there. Raises ImageNotFound, NotIndexed."""
    return Query(
        like=(Example(descriptors_of(image_id, index=bootstrap.index())),),
        filters=Filters(excluded_ids=(image_id,)),
        depth=bootstrap.settings().search_depth,
    )


def filters_of(filters: models.SearchFilters, *, excluded_ids: tuple[str, ...] = ()) -> Filters:
    """Raises InvalidRequest where positions are asked for and none are kept."""
    return Filters(
        tags_all=tuple(filters.tags.all),
        tags_any=tuple(filters.tags.any),
        tags_none=tuple(filters.tags.none),
        tagged=filters.tagged,
        key_prefix=filters.prefix,
        uploaded_from=filters.uploaded.start,
        uploaded_to=filters.uploaded.end,
        taken_from=filters.taken.start,
        taken_to=filters.taken.end,
        width=NumberRange(filters.width.min, filters.width.max),
        height=NumberRange(filters.height.min, filters.height.max),
        orientations=tuple(filters.orientation),
        formats=tuple(filters.format),
        cameras=tuple(filters.camera),
        attributes=tuple(_attribute(name, condition) for name, condition in filters.attributes.items()),
        near=_near(filters.near) if filters.near else None,
        excluded_ids=excluded_ids,
    )


def _attribute(name: str, condition: Any) -> AttributeFilter:
    if isinstance(condition, models.NumberRange):
        return AttributeFilter(name, within=NumberRange(condition.min, condition.max))
    return AttributeFilter(name, tuple(condition) if isinstance(condition, list) else (condition,))


def _near(near: models.NearFilter) -> Near:
    if not bootstrap.settings().keep_positions:
        raise InvalidRequest(
            "`near` asks where pictures were taken, and this service keeps no positions: start it with"
            " IMAGESEARCH_KEEP_POSITIONS=true and index the pictures anew."
        )
    return Near(Position(near.latitude, near.longitude), near.kilometres)
