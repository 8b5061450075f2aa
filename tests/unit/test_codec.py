"""Records survive JSON unchanged."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from imagesearch import codec
from imagesearch.records import ImagePart, PictureFacts, SidecarPart, Words

texts = st.text(max_size=20)
times = st.datetimes(timezones=st.integers(-840, 840).map(lambda minutes: timezone(timedelta(minutes=minutes))))
words = st.builds(
    Words,
    st.none() | texts,
    st.none() | st.lists(texts, max_size=3).map(tuple),
    st.none() | st.dictionaries(texts, texts | st.booleans() | st.floats(allow_nan=False), max_size=3),
)
facts = st.builds(
    PictureFacts,
    format=texts,
    width=st.integers(1, 10**6),
    height=st.integers(1, 10**6),
    perceptual_hash=texts,
    frames=st.integers(1, 99),
    taken=st.none() | times,
    words=words,
)
image_parts = st.builds(
    ImagePart,
    sequencer=texts,
    state=st.sampled_from(["pending", "indexed", "rejected", "removed"]),
    reason=st.none() | texts,
    hidden=st.booleans(),
    uploaded=st.none() | times,
    etag=st.none() | texts,
    size=st.none() | st.integers(0, 2**40),
    content_type=st.none() | texts,
    sha256=st.none() | texts,
    facts=st.none() | facts,
    words=words,
    thumbnail=st.none() | texts,
    space_id=st.none() | texts,
    descriptors=st.just({}),
)
sidecar_parts = st.builds(
    SidecarPart,
    sequencer=texts,
    state=st.sampled_from(["present", "rejected", "removed"]),
    words=words,
    etag=st.none() | texts,
    reason=st.none() | texts,
)


def through_json(value: Any, write: Callable[[Any], Any], read: Callable[[Any], Any]) -> Any:
    return read(json.loads(json.dumps(write(value))))


@given(words)
def test_words_survive(value: Words) -> None:
    assert through_json(value, codec.words_to_json, codec.words_from_json) == value


@given(words)
def test_words_that_say_nothing_are_left_out(value: Words) -> None:
    assert None not in codec.words_to_json(value).values()


@given(facts)
def test_facts_survive(value: PictureFacts) -> None:
    assert through_json(value, codec.facts_to_json, codec.facts_from_json) == value


@given(image_parts)
def test_an_image_part_survives_but_for_its_descriptors(value: ImagePart) -> None:
    back = through_json(value, codec.image_part_to_json, codec.image_part_from_json)

    # Parts compare by identity, because descriptors are arrays.
    for name in ImagePart.__slots__:
        assert getattr(back, name) == getattr(value, name), name


@given(sidecar_parts)
def test_a_sidecar_part_survives(value: SidecarPart) -> None:
    assert through_json(value, codec.sidecar_part_to_json, codec.sidecar_part_from_json) == value
