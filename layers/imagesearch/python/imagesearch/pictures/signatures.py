"""Which of the supported formats a file claims to be, by its first bytes."""

from __future__ import annotations

from typing import Final

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
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),  # a bare codestream
    (b"8BPS", "PSD"),
    (b"icns", "ICNS"),
    (b"DDS ", "DDS"),
    (b"qoif", "QOI"),
    (b"\xb1\x68\xde\x3a", "DCX"),
    (b"\x59\xa6\x6a\x95", "SUN"),
    (b"SIMPLE", "FITS"),
    (b"BLP1", "BLP"),
    (b"BLP2", "BLP"),
    (b"FTEX", "FTEX"),
    (b"/* XPM */", "XPM"),
    (b"DanM", "MSP"),
    (b"LinS", "MSP"),
    (b"P7 332", "XVThumb"),
    (b"\x80\xe8\0\0", "PIXAR"),
)
UNSIGNED: Final = (
    *("PPM", "ICO", "CUR", "DIB", "TGA", "PCX", "SGI", "FLI", "GBR", "MCIDAS", "PCD", "XBM"),
    *("IM", "IMT", "SPIDER"),
)
"""Formats that begin with next to nothing of their own: one after the other has to be tried on the header."""

_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})
_HEVC_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_HEIF_BRANDS: Final = frozenset({b"mif1", b"msf1"})
"""Of the container, whatever the codec."""


def format_of(data: bytes) -> str | None:
    """Pillow's name of the format; None where it is none that has a signature."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        return _of_container(data)
    return next((name for prefix, name in _PREFIXES if data.startswith(prefix)), None)


def _of_container(data: bytes) -> str | None:
    """Of an ISO base media file, by its brands (ISO/IEC 14496-12, 4.3; ISO/IEC 23008-12, 10): the major one first."""
    major, *compatible = _brands(data)
    for brands in ({major}, set(compatible)):
        if brands & _AVIF_BRANDS:
            return "AVIF"
        if brands & _HEVC_BRANDS:
            return "HEIF"
    return "HEIF" if _HEIF_BRANDS & {major, *compatible} else None


def _brands(data: bytes) -> list[bytes]:
    end = min(int.from_bytes(data[:4], "big"), 256)  # a handful of brands; a hostile length ends here
    return [data[8:12], *(data[start : start + 4] for start in range(16, end, 4))]
