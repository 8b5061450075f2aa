"""Scores and orders, as pure functions. One definition for every index."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from imagesearch.records import TextField
from imagesearch.retrieval import Leg, Matches, TextMatch, TextMatches, VectorMatch
from imagesearch.searches import Fusion, RankedHit

FIELD_WEIGHT: Mapping[TextField, float] = {"caption": 1.0, "tags": 0.9, "attributes": 0.7, "name": 0.6}
SCORE_DIGITS = 4
"""Scores are rounded to this many digits, so that a score is the same on every page."""
RRF_CONSTANT = 60
"""As in the paper of reciprocal rank fusion."""
_EXACT_DIGITS = 12
"""Past these, sums of floats that ought to be equal differ: `0.9 a + 0.7 a` and `1.0 a + 0.6 a`."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a cosine is worth: `slope * cosine + intercept`, cut to 0..1."""

    slope: float
    intercept: float

    def score(self, cosine: float) -> float:
        return min(1.0, max(0.0, self.slope * cosine + self.intercept))


def calibration(unrelated: float) -> Calibration:
    """Of one picture: 0 for a cosine that unrelated pictures have, 1 for the same picture."""
    return Calibration(1 / (1 - unrelated), -unrelated / (1 - unrelated))


def visual_score(cosine: float, unrelated: float) -> float:
    """How alike two pictures are: 0 to 1."""
    return calibration(unrelated).score(cosine)


@dataclass(frozen=True, slots=True)
class Plan:
    """By what a list is ranked."""

    legs: tuple[Leg, ...]
    weights: Mapping[str, float]
    """By leg."""
    calibrations: Mapping[str, Calibration]
    """By descriptor."""
    fusion: Fusion = "weighted"

    @property
    def shares(self) -> dict[str, float]:
        """The weights, so that they add up to 1."""
        whole = sum(self.weights.values())
        return {name: weight / whole for name, weight in self.weights.items()}


def inverse_document_frequency(documents: int, frequency: int) -> float:
    """How much a term tells, always above 0 (Robertson and Zaragoza 2009, in the form that Lucene's BM25 uses)."""
    return math.log(1 + (documents - frequency + 0.5) / (frequency + 0.5))


def term_shares(matches: TextMatches) -> dict[str, float]:
    """How much of the query each term is, by its inverse document frequency. They add up to 1."""
    idf = {
        term: inverse_document_frequency(matches.documents, frequency)
        for term, frequency in matches.document_frequency.items()
    }
    # An exact sum: the same score to the last bit, in whatever order an index names the terms.
    whole = math.fsum(idf.values())
    return {term: value / whole for term, value in idf.items()}


def best_weight(fields: Iterable[TextField]) -> float:
    """What a term counts by the fields that have it."""
    return max((FIELD_WEIGHT[field] for field in fields), default=0.0)


def text_score(shares: Mapping[str, float], fields: Mapping[str, Iterable[TextField]]) -> float:
    """The idf-weighted share of the query's terms that one image has, each by its best field. 0 to 1."""
    return round(math.fsum(shares[term] * best_weight(where) for term, where in fields.items()), _EXACT_DIGITS)


def text_scores(matches: TextMatches) -> dict[str, float]:
    """`text_score`, by image."""
    shares = term_shares(matches)
    # By the mapping itself: an index gives all images that agree in it the same one.
    found = {id(match.fields): match.fields for match in matches.matches}
    scores = {each: text_score(shares, fields) for each, fields in found.items()}
    return {match.image_id: scores[id(match.fields)] for match in matches.matches}


def leg_scores(matches: Matches, calibrations: Mapping[str, Calibration]) -> dict[str, float]:
    """By image, the score on one leg."""
    if isinstance(matches, TextMatches):
        return text_scores(matches)
    return {match.image_id: calibrations[matches.name].score(match.cosine) for match in matches.matches}


def ranked(plan: Plan, retrieved: Sequence[Matches], rescored: Sequence[Matches], *, depth: int) -> list[RankedHit]:
    """Fuse legs into one list, best first; ties by fewer words, then by cosine, then by id.

    `retrieved` holds each leg's own candidates, `rescored` the same legs' exact matches of the images that only other
    legs retrieved, so that 'not retrieved' never counts as zero. The fused score is the weighted mean of the legs'
    scores, or by reciprocal rank fusion (G. Cormack, C. Clarke and S. Buettcher 2009) the weighted mean of
    `(60 + 1) / (60 + rank)`: 1 for who is first on every leg.
    """
    scores: dict[str, dict[str, float]] = {leg.name: {} for leg in retrieved}
    for leg in (*retrieved, *rescored):
        scores[leg.name].update(leg_scores(leg, plan.calibrations))
    tie = _tie_breaks((*retrieved, *rescored))
    ranks = {leg.name: _ranks(scores[leg.name], [match.image_id for match in leg.matches], tie) for leg in retrieved}
    shares = plan.shares

    def place(image_id: str) -> tuple[float, ...]:
        parts = (
            counted(plan.fusion, shares[name], by_id.get(image_id, 0.0), ranks[name].get(image_id))
            for name, by_id in scores.items()
        )
        return (-round(sum(parts), SCORE_DIGITS), *tie(image_id))

    found = {image_id for by_id in scores.values() for image_id in by_id}
    places = {image_id: place(image_id) for image_id in found}
    return [
        RankedHit(
            image_id=image_id,
            score=-places[image_id][0],
            scores={name: round(by_id.get(image_id, 0.0), SCORE_DIGITS) for name, by_id in scores.items()},
            ranks={name: by_id[image_id] for name, by_id in ranks.items() if image_id in by_id},
        )
        for image_id in sorted(places, key=lambda image_id: (places[image_id], image_id))[:depth]
    ]


def counted(fusion: Fusion, share: float, score: float, rank: int | None) -> float:
    """What one leg, with its share of the weights, adds to the fused score of an image."""
    if fusion == "rrf":
        score = 0.0 if rank is None else (RRF_CONSTANT + 1) / (RRF_CONSTANT + rank)
    return share * score


def _ranks(
    scores: Mapping[str, float], retrieved: Sequence[str], tie: Callable[[str], tuple[float, ...]]
) -> dict[str, int]:
    order = sorted(retrieved, key=lambda image_id: (-scores[image_id], *tie(image_id), image_id))
    return {image_id: rank for rank, image_id in enumerate(order, start=1)}


def _tie_breaks(matches: Iterable[Matches]) -> Callable[[str], tuple[float, ...]]:
    """How many words an image has that words found, and its highest cosine; smaller is better.

    Cosines tell apart what is cut to 0 or 1. They are rounded as scores are, since indexes differ in the last digits.
    """
    words: dict[str, int] = {}
    cosine: dict[str, float] = {}
    for leg in matches:
        for match in leg.matches:
            if isinstance(match, TextMatch):
                words[match.image_id] = match.words
            elif isinstance(match, VectorMatch):
                cosine[match.image_id] = max(cosine.get(match.image_id, -1.0), round(match.cosine, SCORE_DIGITS))
    return lambda image_id: (words.get(image_id, math.inf), -cosine.get(image_id, -1.0))
