"""Scores and orders, as pure functions. One definition for every index."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from imagesearch.records import TextField
from imagesearch.searches import Matches, TextMatches

FIELD_WEIGHT: Mapping[TextField, float] = {"caption": 1.0, "tags": 0.9, "attributes": 0.7, "name": 0.6}
SCORE_DIGITS = 4
"""Scores are rounded to this many digits, so that a score is the same on every page."""


@dataclass(frozen=True, slots=True)
class RankedHit:
    """One image in a ranked list. Scores are 0 to 1."""

    image_id: str
    score: float
    scores: Mapping[str, float]
    """By leg; exact, whether the leg retrieved the image or not."""
    ranks: Mapping[str, int]
    """By leg, from 1, where the leg retrieved the image."""


def inverse_document_frequency(documents: int, frequency: int) -> float:
    """How much a term tells, always above 0 (Robertson and Zaragoza 2009, in the form that Lucene's BM25 uses)."""
    return math.log(1 + (documents - frequency + 0.5) / (frequency + 0.5))


def text_scores(matches: TextMatches) -> dict[str, float]:
    """By image, the idf-weighted share of the query's terms that it has, each by its best field. 0 to 1."""
    idf = {
        term: inverse_document_frequency(matches.documents, frequency)
        for term, frequency in matches.document_frequency.items()
    }
    # Exact sums: the same score to the last bit, in whatever order an index names the terms.
    whole = math.fsum(idf.values())
    return {
        match.image_id: math.fsum(
            idf[term] * max(FIELD_WEIGHT[field] for field in fields) for term, fields in match.fields.items()
        )
        / whole
        for match in matches.matches
    }


def visual_score(cosine: float, unrelated: float) -> float:
    """How alike two pictures are: 0 for a cosine that unrelated ones have, 1 for the same picture."""
    return min(1.0, max(0.0, (cosine - unrelated) / (1 - unrelated)))


def leg_scores(matches: Matches, unrelated: Mapping[str, float]) -> dict[str, float]:
    """By image, the score on one leg. `unrelated` gives the cosine of unrelated pictures by descriptor name."""
    if isinstance(matches, TextMatches):
        return text_scores(matches)
    return {match.image_id: visual_score(match.cosine, unrelated[matches.name]) for match in matches.matches}


def _tie_breaks(matches: Iterable[Matches]) -> Callable[[str], float]:
    """BM25 where there is a text leg."""
    bm25 = {match.image_id: match.bm25 for leg in matches if isinstance(leg, TextMatches) for match in leg.matches}
    return lambda image_id: bm25.get(image_id, 0.0)


def ranked(
    retrieved: Sequence[Matches],
    rescored: Sequence[Matches],
    *,
    weights: Mapping[str, float],
    unrelated: Mapping[str, float],
    depth: int,
) -> list[RankedHit]:
    """Fuse legs into one list: the weighted mean of the legs' scores, best first, ties by BM25 and then by id.

    `retrieved` holds each leg's own candidates, `rescored` the same legs' exact matches of the images that only other
    legs retrieved, so that 'not retrieved' never counts as zero.
    """
    scores: dict[str, dict[str, float]] = {leg.name: {} for leg in retrieved}
    for leg in (*retrieved, *rescored):
        scores[leg.name].update(leg_scores(leg, unrelated))
    bm25 = _tie_breaks((*retrieved, *rescored))
    ranks = {leg.name: _ranks(scores[leg.name], [match.image_id for match in leg.matches], bm25) for leg in retrieved}

    total = sum(weights[name] for name in scores)
    hits = [
        RankedHit(
            image_id=image_id,
            score=round(sum(weights[name] * scores[name].get(image_id, 0.0) for name in scores) / total, SCORE_DIGITS),
            scores={name: round(scores[name].get(image_id, 0.0), SCORE_DIGITS) for name in scores},
            ranks={name: ranks[name][image_id] for name in scores if image_id in ranks[name]},
        )
        for image_id in {image_id for by_id in scores.values() for image_id in by_id}
    ]
    hits.sort(key=lambda hit: (-hit.score, -bm25(hit.image_id), hit.image_id))
    return hits[:depth]


def _ranks(scores: Mapping[str, float], retrieved: Sequence[str], bm25: Callable[[str], float]) -> dict[str, int]:
    order = sorted(retrieved, key=lambda image_id: (-scores[image_id], -bm25(image_id), image_id))
    return {image_id: rank for rank, image_id in enumerate(order, start=1)}
