"""Untrusted bytes to one upright sRGB image that is large enough for all that is made of it, and hardly larger."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Final

from PIL import Image

from imagesearch import embedded
from imagesearch.colours import simplified, srgb_over_white
from imagesearch.errors import CorruptImage, EmptyFile, ImageTooLarge, NotAnImage, PictureError
from imagesearch.signatures import format_of

Size = tuple[int, int]

# Pillow's own bomb check is a guess for programs that set no limit. Every picture here is held to the caller's limit
# before it is decoded, which may be above Pillow's.
Image.MAX_IMAGE_PIXELS = None

_PLUGINS: Final = {"WEBP": "WebPImagePlugin", "AVIF": "AvifImagePlugin", "TIFF": "TiffImagePlugin"}
"""Those that Pillow would else find only by importing all of its fifty."""

_TRANSPOSES: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """A picture decoded once, for everything that is made of it."""

    image: Image.Image
    """Mode RGB, sRGB, upright, over white; at least as large as was asked for, where the file is."""
    format: str
    size: Size
    """Width and height of the whole picture, upright."""
    frames: int
    exif: Image.Exif


def decode(data: bytes, *, room: Callable[[Size], Size], max_pixels: int) -> Decoded:
    """Decode the first frame, hardly larger than `room` says is needed of a picture of that size (width, height).

    Raises EmptyFile, NotAnImage, ImageTooLarge or CorruptImage, and nothing else whatever the bytes.
    """
    if not data:
        raise EmptyFile
    name = format_of(data)
    if name is None:
        raise NotAnImage
    with _damage_reported(), _opened(data, name) as image:
        width, height = image.size
        if width * height > max_pixels:
            raise ImageTooLarge(
                f"The picture has {width} x {height} = {width * height:,} pixels; the limit is {max_pixels:,}.",
                width=width,
                height=height,
                max_pixels=max_pixels,
            )
        frames = int(getattr(image, "n_frames", 1))
        at_least = room(image.size)
        image.draft(None, at_least)
        image.load()
        exif = embedded.exif_of(image)
        small = _reduced(simplified(image), at_least)
        flat = srgb_over_white(small, image.info.get("icc_profile"))
        turn = embedded.orientation(exif)
        upright = flat.transpose(_TRANSPOSES[turn]) if turn in _TRANSPOSES else flat
    return Decoded(
        image=upright,
        format=name,
        size=(height, width) if turn >= 5 else (width, height),  # 5 to 8 lie on their side
        frames=frames,
        exif=exif,
    )


def _opened(data: bytes, name: str) -> Image.Image:
    # Not warnings.catch_warnings: it is not safe while other threads decode.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    if name in _PLUGINS:
        import_module(f"PIL.{_PLUGINS[name]}")
    return Image.open(io.BytesIO(data), formats=[name])


def _reduced(image: Image.Image, at_least: Size) -> Image.Image:
    """Averaged over whole blocks, as far as it stays large enough: the cheap first step of a good resampling."""
    factor = min(image.width // at_least[0], image.height // at_least[1])
    return image.reduce(factor) if factor > 1 else image


@contextmanager
def _damage_reported() -> Iterator[None]:
    try:
        yield
    except PictureError:
        raise
    except MemoryError:
        raise ImageTooLarge("The picture needs more memory than there is.") from None
    except Exception as error:
        raise CorruptImage from error
