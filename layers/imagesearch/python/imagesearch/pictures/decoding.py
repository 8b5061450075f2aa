"""Untrusted bytes to one upright sRGB image that is large enough for all that is made of it, and hardly larger."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from PIL import Image

from imagesearch.errors import CorruptImage, EmptyFile, ImageTooLarge, PictureError
from imagesearch.pictures.colours import extrema_of, simplified, srgb_over_white
from imagesearch.pictures.embedded import Embedded, embedded_in
from imagesearch.pictures.frames import frame_count
from imagesearch.pictures.plugins import opened
from imagesearch.pictures.sizing import Size

_STRIP_PIXELS: Final = 4_000_000
"""Pixels handled at a time where a large picture is reduced."""

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
    embedded: Embedded


def decode(data: bytes, *, room: Callable[[Size], Size], max_pixels: int, keep_position: bool = False) -> Decoded:
    """Decode the first frame, hardly larger than `room` says is needed of a picture of that size (width, height).

    Where a file says which of its pictures is the primary one (HEIF), that is the first frame. Raises EmptyFile,
    NotAnImage, ImageTooLarge or CorruptImage, whatever the bytes; MemoryError where it runs out.
    """
    if not data:
        raise EmptyFile
    with _damage_reported(max_pixels), opened(data, max_pixels) as image:
        name = _format(image)
        size = image.size
        _check(size, max_pixels)
        image.draft(None, room(size))  # a JPEG is decoded at 1/2, 1/4 or 1/8 right away; others ignore this
        image.load()
        if name != "JPEG" and image.size != size:  # icons and HEIF tell the truth only now
            size = image.size
            _check(size, max_pixels)
        embedded = embedded_in(image, keep_position=keep_position)
        frames = frame_count(data, image)
        flat = srgb_over_white(_reduced(image, room(size)), image.info.get("icc_profile"))
        turn = 1 if name == "HEIF" else embedded.orientation  # HEIF has a rotation of its own, which libheif applies
        upright = flat.transpose(_TRANSPOSES[turn]) if turn in _TRANSPOSES else flat
    return Decoded(
        image=upright,
        format=name,
        size=(size[1], size[0]) if turn >= 5 else size,  # 5 to 8 lie on their side
        frames=frames,
        embedded=embedded,
    )


def _format(image: Image.Image) -> str:
    # As phones write them, with a preview behind the picture: Multi-Picture Format is JPEG to everybody else.
    return "JPEG" if image.format == "MPO" else image.format or ""


def _check(size: Size, max_pixels: int) -> None:
    if size[0] * size[1] > max_pixels:
        raise _too_large(size[0] * size[1], max_pixels)


def _reduced(image: Image.Image, needed: Size) -> Image.Image:
    """Averaged over whole blocks as far as it stays large enough, in a mode of `simplified`.

    This is the cheap first step of a good resampling. It goes strip by strip, so that a large picture is never held
    a second time in a wider mode.
    """
    across, down = max(1, image.width // needed[0]), max(1, image.height // needed[1])
    rows = down * max(1, _STRIP_PIXELS // (image.width * down))
    extrema = extrema_of(_strips(image, rows)) if image.mode in {"I", "F"} else None
    if across == down == 1:
        return simplified(image, extrema)
    reduced = [simplified(strip, extrema).reduce((across, down)) for strip in _strips(image, rows)]
    whole = Image.new(reduced[0].mode, (reduced[0].width, sum(strip.height for strip in reduced)))
    for number, strip in enumerate(reduced):
        whole.paste(strip, (0, number * rows // down))
    return whole


def _strips(image: Image.Image, rows: int) -> Iterator[Image.Image]:
    """The picture from top to bottom in pieces of so many rows."""
    for top in range(0, image.height, rows):
        yield image.crop((0, top, image.width, min(top + rows, image.height)))


def _too_large(pixels: int, max_pixels: int) -> ImageTooLarge:
    return ImageTooLarge(
        f"The picture has {pixels:,} pixels; the limit is {max_pixels:,}.", pixels=pixels, max_pixels=max_pixels
    )


@contextmanager
def _damage_reported(max_pixels: int) -> Iterator[None]:
    try:
        yield
    except (PictureError, ImportError):  # a decoder that is not installed is our fault
        raise
    except Image.DecompressionBombError as error:  # its message starts with the number of pixels
        pixels = re.search(r"\d+", str(error))
        raise _too_large(int(pixels[0]) if pixels else 0, max_pixels) from None
    except MemoryError:  # may be its neighbours' doing: no reason to reject it for good
        raise
    except Exception as error:  # decoders fail on hostile bytes in every way Python knows
        raise CorruptImage("The picture is damaged, cut short, or of a rare kind that can't be read.") from error
