"""Near-duplicates: pictures that show the same, whatever their size, compression, cut or side. Pure functions.

Two witnesses are heard: the descriptor, and the perceptual hash of the picture or of its mirror image. Neither is
enough alone, and each makes up for some doubt about the other: the more alike two pictures are by descriptor, the more
bits their hashes may differ in. In the plane of cosine and bits that rule is a line. It was fitted, for few wrong
pairs, on one half of made variants and measured on the other: docs/quality.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from imagesearch.records import SEMANTIC, Record
from imagesearch.searches import DuplicatePair, RankedHit

if TYPE_CHECKING:
    from imagesearch.records import Vectors

MIN_COSINE = 0.74
"""Where equal hashes are needed; below it nothing is a near-duplicate."""
BITS_PER_COSINE = 100
"""Bits, of 64, that hashes may differ in for each 1 of cosine above that: 26 where descriptors are equal."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What is compared of an image."""

    image_id: str
    vector: Vectors
    """D float32, of length 1: its semantic descriptor."""
    perceptual_hash: str
    mirrored_hash: str


def look_of(record: Record) -> Look | None:
    """Of a record that was read with its descriptors; None where something is missing."""
    image = record.image
    facts = image.facts if image else None
    if image is None or facts is None or not facts.mirrored_hash or SEMANTIC not in image.descriptors:
        return None
    vector = image.descriptors[SEMANTIC].vectors[0]
    return Look(record.image_id, vector, facts.perceptual_hash, facts.mirrored_hash)


def duplicate_pair(first: Look, second: Look) -> DuplicatePair | None:
    """The two as a pair; None where they are no near-duplicates."""
    cosine = float(first.vector @ second.vector)
    straight = hamming_distance(first.perceptual_hash, second.perceptual_hash)
    # Either side's mirror image: hashes are not quite as symmetrical as pictures.
    mirrored = min(
        hamming_distance(one, other)
        for one, other in (
            (first.perceptual_hash, second.mirrored_hash),
            (first.mirrored_hash, second.perceptual_hash),
        )
    )
    distance = min(straight, mirrored)
    if distance > BITS_PER_COSINE * (cosine - MIN_COSINE):
        return None
    one, other = sorted((first.image_id, second.image_id))
    return DuplicatePair(one, other, round(min(1.0, cosine), 4), distance, mirrored=mirrored < straight)


def collapsed(hits: Sequence[RankedHit], looks: Mapping[str, Look]) -> list[RankedHit]:
    """Each hit that is a near-duplicate of a better one goes into that one's `duplicates`.

    It must be like the one shown, not just like another that is like it: chains would join what is not alike.
    """
    known = [hit.image_id for hit in hits if hit.image_id in looks]
    row = {image_id: number for number, image_id in enumerate(known)}
    vectors = np.stack([looks[image_id].vector for image_id in known]) if known else np.zeros((0, 1), np.float32)
    near = vectors @ vectors.T >= MIN_COSINE

    leader: dict[str, str] = {}
    for number, image_id in enumerate(known):
        # In the order of the hits, so that the best one is tried first.
        better = (known[other] for other in np.flatnonzero(near[number, :number]))
        leaders = (other for other in better if leader[other] == other)
        found = (other for other in leaders if duplicate_pair(looks[other], looks[image_id]))
        leader[image_id] = next(found, image_id)

    followers: dict[str, list[str]] = defaultdict(list)
    for image_id in sorted(leader, key=row.__getitem__):
        if leader[image_id] != image_id:
            followers[leader[image_id]].append(image_id)
    return [
        replace(hit, duplicates=tuple(followers[hit.image_id])) if hit.image_id in followers else hit
        for hit in hits
        if leader.get(hit.image_id, hit.image_id) == hit.image_id
    ]


def groups(pairs: Iterable[DuplicatePair]) -> list[tuple[str, ...]]:
    """Ids that pairs connect, each group sorted, the largest group first."""
    parent: dict[str, str] = {}

    def root(image_id: str) -> str:
        parent.setdefault(image_id, image_id)
        while parent[image_id] != image_id:
            parent[image_id] = parent[parent[image_id]]
            image_id = parent[image_id]
        return image_id

    for pair in pairs:
        parent[root(pair.first)] = root(pair.second)
    by_root: dict[str, list[str]] = defaultdict(list)
    for image_id in sorted(parent):
        by_root[root(image_id)].append(image_id)
    return sorted(map(tuple, by_root.values()), key=lambda group: (-len(group), group))


def hamming_distance(first: str, second: str) -> int:
    """Bits in which two perceptual hashes (16 hexadecimal digits) differ: 0 is alike, about 32 is unrelated."""
    return (int(first, 16) ^ int(second, 16)).bit_count()
