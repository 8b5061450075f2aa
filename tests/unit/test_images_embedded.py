"""What a file says of itself: capture time, words and frames. And never where it was taken."""

from __future__ import annotations

import dataclasses
import io
import struct
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from imagesearch.images import read_picture
from imagesearch.pictures.frames import MAX_FRAMES, frame_count
from imagesearch.records import PictureFacts, Sizing, Words

SIZING = Sizing(size=64, fit="squeeze", resampling="bilinear")
DESCRIPTION, XP_TITLE, XP_KEYWORDS = 0x010E, 0x9C9B, 0x9C9E
EXIF_IFD, GPS_IFD = 0x8769, 0x8825
TAKEN, OFFSET, FRACTION = 0x9003, 0x9011, 0x9291


def facts_of(data: bytes) -> PictureFacts:
    return read_picture(data, sizing=SIZING, max_pixels=1_000_000, thumbnail_size=64).facts


def encoded(file_format: str = "JPEG", **options: Any) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, file_format, **options)
    return file.getvalue()


def with_exif(tags: dict[int, Any] | None = None, photo_tags: dict[int, Any] | None = None) -> Image.Exif:
    exif = Image.Exif()
    exif.update(tags or {})
    exif.get_ifd(EXIF_IFD).update(photo_tags or {})
    return exif


def taken(**photo_tags: Any) -> datetime | None:
    names = {"time": TAKEN, "offset": OFFSET, "fraction": FRACTION}
    exif = with_exif(photo_tags={names[name]: value for name, value in photo_tags.items()})
    return facts_of(encoded(exif=exif)).taken


def words(tags: dict[int, Any]) -> Words:
    return facts_of(encoded(exif=with_exif(tags))).words


def test_the_capture_time_is_utc_where_no_offset_is_given() -> None:
    assert taken(time="2026:11:22 10:20:30") == datetime(2026, 11, 22, 10, 20, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("offset", "minutes"), [("+09:00", 540), ("-03:30", -210), ("+00:00", 0), ("Z", 0), ("+99:00", None), ("  ", 0)]
)
def test_the_capture_time_has_its_own_offset(offset: str, minutes: int | None) -> None:
    found = taken(time="2026:11:22 10:20:30", offset=offset)
    if minutes is None:
        assert found is None
        return
    zone = timezone(timedelta(minutes=minutes))
    assert found == datetime(2026, 11, 22, 10, 20, 30, tzinfo=zone)
    assert found.utcoffset() == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("fraction", "microseconds"), [("5", 500_000), ("042", 42_000), ("1234567", 123_456), ("x", 0)]
)
def test_the_capture_time_has_its_fraction(fraction: str, microseconds: int) -> None:
    found = taken(time="2026:11:22 10:20:30", fraction=fraction)
    assert found is not None
    assert found.microsecond == microseconds


@pytest.mark.parametrize(
    "time", ["", "    :  :     :  :  ", "0000:00:00 00:00:00", "2026:13:45 10:20:30", "2026:02:30 24:61:61", "today", 7]
)
def test_a_malformed_capture_time_is_none(time: Any) -> None:
    assert taken(time=time) is None


def test_a_picture_without_exif_says_nothing() -> None:
    facts = facts_of(encoded("PNG"))
    assert facts.taken is None
    assert facts.words == Words()


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_exif_is_read_in_every_format_that_has_it(file_format: str) -> None:
    tags, photo_tags = {DESCRIPTION: "A harbour"}, {TAKEN: "2026:11:22 10:20:30"}
    directory = ImageFileDirectory_v2()  # Pillow can't write EXIF's own directory to TIFF any other way
    directory[DESCRIPTION], directory[EXIF_IFD] = tags[DESCRIPTION], photo_tags
    options = {"tiffinfo": directory} if file_format == "TIFF" else {"exif": with_exif(tags, photo_tags)}
    facts = facts_of(encoded(file_format, **options))
    assert facts.words.caption == "A harbour"
    assert facts.taken == datetime(2026, 11, 22, 10, 20, 30, tzinfo=UTC)


def test_the_words_of_windows_are_read() -> None:
    found = words({XP_TITLE: "Två båtar\0".encode("utf-16-le"), XP_KEYWORDS: "sea; boat;sea;;\0".encode("utf-16-le")})
    assert found == Words(caption="Två båtar", tags=("sea", "boat"))


def test_title_and_description_make_one_caption() -> None:
    def caption(title: str, description: str) -> str | None:
        return words({DESCRIPTION: description, XP_TITLE: title.encode("utf-16-le")}).caption

    assert caption("Harbour", "Two boats at dawn") == "Harbour: Two boats at dawn"
    assert caption("Two boats", "Two boats at dawn") == "Two boats at dawn"
    assert caption("Two boats at dawn", "two boats") == "Two boats at dawn"


