"""What is computed from a picture's bytes, and kept in the derived bucket so that it is computed once.

`<space_id>/<sha256>` holds all that describing the same bytes again would give; `thumbnails/<image_id>/<sha256>.webp`
holds what browsers load. Thumbnails belong to one image, so that they go when the image goes; they are named by their
content, so that a late writer can't replace a newer one and browsers may keep them for ever.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass

import numpy as np

from imagesearch import codec
from imagesearch.records import Descriptor, Descriptors, PictureFacts

DERIVED_TYPE = "application/octet-stream"
THUMBNAIL_TYPE = "image/webp"
_FACTS, _THUMBNAIL = "facts", "thumbnail"


@dataclass(frozen=True, slots=True, eq=False)
class Derived:
    """All that is computed from the bytes of one picture."""

    facts: PictureFacts
    descriptors: Descriptors
    thumbnail: bytes


def derived_key(space_id: str, sha256: str) -> str:
    return f"{space_id}/{sha256}"


def thumbnail_prefix(image_id: str) -> str:
    return f"thumbnails/{image_id}/"


def thumbnail_key(image_id: str, sha256: str) -> str:
    return f"{thumbnail_prefix(image_id)}{sha256[:16]}.webp"


def derived_to_bytes(derived: Derived) -> bytes:
    """An `.npz` archive: numpy's own format, readable without this code."""
    arrays = {
        _FACTS: np.frombuffer(json.dumps(codec.facts_to_json(derived.facts)).encode(), np.uint8),
        _THUMBNAIL: np.frombuffer(derived.thumbnail, np.uint8),
    }
    for name, descriptor in derived.descriptors.items():
        arrays[f"{name}.vectors"] = descriptor.vectors
        if descriptor.boxes is not None:
            arrays[f"{name}.boxes"] = descriptor.boxes
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def derived_from_bytes(data: bytes) -> Derived | None:
    """None where the bytes are not what `derived_to_bytes` writes: then they are computed anew."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays = dict(archive)
        names = [name.removesuffix(".vectors") for name in arrays if name.endswith(".vectors")]
        return Derived(
            facts=codec.facts_from_json(json.loads(arrays[_FACTS].tobytes())),
            descriptors={name: Descriptor(arrays[f"{name}.vectors"], arrays.get(f"{name}.boxes")) for name in names},
            thumbnail=arrays[_THUMBNAIL].tobytes(),
        )
    except (KeyError, ValueError, TypeError, OSError, EOFError, zipfile.BadZipFile):
        return None
