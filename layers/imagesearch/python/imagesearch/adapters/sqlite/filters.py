"""Filters as SQL over `records r`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import apsw

from imagesearch.adapters.sqlite.near import near
from imagesearch.adapters.sqlite.tokens import any_of, terms_of
from imagesearch.adapters.times import microseconds
from imagesearch.records import AttributeValue
from imagesearch.retrieval import AttributeFilter, Filters, NumberRange, shown_value
from imagesearch.spelling import storable

Condition = tuple[str, Sequence[Any]]
"""SQL and its parameters."""


def where(filters: Filters) -> tuple[str, list[Any]]:
    """A condition that live records within the filters meet, and its parameters."""
    conditions = [("r.live", ()), *_words(filters), *_dates(filters), *_picture(filters)]
    if filters.key_prefix:
        prefix = filters.key_prefix.encode("utf-8", "replace")
        conditions.append(("substr(cast(r.key as blob), 1, ?) = ?", (len(prefix), prefix)))
    if filters.near:
        conditions.append(near(filters.near))
    if filters.excluded_ids:
        conditions.append((f"r.id not in ({_LISTED})", (json.dumps(filters.excluded_ids),)))
    return " and ".join(sql for sql, _ in conditions), [value for _, values in conditions for value in values]


def having(connection: apsw.Connection, text: str | None) -> tuple[str, list[Any]]:
    """What to add to a condition so that only records with any of the text's terms meet it; None asks nothing."""
    if text is None:
        return "", []
    terms = terms_of(connection, text)
    if not terms:
        return " and false", []
    return " and r.rowid in (select rowid from words where words match ?)", [any_of(terms)]


_LISTED = "select value from json_each(?)"
_WITH_TAG = "select record from tags where tag"


def _words(filters: Filters) -> Iterator[Condition]:
    for tag in filters.tags_all:
        yield f"r.rowid in ({_WITH_TAG} = ?)", (storable(tag.lower()),)
    if filters.tags_any:
        yield f"r.rowid in ({_WITH_TAG} in ({_LISTED}))", (_lower(filters.tags_any),)
    if filters.tags_none:
        yield f"r.rowid not in ({_WITH_TAG} in ({_LISTED}))", (_lower(filters.tags_none),)
    if filters.tagged is not None:
        yield f"{'' if filters.tagged else 'not '}exists (select 1 from tags t where t.record = r.rowid)", ()
    for attribute in filters.attributes:
        if condition := _attribute(attribute):
            yield condition


def _dates(filters: Filters) -> Iterator[Condition]:
    for comparison, time in (
        ("uploaded >= ?", filters.uploaded_from),
        ("uploaded < ?", filters.uploaded_to),
        ("taken >= ?", filters.taken_from),
        ("taken < ?", filters.taken_to),
    ):
        if time:
            yield f"r.{comparison}", (microseconds(time),)


def _picture(filters: Filters) -> Iterator[Condition]:
    yield from _within("r.width", filters.width)
    yield from _within("r.height", filters.height)
    if filters.orientations:
        yield f"r.orientation in ({_LISTED})", (json.dumps(filters.orientations),)
    if filters.formats:
        yield f"r.format in ({_LISTED})", (json.dumps(filters.formats),)
    if filters.cameras:
        yield f"r.camera_folded in ({_LISTED})", (_lower(filters.cameras),)


def _within(column: str, numbers: NumberRange) -> Iterator[Condition]:
    if numbers.smallest is not None:
        yield f"{column} >= ?", (float(numbers.smallest),)
    if numbers.largest is not None:
        yield f"{column} <= ?", (float(numbers.largest),)


def _attribute(attribute: AttributeFilter) -> Condition | None:
    """One of the values or, where a range is given too, a number within it; None where nothing is asked."""
    choices = [_equal(value) for value in attribute.any_of]
    if bounds := list(_within("number", attribute.within or NumberRange())):
        choices.append((" and ".join(sql for sql, _ in bounds), [value for _, values in bounds for value in values]))
    if not choices:
        return None
    either = " or ".join(f"({sql})" for sql, _ in choices)
    return (
        f"r.rowid in (select record from attributes where name = ? and ({either}))",
        [storable(attribute.name), *(value for _, values in choices for value in values)],
    )


def _equal(value: AttributeValue) -> Condition:
    if isinstance(value, str):
        return "shown = ?", (storable(shown_value(value)),)
    if isinstance(value, bool):  # before numbers: Python's truth values are numbers too
        return "truth = ?", (int(value),)
    return "number = ?", (float(value),)


def _lower(texts: Iterable[str]) -> str:
    return json.dumps([storable(text.lower()) for text in texts])
