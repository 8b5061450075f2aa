"""EXIF: which way up, when, with what and, only where that is wanted, where a picture was taken."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from PIL import Image
from PIL.ExifTags import GPS, Base

from imagesearch.pictures.texts import Texts
from imagesearch.records import Position
from imagesearch.words import MAX_TAG, cleaned

_TIME: Final = re.compile(r"(\d{4}):(\d\d):(\d\d)[ T](\d\d):(\d\d):(\d\d)")
_OFFSET: Final = re.compile(r"([+-])(\d\d):?(\d\d)")
_MACHINE_MADE: Final = re.compile(r"[\[{<]|ImageJ=|.*DIGITAL CAMERA$|SONY DSC$")
"""What software and cameras put for a caption."""


def orientation_of(exif: Image.Exif) -> int:
    """1 to 8, as EXIF 2.32 numbers them; 1 (upright) where it is missing or none of these."""
    value = exif.get(Base.Orientation)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def taken_of(photo: Mapping[int, object]) -> datetime | None:
    """DateTimeOriginal with its fraction and offset; UTC where no offset is given; None where malformed."""
    found = _TIME.match(_text(photo.get(Base.DateTimeOriginal)))
    if not found:
        return None
    fraction = re.match(r"\d{1,6}", _text(photo.get(Base.SubsecTimeOriginal)))
    microsecond = int(fraction[0].ljust(6, "0")) if fraction else 0
    year, month, day, hour, minute, second = (int(part) for part in found.groups())
    try:
        zone = _zone(_text(photo.get(Base.OffsetTimeOriginal)))
        taken = datetime(year, month, day, hour, minute, second, microsecond, zone)
        taken.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter where it is before the year 1, or after 9999, in UTC
        return None
    return taken


def camera_of(exif: Image.Exif) -> str | None:
    """Make and model; a model that begins with its make's name stands alone: 'Canon EOS R5', 'Apple iPhone 15'."""
    make = cleaned(_text(exif.get(Base.Make)), MAX_TAG)
    model = cleaned(_text(exif.get(Base.Model)), MAX_TAG)
    if make and model and model.split()[0].casefold() != make.split()[0].casefold():
        return cleaned(f"{make} {model}", MAX_TAG)
    return model or make or None


def position_of(gps: Mapping[int, object]) -> Position | None:
    """Latitude and longitude; None where either is missing, malformed, or declared void by the receiver."""
    if _text(gps.get(GPS.GPSStatus)) == "V":
        return None
    latitude = _degrees(gps.get(GPS.GPSLatitude), _text(gps.get(GPS.GPSLatitudeRef)), "N", "S", 90)
    longitude = _degrees(gps.get(GPS.GPSLongitude), _text(gps.get(GPS.GPSLongitudeRef)), "E", "W", 180)
    if latitude is None or longitude is None:
        return None
    # Receivers without a fix write zeros, and nobody takes pictures there.
    return None if latitude == longitude == 0 else Position(latitude, longitude)


def exif_texts(exif: Image.Exif) -> Texts:
    """ImageDescription, and what Windows writes: XPTitle, XPKeywords (separated by semicolons)."""
    description = _text(exif.get(Base.ImageDescription))
    return Texts(
        title=_utf16(exif.get(Base.XPTitle)),
        description="" if _MACHINE_MADE.match(description) else description,
        keywords=tuple(filter(None, map(str.strip, _utf16(exif.get(Base.XPKeywords)).split(";")))),
    )


def _degrees(value: object, reference: str, positive: str, negative: str, limit: int) -> float | None:
    """Degrees, minutes and seconds, of which the last may be left out, as signed degrees."""
    if reference.upper() not in {positive, negative} or not isinstance(value, tuple) or not 1 <= len(value) <= 3:
        return None
    try:
        parts = [float(part) for part in value]
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    degrees = sum((part / 60.0**power for power, part in enumerate(parts)), 0.0)
    if not all(math.isfinite(part) and part >= 0 for part in parts) or max(parts[1:], default=0) > 60:
        return None
    if degrees > limit:
        return None
    return round(-degrees if reference.upper() == negative else degrees, 7)  # a centimetre


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
