"""The embedded index: one SQLite file with FTS5 for words and sqlite-vec for exact vector search."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import cast

from imagesearch.adapters.facet_names import check_facets
from imagesearch.adapters.marks import CLOSE, OPEN, marked
from imagesearch.adapters.sqlite.connections import Connections
from imagesearch.adapters.sqlite.facets import facet_counts
from imagesearch.adapters.sqlite.filters import having, where
from imagesearch.adapters.sqlite.matches import matches_of
from imagesearch.adapters.sqlite.rows import SELECT_RECORDS, record_of, space_of
from imagesearch.adapters.sqlite.suggestions import suggestions
from imagesearch.adapters.sqlite.tokens import any_of, terms_of
from imagesearch.adapters.sqlite.writes import write_part
from imagesearch.adapters.times import microseconds, moment
from imagesearch.errors import NotSupported
from imagesearch.records import IndexStatus, Record, TextField, Write, Written
from imagesearch.retrieval import Capability, Counts, DateOrder, Filters, Leg, Matches, Suggestion
from imagesearch.spelling import storable

_PAGE = 500


class SqliteIndex:
    """Implements `ports.ImageIndex`. Safe to use from several threads and processes at once."""

    def __init__(self, path: Path) -> None:
        self._connections = Connections(path)

    @property
    def capabilities(self) -> frozenset[Capability]:
        return frozenset()

    def write(self, writes: Sequence[Write], *, visible: bool = False, deadline: float | None = None) -> list[Written]:
        del visible, deadline  # what is written is seen at once, or nothing is
        with self._connections.writing() as connection:
            return [write_part(connection, write) for write in writes]

    def read(self, image_ids: Sequence[str], *, descriptors: bool = False) -> dict[str, Record]:
        with self._connections.reading() as connection:
            rows = connection.execute(
                f"{SELECT_RECORDS} where r.id in (select value from json_each(?))",
                (json.dumps(list(image_ids)),),
            )
            records = [record_of(connection, row, descriptors=descriptors) for row in rows]
        return {record.image_id: record for record in records}

    def retrieve(self, legs: Sequence[Leg], filters: Filters, depth: int) -> list[Matches]:
        condition, parameters = where(filters)
        with self._connections.reading() as connection:
            return matches_of(connection, legs, condition, parameters, depth)

    def score(self, legs: Sequence[Leg], image_ids: Sequence[str]) -> list[Matches]:
        condition = "r.live and r.id in (select value from json_each(?))"
        parameters = [json.dumps(list(image_ids))]
        with self._connections.reading() as connection:
            return matches_of(connection, legs, condition, parameters, len(image_ids))

    def count(self, filters: Filters, text: str | None, facets: Sequence[str], facet_size: int) -> Counts:
        check_facets(facets)
        condition, parameters = where(filters)
        with self._connections.reading() as connection:
            among, words = having(connection, text)
            condition, parameters = condition + among, [*parameters, *words]
            total = connection.execute(f"select count(*) from records r where {condition}", parameters).get
            return Counts(
                total, {name: facet_counts(connection, name, condition, parameters, facet_size) for name in facets}
            )

    def browse(
        self,
        filters: Filters,
        order: DateOrder,
        *,
        text: str | None = None,
        after: tuple[datetime, str] | None = None,
        limit: int,
    ) -> list[tuple[datetime, str]]:
        condition, parameters = where(filters)
        date = {"uploaded": "r.uploaded", "taken": "r.dated"}[order.by]
        comparison, direction = ("<", "desc") if order.newest_first else (">", "asc")
        if after:
            condition += f" and ({date}, r.id) {comparison} (?, ?)"
            parameters += [microseconds(after[0]), after[1]]
        with self._connections.reading() as connection:
            among, words = having(connection, text)
            rows = connection.execute(
                f"select {date}, r.id from records r where {condition}{among}"
                f" order by {date} {direction}, r.id {direction} limit ?",
                [*parameters, *words, limit],
            )
            return [(moment(date), image_id) for date, image_id in rows]

    def suggest(self, typed: str, limit: int, *, fuzzy: bool = False) -> list[Suggestion]:
        if fuzzy:
            raise NotSupported("This index completes what is typed, but does not forgive slips of the fingers.")
        with self._connections.reading() as connection:
            return suggestions(connection, typed, limit)

    def rejected(self, *, after: str | None, limit: int) -> list[Record]:
        with self._connections.reading() as connection:
            rows = connection.execute(
                f"{SELECT_RECORDS} where r.image_state = 'rejected' and not r.hidden"
                " and r.key > ? order by r.key limit ?",
                (storable(after or ""), limit),
            )
            return [record_of(connection, row, descriptors=False) for row in rows]

    def highlights(self, text: str, image_ids: Sequence[str]) -> dict[str, dict[TextField, str]]:
        with self._connections.reading() as connection:
            terms = terms_of(connection, text)
            if not terms:
                return {}
            rows = connection.execute(
                "select r.id, highlight(words, 0, ?, ?), highlight(words, 1, ?, ?)"
                " from words join records r on r.rowid = words.rowid"
                " where words match ? and r.id in (select value from json_each(?))",
                (OPEN, CLOSE, OPEN, CLOSE, any_of(terms), json.dumps(list(image_ids))),
            )
            return {image_id: marked(caption, tags) for image_id, caption, tags in rows}

    def live_contents(self, sha256s: Collection[str]) -> set[str]:
        with self._connections.reading() as connection:
            rows = connection.execute(
                "select distinct sha256 from records where live and sha256 in (select value from json_each(?))",
                (json.dumps(list(sha256s)),),
            )
            return {sha256 for (sha256,) in rows}

    def listing(self) -> Iterator[Record]:
        last = 0
        while True:
            with self._connections.reading() as connection:
                rows = connection.execute(
                    f"{SELECT_RECORDS} where r.rowid > ? order by r.rowid limit ?", (last, _PAGE)
                ).fetchall()
                records = [record_of(connection, row, descriptors=False) for row in rows]
            if not rows:
                return
            yield from records
            last = cast("int", rows[-1][0])

    def space_id(self) -> str | None:
        with self._connections.reading() as connection:
            return space_of(connection)

    def sweep(self, before: datetime) -> int:
        dead = (
            "(image_state is null or (image_state in ('removed', 'pending') and image_written < ?1))"
            " and (sidecar_state is null or (sidecar_state = 'removed' and sidecar_written < ?1))"
        )
        with self._connections.writing() as connection:
            connection.execute(f"delete from records where {dead}", (microseconds(before),))
            return connection.changes()

    def status(self) -> IndexStatus:
        with self._connections.reading() as connection:
            states = dict(
                connection.execute(
                    "select iif(hidden, 'hidden', image_state), count(*) from records"
                    " where image_state is not null group by 1 order by 1"
                )
            )
            return IndexStatus(space_of(connection), states)
