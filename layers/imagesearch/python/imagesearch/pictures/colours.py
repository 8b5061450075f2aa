"""Any of Pillow's modes to 8-bit sRGB over white."""

from __future__ import annotations

import io
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import numpy as np
from PIL import Image, ImageCms

_WHITE: Final = (255, 255, 255)
_PROFILE_SPACES: Final = {"L": "GRAY", "RGB": "RGB ", "CMYK": "CMYK"}

Extrema = tuple[float, float]


def simplified(image: Image.Image, extrema: Extrema | None) -> Image.Image:
    """The picture, or a piece of it, in a mode that can be averaged: L, LA, RGB, RGBA, CMYK or LAB.

    `extrema` are needed for the modes I and F: those of the whole picture.
    """
    if image.mode.startswith("I;16"):
        return _grey8(image, (0, 65_535))
    if extrema:
        return _grey8(image, _black_and_white(extrema, floats=image.mode == "F"))
    if image.has_transparency_data:
        return image.convert("LA" if image.mode in {"1", "L", "LA", "La"} else "RGBA")
    if image.mode in {"L", "RGB", "CMYK", "LAB"}:
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def extrema_of(pieces: Iterable[Image.Image]) -> Extrema:
    """The least and the greatest value of a picture of mode I or F, from all of its pieces."""
    found = [(float(values.min()), float(values.max())) for values in map(_finite, pieces)]
    return min(low for low, _ in found), max(high for _, high in found)


def srgb_over_white(image: Image.Image, icc_profile: bytes | None) -> Image.Image:
    """A `simplified` picture as sRGB in mode RGB, its transparent parts white.

    A profile that is damaged, or of other colours than the picture's, is ignored.
    """
    if image.mode not in {"LA", "RGBA"}:
        return _srgb(image, icc_profile)
    flat = Image.new("RGB", image.size, _WHITE)
    flat.paste(_srgb(image.convert(image.mode[:-1]), icc_profile), mask=image.getchannel("A"))
    return flat


def _srgb(image: Image.Image, icc_profile: bytes | None) -> Image.Image:
    if image.mode == "LAB":
        return _transformed(image, _lab_to_srgb())
    transform = _transform(icc_profile, image.mode) if icc_profile else None
    if transform:
        return _transformed(image, transform)
    return image if image.mode == "RGB" else image.convert("RGB")


def _transformed(image: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None  # it is None only where the change is made in place
    return converted


@lru_cache(maxsize=1)
def _lab_to_srgb() -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")


@lru_cache(maxsize=8)  # a library of photographs comes from a few devices
def _transform(icc_profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """From an embedded profile to sRGB; None where it can't be used, or would change nothing."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile))
        if profile.profile.xcolor_space != _PROFILE_SPACES[mode]:
            return None
        transform = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return None
    return None if mode == "RGB" and _changes_nothing(transform) else transform


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Whether no colour of a coarse RGB cube moves by more than one step: most embedded profiles are sRGB."""
    levels = np.arange(0, 256, 51, dtype=np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)
    moved = np.asarray(_transformed(Image.fromarray(cube), transform), dtype=np.int16)
    return bool(np.abs(moved - cube).max() <= 1)


def _finite(image: Image.Image) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.nan_to_num(np.asarray(image, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)


def _grey8(image: Image.Image, span: Extrema) -> Image.Image:
    """Grey of 16 or 32 bits as 8 bits, black and white being where `span` says; a colour key (PNG's tRNS) is white."""
    values = _finite(image)
    low, high = span
    grey = np.rint((values - low) * (255 / (high - low))).clip(0, 255).astype(np.uint8)
    key = image.info.get("transparency")
    if isinstance(key, int):
        grey[values == key] = 255
    return Image.fromarray(grey)


def _black_and_white(extrema: Extrema, *, floats: bool) -> Extrema:
    """Which value is black and which is white among 32-bit values, which do not say.

    Where all of them are within 0..1 (floats), 0..255 or 0..65535 that is taken to be their range; else it is from
    the least to the greatest of them.
    """
    low, high = extrema
    if low < 0 or high > 65_535:
        return extrema if high > low else (low, low + 1)
    if high > 255:
        return 0, 65_535
    return (0, 1) if floats and high <= 1 else (0, 255)
