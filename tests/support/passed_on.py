"""Pictures as people pass them on."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image


def passed_on(path: Path, *, scale: float = 1.0, mirrored: bool = False) -> bytes:
    """A JPEG of the picture, in another size or the other way round."""
    with Image.open(path) as picture:
        small = picture.convert("RGB").resize((round(picture.width * scale), round(picture.height * scale)))
    if mirrored:
        small = small.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=75)
    return file.getvalue()
