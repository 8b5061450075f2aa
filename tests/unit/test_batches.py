"""Batches of a stream."""

from __future__ import annotations

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from imagesearch.batches import batches


@given(items=st.lists(st.integers(), max_size=50), size=st.integers(1, 12))
def test_all_items_come_in_their_order_in_full_batches_but_for_the_last(items: list[int], size: int) -> None:
    found = list(batches(items, size))
    assert [item for batch in found for item in batch] == items
    assert all(len(batch) == size for batch in found[:-1])
    assert all(0 < len(batch) <= size for batch in found)


def test_no_more_is_taken_of_a_stream_than_is_asked_for() -> None:
    numbers = count()
    assert next(batches(numbers, 3)) == [0, 1, 2]
    assert next(numbers) == 3
