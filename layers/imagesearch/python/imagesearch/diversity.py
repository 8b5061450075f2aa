"""Diversity: hits that do not repeat each other. Pure.

Method: maximal marginal relevance (J. Carbonell and J. Goldstein, "The Use of MMR, Diversity-Based Reranking", 1998).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from imagesearch.searches import RankedHit

if TYPE_CHECKING:
    from imagesearch.records import Vectors


def diversified(
    hits: Sequence[RankedHit], vectors: Mapping[str, Vectors], diversity: float, *, unrelated: float
) -> list[RankedHit]:
    """The same hits in another order; their scores stay what they are.

    Each next one has the most of `(1 - diversity) * score - diversity * similarity`, the similarity being that to the
    most alike of those before it: 0 for the cosine `unrelated`, 1 for the same picture. `vectors` holds by id D float32
    of length 1; who has none is like nobody.
    """
    if not hits or diversity == 0:
        return list(hits)
    size = len(next(iter(vectors.values()))) if vectors else 1
    rows = np.stack([vectors.get(hit.image_id, np.zeros(size, np.float32)) for hit in hits])
    alike = np.clip((rows @ rows.T - unrelated) / (1 - unrelated), 0, 1)
    relevance = np.array([hit.score for hit in hits])

    nearest = np.zeros(len(hits))
    left = np.ones(len(hits), bool)
    order: list[int] = []
    while len(order) < len(hits):
        gain = np.where(left, (1 - diversity) * relevance - diversity * nearest, -np.inf)
        chosen = int(gain.argmax())  # the first of equals: the better hit
        order.append(chosen)
        left[chosen] = False
        nearest = np.maximum(nearest, alike[chosen])
    return [hits[number] for number in order]
