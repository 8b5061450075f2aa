"""Which of the supported formats a file claims to be, by its first bytes."""

from __future__ import annotations

from typing import Final

FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "TIFF", "BMP")
"""Pillow's names of all that is read. Nothing else is even tried."""

_PREFIXES: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),  # BigTIFF
    (b"MM\0+", "TIFF"),
    (b"BM", "BMP"),
)
_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})


def format_of(data: bytes) -> str | None:
    """Pillow's name of the format, or None where it is none of `FORMATS`."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        return "AVIF" if _AVIF_BRANDS & _brands(data) else None
    return next((name for prefix, name in _PREFIXES if data.startswith(prefix)), None)


def _brands(data: bytes) -> set[bytes]:
    """The brands of an ISO base media file (ISO/IEC 14496-12, 4.3): HEIC files share the container, not the brands."""
    end = min(int.from_bytes(data[:4], "big"), 256)  # a handful of brands; a hostile length ends here
    return {data[8:12], *(data[start : start + 4] for start in range(16, end, 4))}
