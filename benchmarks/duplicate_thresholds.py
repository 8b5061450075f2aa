"""Where near-duplicates should begin: rules on cosine and bits, fitted on made variants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from variants import Kind

from imagesearch.duplicates import Look

COST = 5
"""Missed variants that one wrong pair weighs as much as. Most pictures of a library have no double, so what is not the
same is compared far more often than what is; and a wrong pair hides a picture, where a missed one shows one twice."""
MOST_BITS = 26
"""That a rule may allow, however alike descriptors are: half of all pairs of different pictures differ in no more, so
beyond that the hash would be no witness. (It is the least of three distances; of one, half differ in 32.)"""


@dataclass(frozen=True, slots=True)
class Line:
    """The product's rule: the more alike by descriptor, the more bits may differ."""

    min_cosine: float
    bits_per_cosine: int

    def same(self, cosines: NDArray[np.float64], distances: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Which pairs are near-duplicates, in the shape of both."""
        return np.asarray(distances <= self.bits_per_cosine * (cosines - self.min_cosine))


@dataclass(frozen=True, slots=True)
class Both:
    """What the line is compared with: each witness has a threshold of its own, whatever the other says."""

    min_cosine: float
    max_distance: int

    def same(self, cosines: NDArray[np.float64], distances: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Which pairs are near-duplicates, in the shape of both."""
        return np.asarray((cosines >= self.min_cosine) & (distances <= self.max_distance))


Rule = Line | Both

COSINES = tuple(round(0.6 + step / 100, 2) for step in range(36))
SLOPES = (40, 60, 80, 100, 120, 140, 160, 200)
# Strictest first.
LINES = tuple(
    Line(cosine, slope) for cosine in reversed(COSINES) for slope in SLOPES if slope * (1 - cosine) <= MOST_BITS
)
# Even ones: half of a hash's bits are ones, so two hashes differ in an even number of them.
BOTHS = tuple(Both(cosine, bits) for cosine in reversed(COSINES) for bits in range(0, MOST_BITS + 1, 2))


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """All variants of one kind against all originals, V x O with the own original on the diagonal."""

    kind: Kind
    looks: Sequence[Look]
    cosines: NDArray[np.float64]
    distances: NDArray[np.uint8]


def compared(kind: Kind, looks: Sequence[Look], originals: Sequence[Look]) -> Compared:
    """Cosines and the distances that the product's rule knows, for rules to be fitted on."""
    alike = np.stack([look.vector for look in looks]) @ np.stack([look.vector for look in originals]).T

    def bits(hashes: Iterable[str]) -> NDArray[np.uint64]:
        return np.array([int(each, 16) for each in hashes], np.uint64)

    def distance(of: Iterable[str], to: Iterable[str]) -> NDArray[np.uint8]:
        counted: NDArray[np.uint8] = np.bitwise_count(bits(of)[:, np.newaxis] ^ bits(to)[np.newaxis, :])
        return counted

    own = [look.perceptual_hash for look in looks], [look.perceptual_hash for look in originals]
    mirror = [look.mirrored_hash for look in looks], [look.mirrored_hash for look in originals]
    distances = np.minimum(distance(*own), np.minimum(distance(own[0], mirror[1]), distance(mirror[0], own[1])))
    return Compared(kind, looks, alike.astype(np.float64), distances)


def fitted(rules: Iterable[Rule], every: Sequence[Compared], part: Sequence[int], different: NDArray[np.bool_]) -> Rule:
    """The best over the plain kinds within this part of the pictures: variants found, less COST times the wrong pairs.

    The first of equals.
    """
    plain = [each for each in every if each.kind.fitted]
    other = different[np.ix_(part, part)]

    def worth(rule: Rule) -> int:
        judged = [taken_for_same(each, part, rule) for each in plain]
        return sum(int(np.diag(same).sum()) - COST * int((same & other).sum()) for same in judged)

    return max(rules, key=worth)


def taken_for_same(each: Compared, part: Sequence[int], rule: Rule) -> NDArray[np.bool_]:
    """Variants x originals of this part of the pictures: whether this rule takes them for the same."""
    chosen = np.ix_(part, part)
    return rule.same(each.cosines[chosen], each.distances[chosen])
