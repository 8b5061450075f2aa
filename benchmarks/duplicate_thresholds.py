"""Where the two thresholds of near-duplicates should lie, fitted on made variants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from variants import Kind

from imagesearch.duplicates import Look

COSINES = tuple(round(0.5 + step / 100, 2) for step in range(49))
BITS = tuple(range(0, 33, 2))
"""Even ones: half of a hash's bits are ones, so two hashes differ in an even number of them."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The rule's two constants."""

    min_cosine: float
    max_distance: int


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """All variants of one kind against all originals, V x O with the own original on the diagonal."""

    kind: Kind
    looks: Sequence[Look]
    cosines: NDArray[np.float32]
    distances: NDArray[np.uint8]


def compared(kind: Kind, looks: Sequence[Look], originals: Sequence[Look]) -> Compared:
    """Cosines and the distances that the product's rule knows, for thresholds to be fitted on."""
    cosines = np.stack([look.vector for look in looks]) @ np.stack([look.vector for look in originals]).T

    def bits(hashes: Iterable[str]) -> NDArray[np.uint64]:
        return np.array([int(each, 16) for each in hashes], np.uint64)

    def distance(of: Iterable[str], to: Iterable[str]) -> NDArray[np.uint8]:
        counted: NDArray[np.uint8] = np.bitwise_count(bits(of)[:, np.newaxis] ^ bits(to)[np.newaxis, :])
        return counted

    own = [look.perceptual_hash for look in looks], [look.perceptual_hash for look in originals]
    mirror = [look.mirrored_hash for look in looks], [look.mirrored_hash for look in originals]
    distances = np.minimum(distance(*own), np.minimum(distance(own[0], mirror[1]), distance(mirror[0], own[1])))
    return Compared(kind, looks, cosines, distances)


def fitted(all_compared: Sequence[Compared], part: Sequence[int], different: NDArray[np.bool_]) -> Thresholds:
    """Those of the best F1 over the kinds to fit on, within this part of the pictures; the strictest of equals."""
    chosen = np.ix_(part, part)
    pairs = [(each.cosines[chosen], each.distances[chosen]) for each in all_compared if each.kind.fitted]
    other = different[chosen]

    def f1(thresholds: Thresholds) -> float:
        found = wrong = 0
        for cosines, distances in pairs:
            same = (cosines >= thresholds.min_cosine) & (distances <= thresholds.max_distance)
            found += int(np.diag(same).sum())
            wrong += int((same & other).sum())
        return 2 * found / (found + wrong + len(pairs) * len(part))

    grid = (Thresholds(cosine, bits) for cosine in COSINES for bits in BITS)
    return max(grid, key=lambda each: (f1(each), each.min_cosine, -each.max_distance))


def taken_for_same(each: Compared, part: Sequence[int], rule: Thresholds) -> NDArray[np.bool_]:
    """Variants x originals of this part of the pictures: whether these thresholds take them for the same."""
    chosen = np.ix_(part, part)
    return np.asarray((each.cosines[chosen] >= rule.min_cosine) & (each.distances[chosen] <= rule.max_distance))
