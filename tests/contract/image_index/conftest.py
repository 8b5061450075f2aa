"""What every image index must do. Each adapter is held to it; today there is the embedded one."""

from __future__ import annotations

import itertools

import pytest
from image_indexes import NewIndex
from image_library import a_library

from imagesearch.adapters.sqlite.index import SqliteIndex
from imagesearch.ports import ImageIndex
from imagesearch.records import Record, Write


@pytest.fixture(scope="session", params=["sqlite"])
def new_index(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> NewIndex:
    """Makes an empty index of each kind."""
    assert request.param == "sqlite"
    numbers = itertools.count()
    folder = tmp_path_factory.mktemp("index")
    return lambda: SqliteIndex(folder / f"{next(numbers)}.sqlite")


@pytest.fixture
def index(new_index: NewIndex) -> ImageIndex:
    return new_index()


@pytest.fixture(scope="session")
def records() -> list[Record]:
    return a_library()


@pytest.fixture(scope="session")
def library(new_index: NewIndex, records: list[Record]) -> ImageIndex:
    """An index of those records, which nobody changes."""
    index = new_index()
    index.write([Write(record.ref, record.image) for record in records if record.image])
    return index
