"""What a picture says of itself in its EXIF: which way up, when it was taken, in which words. Never where."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from PIL import Image
from PIL.ExifTags import IFD, Base

from imagesearch.records import Words
from imagesearch.words import MAX_CAPTION, MAX_TAG, MAX_TAGS

_TIME = re.compile(r"(\d{4}):(\d\d):(\d\d)[ T](\d\d):(\d\d):(\d\d)")
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
_MACHINE_MADE = re.compile(r"[\[{<]|ImageJ=|.*DIGITAL CAMERA$|SONY DSC$")  # what software and cameras put for a caption


@dataclass(frozen=True, slots=True)
class Embedded:
    """All that is taken from a picture's EXIF."""

    orientation: int
    """1 to 8, as EXIF 2.32 numbers them; 1 (upright) where it is missing or none of these."""
    taken: datetime | None
    """DateTimeOriginal with its fraction and offset; UTC where no offset is given; None where malformed."""
    words: Words
    """Caption (ImageDescription, else XPTitle) and tags (XPKeywords, separated by semicolons)."""


def embedded_in(image: Image.Image) -> Embedded:
    """What a decoded picture says of itself, while its file is open. Malformed EXIF says nothing; it is no error."""
    try:
        exif = image.getexif()
        photo = exif.get_ifd(IFD.Exif)
    except Exception:  # noqa: BLE001 - malformed EXIF fails in as many ways as there are bytes
        exif, photo = Image.Exif(), {}
    return Embedded(orientation=_orientation(exif), taken=_taken(photo), words=_words(exif))


def _orientation(exif: Image.Exif) -> int:
    value = exif.get(Base.Orientation)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _taken(tags: Mapping[int, object]) -> datetime | None:
    found = _TIME.match(_text(tags.get(Base.DateTimeOriginal)))
    if not found:
        return None
    fraction = re.match(r"\d{1,6}", _text(tags.get(Base.SubsecTimeOriginal)))
    microsecond = int(fraction[0].ljust(6, "0")) if fraction else 0
    year, month, day, hour, minute, second = (int(part) for part in found.groups())
    try:
        zone = _zone(_text(tags.get(Base.OffsetTimeOriginal)))
        return datetime(year, month, day, hour, minute, second, microsecond, zone)
    except ValueError:
        return None


def _words(exif: Image.Exif) -> Words:
    described = _text(exif.get(Base.ImageDescription))
    caption = _utf16(exif.get(Base.XPTitle)) if _MACHINE_MADE.match(described) or not described else described
    keywords = [word.strip()[:MAX_TAG] for word in _utf16(exif.get(Base.XPKeywords)).split(";")]
    tags = tuple(dict.fromkeys(word for word in keywords if word))[:MAX_TAGS]
    return Words(caption=caption[:MAX_CAPTION] or None, tags=tags or None)


def _zone(offset: str) -> timezone:
    found = _OFFSET.fullmatch(offset)
    if not found:
        return UTC
    sign, hours, minutes = found.groups()
    return timezone(timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1))


def _text(value: object) -> str:
    """A tag's text up to its NUL; empty where it is none.

    EXIF's text is ASCII, but programs write UTF-8, which Pillow reads as Latin-1.
    """
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return ""
    with suppress(UnicodeError):  # else it is what it seems
        value = value.encode("latin-1").decode("utf-8")
    return _up_to_nul(value)


def _up_to_nul(text: str) -> str:
    return text.split("\0", 1)[0].strip()


def _utf16(value: object) -> str:
    """The text of Windows' XP tags: UTF-16 as bytes."""
    return _up_to_nul(value.decode("utf-16-le", "replace")) if isinstance(value, bytes) else ""
