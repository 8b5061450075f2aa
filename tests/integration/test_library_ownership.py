"""Data folders that share an OpenSearch: each fills a library of its own, and nobody else's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import patiently
import pytest
from colour_model import export_colours
from image_indexes import ref, words_of

from imagesearch.adapters.opensearch import administration
from imagesearch.adapters.opensearch.client import connect
from imagesearch.manifest import Manifest, load_manifest
from imagesearch.records import Write
from imagesearch.settings import IndexSettings
from imagesearch_local.generations.errors import GenerationError
from imagesearch_local.generations.indexes import Indexes, OpenSearchIndexes, indexes_at
from imagesearch_local.generations.ownership import last_library


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    export_colours(tmp_path / "model", 2)
    return load_manifest(tmp_path / "model")


@pytest.fixture
def named(opensearch: str, tmp_path: Path) -> Iterator[str]:
    """URL of a library that the user named."""
    name = f"owned-{tmp_path.name.replace('_', '-')}".lower()
    yield f"{opensearch}/{name}"
    patiently.delete(f"{opensearch}/{name}-*", trust_env=False).raise_for_status()


def at(folder: Path, url: str) -> Indexes:
    return indexes_at(folder, url)


def test_two_folders_have_libraries_of_their_own(opensearch: str, tmp_path: Path, manifest: Manifest) -> None:
    """Given a server without a word on libraries, then one folder's pictures are not in the other's index."""
    mine, yours = (at(tmp_path / name, opensearch) for name in ("mine", "yours"))
    try:
        index = mine.create(1, manifest)
        index.write([Write(ref("frog"), words_of(1, caption="A frog."))])
        assert [record.ref.key for record in index.listing()] == ["frog.png"]
        assert list(yours.create(1, manifest).listing()) == []
    finally:
        for indexes in (mine, yours):
            assert isinstance(indexes, OpenSearchIndexes)
            patiently.delete(f"{opensearch}/{indexes.library}-*", trust_env=False).raise_for_status()


def test_a_folder_finds_its_library_again(named: str, tmp_path: Path, manifest: Manifest) -> None:
    at(tmp_path, named).create(1, manifest)
    at(tmp_path, named).create(1, manifest)
    assert last_library(tmp_path) == named.rpartition("/")[2]


def test_the_library_of_its_own_stays_the_same_wherever_it_is(tmp_path: Path) -> None:
    assert (
        at(tmp_path, "http://a").name(1) == at(tmp_path, "http://b").name(1) != at(tmp_path / "c", "http://a").name(1)
    )


def test_the_library_of_another_folder_is_refused_and_left_alone(
    named: str, tmp_path: Path, manifest: Manifest
) -> None:
    at(tmp_path / "mine", named).create(1, manifest).write([Write(ref("frog"), words_of(1, caption="A frog."))])

    with pytest.raises(GenerationError, match="another one at the end of the URL"):
        at(tmp_path / "yours", named).create(1, manifest)

    index = at(tmp_path / "mine", named).create(1, manifest)
    assert [record.ref.key for record in index.listing()] == ["frog.png"]


def test_a_library_that_no_folder_made_is_refused(named: str, tmp_path: Path, manifest: Manifest) -> None:
    """Given a generation of a colleague's, when a folder would add one beside it, then no alias moves."""
    server, _, library = named.rpartition("/")
    cluster = connect(server)
    space = manifest.space_id
    administration.create(cluster, 4, space, manifest.descriptors, IndexSettings(), library=library)

    with pytest.raises(GenerationError, match=library):
        at(tmp_path, named).create(1, manifest)

    assert [each.number for each in administration.generations(cluster, library=library)] == [4]
    assert administration.current(cluster, library=library) == 4


def test_a_library_whose_name_another_ones_begins_with_is_not_that_one(
    named: str, tmp_path: Path, manifest: Manifest
) -> None:
    at(tmp_path / "longer", f"{named}-too").create(1, manifest)
    at(tmp_path / "shorter", named).create(1, manifest)


def test_what_was_deleted_may_be_made_by_anybody(named: str, tmp_path: Path, manifest: Manifest) -> None:
    at(tmp_path / "mine", named).create(1, manifest)
    patiently.delete(f"{named}-*", trust_env=False).raise_for_status()
    at(tmp_path / "yours", named).create(1, manifest)


@pytest.mark.parametrize("content", ["", "[]", "{}", json.dumps({"claimed": "all"})])
def test_a_damaged_note_is_an_error_that_names_it(content: str, tmp_path: Path) -> None:
    (tmp_path / "libraries.json").write_text(content)
    with pytest.raises(GenerationError, match=r"libraries\.json is damaged"):
        at(tmp_path, "http://localhost:9200")
