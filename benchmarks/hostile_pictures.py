"""Rare and hostile pictures through `index_images`: each is indexed or rejected with a reason, none brings it down.

They are those of Pillow's own test suite (1,068 files: animations, bombs, truncated ones, what fuzzers found), of
pillow-heif's (75), and two PNGs of 623 megapixels from Debian's openclipart-png; all fetched into the cache once
(190 MB). The function, its decoding processes, index and model are the real ones, the bucket is the local one in a
process of its own. Every file that Pillow (with pi-heif) opens and loads within the limits has to be indexed. Run:

    python benchmarks/hostile_pictures.py
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Final

from rich.console import Console
from rich.progress import track
from rich.table import Table

REPOSITORY: Final = Path(__file__).resolve().parents[1]
sys.path.append(str(REPOSITORY / "tests" / "support"))  # where the suites are fetched for the tests, too

import suites  # noqa: E402 - see above
from indexing import bucket, event_of  # noqa: E402 - the benchmark beside this one

from imagesearch_local.cloud.resources import DERIVED, FUNCTION_SECONDS, IMAGES  # noqa: E402
from imagesearch_local.relay.lambda_context import LambdaContext  # noqa: E402

MIB: Final = 1024 * 1024
MAX_PIXELS: Final = 150_000_000
MAX_RESIDENT: Final = 1500 * 1000 * 1000
BATCH: Final = 10
GIANTS: Final = "openclipart-png_0.18+dfsg-19_all.deb"
GIANTS_SHA256: Final = "f07f1545a2970c2cf3fa339bc2405da1a95cf2b1827bfa05bf73eb1c20291c02"
GIANT_SIZE: Final = (20_990, 29_700)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file."""

    kind: str
    """`indexed`, the code of a rejection, or `lost` where the index has nothing of it."""
    opened: bool
    """Whether Pillow opens and loads it within the limits."""


def giants(console: Console) -> list[Path]:
    """The two giant PNGs; none where there is no apt."""
    folder = suites.CACHE / "openclipart-png"
    package = suites.CACHE / GIANTS
    if not folder.is_dir():
        if not shutil.which("apt-get") or not shutil.which("dpkg"):
            console.print("no apt-get here: without the two giant PNGs of openclipart-png")
            return []
        if not package.exists():
            command = ["apt-get", "-q", "download", "openclipart-png=1:0.18+dfsg-19"]
            subprocess.run(command, cwd=suites.CACHE, check=True)  # noqa: S603 - every word of it is ours
            next(suites.CACHE.glob("openclipart-png_*.deb")).rename(package)
        if hashlib.sha256(package.read_bytes()).hexdigest() != GIANTS_SHA256:
            sys.exit(f"{package} is not the file that was published: delete it and try again.")
        with tempfile.TemporaryDirectory(dir=suites.CACHE) as work:
            subprocess.run(["dpkg", "-x", str(package), work], check=True)  # noqa: S603, S607 - the same
            folder.mkdir()
            for path in Path(work).rglob("*.png"):
                if path.is_file() and not path.is_symlink() and png_size(path) == GIANT_SIZE:
                    path.rename(folder / path.name)
    return sorted(folder.iterdir())


def png_size(path: Path) -> tuple[int, ...]:
    with path.open("rb") as file:
        return struct.unpack(">II", file.read(24)[16:24])


def opens() -> None:
    """Say of each path on standard input whether Pillow opens and loads it within the limits: one JSON value a line."""
    import warnings

    import pi_heif
    from PIL import Image

    warnings.simplefilter("ignore")
    pi_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    for line in sys.stdin:
        try:
            with Image.open(line.rstrip("\n")) as image:
                image.load()
                print(json.dumps(image.width * image.height <= MAX_PIXELS), flush=True)
        except Exception:  # noqa: BLE001 - whatever Pillow raises, it does not open this file
            print("false", flush=True)


