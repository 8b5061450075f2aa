"""What is computed from a picture's bytes, and kept in the derived bucket so that it is computed once.

`<space_id>/<sha256>` holds all that describing the same bytes again would give. `thumbnails/<image_id>/...` holds
what browsers load. A thumbnail belongs to one image, so that it goes when the image goes; its name begins with the
sequencer of the event that it was made for, so that whoever cleans up never takes a newer one.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagesearch import codec
from imagesearch.records import Descriptor, Descriptors, PictureFacts, padded_sequencer

DERIVED_TYPE = "application/octet-stream"
THUMBNAIL_TYPE = "image/webp"
THUMBNAILS = "thumbnails"
SCHEMA = 3
"""Of what is kept. Raise it when facts or thumbnails are made in another way: all is computed anew, once."""
_RECIPE, _FACTS, _THUMBNAIL = "recipe", "facts", "thumbnail"


@dataclass(frozen=True, slots=True, eq=False)
class Derived:
    """All that is computed from the bytes of one picture."""

    facts: PictureFacts
    descriptors: Descriptors
    thumbnail: bytes


def derived_key(space_id: str, sha256: str) -> str:
    return f"{space_id}/{sha256}"


def thumbnail_prefix(image_id: str) -> str:
    return f"{THUMBNAILS}/{image_id}/"


def thumbnail_key(image_id: str, sequencer: str, sha256: str) -> str:
    return f"{thumbnail_prefix(image_id)}{sequencer.rstrip('0') or '0'}{_ending(sha256)}"


def thumbnail_owner(key: str) -> str | None:
    """The id of the image that a thumbnail belongs to; None where the key is not a thumbnail's."""
    folder, _, rest = key.partition("/")
    return rest.partition("/")[0] if folder == THUMBNAILS else None


def thumbnail_sequencer(key: str) -> str:
    """The sequencer, padded, of the event that a thumbnail was made for; all zeros where a backfill made it."""
    return padded_sequencer(key.rpartition("/")[2].partition("-")[0])


def shows_content(thumbnail: str, sha256: str | None) -> bool:
    """Whether a thumbnail, by its key, was made of these bytes."""
    return bool(sha256) and thumbnail.endswith(_ending(sha256 or ""))


def _ending(sha256: str) -> str:
    return f"-{sha256[:12]}.webp"


def derived_to_bytes(derived: Derived, recipe: str) -> bytes:
    """An `.npz` archive: numpy's own format, readable without this code.

    `recipe` names what decided it beside the model: the settings that it was made with.
    """
    arrays: dict[str, NDArray[Any]] = {
        _RECIPE: _text(recipe),
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


def derived_from_bytes(data: bytes, recipe: str) -> Derived | None:
    """None where this is not what `derived_to_bytes` writes by this recipe: then it is computed anew."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays = dict(archive)
        names = [name.removesuffix(".vectors") for name in arrays if name.endswith(".vectors")]
        if not names or arrays[_RECIPE].tobytes() != _text(recipe).tobytes():
            return None
        return Derived(
            facts=codec.facts_from_json(json.loads(arrays[_FACTS].tobytes())),
            descriptors={name: Descriptor(arrays[f"{name}.vectors"], arrays.get(f"{name}.boxes")) for name in names},
            thumbnail=arrays[_THUMBNAIL].tobytes(),
        )
    # RuntimeError: zipfile meets flags of encryption or of a compression that it does not know.
    except (KeyError, ValueError, TypeError, OSError, EOFError, RuntimeError, zipfile.BadZipFile):
        return None


def _text(recipe: str) -> NDArray[Any]:
    return np.frombuffer(f"{SCHEMA}/{recipe}".encode(), np.uint8)
