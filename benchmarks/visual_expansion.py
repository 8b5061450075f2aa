"""How many pictures without words does `expand_visually` reach, and how should its constants be?

    python benchmarks/visual_expansion.py [--pictures DIR] [--json FILE]

Half of the development set loses its captions and tags, and its file names too (`IMG_0001.png`) unless they are kept.
Queries are the classes (folders of at least five pictures) and the words for things that at least three captions share.
What a word should find is what had it, by caption or tag, before; asked is `imagesearch.searching.search` over a real
index. recall@20: of the pictures that lost the word, the share among the first 20 hits; the mean over queries.
The constants are chosen on other splits than those reported.
"""

from __future__ import annotations

import itertools
import re
import statistics
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import typer
from development import (
    MODEL,
    REPORTED_SEEDS,
    TUNING_SEEDS,
    JsonOption,
    ModelOption,
    PicturesOption,
    Sample,
    filled_index,
    halves,
    provenance,
    read_samples,
    record_of,
    write_json,
)
from retrieval_quality import SMALLEST_CLASS
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from imagesearch import expansion
from imagesearch.cursors import Cursors
from imagesearch.describer import load_describer
from imagesearch.records import SEMANTIC, Record
from imagesearch.searches import (
    Filters,
    Leg,
    Query,
    RankedHit,
    TextLeg,
    TextMatches,
    VectorLeg,
    VectorMatch,
    VectorMatches,
)
from imagesearch.searching import search

if TYPE_CHECKING:
    from imagesearch.manifest import Manifest
    from imagesearch.ports import ImageIndex
    from imagesearch.records import Vectors

FIRST = 20
DEPTH = 200
SHARED_BY = 3
"""Captions that have a word that is a query."""
NOT_THINGS = frozenset(
    {"ahead", "big", "blue", "brown", "electric", "green", "lands", "means", "middle", "old", "red", "solar", "stands"}
    | {"stop", "traditional", "united", "used", "white", "yellow", "yum"}
)
"""Words that captions of the samples share without naming a thing."""
ENOUGH = 0.94
"""Share of the best recall that constants must reach; the most precise of these are chosen."""


@dataclass(frozen=True, slots=True, order=True)
class Constants:
    """Those of `imagesearch.expansion`."""

    exemplars: int
    neighbours: int
    min_similarity: float
    exemplar_share: float


GRID = [
    Constants(*values)
    for values in itertools.product((3, 5, 10, 20), (5, 10, 20, 40), (0.2, 0.25, 0.3, 0.35, 0.4), (0.8, 0.95))
]


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The development set after half of it has lost its words."""

    seed: int
    names_kept: bool
    records: Sequence[Record]
    hidden: frozenset[str]
    """Ids of those without words."""
    relevant: dict[str, frozenset[str]]
    """By query, the ids of all that had the word: of queries that lost one at least."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How one query fared."""

    query: str
    without: float
    """recall@20 of what lost the word, as it is without `expand_visually`."""
    expanded: float
    """... and with it."""
    same: bool
    """Whether the direct hits are the very same, with the same scores, in the same order."""
    followers: int
    """Pictures that follow, 20 at most."""
    right: int
    """Of these, pictures that had the word."""


def queries_of(samples: Sequence[Sample]) -> tuple[list[str], list[str]]:
    """Classes, and further words of captions, in order."""
    sizes = Counter(sample.path.parent.name for sample in samples)
    classes = sorted(name for name, size in sizes.items() if size >= SMALLEST_CLASS)
    captions = [set(re.findall(r"[^\W\d_]{3,}", (sample.words.caption or "").lower())) for sample in samples]
    shared = Counter(word for words in captions for word in words)
    common = {word for word, count in shared.items() if count >= SHARED_BY}
    return classes, sorted(common - ENGLISH_STOP_WORDS - NOT_THINGS - set(classes))


def relevant_samples(samples: Sequence[Sample], queries: Sequence[str], manifest: Manifest) -> dict[str, list[int]]:
    """By query the numbers of the samples that have it in caption or tags, as the index understands words."""
    records = [record_of(sample, manifest) for sample in samples]
    number = {record.image_id: index for index, record in enumerate(records)}
    with tempfile.TemporaryDirectory() as folder:
        index = filled_index(Path(folder) / "index.sqlite", records)
        found = index.retrieve([TextLeg(query) for query in queries], Filters(), len(samples))
    return {
        query: [
            number[match.image_id]
            for match in matches.matches
            if any({"caption", "tags"} & fields for fields in match.fields.values())
        ]
        for query, matches in zip(queries, found, strict=True)
        if isinstance(matches, TextMatches)
    }


def split_of(
    samples: Sequence[Sample], relevant: dict[str, list[int]], seed: int, manifest: Manifest, *, names_kept: bool
) -> Split:
    wordless = set(halves(len(samples), seed)[0])
    records = [
        record_of(sample, manifest)
        if number not in wordless
        else record_of(sample, manifest, key=None if names_kept else f"IMG_{number:04d}.png", words=False)
        for number, sample in enumerate(samples)
    ]
    ids = {
        query: frozenset(records[number].image_id for number in numbers)
        for query, numbers in relevant.items()
        if wordless & set(numbers)
    }
    return Split(seed, names_kept, records, frozenset(records[number].image_id for number in wordless), ids)


def answers(split: Split, manifest: Manifest) -> list[Answer]:
    """Each query, without and with `expand_visually`, by the use case over a real index."""
    cursors = Cursors("not secret", 3600)
    with tempfile.TemporaryDirectory() as folder:
        index = filled_index(Path(folder) / "index.sqlite", split.records)

        def hits(text: str, *, expand: bool) -> list[RankedHit]:
            query = Query(text, expand_visually=expand, depth=DEPTH)
            page = search(query, DEPTH, index=index, manifest=manifest, cursors=cursors)
            return [hit.ranking for hit in page.hits if hit.ranking]

        return [_answer(split, query, hits(query, expand=False), hits(query, expand=True)) for query in split.relevant]


