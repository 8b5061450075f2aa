"""Indexes on a real OpenSearch that last as long as a test, or a session."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from image_indexes import NewIndex

from imagesearch.adapters.opensearch import administration
from imagesearch.adapters.opensearch.client import Connection, connect
from imagesearch.adapters.opensearch.index import OpenSearchIndex
from imagesearch.manifest import DescriptorSpec, Manifest
from imagesearch.ports import ImageIndex
from imagesearch.settings import IndexSettings

SPACE = "space"
ALL = 5_000
"""Candidates: more than any index of these tests has vectors. All are compared then, and answers are exact."""


@contextmanager
def temporary(url: str, shards: int) -> Iterator[NewIndex]:
    """Makes indexes for `semantic` vectors of 3 numbers and for regions, all of them gone in the end."""
    with _library(url) as library:
        numbers = itertools.count(1)

        def new(*, regions: int = 3) -> OpenSearchIndex:
            specs = [DescriptorSpec("semantic", 3, 0.3), DescriptorSpec("regions", regions, 0.3, several=True)]
            return _created(url, library, next(numbers), SPACE, specs, shards=shards, candidates=ALL)

        yield new


@contextmanager
def index_for(url: str, manifest: Manifest, shards: int) -> Iterator[OpenSearchIndex]:
    """An empty index for a model's descriptors, gone in the end."""
    with _library(url) as library:
        yield _created(url, library, 1, manifest.space_id, manifest.descriptors, shards=shards)


def looking_for(candidates: int, index: ImageIndex) -> ImageIndex:
    """The same index, but approximate where it is one of these: vectors are found among no more candidates."""
    return OpenSearchIndex(index._connection, candidates=candidates) if isinstance(index, OpenSearchIndex) else index


def empty(index: OpenSearchIndex) -> None:
    """Forget all of its records."""
    connection: Connection = index._connection
    connection.request("POST", f"/{connection.alias}/_refresh")
    connection.request(
        "POST", f"/{connection.alias}/_delete_by_query", {"query": {"match_all": {}}}, params={"refresh": "true"}
    )


@contextmanager
def _library(url: str) -> Iterator[str]:
    """A name for indexes that nobody else has."""
    library = f"test-{secrets.token_hex(4)}"
    try:
        yield library
    finally:
        connect(url).request("DELETE", f"/{library}-*", seconds=60)


def _created(
    url: str,
    library: str,
    number: int,
    space_id: str,
    specs: Iterable[DescriptorSpec],
    *,
    shards: int,
    candidates: int = 200,
) -> OpenSearchIndex:
    connection = connect(f"{url}/{administration.alias_name(number, library=library)}")
    administration.create(connection, number, space_id, specs, IndexSettings(shards=shards), library=library)
    return OpenSearchIndex(connection, candidates=candidates)
