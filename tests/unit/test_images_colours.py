"""Whatever the mode a file is stored in, the pixels are 8-bit sRGB over white."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from imagesearch.images import read_query
from imagesearch.pictures.colours import srgb_over_white
from imagesearch.records import Sizing

SIDE = 64
SIZING = Sizing(size=SIDE, fit="squeeze", resampling="bilinear")


def encoded(image: Image.Image, file_format: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def colour_of(data: bytes) -> tuple[int, ...]:
    """The colour of a picture of one colour."""
    pixels = read_query(data, sizing=SIZING, max_pixels=20_000_000).pixels.reshape(-1, 3)
    assert (pixels == pixels[0]).all()
    return tuple(int(value) for value in pixels[0])


def of(mode: str, colour: Any, size: tuple[int, int] = (SIDE, SIDE)) -> Image.Image:
    return Image.new(mode, size, colour)


def gradient(start: float, end: float, dtype: str) -> Image.Image:
    """From left to right, 64 steps."""
    return Image.fromarray(np.tile(np.linspace(start, end, SIDE).astype(dtype), (SIDE, 1)))


def greys(image: Image.Image) -> list[int]:
    """The first and the last grey of a picture stored as TIFF."""
    pixels = read_query(encoded(image, "TIFF"), sizing=SIZING, max_pixels=20_000_000).pixels
    assert (pixels[..., :1] == pixels).all()
    return [int(pixels[0, 0, 0]), int(pixels[0, -1, 0])]


@pytest.mark.parametrize(
    ("image", "file_format", "expected"),
    [
        (of("1", 1), "PNG", (255, 255, 255)),
        (of("L", 77), "PNG", (77, 77, 77)),
        (of("LA", (77, 255)), "PNG", (77, 77, 77)),
        (of("RGB", (10, 20, 30)), "PNG", (10, 20, 30)),
        (of("RGBA", (10, 20, 30, 255)), "PNG", (10, 20, 30)),
        (of("RGB", (10, 20, 30)).convert("P", palette=Image.Palette.ADAPTIVE), "PNG", (10, 20, 30)),
        (of("CMYK", (0, 255, 255, 0)), "TIFF", (255, 0, 0)),
        (of("YCbCr", (76, 85, 255)), "TIFF", (254, 0, 0)),
        (of("LAB", (255, 128, 128)), "TIFF", (255, 255, 255)),
        (of("RGBX", (10, 20, 30, 0)), "TIFF", (10, 20, 30)),
    ],
    ids=lambda value: value.mode if isinstance(value, Image.Image) else None,
)
def test_a_mode_becomes_rgb(image: Image.Image, file_format: str, expected: tuple[int, ...]) -> None:
    assert np.abs(np.subtract(colour_of(encoded(image, file_format)), expected)).max() <= 1


def test_the_inverted_cmyk_of_adobes_jpegs_is_turned_back() -> None:
    """Pillow writes CMYK JPEGs as Adobe does, inverted and with its marker."""
    data = encoded(of("CMYK", (0, 255, 255, 0)), "JPEG", quality=95)
    assert b"Adobe" in data
    assert np.abs(np.subtract(colour_of(data), (255, 0, 0))).max() <= 3


@pytest.mark.parametrize(
    "image",
    [
        of("RGBA", (255, 0, 0, 0)),
        of("LA", (0, 0)),
    ],
    ids=["RGBA", "LA"],
)
@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_what_is_transparent_is_white(image: Image.Image, file_format: str) -> None:
    assert colour_of(encoded(image, file_format)) == (255, 255, 255)


def test_what_is_half_transparent_is_half_white() -> None:
    assert colour_of(encoded(of("RGBA", (255, 0, 0, 128)))) == (255, 127, 127)


@pytest.mark.parametrize(
    ("image", "key"),
    [
        (of("P", 0), 0),
        (of("L", 9), 9),
        (of("1", 0), 0),
        (of("RGB", (1, 2, 3)), (1, 2, 3)),
        (of("I;16", 1_234), 1_234),
    ],
    ids=["P", "L", "1", "RGB", "I;16"],
)
def test_the_transparent_colour_of_a_png_is_white(image: Image.Image, key: Any) -> None:
    assert colour_of(encoded(image, transparency=key)) == (255, 255, 255)


def test_a_colour_key_hides_no_other_colour() -> None:
    assert colour_of(encoded(of("L", 10), transparency=9)) == (10, 10, 10)
    assert colour_of(encoded(of("I;16", 2_570), transparency=9)) == (10, 10, 10)


def test_a_palette_may_have_half_transparent_colours() -> None:
    image = of("P", 1)
    image.putpalette([0, 0, 0, 255, 0, 0])
    assert colour_of(encoded(image, transparency=bytes([255, 128]))) == (255, 127, 127)


def test_a_transparent_gif_is_over_white() -> None:
    assert colour_of(encoded(of("P", 0), "GIF", transparency=0)) == (255, 255, 255)


def test_premultiplied_alpha_is_over_white() -> None:
    """Half-transparent red, premultiplied: TIFF's ExtraSamples 1, mode RGBa. Pillow reads but cannot write it."""
    assert srgb_over_white(of("RGBa", (128, 0, 0, 128)).convert("RGBA"), None).getpixel((0, 0)) == (255, 127, 127)
    data = bytearray(encoded(of("RGBA", (128, 0, 0, 128)), "TIFF"))
    entry = struct.pack("<HHIH", 338, 3, 1, 2)
    assert entry in data
    at = data.index(entry)
    data[at : at + len(entry)] = struct.pack("<HHIH", 338, 3, 1, 1)
    assert colour_of(bytes(data)) == (255, 127, 127)


