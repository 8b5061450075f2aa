"""Legs of a search; the text leg by FTS5."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache, partial
from heapq import nsmallest
from typing import Any

import apsw

from imagesearch.adapters.sqlite.nearest import nearest
from imagesearch.adapters.sqlite.schema import FIELDS
from imagesearch.adapters.sqlite.tokens import any_of, quoted, terms_of
from imagesearch.ranking import term_shares, text_score
from imagesearch.records import TextField
from imagesearch.retrieval import Leg, Matches, TextLeg, TextMatch, TextMatches, VectorLeg


def matches_of(
    connection: apsw.Connection, legs: Sequence[Leg], condition: str, parameters: Sequence[Any], depth: int
) -> list[Matches]:
    """Each leg's best `depth` records that meet the condition."""
    together: dict[str, list[VectorLeg]] = {}
    for leg in legs:
        if isinstance(leg, VectorLeg):
            together.setdefault(leg.name, []).append(leg)
    found = {name: iter(nearest(connection, each, condition, parameters, depth)) for name, each in together.items()}
    return [
        next(found[leg.name])
        if isinstance(leg, VectorLeg)
        else _text_matches(connection, leg, condition, parameters, depth)
        for leg in legs
    ]


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
        "select r.id, matched_fields(words), r.word_count from words join records r on r.rowid = words.rowid"
        f" where words match ? and {condition}",
        [any_of(terms), *parameters],
    )
    best = nsmallest(depth, rows, key=lambda row: (-score(row[1]), row[2], row[0]))
    return replace(
        matches, matches=tuple(TextMatch(image_id, fields_of(matched), count) for image_id, matched, count in best)
    )


def _fields(terms: Iterable[str], matched: str) -> dict[str, frozenset[TextField]]:
    return {
        term: frozenset(FIELDS[int(column)] for column in columns.split(","))
        for term, columns in zip(terms, matched.split(";"), strict=True)
        if columns
    }
