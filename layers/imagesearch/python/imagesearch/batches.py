"""Long streams, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """So many items each, the last one what is left; none is taken before it is asked for.

    As `itertools.batched`, which Python has from 3.12 on.
    """
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
