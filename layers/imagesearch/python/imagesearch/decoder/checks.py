"""What an answer may say: nothing that an honest process could not have found in any picture."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from imagesearch.formats import CONTENT_TYPES
from imagesearch.pictures.frames import MAX_FRAMES
from imagesearch.records import PictureFacts, Position, Words
from imagesearch.words import MAX_CAPTION, MAX_TAG, MAX_TAGS, cleaned

_HASH: Final = re.compile(r"[0-9a-f]{16}")
_WEBP_BYTES: Final = 4
"""More than WebP takes for a pixel, even of noise."""
_WEBP_HEADER: Final = 1024


def is_possible(facts: PictureFacts, max_pixels: int) -> bool:
    """Whether these may be the facts of a picture of at most so many pixels. Their types are taken to be right."""
    return (
        facts.format in CONTENT_TYPES
        and min(facts.width, facts.height) >= 1
        and facts.width * facts.height <= max_pixels
        and all(_HASH.fullmatch(each) for each in (facts.perceptual_hash, facts.mirrored_hash))
        and 1 <= facts.frames <= MAX_FRAMES
        and (facts.taken is None or _is_moment(facts.taken))
        and (facts.camera is None or _is_name(facts.camera))
        and (facts.position is None or _is_on_earth(facts.position))
        and _are_embedded(facts.words)
    )


def is_thumbnail(data: memoryview, longest: int) -> bool:
    """Whether this is a WebP file by its first bytes, no larger than one with such a longest side can be.

    A RIFF file is of the size that it says, without its first eight bytes (RFC 9649, section 2.4).
    """
    return (
        bytes(data[:4]) == b"RIFF"
        and bytes(data[8:12]) == b"WEBP"
        and int.from_bytes(data[4:8], "little") + 8 == len(data)
        and len(data) <= longest * longest * _WEBP_BYTES + _WEBP_HEADER
    )


def _is_moment(taken: datetime) -> bool:
    if taken.tzinfo is None:
        return False
    try:
        taken.astimezone(UTC)
    except OverflowError:  # before the year 1, or after 9999
        return False
    return True


def _is_name(camera: str) -> bool:
    return bool(camera) and camera == cleaned(camera, MAX_TAG)


def _is_on_earth(position: Position) -> bool:
    return -90 <= position.latitude <= 90 and -180 <= position.longitude <= 180


def _are_embedded(words: Words) -> bool:
    """No file has attributes."""
    tags = words.tags or ()
    return (
        len(words.caption or "") <= MAX_CAPTION
        and len(tags) <= MAX_TAGS
        and all(len(tag) <= MAX_TAG for tag in tags)
        and words.attributes is None
    )
