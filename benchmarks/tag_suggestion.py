"""How right are suggested tags, and do their confidences say so?

    python benchmarks/tag_suggestion.py [--pictures DIR] [--json FILE]

Half of the development set loses its words; tags are suggested for it by `imagesearch.library.suggested_tags` over a
real index of both halves. A tag is right if the picture had it. The number of voters and their weights are chosen, and
the logistic regression that makes confidences of votes is fitted, on other splits than those reported.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from sklearn.linear_model import LogisticRegression

from imagesearch import tagging
from imagesearch.describer import load_describer
from imagesearch.library import suggested_tags
from imagesearch.ranking import visual_score
from imagesearch.records import SEMANTIC

if TYPE_CHECKING:
    from imagesearch.manifest import Manifest

VOTERS = (3, 5, 7, 10, 15, 20)
EMPHASES = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0)
MORE_THAN_ENOUGH = 1_000
TOLERANCE = 0.005
"""Of average precision."""
THRESHOLDS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
BINS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.01)


@dataclass(frozen=True, slots=True, eq=False)
class Votes:
    """All tags that neighbours voted for, of all pictures of some splits."""

    features: NDArray[np.float64]
    """V x 2: share of the votes, similarity of the nearest voter."""
    right: NDArray[np.bool_]
    """V."""
    tags: int
    """That the pictures really had."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A choice of constants, and the regression that belongs to it."""

    voters: int
    emphasis: float
    intercept: float
    of_share: float
    of_nearest: float
    min_confidence: float
    """Of the best F1."""
    average_precision: float
    """Of all votes of the tuning splits in the order of confidence, over all tags that the pictures had."""


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


def votes(samples: Sequence[Sample], seeds: Sequence[int], unrelated: float) -> Votes:
    """By the constants in force."""
    vectors = np.stack([sample.described.descriptors[SEMANTIC].vectors[0] for sample in samples])
    features: list[tuple[float, float]] = []
    right: list[bool] = []
    tags = 0
    for seed in seeds:
        wordless, tagged = halves(len(samples), seed)
        for number in wordless:
            cosines = vectors[tagged] @ vectors[number]
            nearest = np.argsort(-cosines, kind="stable")[: tagging.NEIGHBOURS]
            found = tagging.votes_for(
                [(samples[tagged[k]].words.tags or (), visual_score(float(cosines[k]), unrelated)) for k in nearest]
            )
            features += [found[tag] for tag in sorted(found)]
            right += [tag in samples[number].tags for tag in sorted(found)]
            tags += len(samples[number].tags)
    return Votes(np.array(features), np.array(right), tags)


def average_precision(confidences: NDArray[np.float64], right: NDArray[np.bool_], tags: int) -> float:
    """Mean precision at each right one, where those that nobody voted for count 0."""
    ordered = right[np.argsort(-confidences, kind="stable")]
    precisions = np.cumsum(ordered) / np.arange(1, len(ordered) + 1)
    return float(precisions[ordered].sum() / tags)


def f1(made: NDArray[np.bool_], right: NDArray[np.bool_], tags: int) -> float:
    """Of the suggestions made, among all there could be."""
    return 2 * int((made & right).sum()) / (int(made.sum()) + tags)


def fitted(samples: Sequence[Sample], voters: int, emphasis: float, unrelated: float) -> Fitted:
    """The regression on the tuning splits, with this many voters and this emphasis."""
    with in_force(tagging, {"NEIGHBOURS": voters, "EMPHASIS": emphasis}):
        some = votes(samples, TUNING_SEEDS, unrelated)
    regression = LogisticRegression(C=1e6).fit(some.features, some.right)
    of_share, of_nearest = (float(weight) for weight in regression.coef_[0])
    confidences = regression.predict_proba(some.features)[:, 1]
    precision = average_precision(confidences, some.right, some.tags)
    least = max(THRESHOLDS, key=lambda threshold: f1(confidences >= threshold, some.right, some.tags))
    return Fitted(voters, emphasis, float(regression.intercept_[0]), of_share, of_nearest, least, precision)


def chosen(fits: Sequence[Fitted]) -> Fitted:
    """The one with the fewest voters of those that are about as good as the best."""
    best = max(fit.average_precision for fit in fits)
    good = (fit for fit in fits if fit.average_precision >= best - TOLERANCE)
    return min(good, key=lambda fit: (fit.voters, -fit.average_precision))


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


def by_bin(found: Suggestions) -> list[dict[str, float]]:
    """Mean confidence beside the share that is right, for suggestions of about the same confidence."""
    rows = []
    for low, high in itertools.pairwise(BINS):
        within = (found.confidences >= low) & (found.confidences < high)
        if within.any():
            mean, right = float(found.confidences[within].mean()), float(found.right[within].mean())
            rows.append({"from": low, "suggested": int(within.sum()), "confidence": mean, "right": right})
    return rows


def calibration_error(bins: Sequence[dict[str, float]]) -> float:
    """Expected calibration error: the mean gap between confidence and share right (Guo et al. 2017)."""
    total = sum(row["suggested"] for row in bins)
    return sum(row["suggested"] * abs(row["confidence"] - row["right"]) for row in bins) / total


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
    choices = track(list(itertools.product(VOTERS, EMPHASES)), "Fitting", console=console, transient=True)
    fits = [fitted(samples, voters, emphasis, unrelated) for voters, emphasis in choices]
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
    thresholds, bins = by_threshold(found), by_bin(found)
    error = calibration_error(bins)
    error_of_shown = calibration_error([row for row in bins if row["from"] >= tagging.MIN_CONFIDENCE])
    show(console, f"{found.asked} pictures, {found.tags} tags; seeds {REPORTED_SEEDS}", thresholds)
    show(console, f"Calibration: expected error {error:.3f}, of what is shown {error_of_shown:.3f}", bins)
    write_json(
        json_file,
        {
            **provenance(samples, describer),
            "in_use": in_use,
            "best": {name: getattr(best, name) for name in Fitted.__slots__},
            "by_threshold": thresholds,
            "calibration": {"bins": bins, "expected_error": error, "of_what_is_shown": error_of_shown},
        },
    )


if __name__ == "__main__":
    typer.run(main)
