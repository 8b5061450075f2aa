"""HEIC and HEIF, through pi-heif. It can't write them: the files are those of pillow-heif's tests (`make hostile`)."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pi_heif
import pytest
import suites
from PIL import Image

from imagesearch.duplicates import hamming_distance
from imagesearch.errors import CorruptImage, ImageTooLarge, NotAnImage
from imagesearch.images import read_picture, read_query
from imagesearch.pictures.perceptual_hash import perceptual_hashes
from imagesearch.records import Picture, Position, Sizing

SIZING = Sizing(size=320, fit="longest", resampling="bicubic")


def sample(name: str) -> bytes:
    try:
        return suites.picture(suites.PILLOW_HEIF, name)
    except suites.NotFetched as error:
        pytest.skip(str(error))


def read(name: str, *, keep_position: bool = False) -> Picture:
    return read_picture(
        sample(name), sizing=SIZING, max_pixels=150_000_000, thumbnail_size=384, keep_position=keep_position
    )


@pytest.mark.parametrize("bits", [8, 10, 12])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_heic_of_8_10_and_12_bits_is_the_png_it_was_made_of(mode: str, bits: int) -> None:
    """The same picture as PNG of 8 or 16 bits lies beside them; alpha is over white in both."""
    heic = read(f"heif/{mode}_{bits}__128x128.heif")
    png = read(f"non_heif/{mode}_{8 if bits == 8 or mode == 'L' else 16}__128x128.png")
    assert (heic.facts.format, heic.facts.width, heic.facts.height) == ("HEIF", 128, 128)
    difference = np.abs(heic.pixels.astype(int) - png.pixels)
    assert difference.mean() < 4


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("heif_other/arrow.heic", (3_024, 4_032)),
        ("heif_special/transform_mismatch_thumbnail.heic", (64, 64)),
    ],
)
def test_a_rotation_is_applied_once(name: str, size: tuple[int, int]) -> None:
    """Given files turned by both their EXIF and the container's own `irot`, then only the latter counts."""
    data = sample(name)
    container = pi_heif.open_heif(io.BytesIO(data))
    assert pi_heif.set_orientation(dict(container.info)) not in {None, 1}  # EXIF says so, too
    upright = Image.frombytes(container.mode, container.size, container.data, "raw", container.mode, container.stride)
    picture = read(name)
    assert (picture.facts.width, picture.facts.height) == upright.size == size
    assert hamming_distance(picture.facts.perceptual_hash, perceptual_hashes(upright.convert("RGB"))[0]) <= 4


def test_the_words_camera_time_and_place_of_a_phones_picture_are_read() -> None:
    facts = read("heif_other/pug.heic", keep_position=True).facts
    assert facts.camera == "Apple iPhone 13 Pro"
    assert facts.taken is not None
    assert facts.taken.isoformat() == "2023-02-21T14:33:08.302000+03:00"
    assert facts.position == Position(44.8504778, 34.9766472)
    assert read("heif_other/pug.heic").facts.position is None
    assert str(read("heif_other/L_xmp_latin1.heic").facts.words.caption).startswith("Jules Adolphe Aimé Louis Breton")


@pytest.mark.parametrize(
    ("name", "frames", "size"),
    [
        ("heif_other/nokia/bird_burst.heic", 4, (1_280, 720)),
        ("heif_other/nokia/stereo_1200x800.heic", 2, (1_200, 800)),
        ("heif/zPug_3.heic", 3, (64, 64)),
    ],
)
def test_of_several_pictures_the_primary_one_is_read(name: str, frames: int, size: tuple[int, int]) -> None:
    picture = read(name)
    assert (picture.facts.frames, (picture.facts.width, picture.facts.height)) == (frames, size)
    container = pi_heif.open_heif(io.BytesIO(sample(name)))
    primary, _ = perceptual_hashes(container[container.primary_index].to_pillow().convert("RGB"))
    assert hamming_distance(picture.facts.perceptual_hash, primary) <= 4


def test_a_picture_over_the_limit_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(ImageTooLarge, match="199,756,800 pixels; the limit is 150,000,000"):
        read("heif_special/200MP.heic")


@pytest.mark.parametrize("name", ["heif_corrupted/corrupted.heic", "heif_corrupted/corrupted.hif"])
def test_a_damaged_file_is_corrupt(name: str) -> None:
    with pytest.raises(CorruptImage):
        read(name)


def test_a_text_beside_them_is_no_image() -> None:
    with pytest.raises(NotAnImage):
        read("heif_other/nokia/README.txt")


@pytest.mark.parametrize("length", [24, 200, 1_000, 20_000])
def test_a_file_cut_short_is_refused(length: int) -> None:
    with pytest.raises(CorruptImage):
        read_query(sample("heif_other/nokia/alpha.heic")[:length], sizing=SIZING, max_pixels=10**8)


def test_other_formats_do_not_pay_for_it() -> None:
    program = """
import sys
from imagesearch.images import read_query
from imagesearch.records import Sizing
read_query(sys.stdin.buffer.read(), sizing=Sizing(64, "squeeze", "bilinear"), max_pixels=10**6)
print("pi_heif" in sys.modules)
"""
    file = io.BytesIO()
    Image.new("RGB", (40, 30)).save(file, "PNG")
    output = subprocess.run([sys.executable, "-c", program], input=file.getvalue(), capture_output=True, check=True)
    assert output.stdout.strip() == b"False"
