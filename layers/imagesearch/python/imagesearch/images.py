"""Untrusted bytes to what the product keeps of a picture: pixels for the model, a thumbnail, and the facts.

One decode serves them all. Nothing else of the file (serial numbers, previews, positions unless they are wanted)
leaves this module. It trusts that its process is one that may be brought down: see `decoder`.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import (
    Image,
    WebPImagePlugin,  # noqa: F401 - registers itself; to save a WebP, Pillow would else import all plugins (150 ms)
)

from imagesearch.errors import InvalidRequest
from imagesearch.pictures.decoding import decode
from imagesearch.pictures.perceptual_hash import perceptual_hashes
from imagesearch.pictures.sizing import Size, target_size
from imagesearch.records import Picture, PictureFacts, QueryPicture, Sizing

if TYPE_CHECKING:
    from imagesearch.records import Box, Pixels

MIN_CROP: Final = 16
"""Pixels of the picture, on each side: what is smaller shows nothing that can be searched for."""

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


def read_picture(
    data: bytes, *, sizing: Sizing, max_pixels: int, thumbnail_size: int, keep_position: bool = False
) -> Picture:
    """Everything the index keeps of a picture.

    `max_pixels` is width times height, checked before decoding; `thumbnail_size` the longest side of the thumbnail,
    which is never larger than the picture. Raises EmptyFile, NotAnImage, ImageTooLarge or CorruptImage.
    """
    decoded = decode(
        data,
        room=lambda size: _room(size, sizing, thumbnail_size),
        max_pixels=max_pixels,
        keep_position=keep_position,
    )
    small = _thumbnail(decoded.image, thumbnail_size)
    width, height = decoded.size
    own_hash, mirrored_hash = perceptual_hashes(small)
    facts = PictureFacts(
        format=decoded.format,
        width=width,
        height=height,
        perceptual_hash=own_hash,
        mirrored_hash=mirrored_hash,
        frames=decoded.frames,
        taken=decoded.embedded.taken,
        camera=decoded.embedded.camera,
        position=decoded.embedded.position,
        words=decoded.embedded.words,
    )
    return Picture(facts=facts, pixels=sized(decoded.image, sizing), thumbnail=_webp(small))


def read_query(data: bytes, *, sizing: Sizing, max_pixels: int, crop: Box | None = None) -> QueryPicture:
    """A picture to search by, or a part of it.

    Raises InvalidRequest where the part is none or smaller than `MIN_CROP`, and all that `read_picture` raises.
    """
    if crop is None:
        whole = decode(data, room=lambda size: _room(size, sizing, 0), max_pixels=max_pixels)
        return QueryPicture(sized(whole.image, sizing), *whole.size)
    if not (0 <= crop[0] < crop[2] <= 1 and 0 <= crop[1] < crop[3] <= 1):
        raise InvalidRequest("A crop has shares from 0 to 1 of the picture: left below right, top below bottom.")
    decoded = decode(data, room=lambda size: _room_for_crop(size, sizing, crop), max_pixels=max_pixels)
    left, top, right, bottom = _in_pixels(crop, decoded.size)
    if min(right - left, bottom - top) < MIN_CROP:
        raise InvalidRequest(
            f"The crop is {right - left} x {bottom - top} pixels of the picture; at least {MIN_CROP} x {MIN_CROP} is"
            " needed."
        )
    return QueryPicture(sized(decoded.image.crop(_in_pixels(crop, decoded.image.size)), sizing), *decoded.size)


def sized(image: Image.Image, sizing: Sizing) -> Pixels:
    """An RGB image as the model takes it: H x W x 3 uint8, of the `target_size`."""
    target = target_size(image.size, sizing)
    if target != image.size:
        image = image.resize(target, _RESAMPLING[sizing.resampling])
    return np.array(image)


def _room(size: Size, sizing: Sizing, thumbnail_size: int) -> Size:
    """How large a picture of this size has to be decoded, in width and height."""
    model = target_size(size, sizing)
    longest = max(_ALWAYS_DECODED, _HEADROOM * thumbnail_size)
    scale = longest / max(size)
    width, height = round(size[0] * scale), round(size[1] * scale)
    return max(1, width, _HEADROOM * model[0]), max(1, height, _HEADROOM * model[1])


def _room_for_crop(size: Size, sizing: Sizing, crop: Box) -> Size:
    """How large a picture has to be decoded so that a part of it has what the model needs.

    Which side of the file is the upright picture's width is not known before it is decoded: enough for both.
    """
    across, down = crop[2] - crop[0], crop[3] - crop[1]
    needed = []
    for shares in ((across, down), (down, across)):
        part = max(1, round(size[0] * shares[0])), max(1, round(size[1] * shares[1]))
        room = _room(part, sizing, 0)
        needed.append((round(room[0] / shares[0]), round(room[1] / shares[1])))
    return max(width for width, _ in needed), max(height for _, height in needed)


def _in_pixels(crop: Box, size: Size) -> tuple[int, int, int, int]:
    width, height = size
    left, top = round(crop[0] * width), round(crop[1] * height)
    return left, top, max(left + 1, round(crop[2] * width)), max(top + 1, round(crop[3] * height))


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
