"""Tags that an image may deserve, from those of pictures that look like it. Pure.

Weighted voting of the nearest neighbours, as in A. Makadia, V. Pavlovic and S. Kumar, "A New Baseline for Image
Annotation" (2008); what the votes are worth was fitted and measured: docs/quality.md.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from imagesearch.searches import SuggestedTag

NEIGHBOURS = 10
"""Tagged pictures that vote."""
EMPHASIS = 4.0
"""Power of the similarity that a vote weighs: how much more the nearest count."""
INTERCEPT, OF_SHARE, OF_NEAREST = -4.417, 5.867, 2.724
"""Logistic regression of 'the tag is right' on its share of the votes and the similarity of its nearest voter."""
MIN_CONFIDENCE = 0.3
MAX_SUGGESTIONS = 10


def suggested_tags(neighbours: Sequence[tuple[Sequence[str], float]]) -> tuple[SuggestedTag, ...]:
    """Tags and confidences, best first, from neighbours' tags and their similarities (0 to 1)."""
    votes = votes_for(neighbours)
    tags = [SuggestedTag(tag, round(confidence(share, nearest), 2)) for tag, (share, nearest) in votes.items()]
    good = [each for each in tags if each.confidence >= MIN_CONFIDENCE]
    return tuple(sorted(good, key=lambda each: (-each.confidence, each.tag))[:MAX_SUGGESTIONS])


def votes_for(neighbours: Sequence[tuple[Sequence[str], float]]) -> dict[str, tuple[float, float]]:
    """By tag (in lower case) its share of all votes, 0 to 1, and the similarity of its nearest voter."""
    whole = math.fsum(similarity**EMPHASIS for _, similarity in neighbours)
    given: dict[str, list[float]] = defaultdict(list)
    for tags, similarity in neighbours:
        for tag in {tag.lower() for tag in tags}:
            given[tag].append(similarity)
    if not whole:
        return {}
    return {
        tag: (math.fsum(similarity**EMPHASIS for similarity in similarities) / whole, max(similarities))
        for tag, similarities in given.items()
    }


def confidence(share: float, nearest: float) -> float:
    """In how many cases of such votes the tag is right, 0 to 1."""
    return 1 / (1 + math.exp(-(INTERCEPT + OF_SHARE * share + OF_NEAREST * nearest)))
