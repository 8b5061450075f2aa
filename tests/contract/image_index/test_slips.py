"""Suggestions that forgive slips of the fingers, where an index can."""

from __future__ import annotations

import pytest
from image_indexes import NewIndex, an_image, gone, put

from imagesearch.errors import NotSupported
from imagesearch.ports import ImageIndex
from imagesearch.records import Words


@pytest.fixture(scope="module")
def animals(new_index: NewIndex) -> ImageIndex:
    index = new_index()
    for number, caption in enumerate(("a green frog", "a frog", "an elephant", "frogs and elephants", "a fog", "cat")):
        put(index, f"{number}", an_image(words=Words(caption, ("tree frog",) if caption == "a frog" else ())))
    put(index, "gone", an_image(1, words=Words("frgos")))
    put(index, "gone", gone(2))
    return index


CASES = {
    "letters swapped": ("frgo", 9, ["frog", "frogs", "tree frog"]),
    "two of many letters wrong": ("elefant", 9, ["elephant", "elephants"]),
    "a letter too many": ("froog", 9, ["frog", "frogs", "tree frog"]),
    "in the last of several words": ("green frgo", 9, ["green frog"]),
    "what goes on from what is typed comes first": ("fog", 9, ["fog", "frog", "frogs", "tree frog"]),
    "where there is room": ("fog", 2, ["fog", "frog"]),
    "two letters are too few to tell": ("ct", 9, []),
    "the first letter counts as right": ("grog", 9, []),
    "too far from every word": ("flamingo", 9, []),
    "no word at all": ("?!", 9, []),
}


@pytest.mark.parametrize(("typed", "limit", "expected"), CASES.values(), ids=CASES.keys())
def test_slips_are_forgiven_or_refused_by_name(
    animals: ImageIndex, typed: str, limit: int, expected: list[str]
) -> None:
    if "fuzzy" in animals.capabilities:
        assert [each.text for each in animals.suggest(typed, limit, fuzzy=True)] == expected
        return
    with pytest.raises(NotSupported, match="slips"):
        animals.suggest(typed, limit, fuzzy=True)


def test_without_being_asked_none_is_forgiven(animals: ImageIndex) -> None:
    assert animals.suggest("frgo", 9) == []
