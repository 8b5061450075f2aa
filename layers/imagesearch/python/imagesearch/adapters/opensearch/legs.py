"""All legs of a search together, in as few round trips as can be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

from imagesearch.adapters.opensearch.client import Connection, Json
from imagesearch.adapters.opensearch.filters import LIVE, within
from imagesearch.adapters.opensearch.mapping import MAX_HITS
from imagesearch.adapters.opensearch.shape import Shape
from imagesearch.adapters.opensearch.terms import terms_of
from imagesearch.adapters.opensearch.vector_legs import exact, is_known, nearest, read_vectors
from imagesearch.adapters.opensearch.words_leg import (
    best_by_words,
    counting,
    matching,
    matching_at_least,
    read_statistics,
    read_words,
)
from imagesearch.meanwhile import meanwhile
from imagesearch.retrieval import Filters, Leg, Matches, TextLeg, TextMatches, VectorLeg, VectorMatches
from imagesearch.spelling import storable

Question = tuple[Sequence[Json], Callable[[Sequence[Json]], Matches]]
"""Searches, and what makes matches of their answers."""


def retrieve(
    connection: Connection, shape: Shape, legs: Sequence[Leg], filters: Filters, depth: int, *, candidates: int
) -> list[Matches]:
    """See `ports.ImageIndex.retrieve`. Legs by descriptor look for at least so many candidates."""
    condition = within(filters)
    by_words = [leg for leg in legs if isinstance(leg, TextLeg)]
    by_vectors = [_nearest(shape, leg, condition, depth, candidates) for leg in legs if isinstance(leg, VectorLeg)]
    # Words take requests that wait for each other; meanwhile the vectors are found.
    with meanwhile(_answered, connection, by_vectors) as answered:
        words = iter([best_by_words(connection, leg, condition, depth) for leg in by_words])
        vectors = iter(answered())
    return [next(words) if isinstance(leg, TextLeg) else next(vectors) for leg in legs]


def score(connection: Connection, shape: Shape, legs: Sequence[Leg], image_ids: Sequence[str]) -> list[Matches]:
    """See `ports.ImageIndex.score`. One request for so many images, once the terms of the text are known."""
    ids = list(dict.fromkeys(map(storable, image_ids)))
    found = [
        _scored(connection, shape, legs, ids[start : start + MAX_HITS])
        for start in range(0, max(len(ids), 1), MAX_HITS)  # of no images there are no matches, by each leg
    ]
    return [_joined(parts) for parts in zip(*found, strict=True)]


def _scored(connection: Connection, shape: Shape, legs: Sequence[Leg], ids: Sequence[str]) -> list[Matches]:
    among: Json = {"bool": {"filter": [LIVE, {"terms": {"id": ids}}]}}
    return _answered(
        connection,
        [
            _matching(connection, leg, among, len(ids))
            if isinstance(leg, TextLeg)
            else _exact(shape, leg, among, len(ids))
            for leg in legs
        ],
    )


def _joined(parts: Sequence[Matches]) -> Matches:
    """The answers to one leg, each of other images."""
    return replace(parts[0], matches=tuple(match for part in parts for match in part.matches))  # type: ignore[arg-type]  # all are of one kind


def _answered(connection: Connection, questions: Sequence[Question]) -> list[Matches]:
    answers = iter(connection.msearch([body for bodies, _ in questions for body in bodies]))
    return [read(list(islice(answers, len(bodies)))) for bodies, read in questions]


def _matching(connection: Connection, leg: TextLeg, among: Json, size: int) -> Question:
    terms = terms_of(connection, leg.text)
    if not terms:
        return [], lambda _: TextMatches(0, {}, (), leg.name)

    def read(answers: Sequence[Json]) -> TextMatches:
        *counts, found = answers
        return replace(read_statistics(leg, terms, counts), matches=tuple(read_words(terms, found)))

    return [*counting(terms), matching(terms, among, size)], read


def _nearest(shape: Shape, leg: VectorLeg, condition: Json, depth: int, candidates: int) -> Question:
    if not is_known(shape, leg):
        return [], lambda _: VectorMatches(leg.name, ())
    return [nearest(shape, leg, _among(leg, condition), depth, candidates)], partial(read_vectors, leg)


def _exact(shape: Shape, leg: VectorLeg, among: Json, size: int) -> Question:
    if not is_known(shape, leg):
        return [], lambda _: VectorMatches(leg.name, ())
    return [exact(shape, leg, _among(leg, among), size)], partial(read_vectors, leg)


def _among(leg: VectorLeg, condition: Json) -> Json:
    return {"bool": {"filter": [condition, matching_at_least(leg.among)]}} if leg.among else condition
