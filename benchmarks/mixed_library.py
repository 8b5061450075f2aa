"""A library as large as one likes, made of the sample pictures: what opensearch_search.py and opensearch_bulk.py fill.

Each image is a mix-up of two samples by chance (seed fixed): of its descriptor's numbers at least half are those of one
sample, the rest the other's, normalised; caption, size and format are those of the first; it has the tags of both.
`neighbours` tells whether such descriptors lie about as far from each other as real ones do, which decides how hard
they are to search. (Means of two lie far too near each other, random numbers far too far.)
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from development import Sample
from numpy.typing import NDArray

from imagesearch.adapters.opensearch import administration
from imagesearch.adapters.opensearch.client import Connection, connect
from imagesearch.manifest import Manifest
from imagesearch.records import SEMANTIC, Descriptor, ImagePart, ImageRef, Words, Write, padded_sequencer
from imagesearch.settings import IndexSettings
from imagesearch_local.commands.servers import plan
from imagesearch_local.servers.opensearch import running_opensearch

Vectors = NDArray[np.float32]
BUCKET = "mixed"
HEAP_MIB = 3072
BATCH = 500
PATIENCE = 600.0
"""Seconds that a batch may take, tried again and again, before a run is given up."""
BINS = 10
"""Of the histogram of distances, from 0 to LONGEST."""
LONGEST = 0.5
_FIRST_UPLOAD = datetime(2026, 1, 1, tzinfo=UTC)
_MERGE_SECONDS = 3600.0


@dataclass(frozen=True, slots=True, eq=False)
class Library:
    """Images by number."""

    samples: Sequence[Sample]
    manifest: Manifest
    vectors: Vectors
    """N x D."""
    parents: NDArray[np.int64]
    """N x 2: the samples that each is mixed of, the one that it resembles more first."""

    def first(self, count: int) -> Library:
        return replace(self, vectors=self.vectors[:count], parents=self.parents[:count])

    def ref(self, number: int) -> ImageRef:
        return ImageRef(BUCKET, f"{number:07d}.png")

    def words(self, number: int) -> Words:
        more, less = (self.samples[parent].words for parent in self.parents[number])
        return Words(more.caption, tuple(dict.fromkeys([*(more.tags or ()), *(less.tags or ())])))

    def write(self, number: int) -> Write:
        """As `index_images` writes it."""
        like = self.samples[self.parents[number, 0]]
        part = ImagePart(
            padded_sequencer(f"{number + 1:08x}"),
            "indexed",
            uploaded=_FIRST_UPLOAD + timedelta(seconds=number),
            etag=f'"{number:032x}"',
            size=100_000 + number,
            content_type="image/png",
            sha256=f"{number:064x}",
            facts=like.described.facts,
            words=self.words(number),
            thumbnail=f"thumbnails/{number}",
            space_id=self.manifest.space_id,
            descriptors={SEMANTIC: Descriptor(self.vectors[number][np.newaxis])},
        )
        return Write(self.ref(number), part)

    def batches(self, count: int) -> Iterator[list[Write]]:
        for start in range(0, count, BATCH):
            yield [self.write(number) for number in range(start, min(count, start + BATCH))]


def mixed(samples: Sequence[Sample], manifest: Manifest, count: int, seed: int) -> Library:
    """So many images. The first ones are the same whatever the count."""
    real = real_vectors(samples)
    vectors = np.empty((count, real.shape[1]), np.float32)
    parents = np.empty((count, 2), np.int64)
    chance = np.random.default_rng(seed)
    for number in range(count):
        one, other = chance.choice(len(real), 2, replace=False)
        vector = np.where(chance.random(real.shape[1]) < chance.uniform(0.5, 0.75), real[one], real[other])
        vectors[number], parents[number] = vector / np.linalg.norm(vector), (one, other)
    return Library(samples, manifest, vectors, parents)


def real_vectors(samples: Sequence[Sample]) -> Vectors:
    """N x D, as the model made them."""
    return np.stack([sample.described.descriptors[SEMANTIC].vectors[0] for sample in samples])


def neighbours(vectors: Vectors, some: int = 1000) -> NDArray[np.float64]:
    """Of up to so many vectors the cosine distance to the nearest other one."""
    rows = np.arange(0, len(vectors), max(1, len(vectors) // some))
    cosines = vectors[rows] @ vectors.T
    cosines[np.arange(len(rows)), rows] = -1
    nearest: NDArray[np.float64] = 1 - cosines.max(axis=1).astype(np.float64)
    return nearest


def histogram(distances: NDArray[np.float64]) -> list[float]:
    """The share of them in each of the BINS; those beyond the LONGEST count with the last one."""
    counts, _ = np.histogram(np.clip(distances, 0, LONGEST), BINS, (0, LONGEST))
    return [float(count) / len(distances) for count in counts]


@contextmanager
def server(url: str | None, heap_mib: int = HEAP_MIB) -> Iterator[str]:
    """The base URL of an OpenSearch: the given one, or one of its own, which ends with the block."""
    if url:
        yield url.rstrip("/")
        return
    with tempfile.TemporaryDirectory() as folder:
        made = plan(Path(folder), heap=heap_mib)
        with running_opensearch(made) as running:
            yield running.url


@contextmanager
def new_generation(url: str, manifest: Manifest, settings: IndexSettings | None = None) -> Iterator[Connection]:
    """An empty index with its alias, deleted after the block."""
    name = f"benchmark{secrets.token_hex(4)}"
    connection = connect(f"{url}/{administration.alias_name(1, library=name)}", seconds=60)
    made = settings or IndexSettings()
    shape = administration.create(connection, 1, manifest.space_id, manifest.descriptors, made, library=name)
    try:
        yield connection
    finally:
        connection.request("DELETE", f"/{shape.index}")


def merge(connection: Connection) -> None:
    """As an operator does once a library is filled: one segment, and everything seen by searches."""
    path = f"/{connection.alias}"
    parameters = {"max_num_segments": "1"}
    connection.request("POST", f"{path}/_forcemerge", params=parameters, attempts=1, seconds=_MERGE_SECONDS)
    connection.request("POST", f"{path}/_refresh", seconds=_MERGE_SECONDS)


def bytes_on_disk(connection: Connection) -> int:
    """Of the index, replicas included."""
    # Statistics of the store are ten seconds old; those of the segments are not.
    indexes = connection.request("GET", f"/{connection.alias}/_segments")["indices"].values()
    shards = [copy for index in indexes for copies in index["shards"].values() for copy in copies]
    return sum(segment["size_in_bytes"] for shard in shards for segment in shard["segments"].values())
