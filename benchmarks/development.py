"""The development set as the product sees it: captioned pictures, read and described by its own code.

What quality is measured on: duplicates.py, visual_expansion.py, tag_suggestion.py. Descriptors are kept in
`<cache>/quality/<build id>/` by the digest of the very pixels that the model was given, so they never go stale.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from retrieval_quality import development_set, machine
from rich.console import Console
from rich.progress import track

from imagesearch.adapters.sqlite.index import SqliteIndex
from imagesearch.describer import OnnxDescriber
from imagesearch.images import read_picture
from imagesearch.records import (
    Descriptor,
    Descriptors,
    ImagePart,
    ImageRef,
    PictureFacts,
    Record,
    SidecarPart,
    Words,
    Write,
    padded_sequencer,
)
from imagesearch.words import sidecar_words
from imagesearch_local.paths import write_atomically
from model_export.fetch import REPOSITORY, cache_dir

if TYPE_CHECKING:
    from imagesearch.manifest import Manifest
    from imagesearch.records import Pixels

MODEL = REPOSITORY / "layers" / "model"
REPORTED_SEEDS = (1, 2, 3, 4, 5)
"""Of the splits whose figures are reported ..."""
TUNING_SEEDS = (101, 102, 103, 104, 105)
"""... and of those that constants are chosen on."""
MAX_PIXELS = 150_000_000
THUMBNAIL_SIZE = 384
_BUCKET = "pictures"
_UPLOADED = datetime(2026, 1, 1, tzinfo=UTC)
_SEQUENCER = padded_sequencer("1")

PicturesOption = Annotated[Path | None, typer.Option(help="[default: the samples in the cache]", file_okay=False)]
ModelOption = Annotated[Path, typer.Option(help="The folder of the exported model.", file_okay=False)]
JsonOption = Annotated[Path | None, typer.Option("--json", help="Write the figures here too.", dir_okay=False)]


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """What the product computes from one file."""

    facts: PictureFacts
    descriptors: Descriptors


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One picture of the development set."""

    path: Path
    name: str
    """Relative to the set's folder, with forward slashes."""
    words: Words
    described: Described

    @property
    def tags(self) -> frozenset[str]:
        """In lower case."""
        return frozenset(tag.lower() for tag in self.words.tags or ())


def read_samples(pictures: Path | None, describer: OnnxDescriber, console: Console) -> list[Sample]:
    """The development set in name order, described. Raises typer.BadParameter where it is empty."""
    folder = pictures or cache_dir() / "samples" / "pictures"
    paths = [path for path in development_set(folder) if path.with_suffix(".json").is_file()]
    all_described = described((path.read_bytes() for path in paths), len(paths), describer, console)
    return [
        Sample(path, path.relative_to(folder).as_posix(), sidecar_words(path.with_suffix(".json").read_bytes()), one)
        for path, one in zip(paths, all_described, strict=True)
    ]


def described(files: Iterable[bytes], count: int, describer: OnnxDescriber, console: Console) -> list[Described]:
    """`count` files as the index would hold them, in their order."""
    progress = track(files, f"Describing {count} pictures", count, console=console, transient=True)
    return [_described(data, describer) for data in progress]


def _described(data: bytes, describer: OnnxDescriber) -> Described:
    sizing = describer.manifest.sizing
    picture = read_picture(data, sizing=sizing, max_pixels=MAX_PIXELS, thumbnail_size=THUMBNAIL_SIZE)
    return Described(picture.facts, _descriptors(picture.pixels, describer))


def _descriptors(pixels: Pixels, describer: OnnxDescriber) -> Descriptors:
    digest = hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()
    path = cache_dir() / "quality" / describer.manifest.build_id / f"{digest}.npz"
    if not path.is_file():
        (found,) = describer.describe([pixels])
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **{name: one.vectors for name, one in found.items()})
        write_atomically(path, buffer.getvalue())
    with np.load(path, allow_pickle=False) as archive:
        return {name: Descriptor(archive[name]) for name in archive.files}


def halves(count: int, seed: int) -> tuple[list[int], list[int]]:
    """The numbers below `count` in two halves by chance, each in rising order."""
    first = set(random.Random(seed).sample(range(count), count // 2))  # noqa: S311 - a split, not a secret
    return sorted(first), sorted(set(range(count)) - first)


def record_of(sample: Sample, manifest: Manifest, *, key: str | None = None, words: bool = True) -> Record:
    """A sample as the index holds it, under another key or without its words where asked for."""
    image = ImagePart(
        _SEQUENCER,
        "indexed",
        uploaded=_UPLOADED,
        facts=sample.described.facts,
        space_id=manifest.space_id,
        descriptors=sample.described.descriptors,
    )
    sidecar = SidecarPart(_SEQUENCER, "present", sample.words) if words else None
    return Record(ImageRef(_BUCKET, key or sample.name), image, sidecar)


def filled_index(path: Path, records: Collection[Record]) -> SqliteIndex:
    """A new index at this path that holds them."""
    index = SqliteIndex(path)
    parts = [(record.ref, part) for record in records for part in (record.image, record.sidecar) if part]
    index.write([Write(ref, part) for ref, part in parts])
    return index


@contextmanager
def in_force(module: ModuleType, constants: Mapping[str, float]) -> Iterator[None]:
    """A module of the product with other constants, for as long as they are tried."""
    former = {name: getattr(module, name) for name in constants}
    vars(module).update(constants)
    try:
        yield
    finally:
        vars(module).update(former)


def provenance(samples: Sequence[Sample], describer: OnnxDescriber) -> dict[str, Any]:
    """What figures are of: stands on top of every report."""
    return {"machine": machine(), "model": describer.manifest.build_id, "pictures": len(samples)}


def write_json(path: Path | None, figures: dict[str, Any]) -> None:
    """Figures into a file, where one is given."""
    if path:
        path.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
