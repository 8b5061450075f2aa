"""What is in the library that tests of the page look at: some 100 real pictures, with words of every kind."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from typing import Any, Final

from PIL import Image
from PIL.ExifTags import IFD, Base

from imagesearch_local.samples.photographs import PHOTOGRAPHS
from model_export.fetch import cache_dir

SAMPLES: Final = cache_dir() / "samples"
QUERIES: Final = SAMPLES / "queries"
"""Pictures to search by, none of them in the library: `frog.jpg` finds the frog."""
FOLDERS: Final = (
    "animals/amphibians",
    "animals/birds",
    "animals/mammals/cats",
    "food/fruit",
    "plants/flowers",
    "space/planets",
    "town/flags",
    "town/roadsigns",
)
"""Of these the first few pictures each are taken."""
EACH: Final = 14

HOSTILE_CAPTION: Final = "Hostile <img src=x onerror=alert(1)> & \"><script>alert('caption')</script> <b>words</b>"
HOSTILE_TAGS: Final = (
    '"><script>alert(1)</script>',
    "<img src=x onerror=alert(2)>",
    "'; alert(3); '",
    "javascript:alert(4)",
)
HOSTILE_ATTRIBUTES: Final = {"<i>name</i>": '" onmouseover="alert(5)'}
HOSTILE_NAME: Final = "hostile <svg onload=alert(6)> \"'&.png"

ORIGINAL: Final = ("food", "coffee.png")
COPY: Final = "food/coffee, a smaller copy.jpg"
"""The same picture, resized and compressed again: a near-duplicate."""
WITHOUT_WORDS: Final = "unsorted/IMG_2071.jpg"
"""It has neither caption nor tags."""

# Of what cameras write into a picture. Dates and cameras are what one filters by.
TAKEN: Final = {
    "astronaut.png": ("NASA", "Hasselblad 500", "1992:07:14 10:30:00"),
    "chelsea.png": ("NIKON", "D850", "2021:03:05 18:04:11"),
    "rocket.jpg": ("Canon", "EOS 5D", "2014:09:07 05:00:00"),
    "motorcycle_left.png": ("Canon", "EOS 5D", "2019:06:01 12:00:00"),
}


class SamplesMissing(RuntimeError):
    """The sample pictures are not in the cache; the message says what to do."""


def lay_out(folder: Path) -> None:
    """Fill a folder for `imagesearch add`: pictures, with their words as JSON beside them. Raises SamplesMissing."""
    if not (SAMPLES / "pictures" / FOLDERS[0]).is_dir():
        raise SamplesMissing("The sample pictures are not fetched: run `make samples`")
    for name in FOLDERS:
        for path in sorted((SAMPLES / "pictures" / name).glob("*.png"))[:EACH]:
            _copy(path, folder / name / path.name, json.loads(path.with_suffix(".json").read_text("utf-8")))
    _photographs(folder)
    coffee = photographs() / ORIGINAL[1]
    with Image.open(coffee) as image:
        _save(
            image.resize((image.width // 2, image.height // 2)), folder / COPY, {"caption": "Coffee, a smaller copy."}
        )
    with Image.open(photographs() / "grass.png") as image:
        _save(image.crop((0, 0, 240, 480)), folder / WITHOUT_WORDS, None)
    words = {"caption": HOSTILE_CAPTION, "tags": [*HOSTILE_TAGS], "attributes": HOSTILE_ATTRIBUTES}
    with Image.open(photographs() / "brick.png") as image:
        _save(image.rotate(30), folder / "hostile" / HOSTILE_NAME, words)


def photographs() -> Path:
    """The folder of scikit-image's photographs, in the installed package."""
    spec = importlib.util.find_spec("skimage")
    assert spec
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "data"


def _photographs(folder: Path) -> None:
    for name, photograph in PHOTOGRAPHS.items():
        words = {"caption": photograph.caption, "tags": [*photograph.folder.split("/"), *photograph.tags]}
        target = folder / photograph.folder / name
        if name in TAKEN:
            with Image.open(photographs() / name) as image:
                _save(image.convert("RGB"), target.with_suffix(".jpg"), words, exif=_exif(*TAKEN[name]))
        else:
            _copy(photographs() / name, target, words)


def _exif(make: str, model: str, taken: str) -> Image.Exif:
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Model] = make, model
    exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = taken
    return exif


def _copy(source: Path, target: Path, words: dict[str, Any]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.with_suffix(".json").write_text(json.dumps(words), "utf-8")


def _save(image: Image.Image, target: Path, words: dict[str, Any] | None, **options: Any) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    image.save(target, **options)
    if words:
        target.with_suffix(".json").write_text(json.dumps(words), "utf-8")
