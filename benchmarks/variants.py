"""Variants made of a picture, as near-duplicates come about: resized, compressed, cut, mirrored."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import dataclass

from development import Sample
from PIL import Image, ImageDraw, ImageOps

Change = Callable[[Image.Image, random.Random], Image.Image]

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


def nearly_empty() -> dict[str, bytes]:
    """Pictures whose hash hangs on little: of one colour, and pages of different text, by what they are."""
    pictures = {name: Image.new("RGB", (300, 200), name) for name in ("white", "ivory", "black", "grey", "red", "navy")}
    for number in range(3):
        chance = random.Random(number)  # noqa: S311 - what the page says, not a secret
        page = Image.new("RGB", (600, 800), "white")
        for line in range(40, 760, 22):
            ImageDraw.Draw(page).text((40, line), "".join(chance.choices("etaoin shrdlu  ", k=70)), fill="black")
        pictures[f"page {number + 1}"] = page
    files = {}
    for name, picture in pictures.items():
        file = io.BytesIO()
        picture.save(file, "PNG")
        files[name] = file.getvalue()
    return files
