"""Untrusted bytes to what the product keeps of a picture: pixels for the model, a thumbnail, and the facts.

One decode serves them all. Nothing else of the file (positions, serial numbers, previews) leaves this module.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import (
    Image,
    WebPImagePlugin,  # noqa: F401 - registers itself; to save a WebP, Pillow would else import all plugins (150 ms)
)

from imagesearch.pictures.decoding import Size, decode
from imagesearch.pictures.perceptual_hash import perceptual_hash
from imagesearch.records import Picture, PictureFacts, Sizing

if TYPE_CHECKING:
    from imagesearch.records import Pixels

MIN_SIDE: Final = 32
"""Pixels. VGG16 halves its input five times, so a shorter side would leave nothing."""

_HEADROOM: Final = 2
"""Decode at least this much larger than what is resampled from it, so that decoding small costs no quality."""
_ALWAYS_DECODED: Final = 768
"""Longest side, pixels: twice a thumbnail, so that a query and the same picture in the index get the same pixels."""
_WEBP_QUALITY: Final = 80
_WEBP_METHOD: Final = 2  # measured: docs/decisions/0002-pictures.md

_RESAMPLING: Final = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


def read_picture(data: bytes, *, sizing: Sizing, max_pixels: int, thumbnail_size: int) -> Picture:
    """Everything the index keeps of a picture.

    `max_pixels` is width times height, checked before decoding; `thumbnail_size` the longest side of the thumbnail,
    which is never larger than the picture. Raises EmptyFile, NotAnImage, ImageTooLarge or CorruptImage.
    """
    decoded = decode(data, room=lambda size: _room(size, sizing, thumbnail_size), max_pixels=max_pixels)
    small = _thumbnail(decoded.image, thumbnail_size)
    width, height = decoded.size
    facts = PictureFacts(
        format=decoded.format,
        width=width,
        height=height,
        perceptual_hash=perceptual_hash(small),
        frames=decoded.frames,
        taken=decoded.embedded.taken,
        words=decoded.embedded.words,
    )
    return Picture(facts=facts, pixels=sized(decoded.image, sizing), thumbnail=_webp(small))


def read_query(data: bytes, *, sizing: Sizing, max_pixels: int) -> Pixels:
    """The pixels of a picture to search by, H x W x 3 uint8 RGB; the errors are those of `read_picture`."""
    return sized(decode(data, room=lambda size: _room(size, sizing, 0), max_pixels=max_pixels).image, sizing)


def sized(image: Image.Image, sizing: Sizing) -> Pixels:
    """An RGB image as the model takes it: H x W x 3 uint8.

    `squeeze` makes both sides `size`. `longest` makes the longest side `size` and keeps the aspect, up or down, except
    that no side gets shorter than `MIN_SIDE`: of a picture beyond that aspect, the short side is stretched.
    """
    target = _target(image.size, sizing)
    if target != image.size:
        image = image.resize(target, _RESAMPLING[sizing.resampling])
    return np.array(image)


def _target(size: Size, sizing: Sizing) -> Size:
    if sizing.fit == "squeeze":
        return sizing.size, sizing.size
    scale = sizing.size / max(size)
    return max(MIN_SIDE, round(size[0] * scale)), max(MIN_SIDE, round(size[1] * scale))


def _room(size: Size, sizing: Sizing, thumbnail_size: int) -> Size:
    """How large a picture of this size has to be decoded, in width and height."""
    model = _target(size, sizing)
    longest = max(_ALWAYS_DECODED, _HEADROOM * thumbnail_size)
    scale = longest / max(size)
    width, height = round(size[0] * scale), round(size[1] * scale)
    return max(1, width, _HEADROOM * model[0]), max(1, height, _HEADROOM * model[1])


def _thumbnail(image: Image.Image, longest: int) -> Image.Image:
    scale = longest / max(image.size)
    if scale >= 1:
        return image
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return image.resize(size, Image.Resampling.HAMMING)  # downwards as sharp as bicubic, in half the time


def _webp(image: Image.Image) -> bytes:
    """Encoded anew from bare pixels: no EXIF, no profile, no position comes along."""
    file = io.BytesIO()
    image.save(file, "WEBP", quality=_WEBP_QUALITY, method=_WEBP_METHOD, exif=b"", icc_profile=b"", xmp=b"")
    return file.getvalue()
