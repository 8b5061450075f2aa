"""How well are near-duplicates found, and where should they begin?

    python benchmarks/duplicates.py [--pictures DIR] [--json FILE]

Of every picture of the development set variants are made (half the size, JPEG quality 30, 5 % cut off, mirrored, and
some of these together). The rule, a line in the plane of cosine and bits, is fitted on the variants of one half of the
pictures: four plain kinds are to be found, and a wrong pair weighs as much as ten missed ones. What is reported is of
the other half, by the product's own `duplicate_pair`: each variant is compared with every original. Different pictures
that are taken for the same are wrong; files of the same bytes are the same. That the rule is a line, rather than two
thresholds fitted alike, is decided on other splits than those reported.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
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
    described,
    halves,
    provenance,
    read_samples,
    record_of,
    write_json,
)
from duplicate_thresholds import BOTHS, COST, LINES, Compared, Line, Rule, compared, fitted, taken_for_same
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from variants import KINDS, Kind, nearly_empty, variant

from imagesearch import duplicates
from imagesearch.describer import OnnxDescriber, load_describer
from imagesearch.duplicates import Look, duplicate_pair, look_of

if TYPE_CHECKING:
    from imagesearch.manifest import Manifest

SIZES = {"under 150 pixels": (0, 150), "150 to 249": (150, 250), "250 and more": (250, np.inf)}
"""Longest sides of originals: from, and less than. The model sees 256."""
FORMS: Mapping[str, Sequence[Rule]] = {"a line": LINES, "two thresholds": BOTHS}


@dataclass(frozen=True, slots=True)
class Figures:
    """How some variants fared."""

    of: str
    variants: int
    found: int
    """Variants that their own original is found for."""
    wrong: int
    """Pairs of a variant and another picture."""
    comparisons: int
    """All pairs of a variant and another picture."""

    @property
    def recall(self) -> float:
        return self.found / self.variants

    @property
    def precision(self) -> float:
        return self.found / max(1, self.found + self.wrong)


def looks_of(samples: Iterable[Sample], manifest: Manifest, folder: str) -> list[Look]:
    """What the product compares of each; `folder` makes the variants' ids differ from the originals'."""
    found = [look_of(record_of(sample, manifest, key=f"{folder}/{sample.name}")) for sample in samples]
    return [look for look in found if look]


def all_variants(
    samples: Sequence[Sample], originals: Sequence[Look], describer: OnnxDescriber, console: Console
) -> list[Compared]:
    """Every kind of variants of all samples against all originals."""
    every = []
    for kind in KINDS:
        made = described((variant(sample, kind) for sample in samples), len(samples), describer, console)
        changed = [replace(sample, described=one) for sample, one in zip(samples, made, strict=True)]
        every.append(compared(kind, looks_of(changed, describer.manifest, kind.name), originals))
    return every


def by_product(each: Compared, originals: Sequence[Look], part: Sequence[int]) -> NDArray[np.bool_]:
    """Variants x originals of this part of the pictures: whether the product takes them for the same."""
    return np.array([[duplicate_pair(each.looks[i], originals[j]) is not None for j in part] for i in part])


def figures(
    name: str, judged: Sequence[NDArray[np.bool_]], different: NDArray[np.bool_], rows: NDArray[np.bool_] | None = None
) -> Figures:
    """Of some kinds together, each V x V with the own originals on the diagonal; only of these rows where given."""
    some = np.ones(len(different), bool) if rows is None else rows
    found = sum(int(np.diag(same)[some].sum()) for same in judged)
    wrong = sum(int((same & different)[some].sum()) for same in judged)
    return Figures(name, len(judged) * int(some.sum()), found, wrong, len(judged) * int(different[some].sum()))


def stability(
    rules: Sequence[Rule],
    every: Sequence[Compared],
    originals: Sequence[Look],
    different: NDArray[np.bool_],
    seeds: Sequence[int],
) -> list[dict[str, Any]]:
    """Which of these is fitted on one half of each split, and how variants fare by it on the other half.

    `worth` is what is fitted for; `harder` is the recall of the kinds that are not fitted on; `of originals` is, of all
    pairs of different originals, how many it takes for the same.
    """
    unchanged = compared(Kind("unchanged"), originals, originals)
    everything = range(len(originals))
    rows = []
    for seed in seeds:
        fit, held_out = halves(len(different), seed)
        rule = fitted(rules, every, fit, different)
        judged = {each.kind: taken_for_same(each, held_out, rule) for each in every}
        other = different[np.ix_(held_out, held_out)]
        total = figures("", [same for kind, same in judged.items() if kind.fitted], other)
        harder = figures("", [same for kind, same in judged.items() if not kind.fitted], other).recall
        alike = int(np.triu(taken_for_same(unchanged, everything, rule) & different, 1).sum())
        shares = {"precision": total.precision, "recall": total.recall, "harder": harder}
        counts = {"wrong pairs": total.wrong, "of originals": alike, "worth": total.found - COST * total.wrong}
        rows.append({"seed": seed, **asdict(rule), **shares, **counts})
    return rows


def held_out_figures(
    samples: Sequence[Sample], originals: Sequence[Look], every: Sequence[Compared], different: NDArray[np.bool_]
) -> list[Figures]:
    """By the product, of the half that its rule was not fitted on: each kind, and the plain ones by size."""
    _, part = halves(len(samples), REPORTED_SEEDS[0])
    judged = [by_product(each, originals, part) for each in every]
    plain = [same for each, same in zip(every, judged, strict=True) if each.kind.fitted]
    other = different[np.ix_(part, part)]
    facts = [samples[number].described.facts for number in part]
    longest = np.array([max(each.width, each.height) for each in facts])
    return [
        *(figures(each.kind.name, [same], other) for each, same in zip(every, judged, strict=True)),
        figures("the first four", plain, other),
        *(
            figures(f"... {name}", plain, other, (longest >= low) & (longest < high))
            for name, (low, high) in SIZES.items()
        ),
    ]


def differing(samples: Sequence[Sample]) -> NDArray[np.bool_]:
    """N x N: whether two samples are different files."""
    digests = np.array([hashlib.sha256(sample.path.read_bytes()).hexdigest() for sample in samples])
    return np.asarray(digests[:, np.newaxis] != digests[np.newaxis, :])


def look_alikes(
    names: Sequence[str], looks: Sequence[Look], different: NDArray[np.bool_]
) -> list[tuple[str, str, float, int]]:
    """Names, cosine and distance of different pictures that the product takes for the same, the most alike first."""
    pairs = [
        (pair, names[i], names[j])
        for i in range(len(looks))
        for j in range(i)
        if different[i, j] and (pair := duplicate_pair(looks[i], looks[j]))
    ]
    pairs.sort(key=lambda each: (-each[0].cosine, each[0].distance, *each[1:]))
    return [(one, other, pair.cosine, pair.distance) for pair, one, other in pairs]


def empty_looks(
    sample: Sample, describer: OnnxDescriber, console: Console
) -> tuple[list[str], list[Look], NDArray[np.bool_]]:
    """Nearly empty pictures: names, looks, and N x N whether they differ. Each is a sample with another picture."""
    files = nearly_empty()
    made = described(files.values(), len(files), describer, console)
    each_as_sample = [replace(sample, name=name, described=one) for name, one in zip(files, made, strict=True)]
    return list(files), looks_of(each_as_sample, describer.manifest, "empty"), ~np.eye(len(files), dtype=bool)


def show(console: Console, title: str, every: Iterable[Figures]) -> None:
    table = Table("variants", "of", "precision", "recall", "wrong pairs", "of", title=title)
    for one in every:
        shares = f"{one.precision:.3f}", f"{one.recall:.3f}"
        table.add_row(one.of, str(one.variants), *shares, str(one.wrong), f"{one.comparisons:,}")
    console.print(table)


def show_rows(console: Console, title: str, columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> None:
    table = Table(*columns, title=title)
    for row in rows:
        table.add_row(*(f"{value:.3f}" if isinstance(value, float) else str(value) for value in row))
    console.print(table)


def main(*, pictures: PicturesOption = None, model: ModelOption = MODEL, json_file: JsonOption = None) -> None:
    """Fit the rule of near-duplicates on one half of the pictures and measure it on the other."""
    console = Console()
    describer = load_describer(model)
    samples = read_samples(pictures, describer, console)
    different = differing(samples)
    originals = looks_of(samples, describer.manifest, "originals")
    every = all_variants(samples, originals, describer, console)

    tried = {form: stability(rules, every, originals, different, TUNING_SEEDS) for form, rules in FORMS.items()}
    worth = {form: sum(row["worth"] for row in rows) for form, rows in tried.items()}
    best = max(worth, key=lambda form: worth[form])
    for form, rows in tried.items():
        show_rows(console, f"To choose a form by: {form}, worth {worth[form]}", list(rows[0]), map(dict.values, rows))
    rows = stability(FORMS[best], every, originals, different, REPORTED_SEEDS)
    show_rows(console, f"Fitted on one half each: {best}", list(rows[0]), map(dict.values, rows))
    fitted_first = fitted(FORMS[best], every, halves(len(samples), REPORTED_SEEDS[0])[0], different)
    in_use = Line(duplicates.MIN_COSINE, duplicates.BITS_PER_COSINE)
    console.print(f"Fitted on seed {REPORTED_SEEDS[0]}: {fitted_first}\nIn use: {in_use}")
    held_out = held_out_figures(samples, originals, every, different)
    show(console, f"The half held out of seed {REPORTED_SEEDS[0]}, by the product: {in_use}", held_out)
    alike = look_alikes([sample.name for sample in samples], originals, different)
    show_rows(console, "Different originals that are taken for the same", ("one", "other", "cosine", "bits"), alike)
    console.print(f"{len(alike)} of {int(np.triu(different, 1).sum()):,} pairs of different pictures")
    empty_alike = look_alikes(*empty_looks(samples[0], describer, console))
    show_rows(console, "Nearly empty pictures taken for the same", ("one", "other", "cosine", "bits"), empty_alike)
    write_json(
        json_file,
        {
            **provenance(samples, describer),
            "in_use": asdict(in_use),
            "forms": tried,
            "chosen": best,
            "fitted": rows,
            "held_out": [{**asdict(one), "precision": one.precision, "recall": one.recall} for one in held_out],
            "look_alikes": alike,
            "nearly_empty_alike": empty_alike,
        },
    )


if __name__ == "__main__":
    typer.run(main)
