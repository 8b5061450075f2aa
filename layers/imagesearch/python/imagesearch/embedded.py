"""What a picture says of itself in its EXIF: which way up, when it was taken, in which words. Never where."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from PIL import Image
from PIL.ExifTags import IFD, Base

from imagesearch.records import Words

_TIME = re.compile(r"(\d{4}):(\d\d):(\d\d)[ T](\d\d):(\d\d):(\d\d)")
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
_MAX_CAPTION = 2_000
_MAX_TAGS = 100
_MAX_TAG = 100


def exif_of(image: Image.Image) -> Image.Exif:
    """The picture's EXIF, empty where it has none or it is malformed: no reason to refuse a picture."""
    try:
        return image.getexif()
    except Exception:  # noqa: BLE001 - malformed EXIF fails in as many ways as there are bytes
        return Image.Exif()


def orientation(exif: Image.Exif) -> int:
    """1 to 8, as EXIF 2.32 numbers them; 1 (upright) where it is missing or none of these."""
    value = exif.get(Base.Orientation)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def capture_time(exif: Image.Exif) -> datetime | None:
    """DateTimeOriginal with its fraction and offset from UTC; UTC where no offset is given; None where malformed."""
    tags = _ifd(exif, IFD.Exif)
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


def embedded_words(exif: Image.Exif) -> Words:
    """Caption (ImageDescription, else XPTitle) and tags (XPKeywords, separated by semicolons)."""
    caption = _text(exif.get(Base.ImageDescription)) or _utf16(exif.get(Base.XPTitle))
    keywords = [word.strip()[:_MAX_TAG] for word in _utf16(exif.get(Base.XPKeywords)).split(";")]
    tags = tuple(dict.fromkeys(word for word in keywords if word))[:_MAX_TAGS]
    return Words(caption=caption[:_MAX_CAPTION] or None, tags=tags or None)


def _ifd(exif: Image.Exif, ifd: IFD) -> dict[int, object]:
    try:
        return exif.get_ifd(ifd)
    except Exception:  # noqa: BLE001 - as above
        return {}


def _zone(offset: str) -> timezone:
    found = _OFFSET.fullmatch(offset)
    if not found:
        return UTC
    sign, hours, minutes = found.groups()
    return timezone(timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1))


def _text(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return value.split("\0", 1)[0].strip() if isinstance(value, str) else ""


def _utf16(value: object) -> str:
    """The text of Windows' XP tags: UTF-16 as bytes."""
    if isinstance(value, tuple) and all(isinstance(byte, int) and 0 <= byte < 256 for byte in value):
        value = bytes(value)
    return _text(value.decode("utf-16-le", "replace")) if isinstance(value, bytes) else ""
