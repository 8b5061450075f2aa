"""Bytes from strangers: they are read or refused with a PictureError, and nothing else happens."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import warnings
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from imagesearch.errors import CorruptImage, EmptyFile, ImageTooLarge, NotAnImage, PictureError
from imagesearch.images import read_picture
from imagesearch.pictures.signatures import UNSIGNED, format_of
from imagesearch.records import Picture, Sizing

SIZING = Sizing(size=64, fit="longest", resampling="bilinear")
MAX_PIXELS = 1_000_000
COMMON = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "TIFF", "BMP")
OLD = ("JPEG2000", "ICO", "TGA", "PCX", "PPM", "SGI", "DDS", "QOI", "DIB")
FORMATS = COMMON + OLD
"""All that Pillow can write and that people may have. What it only reads is in tests/unit/test_images_formats.py."""
NO_EXIF = {"GIF", "BMP", *OLD}
DAMAGED = {name: (CorruptImage, NotAnImage) if name in UNSIGNED else CorruptImage for name in FORMATS}
"""How a damaged file is refused: without a signature nobody can tell that it is a picture."""


def read(data: bytes, max_pixels: int = MAX_PIXELS) -> Picture:
    return read_picture(data, sizing=SIZING, max_pixels=max_pixels, thumbnail_size=64)


def encoded(image: Image.Image, file_format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


@cache
def valid(file_format: str) -> bytes:
    """A small file of the format, with EXIF where it can have it, and several frames where it can."""
    noise = np.random.default_rng(7).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    image, exif = Image.fromarray(noise), Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "words"
    exif.get_ifd(0x8769)[0x9003] = "2026:11:22 10:20:30"
    if file_format in NO_EXIF:
        return encoded(
            image, file_format, **({"save_all": True, "append_images": [image]} if file_format == "GIF" else {})
        )
    return encoded(image, file_format, exif=exif, **({"compression": "tiff_lzw"} if file_format == "TIFF" else {}))


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims to be of this size, and ends where its pixels would start."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body)) + b"\0\1\0\0IDAT"


def gif_header(width: int, height: int) -> bytes:
    """A GIF whose first frame of this size is to be cleared to the background afterwards."""
    control = b"\x21\xf9\x04\x08\x00\x00\x00\x00"
    return (
        b"GIF89a"
        + struct.pack("<HH", width, height)
        + b"\0\0\0"
        + control
        + b","
        + struct.pack("<HHHHB", 0, 0, width, height, 0)
        + b"\x02\x02\x44\x01\x00;"
    )


def test_no_bytes_are_an_empty_file() -> None:
    with pytest.raises(EmptyFile):
        read(b"")


@pytest.mark.parametrize(
    "data",
    [
        b"hello",
        b"%PDF-1.7 ...",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\0" * 4_096,
        b"RIFF\x24\0\0\0WAVEfmt ",
        b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41",
        b"<!doctype html>\n<html>\n<title>Frogs</title>\n</html>\n" * 9,
        b"#!/usr/bin/env python\nName: x\nimport sys\n" * 9,
        b"#define WIDTH 100\n#include <stdio.h>\nint main(void) { return 0; }\n",
        b"\x1f\x8b\x08\0\0\0\0\0\0\3" + bytes(range(200)),
        b"\x7fELF\2\1\1" + b"\0" * 300,
    ],
    ids=["text", "pdf", "svg", "zeros", "wav", "mp4", "html", "python", "c", "gzip", "elf"],
)
def test_what_is_no_picture_of_a_supported_format_is_not_an_image(data: bytes) -> None:
    with pytest.raises(NotAnImage):
        read(data)


def test_what_another_program_would_have_to_draw_is_not_an_image() -> None:
    """Given an EPS file, for which Pillow starts Ghostscript where there is one, then it is not even opened."""
    with pytest.raises(NotAnImage):
        read(encoded(Image.new("RGB", (32, 32)), "EPS"))


@pytest.mark.parametrize("file_format", FORMATS)
def test_every_supported_format_is_known_by_its_first_bytes(file_format: str) -> None:
    data = valid(file_format)
    assert format_of(data) == (None if file_format in UNSIGNED else file_format)
    assert read(data).facts.format == file_format


@pytest.mark.parametrize(
    ("brands", "expected"),
    [
        (b"heic mif1 heic", "HEIF"),
        (b"heix", "HEIF"),
        (b"mif1 heic", "HEIF"),
        (b"mif1", "HEIF"),
        (b"msf1 hevc", "HEIF"),
        (b"mif1 avif", "AVIF"),
        (b"avif mif1 heic", "AVIF"),
        (b"heic mif1 avif", "HEIF"),
        (b"isom mp42 avc1", None),
        (b"qt   qt  ", None),
    ],
)
def test_files_in_one_container_are_told_apart_by_their_brands(brands: bytes, expected: str | None) -> None:
    major, *compatible = (brands[at : at + 4] for at in range(0, len(brands), 5))
    listed = b"".join(compatible)
    assert format_of((16 + len(listed)).to_bytes(4) + b"ftyp" + major + b"\0\0\0\0" + listed) == expected


def test_an_avif_file_of_the_general_brand_is_known_by_its_compatible_brands() -> None:
    assert format_of(b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf") == "AVIF"


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_file_cut_short_is_corrupt(file_format: str, share: float) -> None:
    data = encoded(Image.effect_noise((64, 64), 90).convert("RGB"), file_format)
    with pytest.raises(DAMAGED[file_format], match=r"cut short|not a picture"):
        read(data[: int(len(data) * share)])


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("length", [12, 16, 30])
def test_a_file_of_nothing_but_its_first_bytes_is_corrupt(file_format: str, length: int) -> None:
    with pytest.raises(DAMAGED[file_format]):
        read(valid(file_format)[:length])


@pytest.mark.parametrize(
    "file_format", [name for name in FORMATS if name != "ICO"]
)  # an icon has at most 256 pixels a side
def test_a_picture_over_the_limit_is_refused_with_the_figures(file_format: str) -> None:
    data = encoded(Image.new("RGB", (200, 101)), file_format)
    read(data, max_pixels=20_200)
    with pytest.raises(ImageTooLarge, match="20,200 pixels; the limit is 20,199") as refused:
        read(data, max_pixels=20_199)
    assert refused.value.extra == {"pixels": 20_200, "max_pixels": 20_199}


@pytest.mark.parametrize(
    ("bomb", "pixels"),
    [(png_header(60_000, 60_000), 3_600_000_000), (gif_header(65_000, 65_000), 4_225_000_000)],
    ids=["png", "gif"],
)
def test_a_bomb_is_refused_by_its_header(bomb: bytes, pixels: int) -> None:
    with pytest.raises(ImageTooLarge, match=f"has {pixels:,} pixels"):
        read(bomb)


def test_a_limit_above_pillows_own_holds() -> None:
    """Given a picture of 200 million pixels, which Pillow alone refuses, then a larger limit lets it be decoded."""
    with pytest.raises(CorruptImage):  # there is nothing after the header
        read(png_header(20_000, 10_000), max_pixels=200_000_000)


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_damaged_file_is_read_or_refused(file_format: str) -> None:
    """Bytes changed, inserted, removed, or the end cut off, anywhere: no other exception, no warning."""
    original = valid(file_format)
    places = st.integers(0, len(original) - 1)
    edits: st.SearchStrategy[Callable[[bytearray], None]] = st.one_of(
        st.builds(
            lambda at, value: lambda data: data.__setitem__(slice(at, at + 1), value), places, st.binary(max_size=8)
        ),
        st.builds(lambda at, n: lambda data: data.__delitem__(slice(at, at + n)), places, st.integers(1, 64)),
        st.builds(lambda at: lambda data: data.__delitem__(slice(at, None)), places),
        st.builds(
            lambda at, value: lambda data: data.__setitem__(slice(at, at + 4), value),
            places,
            st.sampled_from([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f"]),
        ),
    )

    @settings(max_examples=150, deadline=None)
    @given(st.lists(edits, min_size=1, max_size=4))
    def check(changes: list[Callable[[bytearray], None]]) -> None:
        data = bytearray(original)
        for change in changes:
            change(data)
        read_or_refuse(bytes(data))

    check()


@settings(deadline=None)
@given(
    st.sampled_from([b"", *(valid(file_format)[:16] for file_format in FORMATS), png_header(32, 32)]),
    st.binary(max_size=300),
)
def test_random_bytes_are_read_or_refused(start: bytes, rest: bytes) -> None:
    read_or_refuse(start + rest)


def read_or_refuse(data: bytes) -> None:
    try:
        picture = read(data)
    except PictureError:
        return
    assert max(picture.pixels.shape[:2]) == SIZING.size
    assert len(picture.facts.perceptual_hash) == 16


def test_pillows_warnings_stay_inside() -> None:
    """Given malformed EXIF, of which Pillow warns, then the picture is read and nobody is warned."""
    data = encoded(Image.new("RGB", (32, 32), "teal"), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x01" * 64)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert read(data).facts.taken is None
    assert caught == []


def test_many_threads_may_read_at_once() -> None:
    files = [valid(file_format) for file_format in FORMATS] * 6
    with ThreadPoolExecutor(4) as pool:
        hashes = list(pool.map(lambda data: read(data).facts.perceptual_hash, files))
    assert hashes == [read(data).facts.perceptual_hash for data in files]


@pytest.mark.skipif(sys.platform != "linux", reason="memory limits are Linux's here")
def test_too_little_memory_is_not_the_pictures_fault() -> None:
    """Given 36 megapixels in a process that may take only 32 MiB more, then it says so; else they are read."""
    program = """
