"""Facets count the images that match, and filtering by one of their values finds as many."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

import image_library
import image_oracle as oracle
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from image_indexes import EVERYTHING, Emptied, an_image, gone, put, ref, words_of

from imagesearch.ports import ImageIndex
from imagesearch.records import AttributeValue, Orientation, PictureFacts, Record, Words, Write
from imagesearch.retrieval import AttributeFilter, Filters

FACETS = [
    "tags",
    "format",
    "orientation",
    "camera",
    "year",
    *(f"attributes.{name}" for name in image_library.ATTRIBUTES),
]


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def camera_of(name: str | None, taken: str | None = None) -> PictureFacts:
    return PictureFacts("JPEG", 2, 1, "0", camera=name, taken=datetime.fromisoformat(taken) if taken else None)


def test_the_most_frequent_values_come_first_and_ties_in_their_order(index: ImageIndex) -> None:
    for name, tags in {"frog": ("animals", "Green"), "jay": ("ANIMALS", "blue"), "car": ("cars",)}.items():
        put(index, name, an_image(words=Words("thing", tags)))
    counts = index.count(EVERYTHING, None, ["tags"], 3)
    assert (counts.total, [*counts.facets["tags"].items()]) == (3, [("animals", 2), ("blue", 1), ("cars", 1)])
    assert index.count(Filters(key_prefix="c"), "thing", ["tags"], 9).facets == {"tags": {"cars": 1}}
    assert index.count(EVERYTHING, "nothing", ["tags"], 9).facets == {"tags": {}}
    assert index.count(EVERYTHING, "!!!", ["tags", "year"], 9).facets == {"tags": {}, "year": {}}


def test_counts_are_exact_among_thousands_of_values(index: ImageIndex) -> None:
    """Given 40 images with 90 tags of their own each, and tags of 4 images each that come last by name."""
    tags = {
        number: [*(f"{number:02} {own:02}" for own in range(90)), f"shared {number // 4:02}"] for number in range(40)
    }
    writes = [Write(ref(f"image{number}"), an_image(words=Words(tags=(*own,)))) for number, own in tags.items()]
    index.write(writes, visible=True)
    counts = index.count(EVERYTHING, None, ["tags"], 12).facets["tags"]
    shared = [(f"shared {number:02}", 4) for number in range(10)]
    assert [*counts.items()] == [*shared, ("00 00", 1), ("00 01", 1)]


def test_years_are_those_of_capture_in_utc(index: ImageIndex) -> None:
    put(index, "eve", an_image(facts=camera_of(None, "2026-12-31T23:30:00-01:00")))
    put(index, "old", an_image(facts=camera_of(None, "1969-12-31T23:59:59.999999+00:00")))
    put(index, "unknown", an_image(facts=camera_of(None)))
    assert index.count(EVERYTHING, None, ["year"], 9).facets == {"year": {"1969": 1, "2027": 1}}


def test_cameras_count_together_whatever_their_case(index: ImageIndex) -> None:
    for number, camera in enumerate(["Canon EOS", "CANON EOS", "NIKON", None]):
        put(index, f"image{number}", an_image(facts=camera_of(camera)))
    (most, fewest) = index.count(EVERYTHING, None, ["camera"], 9).facets["camera"].items()
    assert (most[0].lower(), most[1], fewest) == ("canon eos", 2, ("NIKON", 1))


def test_attributes_are_shown_as_texts_in_lower_case_truth_values_and_numbers_in_short(index: ImageIndex) -> None:
    numbers = {4.0: "4", -3.0: "-3", -0.0: "0", 2.5: "2.5", 0.1 + 0.2: "0.30000000000000004", 1e21: "1e+21"}
    numbers |= {123456789.0: "123456789", 1e300: "1e+300", 5e-324: "5e-324"}
    values: dict[AttributeValue, str] = {"Köln": "köln", "KÖLN": "köln", "4.0": "4.0", True: "true", False: "false"}
    for number, value in enumerate([*values, *numbers]):
        put(index, f"image{number}", an_image(words=Words(attributes={"x": value})))
    facets = index.count(EVERYTHING, None, ["attributes.x", "attributes.nothing"], 99).facets
    expected = Counter([*values.values(), *numbers.values()])
    assert [*facets["attributes.x"].items()] == sorted(expected.items(), key=lambda each: (-each[1], each[0]))
    assert facets["attributes.nothing"] == {}


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(
        st.text(st.characters(codec="utf-8"), max_size=3) | st.booleans() | st.floats(-9, 9) | NUMBERS, max_size=9
    )
)
@example(values=["4", 4.0, "4.0", "TRUE", True, "true", -0.0, "0", "-0"])
def test_filtering_by_what_is_shown_of_an_attribute_finds_as_many_as_it_counts(
    emptied: Emptied, values: list[AttributeValue]
) -> None:
    index = emptied("values")
    parts = [an_image(words=Words(attributes={"x": value})) for value in values]
    index.write([Write(ref(f"image{number}"), part) for number, part in enumerate(parts)], visible=True)
    counts = index.count(EVERYTHING, None, ["attributes.x"], 99).facets["attributes.x"]
    assert sum(counts.values()) == len(values)
    for shown, count in counts.items():
        assert index.count(narrowed(EVERYTHING, "attributes.x", shown), None, (), 1).total == count


@pytest.mark.parametrize("name", ["", "colour", "Tags", "attributes", "year; drop table records"])
def test_an_unknown_facet_is_an_error(index: ImageIndex, name: str) -> None:
    with pytest.raises(ValueError, match="facet"):
        index.count(EVERYTHING, None, ["tags", name], 9)


def test_facets_follow_edits_and_forget_what_is_removed(index: ImageIndex) -> None:
    put(
        index,
        "frog",
        an_image(1, words=Words("x", ("green",), {"place": "pond"}), facts=camera_of("Canon", "2020-05-05T00Z")),
    )
    put(index, "frog", words_of(1, tags=("blue",), attributes={"place": "lake"}))
    assert index.count(EVERYTHING, None, ["tags", "attributes.place"], 9).facets == {
        "tags": {"blue": 1},
        "attributes.place": {"lake": 1},
    }
    put(index, "frog", gone(2))
    facets = ["tags", "attributes.place", "camera", "year", "format", "orientation"]
    assert index.count(EVERYTHING, None, facets, 9).facets == {name: {} for name in facets}


@settings(max_examples=60, deadline=None)
@given(filters=image_library.filters, text=st.none() | image_library.texts)
def test_filtering_by_a_value_finds_as_many_as_it_counts(
    library: ImageIndex, filters: Filters, text: str | None
) -> None:
    for facet, counted in library.count(filters, text, FACETS, 100).facets.items():
        for value, count in counted.items():
            assert library.count(narrowed(filters, facet, value), text, (), 1).total == count, (facet, value)


@settings(max_examples=60, deadline=None)
@given(filters=image_library.filters, text=st.none() | image_library.texts, size=st.integers(1, 5))
def test_facets_count_what_a_person_would(
    library: ImageIndex, records: list[Record], filters: Filters, text: str | None, size: int
) -> None:
    found = [
        record
        for record in records
        if oracle.is_within(record, filters) and (text is None or oracle.has_any_word(record, text))
    ]
    expected: dict[str, Counter[str]] = {
        "tags": Counter(tag for record in found for tag in oracle.tags_of(record)),
        "format": Counter(oracle.facts_of(record).format for record in found),
        "orientation": Counter(oracle.facts_of(record).orientation for record in found),
        "year": Counter(
            str(taken.astimezone(UTC).year) for record in found if (taken := oracle.facts_of(record).taken)
        ),
    }
    facets = library.count(filters, text, [*expected], size).facets
    for name, counts in expected.items():
        ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
        assert [*facets[name].items()] == ordered[:size]


def narrowed(filters: Filters, facet: str, value: str) -> Filters:
    """The filters, and in addition this value of a facet."""
    match facet:
        case "tags":
            return replace(filters, tags_all=(*filters.tags_all, value))
        case "format":
            return replace(filters, formats=(value,))  # one of those that the filters name, if they name any
        case "orientation":
            return replace(filters, orientations=(cast("Orientation", value),))
        case "camera":
            return replace(filters, cameras=(value,))
        case "year":
            start, end = datetime(int(value), 1, 1, tzinfo=UTC), datetime(int(value) + 1, 1, 1, tzinfo=UTC)
            return replace(
                filters, taken_from=max(start, filters.taken_from or start), taken_to=min(end, filters.taken_to or end)
            )
    name = facet.removeprefix("attributes.")
    return replace(filters, attributes=(*filters.attributes, AttributeFilter(name, (value,))))
