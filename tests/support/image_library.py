"""A varied library, and filters and words that find something in it."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import image_oracle
from hypothesis import strategies as st
from image_indexes import NOON, an_image, ref

from imagesearch.records import AttributeValue, ImagePart, PictureFacts, Position, Record, Words
from imagesearch.retrieval import AttributeFilter, Filters, Near, NumberRange

WORDS = ("red", "frog", "pond", "élan")
TAGS = ("Red", "red frog", "pond", "Élan", "blue")
FORMATS = ("JPEG", "PNG", "HEIF")
SIDES = (100, 103, 200, 4000)
CAMERAS = ("Canon EOS 5D", "CANON EOS 5D", "NIKON D5")
ATTRIBUTES: dict[str, tuple[AttributeValue, ...]] = {
    "place": ("Pond", "POND", "Köln", "true", "1.0", "1", "-3", ""),
    "stars": (0.0, -0.0, 1.0, 2.5, -3.0),
    "mixed": (True, False, 1.0, 0.0, "TRUE", "1", "1.0", "Red"),
}
# The poles, both sides of the date line, the same places twice, and nothing special.
PLACES = (
    *(Position(90, longitude) for longitude in (0, 120)),
    *(Position(-90, longitude) for longitude in (-60, 180)),
    *(Position(latitude, longitude) for latitude in (0, 10) for longitude in (-180, 180, -179.9, 179.9)),
    *(Position(latitude, longitude) for latitude, longitude in ((89.9, 10), (50.94, 6.96), (50.95, 6.96), (-33, 151))),
)
TIMES = (
    NOON,
    NOON + timedelta(microseconds=1),
    NOON + timedelta(days=90),
    datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2027, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=5))),
)


def a_library(size: int = 120) -> list[Record]:
    """Records that agree in many things, so that filters and ties have something to do."""
    chance = random.Random(4)
    return [Record(ref(f"{chance.choice(WORDS)}/image{number}"), _part(chance)) for number in range(size)]


def _part(chance: random.Random) -> ImagePart:
    facts = PictureFacts(
        format=chance.choice(FORMATS),
        width=chance.choice(SIDES),
        height=chance.choice(SIDES),
        perceptual_hash="0" * 16,
        taken=chance.choice([*TIMES, None, None]),
        camera=chance.choice([*CAMERAS, None]),
        position=chance.choice([*PLACES, None]),
    )
    words = Words(
        caption=" ".join(chance.sample(WORDS, chance.randrange(3))),
        tags=tuple(chance.sample(TAGS, chance.randrange(4))),
        attributes={name: chance.choice(values) for name, values in ATTRIBUTES.items() if chance.random() < 0.7},
    )
    return an_image(words=words, uploaded=chance.choice(TIMES), facts=facts)


def _some(values: Iterable[Any]) -> Any:
    return st.lists(st.sampled_from([*values]), min_size=1, max_size=3).map(tuple)


_ranges = st.builds(
    NumberRange,
    st.none() | st.sampled_from([-3, 0, 1, 100, 103.5, 200]),
    st.none() | st.sampled_from([0, 1.0, 200, 300]),
)
_values = st.sampled_from([value for values in ATTRIBUTES.values() for value in values])
_FIELDS: dict[str, Any] = {
    "tags_all": _some([*TAGS, "RED"]),
    "tags_any": _some([*TAGS, "nothing"]),
    "tags_none": _some([*TAGS, "BLUE"]),
    "tagged": st.booleans(),
    "key_prefix": st.sampled_from(["r", "frog/", "élan/image1", "%", "_"]),
    "uploaded_from": st.sampled_from(TIMES),
    "uploaded_to": st.sampled_from(TIMES),
    "taken_from": st.sampled_from(TIMES),
    "taken_to": st.sampled_from(TIMES),
    "width": _ranges,
    "height": _ranges,
    "orientations": _some(["landscape", "portrait", "square"]),
    "formats": _some([*FORMATS, "GIF"]),
    "cameras": _some([*CAMERAS, "nikon d5", "Nikon"]),
    "attributes": st.lists(
        st.builds(
            AttributeFilter,
            st.sampled_from([*ATTRIBUTES, "nothing"]),
            st.lists(_values | st.just(1), min_size=1, max_size=3).map(tuple),
            st.none(),
        )
        | st.builds(
            AttributeFilter, st.sampled_from([*ATTRIBUTES]), st.just(()), _ranges.filter(lambda r: r != NumberRange())
        ),
        min_size=1,
        max_size=2,
    ).map(tuple),
    "near": st.builds(
        Near,
        st.sampled_from(PLACES) | st.builds(Position, st.floats(-90, 90), st.floats(-180, 180)),
        st.sampled_from([0.1, 2, 30, 1500, 9000, 20_100]) | st.floats(0.1, 20_100),
    ),
    "excluded_ids": _some(record.image_id for record in a_library(20)),
}


def _measurable(filters: Filters) -> bool:
    """Whether no place lies so near the edge of the circle (20 m) that rounding decides."""
    near = filters.near
    return near is None or all(
        abs(image_oracle.kilometres_between(each, near.position) - near.kilometres) > 0.02 for each in PLACES
    )


filters = (
    st.lists(st.sampled_from([*_FIELDS]), max_size=3, unique=True)
    .flatmap(lambda names: st.fixed_dictionaries({name: _FIELDS[name] for name in names}))
    .map(lambda fields: Filters(**fields))
    .filter(_measurable)
)
"""Filters by up to three things, that `a_library` has."""
texts = st.lists(st.sampled_from([*WORDS, "nothing"]), min_size=1, max_size=2).map(" ".join)
"""Words that `a_library` has."""
