"""Any of Pillow's modes to 8-bit sRGB over white."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

_WHITE = (255, 255, 255)
_PROFILE_SPACES = {"L": "GRAY", "RGB": "RGB ", "CMYK": "CMYK"}


def simplified(image: Image.Image) -> Image.Image:
    """The picture in a mode whose pixels can be averaged: L, RGB, RGBA, CMYK or LAB."""
    if image.mode.startswith("I") or image.mode == "F":
        return _grey8(image)
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in {"L", "RGB", "CMYK", "LAB"}:
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def srgb_over_white(image: Image.Image, icc_profile: bytes | None) -> Image.Image:
    """A `simplified` picture as sRGB in mode RGB, its transparent parts white."""
    if image.mode == "RGBA":
        colours, alpha = image.convert("RGB"), image.getchannel("A")
        flat = Image.new("RGB", image.size, _WHITE)
        flat.paste(_srgb(colours, icc_profile), mask=alpha)
        return flat
    return _srgb(image, icc_profile)


def _srgb(image: Image.Image, icc_profile: bytes | None) -> Image.Image:
    if image.mode == "LAB":
        lab = ImageCms.applyTransform(image, _lab_to_srgb())
        assert lab is not None
        return lab
    transform = _transform(icc_profile, image.mode) if icc_profile else None
    if transform is None:
        return image.convert("RGB")
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None
    return converted


@lru_cache(maxsize=1)
def _lab_to_srgb() -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")


@lru_cache(maxsize=8)
def _transform(icc_profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """From an embedded profile to sRGB; None where the profile is damaged, of another mode, or is sRGB itself."""
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
    moved = ImageCms.applyTransform(Image.fromarray(cube), transform)
    return bool(np.abs(np.asarray(moved, dtype=np.int16) - cube).max() <= 1)


def _grey8(image: Image.Image) -> Image.Image:
    """Grey values of 16 or 32 bits, or floating point, as 8 bits; a colour key (tRNS) becomes white.

    16-bit values are divided by 257. Others say not what white is: values within 0..1 (floats), 0..255 or 0..65535 are
    taken to be of that range, anything else is stretched from its least to its greatest value.
    """
    values = np.asarray(image)
    key = image.info.get("transparency")
    scaled = _scaled(values, sixteen_bit=image.mode.startswith("I;16"))
    if isinstance(key, int):
        scaled = np.where(values == key, np.uint8(255), scaled)
    return Image.fromarray(scaled)


def _scaled(values: NDArray[np.generic], *, sixteen_bit: bool) -> NDArray[np.uint8]:
    if sixteen_bit:
        return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)
    numbers = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(numbers.min()), float(numbers.max())
    if low < 0 or high > 65_535:
        numbers = (numbers - low) * (255 / (high - low))
    elif high > 255:
        numbers = numbers / 257
    elif high <= 1 and np.issubdtype(values.dtype, np.floating):
        numbers = numbers * 255
    return np.rint(numbers).clip(0, 255).astype(np.uint8)
