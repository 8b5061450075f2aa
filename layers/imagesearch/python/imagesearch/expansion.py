"""Words find only words. Visual expansion lets the pictures follow that look like the best hits by words.

Each exemplar is searched by itself and the best one counts: a mean over hits that mean different things ('crane', the
bird and the machine) would look like neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from imagesearch.ports import ImageIndex
from imagesearch.ranking import SCORE_DIGITS, visual_score
from imagesearch.records import SEMANTIC
from imagesearch.retrieval import TEXT, Filters, TextLeg, VectorLeg, VectorMatches
from imagesearch.searches import RankedHit

EXEMPLARS = 5
"""Hits by words that are searched with, at most."""
EXEMPLAR_SHARE = 0.8
"""... that have at least this share of the best hit's score by words."""
NEIGHBOURS = 20
"""Pictures for each exemplar, at most."""
MIN_SIMILARITY = 0.35
"""Of a picture to its exemplar."""


def followers(
    text: str, hits: Sequence[RankedHit], filters: Filters, *, index: ImageIndex, unrelated: float, room: int
) -> list[RankedHit]:
    """At most `room` pictures that the text does not find and that look like the best of its hits, best first.

    The score of each is its exemplar's, times how much it looks like it. `unrelated` is the semantic descriptor's
    cosine of unrelated pictures.
    """
    exemplars = _exemplars(hits)
    records = index.read([hit.image_id for hit in exemplars], descriptors=True)
    described = [
        (hit, image.descriptors[SEMANTIC].vectors[0])
        for hit in exemplars
        if hit.image_id in records and (image := records[hit.image_id].image) and SEMANTIC in image.descriptors
    ]
    if not described or room <= 0:
        return []
    others = replace(filters, excluded_ids=(*filters.excluded_ids, *(hit.image_id for hit in hits)))
    found = index.retrieve([VectorLeg(SEMANTIC, vector) for _, vector in described], others, NEIGHBOURS)
    best: dict[str, RankedHit] = {}
    for (exemplar, _), matches in zip(described, found, strict=True):
        for candidate in _like(exemplar, matches, unrelated) if isinstance(matches, VectorMatches) else ():
            known = best.get(candidate.image_id)
            if known is None or candidate.score > known.score:
                best[candidate.image_id] = candidate
    if not best:
        return []
    # What the text finds beyond the depth of a search is not among the hits, and no follower either.
    (by_words,) = index.score([TextLeg(text)], list(best))
    worded = {match.image_id for match in by_words.matches}
    wordless = [hit for hit in best.values() if hit.image_id not in worded]
    return sorted(wordless, key=lambda hit: (-hit.score, hit.image_id))[:room]


def _exemplars(hits: Sequence[RankedHit]) -> list[RankedHit]:
    by_words = sorted((hit for hit in hits if hit.scores.get(TEXT, 0) > 0), key=lambda hit: -hit.scores[TEXT])
    return [hit for hit in by_words if hit.scores[TEXT] >= EXEMPLAR_SHARE * by_words[0].scores[TEXT]][:EXEMPLARS]


def _like(exemplar: RankedHit, matches: VectorMatches, unrelated: float) -> list[RankedHit]:
    similarities = {match.image_id: visual_score(match.cosine, unrelated) for match in matches.matches}
    return [
        RankedHit(
            image_id=image_id,
            score=round(exemplar.score * similarity, SCORE_DIGITS),
            scores={TEXT: 0.0},
            exemplar=exemplar.image_id,
            similarity=round(similarity, SCORE_DIGITS),
        )
        for image_id, similarity in similarities.items()
        if similarity >= MIN_SIMILARITY
    ]
