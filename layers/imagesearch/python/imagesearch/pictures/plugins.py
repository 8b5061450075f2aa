"""Files opened by the one decoder that is meant for them: no other is tried, or even imported."""

from __future__ import annotations

import io
import warnings
from importlib import import_module
from typing import Final

from PIL import Image, UnidentifiedImageError

from imagesearch.errors import NotAnImage
from imagesearch.pictures.signatures import UNSIGNED, format_of

_MODULES: Final = {"WEBP": "WebP", "JPEG2000": "Jpeg2K", "MCIDAS": "McIdas", "DIB": "Bmp", "XVThumb": "XVThumb"}
"""Pillow's plugins whose module is not called as their format is."""
_THREADS: Final = 1
"""Threads of a decoder that would start some: pictures are decoded side by side, a process for each core."""


def opened(data: bytes, max_pixels: int) -> Image.Image:
    """The picture with its header read, its pixels not yet. Raises NotAnImage, or whatever a decoder raises.

    `Image.DecompressionBombError` comes where the header announces more than twice `max_pixels`.
    """
    # Not warnings.catch_warnings: that is not safe while other threads decode.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    warnings.filterwarnings("ignore", message="IM image format", category=DeprecationWarning)
    # Pillow's own check (it raises at twice this number) guards what it allocates while it opens a file; it must not
    # refuse what the caller allows. Only ever raised, so that threads with several limits do not disturb each other.
    Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS or 0, max_pixels)
    name = format_of(data)
    if name:
        _register(name)
        return Image.open(io.BytesIO(data), formats=[name])
    for each in UNSIGNED:
        _register(each)
    try:
        return Image.open(io.BytesIO(data), formats=UNSIGNED)
    except UnidentifiedImageError:
        raise NotAnImage from None


def _register(name: str) -> None:
    """Make Pillow know the format. By itself it would import all of its fifty plugins to find one (150 ms)."""
    if name == "HEIF":
        _register_heif()
    elif name.upper() not in Image.OPEN:
        import_module(f"PIL.{_MODULES.get(name, name.capitalize())}ImagePlugin")
        if name == "AVIF":
            setattr(import_module("PIL.AvifImagePlugin"), "DEFAULT_MAX_THREADS", _THREADS)  # noqa: B010 - mypy sees a module


def _register_heif() -> None:
    """pi-heif's plugin, for its decoder alone: thumbnails, depth maps and the like in the file are left alone.

    libheif's own limits (pixels, memory, boxes, references) are in force unless switched off.
    """
    if "HEIF" in Image.OPEN:
        return
    from pi_heif import HeifImagePlugin, options  # noqa: F401, PLC0415 - 30 ms that only HEIC files should cost

    options.THUMBNAILS = options.DEPTH_IMAGES = options.AUX_IMAGES = False
    options.DECODE_THREADS = _THREADS
    # Its own test of the first bytes knows fewer brands than `format_of`, which has been asked already.
    factory, _ = Image.OPEN["HEIF"]
    Image.OPEN["HEIF"] = factory, None