def opened_by_pillow(paths: Sequence[Path], console: Console) -> Iterator[bool]:
    """In a process of its own: one crash is the answer for that file, not the end."""
    process: subprocess.Popen[str] | None = None
    for path in track(paths, "Pillow alone", console=console):
        if process is None:
            process = subprocess.Popen(  # noqa: S603 - this very file
                [sys.executable, __file__, "--opens"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # libtiff says a lot
                text=True,
            )
        assert process.stdin
        assert process.stdout
        process.stdin.write(f"{path}\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        if not answer:
            process.communicate()
            process = None
        yield answer == "true\n"
    if process:
        process.communicate()


def children() -> Iterator[int]:
    for task in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has just ended
            yield from map(int, (task / "children").read_text().split())


def resident(pids: Iterable[int]) -> int:
    """Bytes of memory, all processes together; what they share counts as often as it is shared."""
    total = 0
    for pid in pids:
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):  # it has just ended
            continue
        total += sum(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS"))
    return total


@contextmanager
def watched(others: set[int]) -> Iterator[list[int]]:
    """The most memory that this process and its children but these `others` have had, looked at every 20 ms."""
    peak, ended = [0], Event()

    def watch() -> None:
        while not ended.wait(0.02):
            peak[0] = max(peak[0], resident({os.getpid(), *children()} - others))

    thread = Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        ended.set()
        thread.join()


def indexed(paths: Mapping[str, Path], folder: Path, console: Console) -> tuple[dict[str, str], int, dict[str, float]]:
    """By key what became of each file; the peak of memory in bytes; and the seconds that each batch took."""
    with bucket(folder) as cloud:
        others = set(children())
        os.environ.update(
            {
                **cloud.environment(),
                "IMAGESEARCH_IMAGE_BUCKET": IMAGES,
                "IMAGESEARCH_DERIVED_BUCKET": DERIVED,
                "IMAGESEARCH_INDEX_URL": f"sqlite:///{folder / 'index.sqlite'}",
                "IMAGESEARCH_MODEL_DIR": str(REPOSITORY / "layers" / "model"),
                "IMAGESEARCH_CURSOR_SECRET": "only here",
                "IMAGESEARCH_MAX_IMAGE_PIXELS": str(MAX_PIXELS),
            }
        )
        from imagesearch import bootstrap
        from imagesearch.records import image_id
        from index_images.handler import handler, logger

        logger.setLevel("ERROR")
        s3 = cloud.s3()
        for key, path in paths.items():
            s3.put_object(Bucket=IMAGES, Key=key, Body=path.read_bytes())
        keys, seconds = list(paths), {}
        with watched(others) as peak:
            for start in track(range(0, len(keys), BATCH), "Through index_images", console=console):
                began = time.perf_counter()
                batch = keys[start : start + BATCH]
                context = LambdaContext("index_images", FUNCTION_SECONDS)
                answer = handler(event_of(batch, start), context)  # type: ignore[arg-type]  # all that is used
                assert answer == {"batchItemFailures": []}, answer
                seconds[batch[0]] = time.perf_counter() - began
        found = bootstrap.index().read([image_id(IMAGES, key) for key in keys])
        bootstrap.forget()
    records = {record.ref.key: record for record in found.values()}
    kinds = {}
    for key in keys:
        image = records[key].image if key in records else None
        kinds[key] = "lost" if image is None else image.state if image.reason is None else image.reason.split(":")[0]
    return kinds, peak[0], seconds


def report(found: Mapping[str, Outcome], console: Console) -> list[str]:
    """Print the table; returns what must not be."""
    table = Table("outcome", "files", "opened by Pillow", "of these", title=f"{len(found)} files")
    for kind, count in Counter(outcome.kind for outcome in found.values()).most_common():
        keys = [key for key, outcome in found.items() if outcome.kind == kind]
        opened = sum(found[key].opened for key in keys)
        table.add_row(kind, f"{count:,}", f"{opened:,}", ", ".join(key.rpartition("/")[2] for key in keys[:3]))
    console.print(table)
    problems = [f"lost: {key}" for key, outcome in found.items() if outcome.kind == "lost"]
    problems += [
        f"Pillow opens it, but it is {outcome.kind}: {key}"
        for key, outcome in found.items()
        if outcome.opened and outcome.kind != "indexed"
    ]
    return problems


def main() -> int:
    """Print the table; 1 where any file is lost, or opened by Pillow but not indexed, or where memory ran over."""
    console = Console()
    paths = {
        f"{suite.name}/{path.relative_to(suite.folder)}": path
        for suite in (suites.PILLOW, suites.PILLOW_HEIF)
        for path in suites.fetch(suite)
    }
    paths |= {f"openclipart-png/{path.name}": path for path in giants(console)}
    opened = dict(zip(paths, opened_by_pillow(list(paths.values()), console), strict=True))
    with tempfile.TemporaryDirectory() as folder:
        kinds, peak, seconds = indexed(paths, Path(folder), console)
    problems = report({key: Outcome(kind, opened[key]) for key, kind in kinds.items()}, console)
    slowest = max(seconds, key=lambda key: seconds[key])
    console.print(
        f"{sum(seconds.values()):.0f} s in all; the slowest batch of {BATCH} {seconds[slowest]:.1f} s ({slowest} ...)"
    )
    console.print(f"peak memory of function and decoding processes together: {peak / MIB:.0f} MiB")
    if peak >= MAX_RESIDENT:
        problems.append(f"more than {MAX_RESIDENT:,} bytes of memory")
    for problem in problems:
        console.print(problem, style="red", markup=False)
    return int(bool(problems))


if __name__ == "__main__":
    if sys.argv[1:] == ["--opens"]:
        opens()
    else:
        sys.exit(main())
