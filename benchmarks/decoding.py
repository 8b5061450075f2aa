"""What reading a picture costs: by picture, by step, and by the choices that were open.

Processor time, and memory on top of what the process has. The photographs are scikit-image's, which needs no download.
Run:

    python benchmarks/decoding.py [FOLDER]     # FOLDER: pictures of your own to read as well
"""

from __future__ import annotations

import io
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table
from skimage import data as skimage_data

from imagesearch.decoder.pool import Decoder
from imagesearch.errors import PictureError
from imagesearch.images import read_picture, sized
from imagesearch.pictures.decoding import decode
from imagesearch.pictures.perceptual_hash import perceptual_hashes
from imagesearch.records import Sizing

PHOTOGRAPHS: Final = ("astronaut", "cat", "coffee", "rocket", "retina", "hubble_deep_field", "immunohistochemistry")
SIZING: Final = Sizing(size=320, fit="longest", resampling="bicubic")
MAX_PIXELS: Final = 150_000_000
THUMBNAIL_SIZE: Final = 384
MIB: Final = 1024 * 1024


def photograph(name: str, size: tuple[int, int]) -> Image.Image:
    """One of scikit-image's photographs, resampled to this size."""
    return Image.fromarray(getattr(skimage_data, name)()).convert("RGB").resize(size)


def encoded(image: Image.Image, file_format: str, **options: int) -> bytes:
    """The bytes of a file."""
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def milliseconds(work: Callable[[], object], least_seconds: float = 0.3) -> float:
    """Processor time of one call, the mean over as many as take `least_seconds`."""
    work()
    start, calls = time.process_time(), 0
    while time.process_time() - start < least_seconds:
        work()
        calls += 1
    return (time.process_time() - start) / calls * 1000


def peak_bytes() -> int:
    """The most memory this process has had (Linux)."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def read(data: bytes) -> None:
    """As the index does it."""
    read_picture(data, sizing=SIZING, max_pixels=MAX_PIXELS, thumbnail_size=THUMBNAIL_SIZE)


def read_whole(data: bytes) -> None:
    """The plain way, for comparison: decode all of it, then make the same things."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    sized(image, SIZING)
    image.thumbnail((THUMBNAIL_SIZE, THUMBNAIL_SIZE))
    perceptual_hashes(image)
    image.save(io.BytesIO(), "WEBP", quality=80)


def cost(work: Callable[[bytes], None], data: bytes) -> tuple[float, int]:
    """Milliseconds of processor time, and the bytes of memory it takes on top of what the process has."""
    before = peak_bytes()
    work(data)
    return milliseconds(partial(work, data)), peak_bytes() - before


def costs(console: Console) -> None:
    """One row a kind of picture: `read_picture` beside decoding all of it."""
    sizes = {"a": (200, 150), "b": (1_000, 800), "c": (2_000, 1_500), "d": (6_000, 4_000)}
    kinds = [
        ("PNG", "a"),
        ("PNG", "b"),
        ("PNG", "d"),
        ("JPEG", "b"),
        ("JPEG", "c"),
        ("JPEG", "d"),
        ("WEBP", "d"),
        ("AVIF", "d"),
    ]
    table = Table("format", "pixels", "read_picture ms", "MiB", "decoding all of it ms", "MiB", title="A photograph")
    for file_format, size in kinds:
        options = {"PNG": {"compress_level": 3}, "AVIF": {"speed": 10}}.get(file_format, {"quality": 85})
        data = encoded(photograph("coffee", sizes[size]), file_format, **options)
        cells: list[str] = []
        for work in (read, read_whole):
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                spent, memory = pool.submit(cost, work, data).result()
            cells += [f"{spent:.1f}", f"{memory / MIB:.0f}"]
        table.add_row(file_format, "{} x {}".format(*sizes[size]), *cells)
    console.print(table)