@pytest.mark.parametrize(
    "description", ["OLYMPUS DIGITAL CAMERA         ", "SONY DSC", '{"shape": [3, 4]}', "", " \0 "]
)
def test_what_cameras_and_programs_put_for_a_caption_is_none(description: str) -> None:
    assert words({DESCRIPTION: description}).caption is None


def test_words_are_cut_to_a_sane_length() -> None:
    found = words({DESCRIPTION: "x" * 9_000, XP_KEYWORDS: ";".join(f"k{n}" for n in range(500)).encode("utf-16-le")})
    assert found.caption is not None
    assert found.tags is not None
    assert len(found.caption) == 2_000
    assert len(found.tags) == 100


@pytest.mark.parametrize("exif", [b"Exif\0\0garbage!" * 3, b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0"])
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_malformed_exif_says_nothing(file_format: str, exif: bytes) -> None:
    facts = facts_of(encoded(file_format, exif=exif))
    assert (facts.width, facts.height, facts.taken, facts.words) == (40, 30, None, Words())


def test_text_may_be_stored_as_bytes() -> None:
    assert taken(time=b"2026:11:22 10:20:30\0") == datetime(2026, 11, 22, 10, 20, 30, tzinfo=UTC)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_description_that_is_not_ascii_is_read_as_utf_8_else_as_latin_1(encoding: str) -> None:
    assert words({DESCRIPTION: "Blå båt".encode(encoding)}).caption == "Blå båt"


@given(st.binary(max_size=200))
def test_any_bytes_may_stand_where_exif_should(body: bytes) -> None:
    facts = facts_of(encoded(exif=b"Exif\0\0II*\0\x08\0\0\0" + body))
    assert (facts.format, {facts.width, facts.height}) == ("JPEG", {40, 30})


def test_the_position_does_not_leave_the_module() -> None:
    exif = with_exif()
    exif.get_ifd(GPS_IFD).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 36.0), 29: "2026:11:22"})
    facts = facts_of(encoded(exif=exif))
    assert facts == dataclasses.replace(facts_of(encoded()), perceptual_hash=facts.perceptual_hash)


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG", "TIFF", "AVIF"])
@pytest.mark.parametrize("frames", [1, 2, 5])
def test_frames_are_counted_and_the_first_is_described(file_format: str, frames: int) -> None:
    red = Image.new("RGB", (40, 30), "red")
    others = [Image.new("RGB", (40, 30), (0, 0, 50 * number)) for number in range(1, frames)]
    file = io.BytesIO()
    red.save(file, file_format, save_all=True, append_images=others, duration=100)
    picture = read_picture(file.getvalue(), sizing=SIZING, max_pixels=1_000_000, thumbnail_size=64)
    assert picture.facts.frames == frames
    red_level, green, blue = picture.pixels.reshape(-1, 3).mean(axis=0)
    assert red_level > 245
    assert max(green, blue) < 10


def test_a_jpeg_of_several_pictures_is_a_jpeg() -> None:
    """As phones write them, with a preview or a depth map behind the picture (Multi-Picture Format)."""
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(file, "MPO", save_all=True, append_images=[Image.new("RGB", (20, 15))])
    facts = facts_of(file.getvalue())
    assert (facts.format, facts.frames, facts.width) == ("JPEG", 2, 40)


def animation(frames: int) -> bytes:
    file = io.BytesIO()
    images = [Image.new("L", (9, 9), number % 256) for number in range(frames)]
    images[0].save(file, "GIF", save_all=True, append_images=images[1:], loop=0, comment=b"x" * 600)
    return file.getvalue()


@given(st.integers(0, 2_000))
def test_frames_of_a_gif_cut_short_are_those_begun(length: int) -> None:
    """And Pillow, which walks the file another way, finds as many in what is whole."""
    data = animation(12)
    with Image.open(io.BytesIO(data)) as image:
        assert frame_count(data, image) == image.n_frames == 12  # type: ignore[attr-defined]  # a GIF has it
        assert 1 <= frame_count(data[:length], image) <= 12


def test_a_picture_is_read_though_a_later_page_is_damaged() -> None:
    """Given a TIFF whose first page points to a second one beyond the end, then there is one page, and it is read."""
    data = bytearray(encoded("TIFF"))
    (directory,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, directory)
    struct.pack_into("<I", data, directory + 2 + 12 * entries, 0x7FFFFFF0)
    assert facts_of(bytes(data)).frames == 1


def test_pages_that_go_in_a_circle_are_counted_once() -> None:
    data = bytearray(encoded("TIFF"))
    (directory,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, directory)
    struct.pack_into("<I", data, directory + 2 + 12 * entries, directory)
    assert facts_of(bytes(data)).frames == 1


def test_counting_ends_somewhere() -> None:
    frame = b",\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0"
    data = b"GIF89a\x01\0\x01\0\0\0\0" + frame * (MAX_FRAMES + 500) + b";"
    with Image.open(io.BytesIO(data)) as image:
        assert frame_count(data, image) == MAX_FRAMES
