"""Comparing two generations, on real embedded indexes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from image_indexes import an_image, gone, ref, unit, words_of
from image_library import a_library

from imagesearch.adapters.sqlite.index import SqliteIndex
from imagesearch.generations import SHOWN, Check, Verification, verify
from imagesearch.ports import ImageIndex
from imagesearch.records import Descriptor, ImagePart, Record, Words, Write

NewIndex = Callable[[], SqliteIndex]
RECORDS = [
    replace(record, image=replace(record.image, descriptors={"semantic": Descriptor(vector[np.newaxis])}))
    for record, vector in zip(a_library(), np.random.default_rng(7).normal(size=(120, 8)), strict=True)
    for vector in [unit(*vector)]
    if record.image
]


@pytest.fixture(scope="module")
def new_index(tmp_path_factory: pytest.TempPathFactory) -> NewIndex:
    folder = tmp_path_factory.mktemp("index")
    numbers = itertools.count()
    return lambda: SqliteIndex(folder / f"{next(numbers)}.sqlite")


def filled(index: ImageIndex, records: list[Record]) -> ImageIndex:
    index.write([Write(record.ref, part) for record in records for part in (record.image, record.sidecar) if part])
    return index


def check(verification: Verification, name: str) -> Check:
    return next(each for each in verification.checks if each.name == name)


def compared(new_index: NewIndex, change: Callable[[ImagePart], ImagePart], *, of: int = 3) -> Verification:
    """A library, and another generation of it with some images changed."""
    others = [
        replace(record, image=change(record.image)) if number < of and record.image else record
        for number, record in enumerate(RECORDS)
    ]
    return verify(filled(new_index(), RECORDS), filled(new_index(), others))


def test_generations_that_know_the_same_agree(new_index: NewIndex) -> None:
    told: list[int] = []
    found = verify(filled(new_index(), RECORDS), filled(new_index(), RECORDS[::-1]), progress=told.append)
    assert found.agrees
    assert found.states == {"indexed": (120, 120)}
    assert check(found, "images") == Check("images", 120, 0, ())
    assert check(found, "searches by words").checked > 5
    assert check(found, "searches by picture").checked == 30
    assert told[-1] == 120


def test_when_time_runs_out_a_part_is_compared_and_said_to_be_one(new_index: NewIndex) -> None:
    """Given more images than are compared at a time, and no time; then those compared first count, and searches do."""
    many = [Record(ref(f"{number:04}"), image=an_image(1)) for number in range(1200)]
    old, new = filled(new_index(), many), filled(new_index(), many)
    found = verify(old, new, deadline=0)
    assert (found.complete, found.agrees) == (False, True)
    assert check(found, "words").checked == 500
    assert check(found, "searches by words").checked > 5
    assert not verify(old, filled(new_index(), many[1:]), deadline=0).agrees
    assert verify(old, new).complete
    assert check(verify(old, new), "images").checked == 1200


def test_generations_of_models_with_other_numbers_agree(new_index: NewIndex) -> None:
    others = [_described(record, unit(*np.random.default_rng(n).normal(size=5))) for n, record in enumerate(RECORDS)]
    assert verify(filled(new_index(), RECORDS), filled(new_index(), others)).agrees


def test_empty_generations_agree(new_index: NewIndex) -> None:
    assert verify(new_index(), new_index()).agrees


def test_images_that_are_missing_are_named(new_index: NewIndex) -> None:
    found = verify(filled(new_index(), RECORDS), filled(new_index(), RECORDS[2:]))
    assert found.states == {"indexed": (120, 118)}
    assert check(found, "images").differing == 2
    assert set(check(found, "images").examples) == {record.image_id for record in RECORDS[:2]}


def test_images_too_many_are_named(new_index: NewIndex) -> None:
    found = verify(filled(new_index(), RECORDS[2:]), filled(new_index(), RECORDS))
    assert set(check(found, "images").examples) == {record.image_id for record in RECORDS[:2]}
    assert not found.agrees


def test_no_more_examples_than_one_can_read(new_index: NewIndex) -> None:
    found = verify(filled(new_index(), RECORDS), new_index())
    assert (check(found, "images").differing, len(check(found, "images").examples)) == (120, SHOWN)
    assert check(found, "searches by picture").differing == 30


def test_other_content_is_named(new_index: NewIndex) -> None:
    found = compared(new_index, lambda image: replace(image, sha256="cd" * 32))
    assert set(check(found, "images").examples) == {record.image_id for record in RECORDS[:3]}


def test_what_one_could_read_and_the_other_not_is_named(new_index: NewIndex) -> None:
    found = compared(new_index, lambda image: replace(image, state="rejected", reason="corrupt-image: x"), of=1)
    assert check(found, "images").examples == (RECORDS[0].image_id,)


def test_other_words_are_named_and_make_other_searches(new_index: NewIndex) -> None:
    found = compared(new_index, lambda image: replace(image, words=Words("pond pond", ("red", "frog"))), of=60)
    assert check(found, "images").differing == 0
    assert check(found, "words").differing == 60
    assert check(found, "searches by words").differing > 0


def test_words_of_a_sidecar_count(new_index: NewIndex) -> None:
    edited = replace(RECORDS[0], sidecar=words_of(1, caption="another"))
    found = verify(filled(new_index(), [edited, *RECORDS[1:]]), filled(new_index(), RECORDS))
    assert check(found, "words").examples == (RECORDS[0].image_id,)


def test_an_image_that_its_own_descriptor_does_not_find_is_named(new_index: NewIndex) -> None:
    """Given an index whose vector search answers something else; when verified; then searches by picture differ."""
    new = filled(new_index(), RECORDS)
    retrieve: Callable[..., Any] = new.retrieve

    def lame(legs: Any, filters: Any, depth: int) -> Any:
        """As a graph that was cut off: the nearest ones are never reached."""
        return [replace(found, matches=found.matches[5:]) for found in retrieve(legs, filters, depth + 5)]

    new.retrieve = lame  # type: ignore[method-assign]
    assert check(verify(filled(new_index(), RECORDS), new), "searches by picture").differing == 30


def test_equal_pictures_may_stand_before_each_other(new_index: NewIndex) -> None:
    same = [_described(record, unit(1, 2, 3)) for record in RECORDS]
    assert verify(filled(new_index(), same), filled(new_index(), same)).agrees


def test_what_only_one_was_told_of_need_not_agree(new_index: NewIndex) -> None:
    """Given tombstones, an upload yet to come and an image that a person just deleted; then these do not count."""
    old, new = filled(new_index(), RECORDS), filled(new_index(), RECORDS)
    old.write([Write(ref("gone"), gone(1)), Write(ref("upload"), ImagePart("0" * 64, "pending"), if_version="")])
    assert verify(old, new).agrees
    assert verify(new, old).agrees


def _described(record: Record, vector: Any) -> Record:
    image = record.image or an_image()
    return replace(record, image=replace(image, descriptors={"semantic": Descriptor(vector[np.newaxis])}))
