"""Filters as a query that live images within them meet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from imagesearch.adapters.opensearch.client import Json
from imagesearch.adapters.opensearch.mapping import ALL_TEXT
from imagesearch.adapters.times import microseconds
from imagesearch.records import AttributeValue
from imagesearch.retrieval import AttributeFilter, Filters, Near, NumberRange, shown_value
from imagesearch.spelling import storable

LIVE: Json = {"term": {"live": True}}
_LARGEST = 2**31 - 1
"""Of OpenSearch's `integer`, which refuses to compare with more."""


def within(filters: Filters, *further: Json) -> Json:
    """A query without scores for live images that meet the filters and whatever else must hold."""
    wanted = [LIVE, *_words(filters), *_dates(filters), *_picture(filters), *further]
    if filters.key_prefix:
        wanted.append({"prefix": {"key": storable(filters.key_prefix)}})
    if filters.near:
        wanted.append(_near(filters.near))
    unwanted = [*_any_of("tag", _lower(filters.tags_none)), *_any_of("id", filters.excluded_ids)]
    if filters.tagged is not None:
        (wanted if filters.tagged else unwanted).append({"exists": {"field": "tag"}})
    return {"bool": {"filter": wanted} | ({"must_not": unwanted} if unwanted else {})}


def having(terms: Iterable[str]) -> Json:
    """A query for images with any of these terms."""
    return {"terms": {ALL_TEXT: [*terms]}}


def _words(filters: Filters) -> Iterator[Json]:
    for tag in _lower(filters.tags_all):
        yield {"term": {"tag": tag}}
    yield from _any_of("tag", _lower(filters.tags_any))
    for attribute in filters.attributes:
        yield from _attribute(attribute)


def _dates(filters: Filters) -> Iterator[Json]:
    for field, comparison, time in (
        ("uploaded", "gte", filters.uploaded_from),
        ("uploaded", "lt", filters.uploaded_to),
        ("taken", "gte", filters.taken_from),
        ("taken", "lt", filters.taken_to),
    ):
        if time:
            yield {"range": {field: {comparison: microseconds(time)}}}


def _picture(filters: Filters) -> Iterator[Json]:
    for field, numbers in (("width", filters.width), ("height", filters.height)):
        if bounds := _bounds(numbers):
            pixels = {comparison: max(-_LARGEST, min(number, _LARGEST)) for comparison, number in bounds.items()}
            yield {"range": {field: pixels}}
    yield from _any_of("orientation", filters.orientations)
    yield from _any_of("format", filters.formats)
    yield from _any_of("camera_folded", _lower(filters.cameras))


def _attribute(attribute: AttributeFilter) -> Iterator[Json]:
    """One of the values or, where a range is given too, a number within it; nothing where nothing is asked."""
    choices = [_equal(value) for value in attribute.any_of]
    if bounds := _bounds(attribute.within or NumberRange()):
        choices.append({"range": {"attribute.number": bounds}})
    if not choices:
        return
    named = {"term": {"attribute.name": storable(attribute.name)}}
    # Name and value of one and the same attribute: hence nested.
    either = {"bool": {"filter": [named], "should": choices, "minimum_should_match": 1}}
    yield {"nested": {"path": "attribute", "query": either, "score_mode": "none"}}


def _equal(value: AttributeValue) -> Json:
    if isinstance(value, str):
        return {"term": {"attribute.shown": storable(shown_value(value))}}
    if isinstance(value, bool):  # before numbers: Python's truth values are numbers too
        return {"term": {"attribute.truth": value}}
    return {"term": {"attribute.number": _number(value)}}


def _bounds(numbers: NumberRange) -> Json:
    ends = {"gte": numbers.smallest, "lte": numbers.largest}
    return {comparison: _number(number) for comparison, number in ends.items() if number is not None}


def _number(value: float) -> float:
    return float(value) + 0.0  # makes -0.0, which for Lucene lies below 0.0, the 0.0 that is kept


def _near(near: Near) -> Json:
    place = {"lat": near.position.latitude, "lon": near.position.longitude}
    # `arc`, the default, is the haversine on a sphere of Earth's mean radius.
    return {"geo_distance": {"distance": near.kilometres * 1000, "unit": "m", "position": place}}


def _any_of(field: str, values: Iterable[str]) -> Iterator[Json]:
    if listed := [storable(value) for value in values]:
        yield {"terms": {field: listed}}


def _lower(texts: Iterable[str]) -> list[str]:
    return [storable(text.lower()) for text in texts]
