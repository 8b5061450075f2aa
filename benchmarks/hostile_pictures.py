"""Every picture of Pillow's own test suite through `read_picture`: each is read or refused, none brings it down.

The suite has animations, bombs, truncated files and what fuzzers found. It is fetched (47 MB) into the cache once.
Each file is read in a worker process, so that a crash is counted rather than the end. Run:

    python benchmarks/hostile_pictures.py
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import track
from rich.table import Table

from imagesearch.errors import PictureError
from imagesearch.images import read_picture
from imagesearch.records import Sizing

VERSION: Final = "11.3.0"
SHA256: Final = "3828ee7586cd0b2091b6209e5ad53e20d0649bbe87164a459d0676e035e8f523"
SIZING: Final = Sizing(size=320, fit="longest", resampling="bicubic")
MAX_PIXELS: Final = 150_000_000
THUMBNAIL_SIZE: Final = 384
MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file."""

    kind: str
    """`read`, a code of PictureError, `escaped: <exception>`, or `crashed`."""
    seconds: float = 0.0
    """Processor time."""
    peak: int = 0
    """Bytes of memory the worker had at its largest so far."""


def fetched() -> Path:
    """The source distribution of Pillow in the cache, its checksum verified."""
    repository = Path(__file__).resolve().parents[1]
    folder = Path(os.environ.get("IMAGESEARCH_CACHE", repository / ".cache")) / "hostile"
    archive = folder / f"pillow-{VERSION}.tar.gz"
    if not archive.exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-build-isolation"]
        command += ["--no-binary", "pillow", "--dest", str(folder), f"pillow=={VERSION}"]
        subprocess.run(command, check=True)  # noqa: S603 - every word of the command is ours
    if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
        sys.exit(f"{archive} is not the file that was published: delete it and try again.")
    return archive


def pictures(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each file in the suite's image folder."""
    prefix = f"pillow-{VERSION}/Tests/images/"
    with tarfile.open(archive) as tar:
        for member in tar:
            file = tar.extractfile(member) if member.isfile() and member.name.startswith(prefix) else None
            if file:
                yield member.name.removeprefix(prefix), file.read()


def attempt(data: bytes) -> Outcome:
    """Read one picture, in the worker."""
    start = time.process_time()
    try:
        read_picture(data, sizing=SIZING, max_pixels=MAX_PIXELS, thumbnail_size=THUMBNAIL_SIZE)
        kind = "read"
    except PictureError as error:
        kind = error.code
    except Exception as error:  # noqa: BLE001 - this is what must not happen, and what is counted here
        kind = f"escaped: {type(error).__name__}"
    return Outcome(kind, time.process_time() - start, _peak_bytes())


def _peak_bytes() -> int:
    """The most memory this process has had (Linux; `ru_maxrss` would count the parent's)."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def outcomes(files: list[tuple[str, bytes]], console: Console) -> dict[str, Outcome]:
    """What became of each file, by name."""
    found: dict[str, Outcome] = {}
    pool = _pool()
    for name, data in track(files, "Reading", console=console):
        try:
            found[name] = pool.submit(attempt, data).result()
        except BrokenProcessPool:
            found[name] = Outcome("crashed")
            pool = _pool()
    pool.shutdown()
    return found


def _pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"))


def report(found: dict[str, Outcome], console: Console) -> None:
    """The table: how many of each kind, with examples, and the extremes."""
    table = Table("outcome", "files", "of these", title=f"{len(found)} files of Pillow {VERSION}'s test suite")
    for kind, count in Counter(outcome.kind for outcome in found.values()).most_common():
        names = [name for name, outcome in found.items() if outcome.kind == kind]
        table.add_row(kind, str(count), ", ".join(names[:3]))
    console.print(table)
    slowest = max(found, key=lambda name: found[name].seconds)
    largest = max(found, key=lambda name: found[name].peak)
    console.print(f"slowest: {slowest}, {found[slowest].seconds * 1000:.0f} ms of processor time")
    console.print(f"peak memory of the worker: {found[largest].peak / MIB:.0f} MiB, first seen with {largest}")


def main() -> int:
    """Print the table; 1 where any file escaped or crashed."""
    console = Console()
    found = outcomes(list(pictures(fetched())), console)
    report(found, console)
    return int(any(outcome.kind.startswith(("escaped", "crashed")) for outcome in found.values()))


if __name__ == "__main__":
    sys.exit(main())