import resource, sys
from pathlib import Path
from imagesearch.images import read_picture
from imagesearch.records import Sizing
sizing = Sizing(64, "squeeze", "bilinear")
def attempt(data):
    try:
        return read_picture(data, sizing=sizing, max_pixels=10**8, thumbnail_size=64).facts.width
    except MemoryError:
        return "too little memory"
small, _, large = sys.stdin.buffer.read().partition(b"SPLIT")
print(attempt(small), attempt(large))
pages = int(Path("/proc/self/statm").read_text().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 2**25,) * 2)
print(attempt(small), attempt(large))
"""
    files = [encoded(Image.new("RGBA", (side, side)), "PNG", compress_level=1) for side in (60, 6_000)]
    command = [sys.executable, "-c", program]
    output = subprocess.run(command, input=b"SPLIT".join(files), capture_output=True, check=True).stdout
    assert output.decode().splitlines() == ["60 6000", "60 too little memory"]


@pytest.mark.parametrize(("blocks", "frames"), [(900_000, 2), (1_100_000, 1)])
def test_the_frames_of_a_gif_are_counted_over_a_million_of_its_data_blocks_at_most(blocks: int, frames: int) -> None:
    """Given a comment in blocks of one byte between two frames: encoders fill them, 255 bytes each."""
    gif = encoded(Image.new("L", (32, 24), 9), "GIF")
    end = len(gif) - 1
    frame, comment = gif[gif.index(b"\x2c") : end], b"\x21\xfe" + b"\x01x" * blocks + b"\0"
    assert read(gif[:end] + frame + gif[end:]).facts.frames == 2
    assert read(gif[:end] + comment + frame + gif[end:]).facts.frames == frames
