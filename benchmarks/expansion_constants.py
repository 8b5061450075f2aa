"""Which constants visual expansion should have: tried by the hundred, on splits that are not reported."""

from __future__ import annotations

import itertools
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from development import filled_index, in_force
from lost_words import Split, answer_of, precision
from rich.console import Console
from rich.progress import track

from imagesearch import expansion
from imagesearch.cursors import Cursors
from imagesearch.records import SEMANTIC, Record
from imagesearch.retrieval import Filters, Leg, TextMatches, VectorLeg, VectorMatch, VectorMatches
from imagesearch.searches import Query, RankedHit
from imagesearch.searching import search

if TYPE_CHECKING:
    from imagesearch.manifest import Manifest
    from imagesearch.ports import ImageIndex
    from imagesearch.records import Vectors

DEPTH = 200
ENOUGH = 0.94
"""Share of the best recall that constants must reach; the most precise of these are chosen."""


@dataclass(frozen=True, slots=True, order=True)
class Constants:
    """Those of `imagesearch.expansion`, in the order of what they cost."""

    exemplars: int
    neighbours: int
    min_similarity: float
    exemplar_share: float

    def by_name(self) -> dict[str, float]:
        """As that module names them."""
        return {name.upper(): value for name, value in asdict(self).items()}


GRID = [
    Constants(*values)
    for values in itertools.product((3, 5, 10, 20), (5, 10, 20, 40), (0.2, 0.25, 0.3, 0.35, 0.4), (0.8, 0.95))
]


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """What `expansion.followers` asks of an index, answered from memory: constants are tried by the hundred."""

    records: dict[str, Record]

    def read(self, image_ids: Sequence[str], *, descriptors: bool) -> dict[str, Record]:
        assert descriptors
        return {image_id: self.records[image_id] for image_id in image_ids}

    def retrieve(self, legs: Sequence[Leg], filters: Filters, depth: int) -> list[VectorMatches]:
        ids = [image_id for image_id in self.records if image_id not in filters.excluded_ids]
        vectors = np.stack([_vector(self.records[image_id]) for image_id in ids])
        found = []
        for leg in legs:
            assert isinstance(leg, VectorLeg)
            cosines = vectors @ leg.vector
            nearest = np.argsort(-cosines, kind="stable")[:depth]
            matches = tuple(VectorMatch(ids[number], float(cosines[number])) for number in nearest)
            found.append(VectorMatches(leg.name, matches))
        return found

    def score(self, legs: Sequence[Leg], image_ids: Sequence[str]) -> list[TextMatches]:  # noqa: ARG002 - the port's
        """All that has the words is among the direct hits here, which are asked for in full depth."""
        return [TextMatches(0, {}, (), leg.name) for leg in legs]


def _vector(record: Record) -> Vectors:
    assert record.image
    vector: Vectors = record.image.descriptors[SEMANTIC].vectors[0]
    return vector


def tried(splits: Sequence[Split], manifest: Manifest, console: Console) -> list[tuple[Constants, float, float]]:
    """Of all constants of the grid, recall@20 of what lost the word and the precision of the first 20 followers."""
    unrelated = manifest.descriptor(SEMANTIC).unrelated_cosine
    cursors = Cursors("not secret", 3600)
    cases: list[tuple[Split, Memory, str, list[RankedHit]]] = []
    for split in splits:
        memory = Memory({record.image_id: record for record in sorted(split.records, key=lambda each: each.image_id)})
        with tempfile.TemporaryDirectory() as folder:
            index = filled_index(Path(folder) / "index.sqlite", split.records)
            for query in split.relevant:
                page = search(Query(query, depth=DEPTH), DEPTH, index=index, manifest=manifest, cursors=cursors)
                cases.append((split, memory, query, [hit.ranking for hit in page.hits if hit.ranking]))
    found = []
    for constants in track(GRID, "Trying constants", console=console, transient=True):
        every = []
        with in_force(expansion, constants.by_name()):
            for split, memory, query, direct in cases:
                index_like = cast("ImageIndex", memory)
                room = DEPTH - len(direct)
                behind = expansion.followers(query, direct, Filters(), index=index_like, unrelated=unrelated, room=room)
                every.append(answer_of(split, query, direct, [*direct, *behind]))
        found.append((constants, statistics.fmean(one.expanded for one in every), precision(every)))
    return found


def chosen(found: Sequence[tuple[Constants, float, float]]) -> Constants:
    """The most precise (to the percent) of those that find enough, and of these the cheapest."""
    best = max(recall for _, recall, _ in found)
    enough = [(constants, recall, precise) for constants, recall, precise in found if recall >= ENOUGH * best]
    return min(enough, key=lambda each: (-round(each[2], 2), each[0]))[0]


def frontier(found: Sequence[tuple[Constants, float, float]]) -> list[tuple[Constants, float, float]]:
    """Those that none beats in both recall and precision (to the percent), each the cheapest of equals."""
    kept: list[tuple[Constants, float, float]] = []
    for each in sorted(found, key=lambda one: (-round(one[1], 2), -round(one[2], 2), one[0])):
        if not kept or round(each[2], 2) > round(kept[-1][2], 2):
            kept.append(each)
    return kept