@pytest.mark.parametrize("size", [(SIDE, SIDE), (4_000, 3_000)], ids=["small", "reduced"])
def test_sixteen_bits_are_scaled_and_not_cut_off(size: tuple[int, int]) -> None:
    for value, grey in [(0, 0), (128, 0), (257, 1), (32_768, 128), (65_535, 255)]:
        assert colour_of(encoded(of("I;16", value, size), compress_level=1)) == (grey, grey, grey)


def test_sixteen_bits_in_the_other_byte_order_are_read() -> None:
    assert greys(gradient(0, 65_535, ">u2")) == [0, 255]


def test_sixteen_bits_a_channel_keep_their_colour() -> None:
    """Given a PNG of 16-bit RGB, which Pillow cannot write, then its high bytes count."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    row = b"\0" + struct.pack(">HHH", 0x0A80, 0x1480, 0x1E80) * SIDE
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 16, 2, 0, 0, 0)
    body = zlib.compress(row * SIDE)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    assert colour_of(png) == (10, 20, 30)


@pytest.mark.parametrize(
    ("start", "end", "dtype", "expected"),
    [
        (0, 255, "int32", [0, 255]),
        (10, 20, "int32", [10, 20]),
        (0, 65_535, "int32", [0, 255]),
        (-500, 1_000_000, "int32", [0, 255]),
        (0, 1, "float32", [0, 255]),
        (0, 0.5, "float32", [0, 128]),
        (0, 200, "float32", [0, 200]),
        (-3, 3, "float32", [0, 255]),
        (7e8, 7e8, "float32", [0, 0]),
    ],
)
def test_32_bit_values_are_brought_to_eight_bits_by_their_range(
    start: float, end: float, dtype: str, expected: list[int]
) -> None:
    assert greys(gradient(start, end, dtype)) == expected


def test_values_that_are_no_numbers_count_as_zero() -> None:
    values = np.tile(np.linspace(0, 200, SIDE, dtype=np.float32), (SIDE, 1))
    values[:, 0] = np.nan
    values[0, 1], values[1, 1] = np.inf, -np.inf
    assert greys(Image.fromarray(values)) == [0, 200]


def test_the_range_of_a_large_picture_is_that_of_all_of_it() -> None:
    """It is reduced strip by strip: each strip must not be stretched by itself."""
    values = np.repeat(np.linspace(-1_000, 100_000, 4_096, dtype=np.float32)[:, np.newaxis], 2_048, axis=1)
    pixels = read_query(encoded(Image.fromarray(values), "TIFF"), sizing=SIZING, max_pixels=20_000_000).pixels
    steps = np.diff(pixels[:, 0, 0].astype(int))
    assert pixels[0, 0, 0] <= 4
    assert pixels[-1, 0, 0] >= 251
    assert steps.min() >= 2
    assert steps.max() <= 6


def display_p3_like() -> bytes:
    """An RGB profile that is not sRGB: sRGB's own with its red and green colourants swapped."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


def test_an_embedded_profile_is_applied() -> None:
    """Given a profile whose red is sRGB's green, then red pixels are green; so they are beneath an alpha channel."""
    profile = display_p3_like()
    for image in (of("RGB", (255, 0, 0)), of("RGBA", (255, 0, 0, 255))):
        red, green, blue = colour_of(encoded(image, icc_profile=profile))
        assert green > 250
        assert max(red, blue) < 12


def test_an_embedded_srgb_profile_changes_nothing() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert colour_of(encoded(of("RGB", (10, 200, 30)), icc_profile=profile)) == (10, 200, 30)


@pytest.mark.parametrize(
    "profile",
    [b"no profile at all", b"\0" * 200, display_p3_like()[:300], display_p3_like().replace(b"RGB XYZ ", b"CMYKXYZ ")],
    ids=["text", "zeros", "cut short", "of other colours"],
)
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_a_profile_that_cannot_be_used_is_ignored(profile: bytes, mode: str) -> None:
    image = of("L", 90).convert(mode)
    assert colour_of(encoded(image, icc_profile=profile)) == (90, 90, 90)
