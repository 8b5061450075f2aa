"""How right are suggested tags, and do their confidences say so?

    python benchmarks/tag_suggestion.py [--pictures DIR] [--json FILE]

Half of the development set loses its words; tags are suggested for it by `imagesearch.library.suggested_tags` over a
real index of both halves. A tag is right if the picture had it. The number of voters and their weights are chosen, and
the logistic regression that makes confidences of votes is fitted, on other splits than those reported; of the same
pictures, so it is told too how far confidences are off where no picture was seen before.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import typer
from development import (
    MODEL,
    REPORTED_SEEDS,
    JsonOption,
    ModelOption,
    PicturesOption,
    Sample,
    filled_index,
    halves,
    in_force,
    provenance,
    read_samples,
    record_of,
    write_json,
)
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table
from tag_fitting import EMPHASES, THRESHOLDS, VOTERS, Fitted, by_bin, calibration_error, chosen, disjoint, fits_of

from imagesearch import tagging
from imagesearch.describer import load_describer
from imagesearch.library import suggested_tags
from imagesearch.records import SEMANTIC

if TYPE_CHECKING:
    from imagesearch.manifest import Manifest

MORE_THAN_ENOUGH = 1_000


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What was suggested for the pictures of some splits, best first."""

    confidences: NDArray[np.float64]
    right: NDArray[np.bool_]
    pictures: NDArray[np.int64]
    """Which picture each is for."""
    tags: int
    """That the pictures really had."""
    asked: int
    """Pictures."""


def suggested(samples: Sequence[Sample], seeds: Sequence[int], manifest: Manifest, console: Console) -> Suggestions:
    """What the product suggests, by its own constants but without the end that it puts to the list."""
    rows: list[tuple[float, bool, int]] = []
    tags = asked = 0
    for seed in seeds:
        wordless = set(halves(len(samples), seed)[0])
        records = [record_of(sample, manifest, words=number not in wordless) for number, sample in enumerate(samples)]
        with tempfile.TemporaryDirectory() as folder:
            index = filled_index(Path(folder) / "index.sqlite", records)
            for number in track(sorted(wordless), f"Seed {seed}", console=console, transient=True):
                own = samples[number].tags
                with in_force(tagging, {"MIN_CONFIDENCE": 0.0, "MAX_SUGGESTIONS": MORE_THAN_ENOUGH}):
                    found = suggested_tags(records[number].image_id, index=index, manifest=manifest)
                rows += [(one.confidence, one.tag in own, asked) for one in found]
                tags += len(own)
                asked += 1
    rows.sort(key=lambda row: -row[0])
    confidences, right, pictures = zip(*rows, strict=True)
    return Suggestions(np.array(confidences), np.array(right), np.array(pictures), tags, asked)


def by_threshold(found: Suggestions) -> list[dict[str, float]]:
    """Precision and recall of suggestions of at least some confidence."""
    rows = []
    for threshold in THRESHOLDS:
        sure = found.confidences >= threshold
        right = int(found.right[sure].sum())
        rows.append(
            {
                "confidence": threshold,
                "suggested": int(sure.sum()),
                "precision": right / max(1, int(sure.sum())),
                "recall": right / found.tags,
                "pictures": len(np.unique(found.pictures[sure])) / found.asked,
            }
        )
    return rows


def show(console: Console, title: str, rows: Sequence[dict[str, float]]) -> None:
    table = Table(*rows[0], title=title)
    for row in rows:
        table.add_row(*(f"{value:.3f}" if isinstance(value, float) else f"{value:,}" for value in row.values()))
    console.print(table)


def main(*, pictures: PicturesOption = None, model: ModelOption = MODEL, json_file: JsonOption = None) -> None:
    """Fit the confidences of suggested tags on five splits, and measure them on five others."""
    console = Console()
    describer = load_describer(model)
    unrelated = describer.manifest.descriptor(SEMANTIC).unrelated_cosine
    samples = read_samples(pictures, describer, console)
    count = len(VOTERS) * len(EMPHASES)
    fits = list(track(fits_of(samples, unrelated), "Fitting", count, console=console, transient=True))
    best = chosen(fits)
    table = Table("voters", *(f"emphasis {emphasis:g}" for emphasis in EMPHASES), title="Average precision")
    for voters in VOTERS:
        table.add_row(str(voters), *(f"{fit.average_precision:.3f}" for fit in fits if fit.voters == voters))
    in_use: dict[str, Any] = {
        name: getattr(tagging, name)
        for name in ("NEIGHBOURS", "EMPHASIS", "INTERCEPT", "OF_SHARE", "OF_NEAREST", "MIN_CONFIDENCE")
    }
    console.print(table, f"Best: {best}\nIn use: {in_use}")

    found = suggested(samples, REPORTED_SEEDS, describer.manifest, console)
    thresholds, bins = by_threshold(found), by_bin(found.confidences, found.right)
    error, error_of_shown = (calibration_error(bins, of=least) for least in (0, tagging.MIN_CONFIDENCE))
    with console.status("Fitting on halves of the pictures"):
        apart = disjoint(samples, unrelated)
    show(console, f"{found.asked} pictures, {found.tags} tags; seeds {REPORTED_SEEDS}", thresholds)
    show(console, f"Calibration: expected error {error:.3f}, of what is shown {error_of_shown:.3f}", bins)
    console.print(
        f"Fitted on one half of the pictures: error of what is shown {apart.other_pictures:.3f} on the other half, "
        f"{apart.same_pictures:.3f} on other splits of the same"
    )
    write_json(
        json_file,
        {
            **provenance(samples, describer),
            "in_use": in_use,
            "best": {name: getattr(best, name) for name in Fitted.__slots__},
            "by_threshold": thresholds,
            "calibration": {"bins": bins, "expected_error": error, "of_what_is_shown": error_of_shown},
            "fitted_on_halves": asdict(apart),
        },
    )


if __name__ == "__main__":
    typer.run(main)
