"""The search use case on the real embedded index: what the functions' own tests can't bring about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import ColourDescriber

from imagesearch.adapters.sqlite.index import SqliteIndex
from imagesearch.cursors import Cursors
from imagesearch.errors import InvalidRequest
from imagesearch.records import Descriptor, ImagePart, ImageRef, Words, Write, padded_sequencer
from imagesearch.searching import Page, Query, next_page, search

MANIFEST = ColourDescriber().manifest
CURSORS = Cursors("secret", 60)


def descriptor(*numbers: float) -> Descriptor:
    vector = np.array([numbers], np.float32)
    return Descriptor(vector / np.linalg.norm(vector))


def put(index: SqliteIndex, name: str, caption: str = "", colour: tuple[float, ...] = (1, 0, 0)) -> str:
    part = ImagePart(
        padded_sequencer("1"),
        "indexed",
        uploaded=datetime(2026, 1, 1, tzinfo=UTC),
        words=Words(caption=caption),
        space_id="colour",
        descriptors={"semantic": descriptor(*colour)},
    )
    ref = ImageRef("images", name)
    index.write([Write(ref, part)])
    return ref.image_id


def remove(index: SqliteIndex, name: str) -> None:
    index.write([Write(ImageRef("images", name), ImagePart(padded_sequencer("2"), "removed"))])


@pytest.fixture
def index(tmp_path: Path) -> SqliteIndex:
    return SqliteIndex(tmp_path / "index.sqlite")


def searched(index: SqliteIndex, query: Query, limit: int = 10) -> Page:
    return search(query, limit, index=index, manifest=MANIFEST, cursors=CURSORS)


def names(page: Page) -> list[str]:
    return [hit.record.ref.key for hit in page.hits]


def test_an_image_removed_between_listing_and_reading_is_not_shown(tmp_path: Path) -> None:
    class Overtaken(SqliteIndex):
        def browse(self, *arguments: Any, **options: Any) -> Any:
            found = super().browse(*arguments, **options)
            remove(self, "frog")
            return found

    index = Overtaken(tmp_path / "overtaken.sqlite")
    put(index, "frog")
    put(index, "toad")
    assert names(searched(index, Query())) == ["toad"]


def test_an_image_removed_between_two_pages_leaves_the_page_as_full_as_can_be(index: SqliteIndex) -> None:
    for number in range(6):
        put(index, f"frog{number}", "frog")
    first = searched(index, Query(text="frog"), limit=2)
    left = sorted({f"frog{number}" for number in range(6)} - set(names(first)))
    remove(index, left[0])
    assert first.cursor
    second = next_page(first.cursor, 3, index=index, cursors=CURSORS)
    assert sorted(names(second)) == left[1:]


def test_words_without_a_word_beside_a_picture_neither_weigh_nor_count(index: SqliteIndex) -> None:
    put(index, "red", colour=(1, 0, 0))
    page = searched(index, Query(text="!!!", descriptors={"semantic": descriptor(1, 0, 0)}))
    assert (names(page), page.hits[0].ranking and page.hits[0].ranking.score) == (["red"], 1.0)
    assert (page.counts.total, page.total_of) == (1, "filters")


def test_words_without_a_word_alone_find_nothing(index: SqliteIndex) -> None:
    put(index, "red", "red")
    page = searched(index, Query(text="!!!"))
    assert (names(page), page.counts.total, page.total_of) == ([], 0, "text")


def test_an_image_that_only_the_words_found_has_its_exact_likeness_too(index: SqliteIndex) -> None:
    """Given more pictures nearer than are retrieved; then the one that the words found is still compared."""
    for number in range(210):
        put(index, f"near{number}", colour=(1, 0.001 * number, 0))
    put(index, "worded", "frog", colour=(1, 1, 0))
    page = searched(index, Query(text="frog", descriptors={"semantic": descriptor(1, 0, 0)}))
    hit = next(hit for hit in page.hits if hit.record.ref.key == "worded")
    assert hit.ranking
    assert hit.ranking.scores == {"text": 1.0, "semantic": round((0.5**0.5 - 0.5) / 0.5, 4)}
    assert hit.ranking.ranks == {"text": 1}


@pytest.mark.parametrize("weights", [{"colour": 1.0}, {"texture": 0.0}])
def test_a_weight_for_a_leg_that_does_not_exist_is_refused(index: SqliteIndex, weights: dict[str, float]) -> None:
    with pytest.raises(InvalidRequest, match="text, semantic"):
        searched(index, Query(text="frog", weights=weights))


def test_words_and_a_picture_weigh_the_same_however_many_descriptors_it_has(index: SqliteIndex) -> None:
    second = replace(MANIFEST.descriptors[0], name="texture")
    manifest = replace(MANIFEST, descriptors=(*MANIFEST.descriptors, second))
    put(index, "frog", "frog", colour=(0, 1, 0))
    both = {"semantic": descriptor(1, 0, 0), "texture": descriptor(1, 0, 0)}
    page = search(Query("frog", both), 10, index=index, manifest=manifest, cursors=CURSORS)
    assert page.hits[0].ranking
    assert page.hits[0].ranking.score == 0.5
