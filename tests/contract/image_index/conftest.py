"""What every image index must do. Each is held to it: the embedded one, and OpenSearch on one shard and on three.

Making an index of OpenSearch takes a while, and tests want hundreds: most of them get one that was emptied for them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import opensearch_indexes
import pytest
from image_indexes import Emptied, NewIndex
from image_library import a_library

from imagesearch.adapters.opensearch.index import OpenSearchIndex
from imagesearch.adapters.sqlite.index import SqliteIndex
from imagesearch.ports import ImageIndex
from imagesearch.records import Record, Write

SHARDS = {"opensearch": 1, "opensearch-3-shards": 3}


@pytest.fixture(scope="session", params=["sqlite", *SHARDS])
def new_index(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewIndex]:
    """Makes an empty index of each kind, which stays until the end."""
    if request.param not in SHARDS:
        yield _new_file(tmp_path_factory.mktemp("index"))
        return
    url = cast("str", request.getfixturevalue("opensearch"))
    with opensearch_indexes.temporary(url, SHARDS[request.param]) as new:
        yield new


def _new_file(folder: Path) -> NewIndex:
    numbers = itertools.count()

    def new(*, regions: int = 3) -> SqliteIndex:
        del regions  # of any length, without being told
        return SqliteIndex(folder / f"{next(numbers)}.sqlite")

    return new


@pytest.fixture(scope="session")
def emptied(new_index: NewIndex) -> Emptied:
    """Gives an empty index: where making one takes long, that of the same name which was given before."""
    made: dict[str, ImageIndex] = {}

    def give(name: str = "") -> ImageIndex:
        known = made.get(name)
        if not isinstance(known, OpenSearchIndex):
            made[name] = new_index()
        else:
            opensearch_indexes.empty(known)
        return made[name]

    return give


@pytest.fixture
def index(emptied: Emptied) -> ImageIndex:
    return emptied()


@pytest.fixture(scope="session")
def records() -> list[Record]:
    return a_library()


@pytest.fixture(scope="session")
def library(new_index: NewIndex, records: list[Record]) -> ImageIndex:
    """An index of those records, which nobody changes."""
    index = new_index()
    index.write([Write(record.ref, record.image) for record in records if record.image], visible=True)
    return index
