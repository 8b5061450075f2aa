"""How many pictures without words does `expand_visually` reach, and how should its constants be?

    python benchmarks/visual_expansion.py [--pictures DIR] [--json FILE]

Half of the development set loses its captions and tags, and its file names too (`IMG_0001.png`) unless they are kept.
Queries are the classes (folders of at least five pictures) and the words for things that at least three captions share.
What a word should find is what had it, by caption or tag, before; asked is `imagesearch.searching.search` over a real
index. recall@20: of the pictures that lost the word, the share among the first 20 hits; the mean over queries.
The constants are chosen on other splits than those reported.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from development import (
    MODEL,
    REPORTED_SEEDS,
    TUNING_SEEDS,
    JsonOption,
    ModelOption,
    PicturesOption,
    filled_index,
    provenance,
    read_samples,
    write_json,
)
from expansion_constants import DEPTH, Constants, chosen, frontier, tried
from lost_words import Answer, Split, answer_of, precision, queries_of, relevant_samples, split_of
from rich.console import Console
from rich.table import Table

from imagesearch import expansion
from imagesearch.cursors import Cursors
from imagesearch.describer import load_describer
from imagesearch.searches import Query, RankedHit
from imagesearch.searching import search

if TYPE_CHECKING:
    from imagesearch.manifest import Manifest


def answers(split: Split, manifest: Manifest) -> list[Answer]:
    """Each query, without and with `expand_visually`, by the use case over a real index."""
    cursors = Cursors("not secret", 3600)
    with tempfile.TemporaryDirectory() as folder:
        index = filled_index(Path(folder) / "index.sqlite", split.records)

        def hits(text: str, *, expand: bool) -> list[RankedHit]:
            query = Query(text, expand_visually=expand, depth=DEPTH)
            page = search(query, DEPTH, index=index, manifest=manifest, cursors=cursors)
            return [hit.ranking for hit in page.hits if hit.ranking]

        return [
            answer_of(split, query, hits(query, expand=False), hits(query, expand=True)) for query in split.relevant
        ]


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
