"""How many frames or pages a file has, without decoding any but the first.

Pillow tells the formats that say so in their header. For GIF and TIFF it walks the whole file with far more work per
frame than counting needs, and fails where only a later frame is damaged: these are walked here, for so many
steps at most. Where those do not suffice, the count is of what was seen.
The layers of a PSD are no frames: the picture is all of them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # the product knows `MAX_FRAMES` and no Pillow
    from PIL import Image

MAX_FRAMES: Final = 10_000
"""Counting stops here."""
_MAX_BLOCKS: Final = 1_000_000
"""Data blocks of a GIF that are walked: a tenth of a second. Encoders fill them (255 bytes), so that these are 250 MB;
hostile files have blocks of one byte."""

_GIF_HEADER = 13
_GIF_IMAGE, _GIF_EXTENSION = 0x2C, 0x21


def frame_count(data: bytes, image: Image.Image) -> int:
    """Frames of the file that `image` was opened from: at least 1, at most `MAX_FRAMES`."""
    count = {"GIF": _gif_frames, "TIFF": _tiff_pages}.get(image.format or "")
    found = count(data) if count else 1 if image.format == "PSD" else int(getattr(image, "n_frames", 1))
    return min(max(1, found), MAX_FRAMES)


def _gif_frames(data: bytes) -> int:
    """Image blocks up to the trailer or the end of the file (GIF89a specification, appendix B)."""
    frames = 0
    blocks = iter(range(_MAX_BLOCKS))
    try:
        at = _GIF_HEADER + _colour_table(data[10])
        while frames < MAX_FRAMES:
            if data[at] == _GIF_IMAGE:
                frames += 1
                at = _after_blocks(data, blocks, at + 11 + _colour_table(data[at + 9]))
            elif data[at] == _GIF_EXTENSION:
                at = _after_blocks(data, blocks, at + 2)
            else:
                break
    except IndexError:  # cut short, or no more blocks to be walked
        pass
    return frames


def _colour_table(flags: int) -> int:
    """Bytes of the colour table that these flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(data: bytes, blocks: Iterator[int], at: int) -> int:
    """Past a chain of data blocks, each led by its length, the last of length 0. Past the data where `blocks` end."""
    for _ in blocks:
        if not data[at]:
            return at + 1
        at += data[at] + 1
    return len(data)


def _tiff_pages(data: bytes) -> int:
    """Directories in the file's chain, which may be damaged or a circle (TIFF 6.0, section 2; BigTIFF for 64 bits)."""
    order = "<" if data[:1] == b"I" else ">"
    big = 43 in data[2:4]
    pointer, entries, entry_size = (order + "Q", order + "Q", 20) if big else (order + "I", order + "H", 12)
    seen: set[int] = set()
    try:
        (at,) = struct.unpack_from(pointer, data, 8 if big else 4)
        while at and at not in seen and len(seen) < MAX_FRAMES:
            (count,) = struct.unpack_from(entries, data, at)
            seen.add(at)
            (at,) = struct.unpack_from(pointer, data, at + struct.calcsize(entries) + count * entry_size)
    except (struct.error, OverflowError):  # cut short
        pass
    return len(seen)
