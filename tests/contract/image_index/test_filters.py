"""Filters hold for every leg, for counting and for browsing alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import image_library
import image_oracle as oracle
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from image_indexes import EVERYTHING, NOON, NewIndex, an_image, name_of, put, ref, shown, unit

from imagesearch.ports import ImageIndex
from imagesearch.records import PictureFacts, Position, Record, Words
from imagesearch.retrieval import AttributeFilter, DateOrder, Filters, Near, NumberRange, TextLeg, VectorLeg

COLOGNE, BONN = Position(50.94, 6.96), Position(50.73, 7.10)


@pytest.fixture(scope="module")
def three(new_index: NewIndex) -> ImageIndex:
    """A frog, a jay and a car, and beside them what must never be found."""
    index = new_index()
    frog = PictureFacts("PNG", 300, 200, "0", taken=NOON - timedelta(days=1), camera="Canon EOS 5D", position=COLOGNE)
    jay = PictureFacts("JPEG", 200, 300, "0", taken=NOON, camera="NIKON D5", position=Position(10, 179.99))
    car = PictureFacts("JPEG", 200, 201, "0")
    frogs_words = Words("thing", ("animals", "Green"), {"place": "Köln", "stars": 5.0, "sold": True})
    jays_words = Words("thing", ("ANIMALS", "blue"), {"place": "Bonn", "stars": 1.0, "sold": False})
    put(index, "frog", an_image(words=frogs_words, facts=frog))
    put(index, "jay", an_image(words=jays_words, facts=jay, uploaded=NOON + timedelta(hours=1)))
    put(index, "car", an_image(words=Words("thing", ()), facts=car, uploaded=NOON + timedelta(hours=2)))
    put(index, "ghost", an_image(words=frogs_words, facts=frog, hidden=True))
    return index


def having(name: str, *values: str | float | bool, within: NumberRange | None = None) -> Filters:
    return Filters(attributes=(AttributeFilter(name, values, within),))


CASES = {
    "all of these tags, in any case": (Filters(tags_all=("Animals", "green")), {"frog"}),
    "any of these tags": (Filters(tags_any=("green", "blue")), {"frog", "jay"}),
    "none of these tags": (Filters(tags_none=("animals",)), {"car"}),
    "one tag without another": (Filters(tags_all=("animals",), tags_none=("blue",)), {"frog"}),
    "tagged": (Filters(tagged=True), {"frog", "jay"}),
    "untagged": (Filters(tagged=False), {"car"}),
    "a prefix of the key": (Filters(key_prefix="f"), {"frog"}),
    "a prefix is no pattern": (Filters(key_prefix="%"), set()),
    "uploaded from then on": (Filters(uploaded_from=NOON + timedelta(hours=1)), {"jay", "car"}),
    "uploaded before": (Filters(uploaded_to=NOON + timedelta(hours=1)), {"frog"}),
    "uploaded between": (Filters(uploaded_from=NOON, uploaded_to=NOON + timedelta(hours=2)), {"frog", "jay"}),
    "taken between": (Filters(taken_from=NOON - timedelta(days=1), taken_to=NOON), {"frog"}),
    "at least so wide": (Filters(width=NumberRange(201)), {"frog"}),
    "at most so wide": (Filters(width=NumberRange(None, 200)), {"jay", "car"}),
    "so high": (Filters(height=NumberRange(201, 201)), {"car"}),
    "landscape": (Filters(orientations=("landscape",)), {"frog"}),
    "portrait or nearly square": (Filters(orientations=("portrait", "square")), {"jay", "car"}),
    "a format": (Filters(formats=("JPEG", "GIF")), {"jay", "car"}),
    "cameras, in any case": (Filters(cameras=("canon eos 5d", "Nikon D5")), {"frog", "jay"}),
    "a camera is named in full": (Filters(cameras=("canon",)), set()),
    "an attribute's text, in any case": (having("place", "KÖLN"), {"frog"}),
    "an attribute's text is named in full": (having("place", "Köl"), set()),
    "any of an attribute's values": (having("place", "Köln", "bonn"), {"frog", "jay"}),
    "an attribute's number": (having("stars", 1), {"jay"}),
    "a number is no truth value": (having("stars", True), set()),
    "a text finds the number that is shown so": (having("stars", "1"), {"jay"}),
    "a text finds no number that is shown otherwise": (having("stars", "1.0"), set()),
    "a text finds the truth value that is shown so": (having("sold", "True"), {"frog"}),
    "an attribute's truth value": (having("sold", True), {"frog"}),
    "a truth value is no number": (having("sold", 0.0, 1.0), set()),
    "numbers within a range": (having("stars", within=NumberRange(1.5, 5)), {"frog"}),
    "only numbers lie within a range": (having("sold", within=NumberRange(0, 1)), set()),
    "near": (Filters(near=Near(BONN, 30)), {"frog"}),
    "not so near": (Filters(near=Near(BONN, 20)), set()),
    "near across the date line": (Filters(near=Near(Position(10, -179.99), 3)), {"jay"}),
    "near a pole": (Filters(near=Near(Position(90, 0), 5000)), {"frog"}),
    "anywhere": (Filters(near=Near(BONN, 20_100)), {"frog", "jay"}),
    "not these": (Filters(excluded_ids=(ref("frog").image_id,)), {"jay", "car"}),
}


@pytest.mark.parametrize(("filters", "expected"), CASES.values(), ids=CASES.keys())
def test_every_way_to_search_keeps_to_filters(three: ImageIndex, filters: Filters, expected: set[str]) -> None:
    by_text, by_image = three.retrieve([TextLeg("thing"), VectorLeg("semantic", unit(1, 0, 0))], filters, 10)
    for matches in (by_text, by_image):
        assert {name_of(three, match.image_id) for match in matches.matches} == expected
    assert shown(three, filters) == expected
    assert {
        name_of(three, id_) for _, id_ in three.browse(filters, DateOrder("taken"), text="thing", limit=9)
    } == expected
    assert three.count(filters, None, (), 10).total == three.count(filters, "thing", (), 10).total == len(expected)


@settings(max_examples=400, deadline=None)
@given(filters=image_library.filters)
def test_filters_find_exactly_the_images_that_meet_all_of_them(
    library: ImageIndex, records: list[Record], filters: Filters
) -> None:
    expected = {record.image_id for record in records if oracle.is_within(record, filters)}
    assert {image_id for _, image_id in library.browse(filters, DateOrder(), limit=1000)} == expected
    (matches,) = library.retrieve([VectorLeg("semantic", unit(1, 0, 0))], filters, 1000)
    assert {match.image_id for match in matches.matches} == expected
    assert library.count(filters, None, (), 1).total == len(expected)


@settings(max_examples=100, deadline=None)
@given(filters=image_library.filters, text=image_library.texts)
def test_words_and_filters_together_find_what_each_of_them_finds(
    library: ImageIndex, records: list[Record], filters: Filters, text: str
) -> None:
    expected = {
        record.image_id for record in records if oracle.is_within(record, filters) and oracle.has_any_word(record, text)
    }
    (matches,) = library.retrieve([TextLeg(text)], filters, 1000)
    assert {match.image_id for match in matches.matches} == expected
    assert {image_id for _, image_id in library.browse(filters, DateOrder(), text=text, limit=1000)} == expected
    assert library.count(filters, text, (), 1).total == len(expected)


ANYTHING = st.text(st.characters(), max_size=20)  # lone surrogates too


@settings(max_examples=100, deadline=None)
@given(text=ANYTHING, time=st.datetimes(timezones=st.timezones()))
@example(text="\ud800", time=datetime.max.replace(tzinfo=UTC))
def test_no_filter_can_raise(library: ImageIndex, text: str, time: datetime) -> None:
    filters = [
        Filters(tags_all=(text,)),
        Filters(tags_any=(text,), tags_none=(text,)),
        Filters(key_prefix=text, cameras=(text,), formats=(text,)),
        Filters(attributes=(AttributeFilter(text, (text,)),)),
        Filters(excluded_ids=(text,)),
        Filters(uploaded_from=time, taken_to=time),
    ]
    for each in filters:
        library.browse(each, DateOrder(), after=(time, ref("frog").image_id), limit=5)
        library.count(each, text, ["tags", f"attributes.{text}"], 5)


def test_pictures_of_the_calendars_first_and_last_day_are_shown_and_counted(index: ImageIndex) -> None:
    from_the_east = datetime.fromisoformat("0001-01-01T00:00:00+14:00")
    from_the_west = datetime.fromisoformat("9999-12-31T23:59:59-12:00")
    for name, taken in {"first": from_the_east, "last": from_the_west}.items():
        put(index, name, an_image(facts=PictureFacts("PNG", 2, 1, "0", taken=taken)))
    listed = index.browse(EVERYTHING, DateOrder("taken", newest_first=False), limit=9)
    assert [name_of(index, image_id) for _, image_id in listed] == ["first", "last"]
    assert index.count(EVERYTHING, None, ["year"], 9).facets == {"year": {"0001": 1, "9999": 1}}
