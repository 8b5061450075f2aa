"""Small parts to fill an image index with, and what can be seen of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

import numpy as np

from imagesearch.ports import ImageIndex
from imagesearch.records import (
    Descriptor,
    ImagePart,
    ImageRef,
    PictureFacts,
    SidecarPart,
    Words,
    Write,
    padded_sequencer,
)
from imagesearch.retrieval import DateOrder, Filters, TextLeg

BUCKET = "images"
EVERYTHING = Filters()
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class NewIndex(Protocol):
    """Makes an empty index for `semantic` vectors of 3 numbers and for `regions` of so many."""

    def __call__(self, *, regions: int = 3) -> ImageIndex: ...


class Emptied(Protocol):
    """Gives an empty index. It lasts until the next one of its name is asked for: it may be the same one."""

    def __call__(self, name: str = "") -> ImageIndex: ...


def ref(name: str) -> ImageRef:
    return ImageRef(BUCKET, f"{name}.png")


def stamp(number: int) -> str:
    return padded_sequencer(f"{number:08x}")


def unit(*numbers: float) -> Any:
    vector = np.array(numbers, np.float32)
    return vector / np.linalg.norm(vector)


def an_image(number: int = 1, *, vector: Any = None, words: Words | None = None, **changes: Any) -> ImagePart:
    """An indexed image, as of the event of that number."""
    part = ImagePart(
        sequencer=stamp(number),
        state="indexed",
        uploaded=NOON,
        etag='"etag"',
        size=1000,
        content_type="image/png",
        sha256="ab" * 32,
        facts=PictureFacts(format="PNG", width=200, height=100, perceptual_hash="0" * 16),
        words=words or Words(),
        thumbnail="thumbnails/x",
        space_id="space",
        descriptors={"semantic": Descriptor(np.stack([unit(1, 0, 0) if vector is None else vector]))},
    )
    return replace(part, **changes)


def gone(number: int) -> ImagePart:
    return ImagePart(stamp(number), "removed")


def words_of(number: int, **said: Any) -> SidecarPart:
    return SidecarPart(stamp(number), "present", Words(**said), etag='"words"')


def put(index: ImageIndex, name: str, part: ImagePart | SidecarPart) -> str:
    return outcomes(index, Write(ref(name), part))[0]


def outcomes(index: ImageIndex, *writes: Write) -> list[str]:
    return [written.outcome for written in index.write(writes, visible=True)]


def found_by(index: ImageIndex, text: str, filters: Filters = EVERYTHING) -> set[str]:
    """Names of the images whose words match."""
    (matches,) = index.retrieve([TextLeg(text)], filters, 100)
    return {name_of(index, match.image_id) for match in matches.matches}


def shown(index: ImageIndex, filters: Filters = EVERYTHING) -> set[str]:
    """Names of all images that may be shown."""
    return {name_of(index, image_id) for _, image_id in index.browse(filters, DateOrder(), limit=100)}


def name_of(index: ImageIndex, image_id: str) -> str:
    return index.read([image_id])[image_id].ref.key.removesuffix(".png")
