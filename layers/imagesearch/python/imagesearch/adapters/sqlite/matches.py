"""One leg of a search: by words (FTS5) or by descriptor (sqlite-vec, exact)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache, partial
from heapq import nsmallest
from typing import Any

import apsw
import numpy as np

from imagesearch.adapters.sqlite.rows import float_blob
from imagesearch.adapters.sqlite.schema import FIELDS
from imagesearch.adapters.sqlite.tokens import any_of, quoted, terms_of
from imagesearch.ranking import FIELD_WEIGHT, term_shares, text_score
from imagesearch.records import TextField
from imagesearch.searches import Leg, TextLeg, TextMatch, TextMatches, VectorLeg, VectorMatch, VectorMatches

_BM25 = f"bm25(words, {', '.join(str(FIELD_WEIGHT[field]) for field in FIELDS)})"


def matches_of(
    connection: apsw.Connection, leg: Leg, condition: str, parameters: Sequence[Any], depth: int
) -> TextMatches | VectorMatches:
    """The leg's best `depth` records that meet the condition."""
    if isinstance(leg, TextLeg):
        return _text_matches(connection, leg, condition, parameters, depth)
    return _vector_matches(connection, leg, condition, parameters, depth)


def _text_matches(
    connection: apsw.Connection, leg: TextLeg, condition: str, parameters: Sequence[Any], depth: int
) -> TextMatches:
    terms = terms_of(connection, leg.text)
    if not terms:
        return TextMatches(0, {}, (), leg.name)
    frequency = {
        term: connection.execute("select count(*) from words where words match ?", (quoted(word),)).get
        for term, word in terms.items()
    }
    matches = TextMatches(connection.execute("select count(*) from words").get, frequency, (), leg.name)
    shares = term_shares(matches)
    fields_of = cache(partial(_fields, tuple(terms)))

    @cache  # by where an image has which terms: many images agree in that
    def score(matched: str) -> float:
        return text_score(shares, fields_of(matched))

    rows = connection.execute(
        f"select r.id, matched_fields(words), {_BM25} from words join records r on r.rowid = words.rowid"
        f" where words match ? and {condition}",
        [any_of(terms), *parameters],
    )
    best = nsmallest(depth, rows, key=lambda row: (-score(row[1]), row[2], row[0]))
    return replace(
        matches, matches=tuple(TextMatch(image_id, fields_of(matched), -bm25) for image_id, matched, bm25 in best)
    )


def _vector_matches(
    connection: apsw.Connection, leg: VectorLeg, condition: str, parameters: Sequence[Any], depth: int
) -> VectorMatches:
    # SQLite gives the other columns of the row that has the minimum: the box of the nearest vector.
    rows = connection.execute(
        "select r.id, min(vec_distance_cosine(v.vector, ?)), v.box from vectors v"
        f" join records r on r.rowid = v.record where v.name = ? and {condition}"
        " group by r.id order by 2, 1 limit ?",
        [float_blob(leg.vector), leg.name, *parameters, depth],
    )
    return VectorMatches(
        leg.name, tuple(VectorMatch(image_id, 1 - distance, _box(box)) for image_id, distance, box in rows)
    )


def _fields(terms: Iterable[str], matched: str) -> dict[str, frozenset[TextField]]:
    return {
        term: frozenset(FIELDS[int(column)] for column in columns.split(","))
        for term, columns in zip(terms, matched.split(";"), strict=True)
        if columns
    }


def _box(blob: bytes | None) -> tuple[float, float, float, float] | None:
    if blob is None:
        return None
    left, top, right, bottom = np.frombuffer(blob, np.float32).tolist()
    return left, top, right, bottom
