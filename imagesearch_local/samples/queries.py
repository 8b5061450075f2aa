"""Pictures to search by: samples as another camera might have seen them. Their bytes are in no library."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

_GROUND = (176, 196, 160)
_TURN_DEGREES = 8
_SCALE = 1.6
_MARGIN = 0.15
_JPEG_QUALITY = 75


def seen_again(path: Path) -> bytes:
    """The picture mirrored, turned, larger, with some room around it in grey-green, and compressed: a JPEG."""
    with Image.open(path) as opened:
        image = opened.convert("RGBA")
    size = round(image.width * _SCALE), round(image.height * _SCALE)
    image = image.resize(size, Image.Resampling.LANCZOS).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    image = image.rotate(_TURN_DEGREES, Image.Resampling.BICUBIC, expand=True)
    left, top = round(image.width * _MARGIN), round(image.height * _MARGIN)
    scene = Image.new("RGB", (image.width + 2 * left, image.height + 2 * top), _GROUND)
    scene.paste(image, (left, top), image)
    buffer = io.BytesIO()
    scene.save(buffer, "JPEG", quality=_JPEG_QUALITY)
    return buffer.getvalue()
