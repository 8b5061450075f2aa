"""Files that people search by: photographs as cameras write them, and files that are none."""

from __future__ import annotations

import base64
import io
import random
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
import suites
from page_pictures import QUERIES, photographs
from PIL import Image
from PIL.ExifTags import Base

FROG: Final = QUERIES / "frog.jpg"
"""It finds `A frog.` first; 452 x 340."""
FLOWER: Final = QUERIES / "flower.jpg"
CAT_CAPTION: Final = "Chelsea the cat, close up."

# How a camera that was held so has to turn the picture, for a program that heeds its note to see it upright.
_TURNED: Final = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}


def large_photograph(path: Path) -> Path:
    """40 megapixels of a cat, with the noise of a small sensor: over 20 MB."""
    with Image.open(photographs() / "chelsea.png") as cat:
        pixels = np.asarray(cat.convert("RGB").resize((7728, 5152)), dtype=np.int16)
    noise = np.random.default_rng(7).integers(-24, 25, pixels.shape, dtype=np.int16)
    Image.fromarray((pixels + noise).clip(0, 255).astype(np.uint8)).save(path, quality=94)
    assert path.stat().st_size > 20_000_000
    return path


def turned(path: Path, orientation: int, scale: int = 1) -> Path:
    """The frog as a camera held this way writes it: its pixels turned, and a note of that in EXIF."""
    with Image.open(FROG) as frog:
        size = (frog.width * scale, frog.height * scale)
        exif = Image.Exif()
        exif[Base.Orientation] = orientation
        frog.resize(size).transpose(_TURNED[orientation]).save(path, quality=95, exif=exif)
    return path


def cut_out(path: Path) -> Path:
    """A large picture, transparent but for its middle."""
    picture = Image.new("RGBA", (2000, 1500), (255, 0, 0, 0))
    picture.paste((20, 90, 30, 255), (700, 500, 1300, 1000))
    picture.save(path)
    return path


def drawing(path: Path, seed: int) -> Path:
    """A small picture unlike any of another seed."""
    chance = random.Random(seed)
    noise = Image.frombytes("RGB", (8, 8), bytes(chance.randrange(256) for _ in range(8 * 8 * 3)))
    noise.resize((64, 64), Image.Resampling.NEAREST).save(path)
    return path


def tiff(path: Path, scale: int = 1) -> Path:
    """The frog in a format that Chromium can't show and the API can read."""
    with Image.open(FROG) as frog:
        frog.resize((frog.width * scale, frog.height * scale)).save(path, "TIFF")
    return path


def heic(path: Path, *, at_least: int = 0) -> Path:
    """A cat as telephones write it; as large as wanted, by a box of free space at its end."""
    try:
        data = suites.picture(suites.PILLOW_HEIF, "heif_other/cat.hif")
    except suites.NotFetched as error:
        pytest.skip(str(error))
    missing = max(0, at_least - len(data) - 8)
    path.write_bytes(data + ((8 + missing).to_bytes(4) + b"free" + bytes(missing) if missing else b""))
    return path


def in_base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def sent_picture(body: dict[str, Any]) -> Image.Image:
    """The picture in a search's request."""
    return Image.open(io.BytesIO(base64.b64decode(body["image"])))
