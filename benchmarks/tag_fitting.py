"""What suggested tags hang on: number and weights of the voters, and the regression that makes confidences of votes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from development import REPORTED_SEEDS, TUNING_SEEDS, Sample, halves, in_force
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from imagesearch import tagging
from imagesearch.ranking import visual_score
from imagesearch.records import SEMANTIC

VOTERS = (3, 5, 7, 10, 15, 20)
EMPHASES = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0)
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
class Disjoint:
    """Calibration errors of what is shown, each the mean of ten halves of the pictures."""

    other_pictures: float
    """Fitted to the other half: no picture that was seen."""
    same_pictures: float
    """Fitted to other splits of the very half, which is as small."""


def votes(samples: Sequence[Sample], seeds: Sequence[int], voters: int, emphasis: float, unrelated: float) -> Votes:
    """By the second half of each split for the first."""
    vectors = np.stack([sample.described.descriptors[SEMANTIC].vectors[0] for sample in samples])
    features: list[tuple[float, float]] = []
    right: list[bool] = []
    tags = 0
    for seed in seeds:
        wordless, tagged = halves(len(samples), seed)
        for number in wordless:
            cosines = vectors[tagged] @ vectors[number]
            nearest = np.argsort(-cosines, kind="stable")[:voters]
            neighbours = [
                (samples[tagged[k]].words.tags or (), visual_score(float(cosines[k]), unrelated)) for k in nearest
            ]
            with in_force(tagging, {"EMPHASIS": emphasis}):
                found = tagging.votes_for(neighbours)
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
    some = votes(samples, TUNING_SEEDS, voters, emphasis, unrelated)
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


def fits_of(samples: Sequence[Sample], unrelated: float) -> Iterator[Fitted]:
    """One of each choice of constants."""
    for voters, emphasis in itertools.product(VOTERS, EMPHASES):
        yield fitted(samples, voters, emphasis, unrelated)


def error_of_shown(fit: Fitted, samples: Sequence[Sample], unrelated: float) -> float:
    """Calibration error of what the product would show of the reported splits of these pictures."""
    some = votes(samples, REPORTED_SEEDS, fit.voters, fit.emphasis, unrelated)
    weighed = fit.intercept + some.features @ np.array([fit.of_share, fit.of_nearest])
    confidences = np.asarray(1 / (1 + np.exp(-weighed)))
    return calibration_error(by_bin(confidences, some.right), of=tagging.MIN_CONFIDENCE)


def disjoint(samples: Sequence[Sample], unrelated: float) -> Disjoint:
    """How far splits that share pictures flatter: everything is chosen on one half, and tried on either."""
    other, same = [], []
    for seed in REPORTED_SEEDS:
        parts = [[samples[number] for number in half] for half in halves(len(samples), seed)]
        fits = [chosen(list(fits_of(part, unrelated))) for part in parts]
        other += [error_of_shown(fit, part, unrelated) for fit, part in zip(fits, reversed(parts), strict=True)]
        same += [error_of_shown(fit, part, unrelated) for fit, part in zip(fits, parts, strict=True)]
    return Disjoint(float(np.mean(other)), float(np.mean(same)))


def by_bin(confidences: NDArray[np.float64], right: NDArray[np.bool_]) -> list[dict[str, float]]:
    """Mean confidence beside the share that is right, for suggestions of about the same confidence."""
    rows = []
    for low, high in itertools.pairwise(BINS):
        within = (confidences >= low) & (confidences < high)
        if within.any():
            mean, share = float(confidences[within].mean()), float(right[within].mean())
            rows.append({"from": low, "suggested": int(within.sum()), "confidence": mean, "right": share})
    return rows


def calibration_error(bins: Sequence[dict[str, float]], of: float = 0) -> float:
    """Expected calibration error of such confidences and above: the mean gap to the share right (Guo et al. 2017)."""
    bins = [row for row in bins if row["from"] >= of]
    total = sum(row["suggested"] for row in bins)
    return sum(row["suggested"] * abs(row["confidence"] - row["right"]) for row in bins) / total
