"""Backfilling on a real OpenSearch: compare and set holds there, too."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import opensearch_indexes
import pytest
from backfill_histories import backfills_alone, events_and_backfills
from followed_buckets import Library, NewLibrary
from hypothesis import given, settings
from hypothesis import strategies as st

from imagesearch.adapters.opensearch.index import OpenSearchIndex
from imagesearch.records import Write, Written

EXAMPLES = 12
"""Each is hundreds of requests; the same properties have five times as many on the embedded index."""


class Seen(OpenSearchIndex):
    """An index whose searches see at once what is written, as these histories look at them after every step."""

    def write(self, writes: Sequence[Write], *, visible: bool = True, deadline: float | None = None) -> list[Written]:
        return super().write(writes, visible=True, deadline=deadline)


@pytest.fixture(scope="module")
def new_library(opensearch: str) -> Iterator[NewLibrary]:
    """An empty library; the one before last is emptied for it."""
    with opensearch_indexes.temporary(opensearch, shards=1) as new_index:
        made = [Seen(new_index()._connection) for _ in range(2)]  # type: ignore[attr-defined]  # it is OpenSearch's
        turns = itertools.cycle(made)

        def new() -> Library:
            index = next(turns)
            opensearch_indexes.empty(index)
            return Library(index, space_id=opensearch_indexes.SPACE)

        yield new


@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data())
def test_events_and_backfills_in_any_order_end_as_events_alone(new_library: NewLibrary, data: Any) -> None:
    events_and_backfills(new_library, data)


@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data())
def test_backfills_alone_end_as_events_alone(new_library: NewLibrary, data: Any) -> None:
    backfills_alone(new_library, data)
