"""Pictures: sizes, orientation, thumbnails, formats and what decoding costs."""

from __future__ import annotations

import io
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, JpegImagePlugin
from skimage import data as skimage_data

from imagesearch.duplicates import hamming_distance
from imagesearch.errors import InvalidRequest
from imagesearch.images import read_picture, read_query, sized
from imagesearch.pictures.decoding import decode
from imagesearch.pictures.perceptual_hash import perceptual_hashes
from imagesearch.pictures.sizing import MIN_SIDE
from imagesearch.records import Picture, Sizing

SQUEEZE = Sizing(size=224, fit="squeeze", resampling="bilinear")
LONGEST = Sizing(size=320, fit="longest", resampling="bicubic")
MAX_PIXELS = 150_000_000
FORMATS = {"JPEG": "RGB", "PNG": "RGBA", "WEBP": "RGBA", "GIF": "P", "AVIF": "RGB", "TIFF": "CMYK", "BMP": "RGB"}


def encoded(image: Image.Image, file_format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def read(data: bytes, sizing: Sizing = LONGEST, thumbnail_size: int = 384) -> Picture:
    return read_picture(data, sizing=sizing, max_pixels=MAX_PIXELS, thumbnail_size=thumbnail_size)


def opened(webp: bytes) -> Image.Image:
    return Image.open(io.BytesIO(webp))


def photograph(size: tuple[int, int] = (451, 300), name: str = "cat") -> Image.Image:
    return Image.fromarray(getattr(skimage_data, name)()).resize(size)


def quartered(width: int, height: int) -> Image.Image:
    """Red, green, blue and grey quarters: left to right, top to bottom."""
    image = Image.new("RGB", (width, height), "grey")
    for colour, left, top in [("red", 0, 0), ("lime", 1, 0), ("blue", 0, 1)]:
        box = (left * width // 2, top * height // 2, (left + 1) * width // 2, (top + 1) * height // 2)
        image.paste(colour, box)
    return image


@pytest.mark.parametrize(("file_format", "mode"), FORMATS.items())
def test_each_supported_format_is_read(file_format: str, mode: str) -> None:
    image = photograph()
    picture = read(encoded(image.convert(mode), file_format))
    assert (picture.facts.format, picture.facts.width, picture.facts.height) == (file_format, 451, 300)
    assert picture.facts.frames == 1
    assert hamming_distance(picture.facts.perceptual_hash, perceptual_hashes(image)[0]) <= 8
    expected = np.asarray(image.resize((320, 213), Image.Resampling.BICUBIC), dtype=float)
    assert np.abs(picture.pixels - expected).mean() < (20 if file_format in {"GIF", "TIFF"} else 5)


@given(
    size=st.tuples(st.integers(1, 400), st.integers(1, 400)),
    side=st.sampled_from([64, 224, 320]),
    fit=st.sampled_from(["squeeze", "longest"]),
)
def test_the_models_pixels_have_the_size_of_the_rule(size: tuple[int, int], side: int, fit: Any) -> None:
    width, height = size
    pixels = sized(Image.new("RGB", size), Sizing(side, fit, "bilinear"))
    assert pixels.dtype == np.uint8
    assert pixels.shape[2] == 3
    if fit == "squeeze":
        assert pixels.shape[:2] == (side, side)
        return
    assert max(pixels.shape[:2]) == side
    assert pixels.shape[0] == max(MIN_SIDE, round(height * side / max(size)))
    assert pixels.shape[1] == max(MIN_SIDE, round(width * side / max(size)))


@pytest.mark.parametrize("resampling", ["bilinear", "bicubic", "lanczos"])
def test_resampling_is_the_one_of_that_name_in_pillow(resampling: Any) -> None:
    image = photograph()
    expected = image.resize((100, 100), Image.Resampling[resampling.upper()])
    assert np.array_equal(sized(image, Sizing(100, "squeeze", resampling)), np.asarray(expected))


@pytest.mark.parametrize("size", [(30_000, 1), (1, 30_000), (1, 1), (20_000, 40)])
def test_a_sliver_of_a_picture_has_pixels_and_a_thumbnail(size: tuple[int, int]) -> None:
    picture = read(encoded(Image.new("RGB", size, "teal"), "PNG"))
    assert max(picture.pixels.shape) == LONGEST.size
    assert min(picture.pixels.shape[:2]) >= MIN_SIDE
    assert np.array_equal(picture.pixels.reshape(-1, 3).max(axis=0), (0, 128, 128))
    assert max(opened(picture.thumbnail).size) == min(384, max(size))
    assert (picture.facts.width, picture.facts.height) == size


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("size", [(80, 60), (1_800, 1_300)], ids=["small", "reduced"])
def test_a_picture_is_turned_upright(file_format: str, orientation: int, size: tuple[int, int]) -> None:
    """Given a file whose pixels are turned and whose EXIF says so, then pixels, thumbnail and facts are upright."""
    turns = {
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }
    upright = quartered(*size)
    stored = upright
    for turn in turns.get(orientation, []):
        stored = stored.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = read(encoded(stored, file_format, exif=exif))
    assert (picture.facts.width, picture.facts.height) == size
    for image in (Image.fromarray(picture.pixels), opened(picture.thumbnail).convert("RGB")):
        assert image.width > image.height
        corners = [image.getpixel((x, y)) for y in (5, image.height - 6) for x in (5, image.width - 6)]
        expected = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128)]
        assert np.abs(np.array(corners, dtype=int) - expected).max() < 25


