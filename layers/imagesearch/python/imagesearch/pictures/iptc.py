"""Words in IPTC-IIM (Information Interchange Model 4.2), as Photoshop keeps it in JPEG and TIFF."""

from __future__ import annotations

import hashlib
from typing import Final

from PIL import Image
from PIL.IptcImagePlugin import getiptcinfo

from imagesearch.pictures.texts import Texts

_CHARACTER_SET: Final = (1, 90)
_UTF_8: Final = b"\x1b%G"  # ISO 2022's way of saying so
_OBJECT_NAME, _HEADLINE, _CAPTION, _KEYWORDS = (2, 5), (2, 105), (2, 120), (2, 25)

_RESOURCE: Final = 0x0404
"""Photoshop's image resource that holds the IPTC block; the next one is a digest of it as some program left it."""
_DIGEST: Final = 0x0425


def iptc_texts(image: Image.Image) -> Texts:
    """Object name (else headline), caption and keywords. Raises whatever Pillow does where the block is malformed."""
    if image.format not in {"JPEG", "MPO", "TIFF"}:
        return Texts()
    found = getiptcinfo(image) or {}  # type: ignore[arg-type]  # it was opened from a file, as Pillow wants it
    declared = _first(found.get(_CHARACTER_SET))

    def text(value: bytes | list[bytes] | None) -> str:
        return _decoded(_first(value), declared)

    keywords = found.get(_KEYWORDS) or []
    return Texts(
        title=text(found.get(_OBJECT_NAME)) or text(found.get(_HEADLINE)),
        description=text(found.get(_CAPTION)),
        keywords=tuple(text(keyword) for keyword in (keywords if isinstance(keywords, list) else [keywords])),
    )


def edited_after_xmp(image: Image.Image) -> bool:
    """Whether a program that knows nothing of XMP has changed the IPTC block: it is not the one of Photoshop's digest.

    Metadata Working Group, Guidelines for Handling Image Metadata 2.0, section on IPTC-IIM and XMP.
    """
    resources = image.info.get("photoshop")
    if not isinstance(resources, dict) or not isinstance(resources.get(_RESOURCE), bytes):
        return False
    digest = resources.get(_DIGEST)
    block = hashlib.md5(resources[_RESOURCE], usedforsecurity=False).digest()
    return isinstance(digest, bytes) and len(digest) == len(block) and digest not in (block, bytes(len(block)))


def _first(value: bytes | list[bytes] | None) -> bytes:
    if isinstance(value, list):
        value = value[0] if value else None
    return value or b""


def _decoded(value: bytes, declared: bytes) -> str:
    """Text in the declared character set. Most files declare none: UTF-8 where it is that, else Latin-1."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        text = value.decode("utf-8", "replace") if declared == _UTF_8 else value.decode("latin-1")
    return text.replace("\0", "").strip()
