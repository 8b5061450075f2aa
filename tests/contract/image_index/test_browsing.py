"""By date, without end."""

from __future__ import annotations

from datetime import datetime, timedelta

import image_library
import image_oracle as oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_indexes import EVERYTHING, NOON, an_image, gone, name_of, put

from imagesearch.ports import ImageIndex
from imagesearch.records import PictureFacts, Record, Words
from imagesearch.retrieval import DateOrder, Filters

ORDERS = [DateOrder(by, newest) for by in ("uploaded", "taken") for newest in (True, False)]


def paged(
    index: ImageIndex, filters: Filters, order: DateOrder, text: str | None, limit: int
) -> list[tuple[datetime, str]]:
    pages, after = list[tuple[datetime, str]](), None
    while page := index.browse(filters, order, text=text, after=after, limit=limit):
        assert len(page) <= limit
        pages += page
        after = page[-1]
    return pages


def date_of(record: Record, order: DateOrder) -> datetime:
    uploaded = oracle.uploaded_of(record)
    return uploaded if order.by == "uploaded" else oracle.facts_of(record).taken or uploaded


@settings(max_examples=100, deadline=None)
@given(
    order=st.sampled_from(ORDERS),
    limit=st.integers(1, 30),
    filters=st.just(EVERYTHING) | image_library.filters,
    text=st.none() | image_library.texts,
)
def test_pages_neither_repeat_nor_lose_nor_disorder_though_many_dates_are_equal(
    *, library: ImageIndex, records: list[Record], order: DateOrder, limit: int, filters: Filters, text: str | None
) -> None:
    expected = sorted(
        (
            (date_of(record, order), record.image_id)
            for record in records
            if oracle.is_within(record, filters) and (text is None or oracle.has_any_word(record, text))
        ),
        reverse=order.newest_first,
    )
    assert paged(library, filters, order, text, limit) == expected


def test_what_was_never_captured_stands_where_it_was_uploaded(index: ImageIndex) -> None:
    for name, uploaded, taken in (("early", 0, 5), ("drawing", 3, None), ("late", 9, 1)):
        moment = None if taken is None else NOON + timedelta(hours=taken)
        facts = PictureFacts("PNG", 2, 1, "0", taken=moment)
        put(index, name, an_image(uploaded=NOON + timedelta(hours=uploaded), facts=facts))
    by_capture = index.browse(EVERYTHING, DateOrder("taken", newest_first=False), limit=9)
    assert [name_of(index, image_id) for _, image_id in by_capture] == ["late", "drawing", "early"]


def test_of_words_without_a_term_nothing_is_found(index: ImageIndex) -> None:
    put(index, "frog", an_image(words=Words(caption="frog")))
    assert index.browse(EVERYTHING, DateOrder(), text="!!!", limit=9) == []


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_what_comes_and_goes_meanwhile_disturbs_nobody_else(index: ImageIndex, order: DateOrder) -> None:
    for number in range(6):
        put(index, f"image{number}", an_image(uploaded=NOON + timedelta(seconds=number)))
    first = index.browse(EVERYTHING, order, limit=3)
    put(index, "image4", gone(2))
    put(index, "image1", gone(2))
    before = timedelta(hours=1) if order.newest_first else timedelta(hours=-1)
    put(index, "newcomer", an_image(uploaded=NOON + before))
    rest = index.browse(EVERYTHING, order, after=first[-1], limit=9)
    assert [name_of(index, image_id) for _, image_id in rest] == (
        ["image2", "image0"] if order.newest_first else ["image3", "image5"]
    )
