"""How large a picture is for the model. Arithmetic alone: whoever checks a size needs no picture library."""

from __future__ import annotations

from typing import Final

from imagesearch.records import Sizing

Size = tuple[int, int]
"""Width and height in pixels."""

MIN_SIDE: Final = 32
"""Pixels. VGG16 halves its input five times, so a shorter side would leave nothing."""


def target_size(size: Size, sizing: Sizing) -> Size:
    """What a picture of this size is brought to.

    `squeeze` makes both sides `sizing.size`. `longest` makes the longest side that and keeps the aspect, up or down,
    except that no side gets shorter than `MIN_SIDE`: of a picture beyond that aspect, the short side is stretched.
    """
    if sizing.fit == "squeeze":
        return sizing.size, sizing.size
    scale = sizing.size / max(size)
    return max(MIN_SIDE, round(size[0] * scale)), max(MIN_SIDE, round(size[1] * scale))


def is_target_size(size: Size, sizing: Sizing) -> bool:
    """Whether there is a picture that is brought to this size."""
    if sizing.fit == "squeeze":
        return size == (sizing.size, sizing.size)
    return max(size) == max(MIN_SIDE, sizing.size) and min(size) >= MIN_SIDE
