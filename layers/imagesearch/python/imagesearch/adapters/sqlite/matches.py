"""One leg of a search: by words (FTS5) or by descriptor (sqlite-vec, exact)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, cast

import apsw
import numpy as np

from imagesearch.adapters.sqlite.rows import float_blob
from imagesearch.adapters.sqlite.schema import FIELDS, TOKENIZER
from imagesearch.ports import MAX_TERMS
from imagesearch.ranking import FIELD_WEIGHT
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
    rows = connection.execute(
        f"select r.id, matched_fields(words), {_BM25} from words join records r on r.rowid = words.rowid"
        f" where words match ? and {condition} order by 3, 1 limit ?",
        [any_of(terms), *parameters, depth],
    )
    matches = tuple(TextMatch(image_id, _fields(terms, matched), -bm25) for image_id, matched, bm25 in rows)
    frequency = {
        term: connection.execute("select count(*) from words where words match ?", (_quoted(word),)).get
        for term, word in terms.items()
    }
    return TextMatches(connection.execute("select count(*) from words").get, frequency, matches, leg.name)


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


def terms_of(connection: apsw.Connection, text: str) -> dict[str, str]:
    """The query's first MAX_TERMS distinct terms as the index knows them (stemmed), each with a word that gave it."""
    tokenize = connection.fts5_tokenizer(*TOKENIZER)
    encoded = text.encode("utf-8", "replace")
    terms: dict[str, str] = {}
    for token in tokenize(encoded, apsw.FTS5_TOKENIZE_QUERY, None):
        start, end, term = cast("tuple[int, int, str]", token)
        terms.setdefault(term, encoded[start:end].decode())
    return dict(islice(terms.items(), MAX_TERMS))


def any_of(terms: Mapping[str, str]) -> str:
    """An FTS5 query for at least one of the terms."""
    # The words, not their stems: FTS5 stems its query, and the stem of a stem may be another.
    return " OR ".join(map(_quoted, terms.values()))


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


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