def steps(console: Console, files: Iterable[bytes]) -> None:
    """Where the time goes, mean over the files."""
    spent = {"decode": 0.0, "pixels": 0.0, "thumbnail": 0.0, "perceptual hash": 0.0, "all": 0.0}
    count = 0
    for data in files:
        try:
            image = decode(data, room=lambda _: (768, 768), max_pixels=MAX_PIXELS).image
        except PictureError:
            continue
        small = image.copy()
        small.thumbnail((THUMBNAIL_SIZE, THUMBNAIL_SIZE))
        work: dict[str, Callable[[], object]] = {
            "decode": partial(decode, data, room=lambda _: (768, 768), max_pixels=MAX_PIXELS),
            "pixels": partial(sized, image, SIZING),
            "thumbnail": partial(small.save, io.BytesIO(), "WEBP", quality=80, method=2),
            "perceptual hash": partial(perceptual_hashes, small),
            "all": partial(read, data),
        }
        for step, call in work.items():
            spent[step] += milliseconds(call, least_seconds=0.02)
        count += 1
    table = Table("step", "ms", title=f"Mean over {count} pictures")
    for step, total in spent.items():
        table.add_row(step, f"{total / count:.2f}")
    console.print(table)


def wall_milliseconds(work: Callable[[], object], calls: int = 15) -> float:
    """The median of so many calls."""
    work()
    spent = []
    for _ in range(calls):
        start = time.perf_counter()
        work()
        spent.append(time.perf_counter() - start)
    return statistics.median(spent) * 1000


def processes(console: Console) -> None:
    """What it costs that pictures are decoded in a process of their own."""
    limits = {"memory_bytes": 1536 * MIB, "seconds": 60}
    spent = []
    for _ in range(5):
        with closing(Decoder(1, **limits)) as decoder:
            start = time.perf_counter()
            decoder.start()
            spent.append(time.perf_counter() - start)
    console.print(f"a decoding process is ready after {statistics.median(spent) * 1000:.0f} ms, once")
    table = Table("a photograph", "bytes", "here ms", "in a process ms", title="Wall time, median")
    with closing(Decoder(1, **limits)) as decoder:
        for file_format, size in (
            ("PNG", (200, 150)),
            ("JPEG", (1_000, 800)),
            ("JPEG", (6_000, 4_000)),
            ("BMP", (6_000, 4_000)),
        ):
            data = encoded(photograph("coffee", size), file_format)
            there = partial(
                decoder.read_picture, data, sizing=SIZING, max_pixels=MAX_PIXELS, thumbnail_size=THUMBNAIL_SIZE
            )
            cells = [f"{wall_milliseconds(partial(read, data)):.1f}", f"{wall_milliseconds(there):.1f}"]
            table.add_row(f"{file_format}, {size[0]} x {size[1]}", f"{len(data):,}", *cells)
    console.print(table)


def webp_methods(console: Console) -> None:
    """The thumbnail's encoder: time against size, and how far it is from the pixels."""
    thumbnails = []
    for name in PHOTOGRAPHS:
        image = Image.fromarray(getattr(skimage_data, name)()).convert("RGB")
        image.thumbnail((THUMBNAIL_SIZE, THUMBNAIL_SIZE))
        thumbnails.append(image)
    table = Table("method", "ms", "bytes", "PSNR dB", title=f"WebP, quality 80, mean over {len(thumbnails)} thumbnails")
    for method in range(7):
        spent, size, psnr = 0.0, 0, 0.0
        for image in thumbnails:
            data = encoded(image, "WEBP", quality=80, method=method)
            error = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), dtype=float) - np.asarray(image)
            spent += milliseconds(partial(encoded, image, "WEBP", quality=80, method=method), least_seconds=0.1)
            size += len(data)
            psnr += 10 * np.log10(255**2 / np.mean(error**2))
        count = len(thumbnails)
        table.add_row(str(method), f"{spent / count:.2f}", f"{size / count:,.0f}", f"{psnr / count:.1f}")
    console.print(table)


def main() -> None:
    """Print the tables."""
    console = Console()
    folder = (
        [path.read_bytes() for path in sorted(Path(sys.argv[1]).rglob("*")) if path.is_file()] if sys.argv[1:] else []
    )
    processes(console)
    webp_methods(console)
    costs(console)
    steps(console, folder or [encoded(photograph(name, (800, 600)), "PNG") for name in PHOTOGRAPHS])


if __name__ == "__main__":
    main()