def _answer(split: Split, query: str, direct: Sequence[RankedHit], expanded: Sequence[RankedHit]) -> Answer:
    relevant = split.relevant[query]
    lost = relevant & split.hidden
    followers = expanded[len(direct) :][:FIRST]
    return Answer(
        query,
        len(lost & {hit.image_id for hit in direct[:FIRST]}) / len(lost),
        len(lost & {hit.image_id for hit in expanded[:FIRST]}) / len(lost),
        list(expanded[: len(direct)]) == list(direct) and all(hit.exemplar for hit in expanded[len(direct) :]),
        len(followers),
        len(relevant & {hit.image_id for hit in followers}),
    )


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


def _vector(record: Record) -> Vectors:
    assert record.image
    vector: Vectors = record.image.descriptors[SEMANTIC].vectors[0]
    return vector


@contextmanager
def in_force(constants: Constants) -> Iterator[None]:
    """`imagesearch.expansion` with these constants."""
    names = "EXEMPLARS", "NEIGHBOURS", "MIN_SIMILARITY", "EXEMPLAR_SHARE"
    former = {name: getattr(expansion, name) for name in names}
    vars(expansion).update(zip(names, astuple(constants), strict=True))
    try:
        yield
    finally:
        vars(expansion).update(former)


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
        with in_force(constants):
            for split, memory, query, direct in cases:
                index_like = cast("ImageIndex", memory)
                room = DEPTH - len(direct)
                behind = expansion.followers(direct, Filters(), index=index_like, unrelated=unrelated, room=room)
                every.append(_answer(split, query, direct, [*direct, *behind]))
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


def precision(every: Sequence[Answer]) -> float:
    """Of the first 20 followers the share that had the word, the mean over queries with any."""
    return statistics.fmean(one.right / one.followers for one in every if one.followers)


def summary(name: str, every: Sequence[Answer]) -> dict[str, Any]:
    """The figures of some answers."""
    without, expanded = (statistics.fmean(getattr(one, part) for one in every) for part in ("without", "expanded"))
    return {
        "of": name,
        "queries": len(every),
        "recall_without": without,
        "recall_expanded": expanded,
        "ratio": expanded / without if without else None,
        "followers_right": precision(every),
        "same_direct_hits": sum(one.same for one in every),
    }


def summaries(by_seed: dict[int, list[Answer]], classes: Sequence[str]) -> list[dict[str, Any]]:
    """Each split, all of them, and all of them by the kind of query."""
    every = [one for answered in by_seed.values() for one in answered]
    return [
        *(summary(f"seed {seed}", answered) for seed, answered in by_seed.items()),
        summary("all", every),
        summary("all: classes", [one for one in every if one.query in classes]),
        summary("all: words of captions", [one for one in every if one.query not in classes]),
    ]


def show(console: Console, title: str, rows: Sequence[dict[str, Any]]) -> None:
    table = Table("", "queries", "recall@20 without", "with", "ratio", "followers right", "direct hits same")
    table.title = title
    for row in rows:
        ratio = f"{row['ratio']:.2f}" if row["ratio"] else "-"
        recalls = f"{row['recall_without']:.3f}", f"{row['recall_expanded']:.3f}"
        same = f"{row['same_direct_hits']} of {row['queries']}"
        table.add_row(row["of"], str(row["queries"]), *recalls, ratio, f"{row['followers_right']:.3f}", same)
    console.print(table)


def main(*, pictures: PicturesOption = None, model: ModelOption = MODEL, json_file: JsonOption = None) -> None:
    """Choose the constants of visual expansion on five splits, and measure it on five others."""
    console = Console()
    describer = load_describer(model)
    manifest = describer.manifest
    samples = read_samples(pictures, describer, console)
    classes, words = queries_of(samples)
    console.print(f"{len(classes)} classes: {', '.join(classes)}\n{len(words)} words: {', '.join(words)}")
    relevant = relevant_samples(samples, [*classes, *words], manifest)

    def splits(seeds: Sequence[int], *, names_kept: bool) -> list[Split]:
        return [split_of(samples, relevant, seed, manifest, names_kept=names_kept) for seed in seeds]

    found = tried(splits(TUNING_SEEDS, names_kept=False), manifest, console)
    best = chosen(found)
    table = Table("exemplars", "neighbours", "similarity", "share", "recall@20", "followers right")
    table.title = f"What constants give, seeds {TUNING_SEEDS}"
    for constants, recall, precise in frontier(found):
        sizes = str(constants.exemplars), str(constants.neighbours), f"{constants.min_similarity:.2f}"
        table.add_row(*sizes, f"{constants.exemplar_share:.2f}", f"{recall:.3f}", f"{precise:.3f}")
    in_use = Constants(expansion.EXEMPLARS, expansion.NEIGHBOURS, expansion.MIN_SIMILARITY, expansion.EXEMPLAR_SHARE)
    console.print(table, f"Chosen: {best}\nIn use: {in_use}")

    reported = {}
    for title, names_kept in (("file names lost too", False), ("file names kept", True)):
        by_seed = {split.seed: answers(split, manifest) for split in splits(REPORTED_SEEDS, names_kept=names_kept)}
        reported[title] = summaries(by_seed, classes)
        show(console, title, reported[title])
    write_json(
        json_file,
        {
            **provenance(samples, describer),
            "queries": {"classes": classes, "words": words},
            "in_use": asdict(in_use),
            "chosen": asdict(best),
            "reported": reported,
        },
    )


if __name__ == "__main__":
    typer.run(main)