def test_a_24_megapixel_jpeg_is_decoded_at_a_quarter_of_its_width() -> None:
    """1.5 megapixels are decoded, still twice as wide and high as both the model's pixels and the thumbnail."""
    data = encoded(photograph((6_000, 4_000)), "JPEG", quality=85)
    decoded: list[tuple[int, int]] = []

    class Watched(JpegImagePlugin.JpegImageFile):
        def load_prepare(self) -> None:
            decoded.append(self.size)
            super().load_prepare()

    factory, accept = Image.OPEN["JPEG"]
    Image.register_open("JPEG", Watched, accept)
    try:
        picture = read(data)
    finally:
        Image.register_open("JPEG", factory, accept)
    assert decoded == [(1_500, 1_000)]
    assert (picture.facts.width, picture.facts.height) == (6_000, 4_000)
    assert picture.pixels.shape == (213, 320, 3)
    assert opened(picture.thumbnail).size == (384, 256)


@pytest.mark.parametrize("sizing", [SQUEEZE, LONGEST, Sizing(size=512, fit="longest", resampling="lanczos")])
def test_decoding_small_costs_no_visible_quality(sizing: Sizing) -> None:
    photo = photograph((3_000, 2_400), "retina")
    exact = np.asarray(sized(photo, sizing), dtype=float)
    for file_format, options in {"PNG": {"compress_level": 1}, "JPEG": {"quality": 95}}.items():
        error = np.abs(read(encoded(photo, file_format, **options), sizing).pixels - exact)
        assert error.mean() < 1.5


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("sizing", [SQUEEZE, LONGEST])
@pytest.mark.parametrize("size", [(150, 200), (1_000, 800), (3_000, 1_100)])
def test_a_query_gets_the_very_pixels_of_the_same_picture_in_the_index(
    file_format: str, sizing: Sizing, size: tuple[int, int]
) -> None:
    data = encoded(photograph(size), file_format)
    query = read_query(data, sizing=sizing, max_pixels=MAX_PIXELS)
    assert np.array_equal(query.pixels, read(data, sizing).pixels)
    assert (query.width, query.height) == size


@pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_part_of_a_picture_is_what_one_would_cut_out_of_it(file_format: str, orientation: int) -> None:
    """Given shares of the upright picture; it is decoded large enough that the part is sharp."""
    upright = photograph((4_000, 3_000), "astronaut")
    stored = upright.transpose(Image.Transpose.ROTATE_90) if orientation == 6 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 95} if file_format == "JPEG" else {"compress_level": 1}
    data = encoded(stored, file_format, exif=exif, **options)
    query = read_query(data, sizing=LONGEST, max_pixels=MAX_PIXELS, crop=(0.25, 0.1, 0.45, 0.3))
    expected = sized(upright.crop((1_000, 300, 1_800, 900)), LONGEST)
    assert (query.width, query.height) == (4_000, 3_000)
    assert query.pixels.shape == expected.shape == (240, 320, 3)
    assert np.abs(query.pixels.astype(int) - expected).mean() < 2


def test_the_whole_picture_may_be_asked_for_as_a_part() -> None:
    data = encoded(photograph(), "PNG")
    whole = read_query(data, sizing=LONGEST, max_pixels=MAX_PIXELS)
    part = read_query(data, sizing=LONGEST, max_pixels=MAX_PIXELS, crop=(0, 0, 1, 1))
    assert np.array_equal(part.pixels, whole.pixels)


