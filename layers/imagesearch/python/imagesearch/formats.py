"""The picture formats that are read: one table for all who ask."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """One of them."""

    name: str
    """Pillow's."""
    content_type: str
    suffixes: tuple[str, ...]
    """In lower case."""


FORMATS = (
    Format("JPEG", "image/jpeg", (".jpg", ".jpeg", ".jfif")),
    Format("PNG", "image/png", (".png",)),
    Format("WEBP", "image/webp", (".webp",)),
    Format("GIF", "image/gif", (".gif",)),
    Format("AVIF", "image/avif", (".avif",)),
    Format("HEIF", "image/heic", (".heic", ".heif")),
    Format("TIFF", "image/tiff", (".tif", ".tiff")),
    Format("BMP", "image/bmp", (".bmp",)),
)

CONTENT_TYPES = {each.name: each.content_type for each in FORMATS}
"""By name."""
CONTENT_TYPE_OF_SUFFIX = {suffix: each.content_type for each in FORMATS for suffix in each.suffixes}
NAMES = "JPEG, PNG, WebP, GIF, AVIF, HEIC, TIFF or BMP"
"""For people."""
