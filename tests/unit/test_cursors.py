"""Cursors carry a search from page to page, and nobody else's word."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagesearch.cursors import BrowseCursor, Cursor, Cursors, DuplicatesCursor, RankedCursor, RejectedCursor
from imagesearch.errors import InvalidCursor
from imagesearch.ranking import SCORE_DIGITS, Calibration, Plan
from imagesearch.records import Position, image_id
from imagesearch.retrieval import AttributeFilter, DateOrder, Filters, Near, NumberRange, TextLeg, VectorLeg
from imagesearch.searches import RankedHit

CURSORS = Cursors("a secret", 3600)

ids = st.binary(min_size=16, max_size=16).map(lambda data: base64.b32encode(data).decode().rstrip("=").lower())
scores = st.integers(0, 10**SCORE_DIGITS).map(lambda number: number / 10**SCORE_DIGITS)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)
times = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))]))
tags = st.lists(texts, max_size=3).map(tuple)
numbers = st.floats(-1e300, 1e300)
ranges = st.builds(NumberRange, st.none() | numbers, st.none() | numbers)
attributes = st.builds(
    AttributeFilter, texts, st.lists(texts | numbers | st.booleans(), max_size=3).map(tuple), st.none() | ranges
)
places = st.builds(Near, st.builds(Position, st.floats(-90, 90), st.floats(-180, 180)), st.floats(0.001, 20_000))
filters = st.builds(
    Filters,
    tagged=st.none() | st.booleans(),
    width=ranges,
    orientations=st.lists(st.sampled_from(["landscape", "portrait", "square"]), max_size=2).map(tuple),
    cameras=tags,
    attributes=st.lists(attributes, max_size=2).map(tuple),
    near=st.none() | places,
    tags_all=tags,
    tags_any=tags,
    tags_none=tags,
    key_prefix=texts,
    uploaded_from=st.none() | times,
    uploaded_to=st.none() | times,
    taken_from=st.none() | times,
    taken_to=st.none() | times,
    excluded_ids=st.lists(ids, max_size=3).map(tuple),
)
orders = st.builds(DateOrder, st.sampled_from(["uploaded", "taken"]), st.booleans())
places_reached = st.tuples(times, ids)
browse_cursors = (
    st.builds(BrowseCursor, filters, st.none() | texts, orders, st.none() | places_reached, st.booleans())
    | st.builds(RejectedCursor, texts)
    | st.builds(DuplicatesCursor, places_reached)
)


@st.composite
def ranked_cursors(draw: st.DrawFn) -> RankedCursor:
    legs = draw(st.lists(st.sampled_from(["text", "semantic", "texture"]), unique=True, min_size=1))

    def hit() -> RankedHit:
        ranks = {leg: draw(st.none() | st.integers(1, 1000)) for leg in legs}
        return RankedHit(
            draw(ids),
            draw(scores),
            {leg: draw(scores) for leg in legs},
            {leg: rank for leg, rank in ranks.items() if rank is not None},
            tuple(draw(st.lists(ids, max_size=3))),
            *draw(st.just((None, None)) | st.tuples(ids, scores)),
        )

    hits = tuple(hit() for _ in range(draw(st.integers(0, 5))))
    return RankedCursor(
        hits, draw(st.integers(0, 10**9)), draw(st.sampled_from(["text", "filters"])), draw(st.none() | texts)
    )


@given(ranked_cursors() | browse_cursors)
def test_a_cursor_reads_back_as_it_was_written(cursor: Cursor) -> None:
    assert CURSORS.read(CURSORS.write(cursor)) == cursor


def test_a_search_to_be_explained_carries_what_it_was_ranked_by() -> None:
    vector = np.array([0.1, 0.2, 0.3], np.float32)
    legs = (TextLeg("frog"), VectorLeg("semantic", vector))
    plan = Plan(legs, {"text": 1.0, "semantic": 0.5}, {"semantic": Calibration(1.5, -0.5)}, "rrf")

    cursor = CURSORS.read(CURSORS.write(RankedCursor((), 3, "text", "frog", plan)))

    assert isinstance(cursor, RankedCursor)
    assert cursor.plan
    text, picture = cursor.plan.legs
    assert text == legs[0]
    assert isinstance(picture, VectorLeg)
    assert np.array_equal(picture.vector, vector)
    assert replace(cursor.plan, legs=()) == replace(plan, legs=())


@given(ranked_cursors() | browse_cursors)
def test_a_cursor_can_stand_in_a_url_as_it_is(cursor: Cursor) -> None:
    token = CURSORS.write(cursor)

    assert token.isascii()
    assert token.replace("-", "").replace("_", "").replace(".", "").isalnum()


@given(ranked_cursors() | browse_cursors, st.data())
def test_a_cursor_with_any_character_changed_is_refused(cursor: Cursor, data: st.DataObject) -> None:
    token = CURSORS.write(cursor)
    # The last character of the signature has bits to spare, which say nothing.
    position = data.draw(st.integers(0, len(token) - 2))
    other = data.draw(st.characters(min_codepoint=33, max_codepoint=126).filter(lambda c: c != token[position]))

    with pytest.raises(InvalidCursor):
        CURSORS.read(token[:position] + other + token[position + 1 :])


@given(st.text(max_size=200))
def test_anything_else_is_refused(token: str) -> None:
    with pytest.raises(InvalidCursor):
        CURSORS.read(token)


@given(ranked_cursors() | browse_cursors)
def test_a_cursor_of_another_secret_is_refused(cursor: Cursor) -> None:
    with pytest.raises(InvalidCursor):
        CURSORS.read(Cursors("another secret", 3600).write(cursor))


def test_a_cursor_that_is_too_old_is_refused() -> None:
    token = CURSORS.write(BrowseCursor(Filters()))

    # Even one written this second is older than this.
    with pytest.raises(InvalidCursor):
        Cursors("a secret", -1).read(token)


def test_what_remains_of_a_whole_search_is_small_enough_for_a_url() -> None:
    """200 hits on two legs stay below the 8 KB that servers and proxies take."""
    hits = tuple(
        RankedHit(image_id("images", f"{n}.jpg"), n / 200, {"text": n / 300, "semantic": n / 400}, {"semantic": n + 1})
        for n in range(200)
    )

    assert len(CURSORS.write(RankedCursor(hits, 200, "text", "frog"))) < 8_000


def test_a_time_keeps_its_microseconds() -> None:
    moment = datetime(2026, 11, 22, 8, 0, 0, 123_456, UTC)

    assert CURSORS.read(CURSORS.write(DuplicatesCursor((moment, "x")))) == DuplicatesCursor((moment, "x"))
