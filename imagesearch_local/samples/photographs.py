"""scikit-image's photographs, out of its wheel: for systems without Debian's tools. The wheel is never imported."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from model_export.fetch import FetchError, fetch_wheel

_FOLDER = "skimage/data/"


@dataclass(frozen=True, slots=True)
class Photograph:
    """What is seen on one of them."""

    folder: str
    caption: str
    tags: tuple[str, ...]
    query: str | None = None
    """Name of the picture to search by that is made of it."""


PHOTOGRAPHS = {
    "astronaut.png": Photograph("people", "An astronaut in an orange suit, smiling.", ("woman", "portrait", "space")),
    "brick.png": Photograph("textures", "A brick wall.", ("bricks", "wall")),
    "camera.png": Photograph("people", "A man behind a camera on a tripod.", ("cameraman", "grass", "grey")),
    "cell.png": Photograph("science", "A cell under the microscope.", ("microscope", "biology")),
    "chelsea.png": Photograph("animals", "Chelsea the cat, close up.", ("cat", "portrait", "whiskers"), query="cat"),
    "clock_motion.png": Photograph("things", "A clock, blurred by motion.", ("clock", "blur", "grey")),
    "coffee.png": Photograph("food", "A cup of coffee on a wooden table.", ("cup", "spoon", "table")),
    "coins.png": Photograph("things", "Greek coins from Pompeii, in rows.", ("coins", "money", "grey")),
    "grass.png": Photograph("textures", "A lawn from above.", ("grass", "plants")),
    "gravel.png": Photograph("textures", "Gravel.", ("stones",)),
    "horse.png": Photograph("animals", "The silhouette of a horse.", ("horse", "silhouette", "black")),
    "hubble_deep_field.jpg": Photograph("space", "Galaxies in the Hubble deep field.", ("galaxies", "stars", "sky")),
    "ihc.png": Photograph("science", "Stained tissue under the microscope.", ("microscope", "tissue", "purple")),
    "moon.png": Photograph("space", "The surface of the moon, with craters.", ("moon", "craters", "grey")),
    "motorcycle_left.png": Photograph("vehicles", "A motorcycle in a garage.", ("motorcycle", "garage")),
    "motorcycle_right.png": Photograph("vehicles", "A motorcycle.", ("motorcycle",), query="motorcycle"),
    "page.png": Photograph("documents", "A printed page with shadows.", ("text", "print")),
    "retina.jpg": Photograph("science", "The retina of an eye.", ("eye", "medicine", "orange")),
    "rocket.jpg": Photograph("space", "A rocket on its launch pad.", ("rocket", "launch", "sky")),
    "text.png": Photograph("documents", "Handwriting on a sheet of paper.", ("text", "handwriting")),
}


class PhotographsUnavailable(RuntimeError):
    """The wheel can't be had; the message says what to do."""


def fetch(work: Path, progress: Callable[[str, int, int], None]) -> Path:
    """A folder below `work` with the photographs. Raises PhotographsUnavailable."""
    progress("Downloading the samples", 0, 1)
    try:
        wheel = fetch_wheel("photographs.txt", "scikit_image-*.whl")
    except FetchError as error:
        raise PhotographsUnavailable(f"The sample pictures can't be had: {error}") from error
    progress("Downloading the samples", 1, 1)
    folder = work / "photographs"
    folder.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        for name in PHOTOGRAPHS:
            try:
                (folder / name).write_bytes(archive.read(_FOLDER + name))
            except KeyError:
                continue  # another version of the library may have another set
    return folder
