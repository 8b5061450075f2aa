"""How well are near-duplicates found, and where should the two thresholds lie?

    python benchmarks/duplicates.py [--pictures DIR] [--json FILE]

Of every picture of the development set variants are made (half the size, JPEG quality 30, 5 % cut off, mirrored, and
some of these together). Thresholds are fitted on the variants of one half of the pictures, for the best F1 over the
four plain kinds. What is reported is of the other half, by the product's own `duplicate_pair`: each variant is compared
with every original. Different pictures that are taken for the same are wrong; files of the same bytes are the same.
"""

from __future__ import annotations

import hashlib
import io
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import typer
from development import (
    MODEL,
    REPORTED_SEEDS,
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
from numpy.typing import NDArray
from PIL import Image, ImageOps
from rich.console import Console
from rich.table import Table

from imagesearch import duplicates
from imagesearch.describer import load_describer
from imagesearch.duplicates import Look, duplicate_pair, look_of

if TYPE_CHECKING:
    from imagesearch.manifest import Manifest

Change = Callable[[Image.Image, random.Random], Image.Image]

COSINES = tuple(round(0.5 + step / 100, 2) for step in range(49))
BITS = tuple(range(0, 33, 2))
"""Even ones: half of a hash's bits are ones, so two hashes differ in an even number of them."""
CUT = 0.05


def halved(image: Image.Image, _: random.Random) -> Image.Image:
    return image.resize((max(1, image.width // 2), max(1, image.height // 2)), Image.Resampling.LANCZOS)


def cropped(image: Image.Image, chance: random.Random) -> Image.Image:
    """5 % of the width and 5 % of the height cut off, anyhow shared between opposite sides."""
    width, height = round(image.width * (1 - CUT)), round(image.height * (1 - CUT))
    left, top = chance.randint(0, image.width - width), chance.randint(0, image.height - height)
    return image.crop((left, top, left + width, top + height))


def trimmed(image: Image.Image, _: random.Random) -> Image.Image:
    """5 % cut off each of the four sides: 19 % of the picture."""
    across, down = round(image.width * CUT), round(image.height * CUT)
    return image.crop((across, down, image.width - across, image.height - down))


def mirrored(image: Image.Image, _: random.Random) -> Image.Image:
    return ImageOps.mirror(image)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of variants."""

    name: str
    changes: tuple[Change, ...] = ()
    jpeg: bool = False
    """Quality 30; else PNG."""
    fitted: bool = False
    """Whether thresholds are fitted on it."""


KINDS = (
    Kind("half the size", (halved,), fitted=True),
    Kind("JPEG 30", jpeg=True, fitted=True),
    Kind("crop 5 %", (cropped,), fitted=True),
    Kind("mirrored", (mirrored,), fitted=True),
    Kind("crop 5 % of each side", (trimmed,)),
    Kind("half the size, JPEG 30", (halved,), jpeg=True),
    Kind("crop 5 %, JPEG 30", (cropped,), jpeg=True),
    Kind("mirrored, crop 5 %, JPEG 30", (mirrored, cropped), jpeg=True),
)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The rule's two constants."""

    min_cosine: float
    max_distance: int


@dataclass(frozen=True, slots=True)
class Figures:
    """How variants of one kind fared."""

    kind: str
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


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """All variants of one kind against all originals, V x O with the own original on the diagonal."""

    kind: Kind
    looks: Sequence[Look]
    cosines: NDArray[np.float32]
    distances: NDArray[np.uint8]


def variant(sample: Sample, kind: Kind) -> bytes:
    """The file of a sample's variant. Chance is seeded by the sample's name."""
    chance = random.Random(sample.name)  # noqa: S311 - where to cut, not a secret
    with Image.open(sample.path) as opened:
        rgba = opened.convert("RGBA")
    image = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    for change in kind.changes:
        image = change(image, chance)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=30) if kind.jpeg else image.save(file, "PNG")
    return file.getvalue()


def looks_of(samples: Iterable[Sample], manifest: Manifest, folder: str) -> list[Look]:
    """What the product compares of each; `folder` makes the variants' ids differ from the originals'."""
    found = [look_of(record_of(sample, manifest, key=f"{folder}/{sample.name}")) for sample in samples]
    return [look for look in found if look]


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


def with_thresholds(each: Compared, part: Sequence[int], different: NDArray[np.bool_], rule: Thresholds) -> Figures:
    """One kind within this part of the pictures, by any thresholds."""
    chosen = np.ix_(part, part)
    same = (each.cosines[chosen] >= rule.min_cosine) & (each.distances[chosen] <= rule.max_distance)
    return _figures(each, same, different[chosen])


def by_product(each: Compared, originals: Sequence[Look], part: Sequence[int], different: NDArray[np.bool_]) -> Figures:
    """One kind within this part of the pictures, as the product judges."""
    same = np.array([[duplicate_pair(each.looks[i], originals[j]) is not None for j in part] for i in part])
    return _figures(each, same, different[np.ix_(part, part)])


def _figures(each: Compared, same: NDArray[np.bool_], different: NDArray[np.bool_]) -> Figures:
    found, wrong = int(np.diag(same).sum()), int((same & different).sum())
    return Figures(each.kind.name, len(same), found, wrong, int(different.sum()))


def together(all_figures: Iterable[Figures], name: str) -> Figures:
    """Several kinds as one."""
    every = list(all_figures)
    counts = np.array([(one.variants, one.found, one.wrong, one.comparisons) for one in every]).sum(axis=0)
    return Figures(name, *(int(count) for count in counts))


def differing(samples: Sequence[Sample]) -> NDArray[np.bool_]:
    """N x N: whether two samples are different files."""
    digests = np.array([hashlib.sha256(sample.path.read_bytes()).hexdigest() for sample in samples])
    return np.asarray(digests[:, np.newaxis] != digests[np.newaxis, :])


def look_alikes(
    samples: Sequence[Sample], looks: Sequence[Look], different: NDArray[np.bool_]
) -> list[tuple[str, ...]]:
    """Names, cosine and distance of different originals that the product takes for the same, the most alike first."""
    pairs = [
        (pair, samples[i].name, samples[j].name)
        for i in range(len(looks))
        for j in range(i)
        if different[i, j] and (pair := duplicate_pair(looks[i], looks[j]))
    ]
    pairs.sort(key=lambda each: (-each[0].cosine, each[0].distance, *each[1:]))
    return [(one, other, f"{pair.cosine:.3f}", str(pair.distance)) for pair, one, other in pairs]


def show(console: Console, title: str, all_figures: Iterable[Figures]) -> None:
    table = Table("variants", "of", "precision", "recall", "wrong pairs", "of", title=title)
    for one in all_figures:
        shares = f"{one.precision:.3f}", f"{one.recall:.3f}"
        table.add_row(one.kind, str(one.variants), *shares, str(one.wrong), f"{one.comparisons:,}")
    console.print(table)


def main(*, pictures: PicturesOption = None, model: ModelOption = MODEL, json_file: JsonOption = None) -> None:
    """Fit the thresholds of near-duplicates on one half of the pictures and measure them on the other."""
    console = Console()
    describer = load_describer(model)
    samples = read_samples(pictures, describer, console)
    different = differing(samples)
    originals = looks_of(samples, describer.manifest, "originals")
    all_compared = []
    for kind in KINDS:
        files = (variant(sample, kind) for sample in samples)
        made = described(files, len(samples), describer, console)
        changed = [replace(sample, described=one) for sample, one in zip(samples, made, strict=True)]
        all_compared.append(compared(kind, looks_of(changed, describer.manifest, kind.name), originals))

    in_use = Thresholds(duplicates.MIN_COSINE, duplicates.MAX_DISTANCE)
    splits = Table("seed", "cosine at least", "bits at most", "precision", "recall", title="Fitted on one half each")
    stability = []
    for seed in REPORTED_SEEDS:
        fit, held_out = halves(len(samples), seed)
        rule = fitted(all_compared, fit, different)
        plain = [with_thresholds(each, held_out, different, rule) for each in all_compared if each.kind.fitted]
        total = together(plain, "the four plain kinds")
        stability.append({"seed": seed, **asdict(rule), "precision": total.precision, "recall": total.recall})
        shares = f"{total.precision:.3f}", f"{total.recall:.3f}"
        splits.add_row(str(seed), f"{rule.min_cosine:.2f}", str(rule.max_distance), *shares)
    console.print(splits)

    _, held_out = halves(len(samples), REPORTED_SEEDS[0])
    figures = [by_product(each, originals, held_out, different) for each in all_compared]
    plain_kinds = {kind.name for kind in KINDS if kind.fitted}
    figures.append(together((one for one in figures if one.kind in plain_kinds), "the first four together"))
    show(console, f"The half held out of seed {REPORTED_SEEDS[0]}, by the product: {in_use}", figures)

    alike = look_alikes(samples, originals, different)
    table = Table("one", "other", "cosine", "bits", title="Different originals that are taken for the same")
    for row in alike:
        table.add_row(*row)
    console.print(table, f"{len(alike)} of {int(np.triu(different, 1).sum()):,} pairs of different pictures")
    write_json(
        json_file,
        {
            **provenance(samples, describer),
            "in_use": asdict(in_use),
            "fitted": stability,
            "held_out": [{**asdict(one), "precision": one.precision, "recall": one.recall} for one in figures],
            "look_alikes": alike,
        },
    )


if __name__ == "__main__":
    typer.run(main)