@pytest.mark.parametrize(
    ("crop", "message"),
    [
        ((0.5, 0.5, 0.5, 1.0), "shares from 0 to 1"),
        ((0.6, 0.0, 0.5, 1.0), "shares from 0 to 1"),
        ((-0.1, 0.0, 0.5, 1.0), "shares from 0 to 1"),
        ((0.0, 0.0, 1.0, 1.1), "shares from 0 to 1"),
        ((0.0, 0.0, float("nan"), 1.0), "shares from 0 to 1"),
        ((0.0, 0.0, 0.15, 1.0), "15 x 100 pixels of the picture; at least 16 x 16"),
        ((0.0, 0.99, 1.0, 1.0), "100 x 1 pixels"),
    ],
)
def test_a_part_that_is_none_or_too_small_is_refused(crop: tuple[float, ...], message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        read_query(encoded(photograph((100, 100)), "PNG"), sizing=LONGEST, max_pixels=MAX_PIXELS, crop=crop)  # type: ignore[arg-type]  # four of them


@given(
    size=st.tuples(st.integers(16, 300), st.integers(16, 300)),
    crop=st.tuples(*[st.floats(0, 1)] * 4).filter(lambda crop: crop[0] < crop[2] and crop[1] < crop[3]),
)
def test_any_part_gives_pixels_or_is_too_small(size: tuple[int, int], crop: tuple[float, float, float, float]) -> None:
    try:
        query = read_query(encoded(Image.new("RGB", size), "PNG"), sizing=LONGEST, max_pixels=MAX_PIXELS, crop=crop)
    except InvalidRequest:
        return
    assert max(query.pixels.shape) == LONGEST.size


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L", "1"])
def test_a_large_picture_is_reduced_as_if_it_were_reduced_at_once(mode: str) -> None:
    """It goes strip by strip, to save memory: no seam may show."""
    photo = photograph((2_560, 3_840)).convert(mode)
    decoded = decode(encoded(photo, "PNG", compress_level=1), room=lambda size: (320, 480), max_pixels=MAX_PIXELS)
    wide = photo.convert({"P": "RGB", "1": "L"}.get(mode, mode))
    assert np.array_equal(np.asarray(decoded.image), np.asarray(wide.reduce(8).convert("RGB")))


def test_the_thumbnail_is_a_small_webp_without_the_files_secrets() -> None:
    """Given a photograph with a position, a profile and a comment, then none of them is in the thumbnail."""
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    profile = b"secret profile"
    photo = photograph((900, 600))
    thumbnail = read(encoded(photo, "JPEG", exif=exif, icc_profile=profile, comment=b"secret words")).thumbnail
    image = opened(thumbnail)
    assert (image.format, image.mode, image.size) == ("WEBP", "RGB", (384, 256))
    assert not image.getexif()
    assert not {"exif", "icc_profile", "xmp"} & image.info.keys()
    assert b"ecret" not in thumbnail
    assert len(thumbnail) < 30_000


def test_a_thumbnail_is_never_larger_than_its_picture() -> None:
    assert opened(read(encoded(photograph((120, 80)), "PNG")).thumbnail).size == (120, 80)


@pytest.mark.parametrize("longest", [64, 200, 1_000])
def test_a_thumbnail_has_the_size_that_was_asked_for(longest: int) -> None:
    picture = read(encoded(photograph((1_200, 2_000)), "JPEG"), thumbnail_size=longest)
    assert opened(picture.thumbnail).size == (round(longest * 0.6), longest)


def test_reading_twice_gives_the_same_bytes() -> None:
    data = encoded(photograph(), "JPEG")
    first, second = read(data), read(data)
    assert first.thumbnail == second.thumbnail
    assert first.facts == second.facts
    assert np.array_equal(first.pixels, second.pixels)


def test_reading_imports_none_of_pillows_other_plugins() -> None:
    """Given a fresh interpreter, then a PNG is read and its thumbnail written with seven of some forty-five plugins.

    Importing them all would cost a cold start some 150 ms.
    """
    program = """
import sys
from imagesearch.images import read_picture
from imagesearch.records import Sizing
read_picture(sys.stdin.buffer.read(), sizing=Sizing(64, "squeeze", "bilinear"), max_pixels=10**6, thumbnail_size=64)
print(*sorted(name for name in sys.modules if name.endswith("ImagePlugin")))
"""
    data = encoded(photograph((120, 80)), "PNG")
    output = subprocess.run([sys.executable, "-c", program], input=data, capture_output=True, check=True).stdout
    common = {f"PIL.{name}ImagePlugin" for name in ["Bmp", "Gif", "Jpeg", "Png", "Ppm"]}  # Pillow's `preinit`
    assert set(output.decode().split()) == common | {"PIL.WebPImagePlugin", "PIL.IptcImagePlugin"}
