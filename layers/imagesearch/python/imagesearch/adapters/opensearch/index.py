"""The index on OpenSearch: thin, each method is one call into a module."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import cached_property

from imagesearch.adapters.opensearch import browsing, counting, highlighting, reading, suggesting, writing
from imagesearch.adapters.opensearch import legs as searching
from imagesearch.adapters.opensearch.client import Connection
from imagesearch.adapters.opensearch.mapping import SCHEMA_VERSION
from imagesearch.adapters.opensearch.shape import MAKE_ANOTHER, Shape, read_shape
from imagesearch.errors import IndexOutdated
from imagesearch.records import IndexStatus, Record, TextField, Write, Written
from imagesearch.retrieval import Capability, Counts, DateOrder, Filters, Leg, Matches, Suggestion


class OpenSearchIndex:
    """Implements `ports.ImageIndex`. Safe to share between threads.

    `connection`'s alias must stand on an index that `administration.create` made; what that was made for is read on
    the first call that needs it.
    """

    def __init__(self, connection: Connection, *, candidates: int = 200) -> None:
        self._connection = connection
        self._candidates = candidates
        """That a search by vectors looks for at the least: fewer find less."""

    @cached_property
    def shape(self) -> Shape:
        """What the index was made for. Raises IndexMissing, IndexOutdated, IndexUnavailable."""
        shape = read_shape(self._connection)
        if shape.schema != SCHEMA_VERSION:
            raise IndexOutdated(
                f"The index was made by another version of imagesearch (its schema is {shape.schema}, not"
                f" {SCHEMA_VERSION}): {MAKE_ANOTHER}."
            )
        return shape

    @property
    def capabilities(self) -> frozenset[Capability]:
        return frozenset({"fuzzy"})

    def write(self, writes: Sequence[Write], *, visible: bool = False, deadline: float | None = None) -> list[Written]:
        return writing.write(self._connection, self.shape, writes, visible=visible, deadline=deadline)

    def read(self, image_ids: Sequence[str], *, descriptors: bool = False) -> dict[str, Record]:
        return reading.read(self._connection, image_ids, descriptors=descriptors)

    def retrieve(self, legs: Sequence[Leg], filters: Filters, depth: int) -> list[Matches]:
        return searching.retrieve(self._connection, self.shape, legs, filters, depth, candidates=self._candidates)

    def score(self, legs: Sequence[Leg], image_ids: Sequence[str]) -> list[Matches]:
        return searching.score(self._connection, self.shape, legs, image_ids)

    def count(self, filters: Filters, text: str | None, facets: Sequence[str], facet_size: int) -> Counts:
        return counting.count(self._connection, filters, text, facets, facet_size)

    def browse(
        self,
        filters: Filters,
        order: DateOrder,
        *,
        text: str | None = None,
        after: tuple[datetime, str] | None = None,
        limit: int,
    ) -> list[tuple[datetime, str]]:
        return browsing.browse(self._connection, filters, order, text=text, after=after, limit=limit)

    def suggest(self, typed: str, limit: int, *, fuzzy: bool = False) -> list[Suggestion]:
        return suggesting.suggest(self._connection, typed, limit, fuzzy=fuzzy)

    def highlights(self, text: str, image_ids: Sequence[str]) -> dict[str, dict[TextField, str]]:
        return highlighting.highlights(self._connection, text, image_ids)

    def rejected(self, *, after: str | None, limit: int) -> list[Record]:
        return reading.rejected(self._connection, after=after, limit=limit)

    def live_contents(self, sha256s: Collection[str]) -> set[str]:
        return reading.live_contents(self._connection, sha256s)

    def listing(self) -> Iterator[Record]:
        return reading.listing(self._connection)

    def space_id(self) -> str | None:
        return self.shape.space_id

    def sweep(self, before: datetime) -> int:
        return reading.sweep(self._connection, before)

    def status(self) -> IndexStatus:
        return IndexStatus(self.shape.space_id, reading.states(self._connection))
