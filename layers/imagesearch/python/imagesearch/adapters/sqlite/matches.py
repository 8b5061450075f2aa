"""Legs of a search; the text leg by FTS5."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from heapq import nsmallest
from typing import Any

import apsw

from imagesearch.adapters.sqlite.filters import Condition
from imagesearch.adapters.sqlite.nearest import nearest
from imagesearch.adapters.sqlite.schema import FIELDS
from imagesearch.adapters.sqlite.tokens import any_of, quoted, terms_of
from imagesearch.ranking import term_shares, text_score
from imagesearch.records import TextField
from imagesearch.retrieval import Leg, Matches, TextLeg, TextMatch, TextMatches, VectorLeg, WordsAtLeast


def matches_of(
    connection: apsw.Connection, legs: Sequence[Leg], condition: str, parameters: Sequence[Any], depth: int
) -> list[Matches]:
    """Each leg's best `depth` records that meet the condition."""
    together: dict[tuple[str, WordsAtLeast | None], list[VectorLeg]] = {}
    for leg in legs:
        if isinstance(leg, VectorLeg):
            together.setdefault((leg.name, leg.among), []).append(leg)
    found = {
        key: iter(nearest(connection, each, *_among(connection, key[1], condition, parameters), depth))
        for key, each in together.items()
    }
    return [
        next(found[leg.name, leg.among])
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
    matches = TextMatches(connection.execute("select count(*) from words").get, frequency, (), leg.name, terms)
    score, fields_of = _scorer(terms, term_shares(matches)), cache(partial(_fields, tuple(terms)))
    rows = connection.execute(
        "select r.id, matched_fields(words), r.word_count from words join records r on r.rowid = words.rowid"
        f" where words match ? and {condition}",
        [any_of(terms), *parameters],
    )
    best = nsmallest(depth, rows, key=lambda row: (-score(row[1]), row[2], row[0]))
    return replace(
        matches, matches=tuple(TextMatch(image_id, fields_of(matched), count) for image_id, matched, count in best)
    )


def _among(
    connection: apsw.Connection, among: WordsAtLeast | None, condition: str, parameters: Sequence[Any]
) -> Condition:
    """The condition, and that the words match so well."""
    if among is None:
        return condition, parameters
    terms = terms_of(connection, among.text)
    if not terms:
        return "false", []
    score = _scorer(terms, among.shares)
    rows = connection.execute(
        "select r.rowid, matched_fields(words) from words join records r on r.rowid = words.rowid"
        f" where words match ? and {condition}",
        [any_of(terms), *parameters],
    )
    enough = [rowid for rowid, matched in rows if score(matched) >= among.score]
    return "r.rowid in (select value from json_each(?))", [json.dumps(enough)]


def _scorer(terms: Iterable[str], shares: Mapping[str, float]) -> Callable[[str], float]:
    """`text_score` by what `matched_fields` says. Many images agree in where they have which terms."""
    names = tuple(terms)
    return cache(lambda matched: text_score(shares, _fields(names, matched)))


def _fields(terms: Iterable[str], matched: str) -> dict[str, frozenset[TextField]]:
    return {
        term: frozenset(FIELDS[int(column)] for column in columns.split(","))
        for term, columns in zip(terms, matched.split(";"), strict=True)
        if columns
    }
