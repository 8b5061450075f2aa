"""Pictures to try the product with: fetched, unpacked and captioned, never part of the repository.

`<cache>/samples/pictures/<class>/X.png` with `X.json` (caption and tags) beside it, and in `<cache>/samples/queries`
a few of the things on them as another camera might have seen them, to search by. The folder appears whole or not at
all.
"""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from imagesearch_local.paths import write_atomically
from imagesearch_local.samples import photographs, stamps
from imagesearch_local.samples.queries import seen_again

VERSION = 2
"""Of the layout and the selection: another one is fetched anew."""
PICTURES = "pictures"
QUERIES = "queries"
_MARKER = "version.json"
_log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One captioned picture."""

    path: Path
    """Where it lies now; it is moved from there."""
    name: str
    """Where it goes: class folders and file name."""
    caption: str
    tags: tuple[str, ...]
    query: str | None = None
    """Name among the pictures to search by, where one is made of it."""


class SamplesUnavailable(RuntimeError):
    """No samples could be fetched; the message says what to do."""


def fetch_samples(cache: Path, progress: Progress) -> Path:
    """The folder `<cache>/samples`, fetched unless it is there. Raises SamplesUnavailable.

    Debian's stamps of Tux Paint where there is apt-get (430 captioned pictures, 161 MB to fetch), else scikit-image's
    photographs (some 20, 13 MB to fetch).
    """
    folder = cache / "samples"
    if _is_current(folder):
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix=".samples-") as name:
        work = Path(name)
        source, found = _found(cache, work, progress)
        ready = work / "ready"
        _lay_out(found, ready, progress)
        write_atomically(ready / _MARKER, json.dumps({"version": VERSION, "source": source}).encode())
        if folder.exists():
            folder.rename(work / "outdated")
        ready.rename(folder)
    return folder


def _is_current(folder: Path) -> bool:
    try:
        return bool(json.loads((folder / _MARKER).read_bytes())["version"] == VERSION)
    except (OSError, ValueError, LookupError, TypeError):
        return False


def _found(cache: Path, work: Path, progress: Progress) -> tuple[str, list[Sample]]:
    if stamps.can_fetch():
        try:
            return "tuxpaint-stamps", list(_stamps(stamps.fetch(cache, work, progress)))
        except stamps.StampsUnavailable as error:
            _log.warning("%s Taking scikit-image's photographs instead.", error)
    try:
        return "scikit-image", list(_photographs(photographs.fetch(work, progress)))
    except photographs.PhotographsUnavailable as error:
        raise SamplesUnavailable(f"{error} Or go on without samples (`--no-samples`).") from error


def _stamps(root: Path) -> Iterator[Sample]:
    for path in sorted(root.rglob("*.png")):
        words = path.with_suffix(".txt")
        name = path.relative_to(root).as_posix()
        tags = tuple(name.split("/")[:-1])
        if tags[:1] == ("symbols",) or "cartoon" in tags or not words.is_file():
            continue
        caption = words.read_text("utf-8").partition("\n")[0].strip()
        yield Sample(path, name, caption, tags, stamps.QUERIES.get(name))


def _photographs(root: Path) -> Iterator[Sample]:
    for name, photograph in photographs.PHOTOGRAPHS.items():
        path = root / name
        if path.is_file():
            tags = (*photograph.folder.split("/"), *photograph.tags)
            yield Sample(path, f"{photograph.folder}/{name}", photograph.caption, tags, photograph.query)


def _lay_out(samples: Iterable[Sample], folder: Path, progress: Progress) -> None:
    every = list(samples)
    for number, sample in enumerate(every, 1):
        target = folder / PICTURES / sample.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(sample.path, target)
        words = json.dumps({"caption": sample.caption, "tags": list(sample.tags)}, ensure_ascii=False)
        target.with_suffix(".json").write_text(words + "\n", "utf-8")
        if sample.query:
            (folder / QUERIES).mkdir(exist_ok=True)
            (folder / QUERIES / f"{sample.query}.jpg").write_bytes(seen_again(target))
        progress("Laying out the samples", number, len(every))
