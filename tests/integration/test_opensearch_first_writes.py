"""A first write is sent as a finished document: the one that the stored script makes of the same part."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import numpy as np
import opensearch_indexes
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_indexes import BUCKET, NOON, NewIndex, an_image, stamp, unit
from image_library import PLACES, TIMES

from imagesearch.adapters.opensearch.index import OpenSearchIndex
from imagesearch.ports import ImageIndex
from imagesearch.records import Descriptor, ImagePart, ImageRef, PictureFacts, SidecarPart, Words, Write

OF_THE_ACT = ("write", "image_written", "sidecar_written")
"""Fields that differ whenever something is written: which write it was, and when."""
_numbers = count()

texts = st.sampled_from(["", "Élan, a frog!", "half \ud800", "\ue000 \U00020000", "x" * 40]) | st.text(max_size=12)
words = st.builds(
    Words,
    st.none() | texts,
    st.none() | st.lists(texts, max_size=3).map(tuple),
    st.none() | st.dictionaries(texts, texts | st.booleans() | st.floats(-1e9, 1e9) | st.just(-0.0), max_size=3),
)
facts = st.builds(
    PictureFacts,
    format=st.sampled_from(["PNG", "JPEG"]),
    width=st.integers(1, 9000),
    height=st.integers(1, 9000),
    perceptual_hash=st.just("0" * 16),
    taken=st.none() | st.sampled_from(TIMES),
    camera=st.none() | st.sampled_from(["NIKON D5", "É"]),
    position=st.none() | st.sampled_from(PLACES),
)
number = st.floats(0.125, 1, width=32)
vectors = st.builds(unit, number, number, number)
regions = st.lists(vectors, min_size=1, max_size=3).map(np.stack)
boxes = np.array([[0, 0.1, 1, 1 / 3]], np.float32)
descriptors = st.fixed_dictionaries(
    {"semantic": vectors.map(lambda vector: Descriptor(np.stack([vector])))},
    optional={
        "regions": regions.flatmap(
            lambda some: st.sampled_from([None, np.repeat(boxes, len(some), 0)]).map(
                lambda places: Descriptor(some, places)
            )
        )
    },
)
images = st.builds(
    an_image,
    st.integers(0, 99),
    hidden=st.booleans(),
    uploaded=st.sampled_from([None, NOON]),
    words=words,
    facts=st.none() | facts,
    descriptors=descriptors,
)
others = st.builds(
    ImagePart,
    st.just(stamp(1)),
    st.sampled_from(["pending", "rejected", "removed"]),
    words=words,
    reason=texts,
)
sidecars = st.builds(
    SidecarPart, st.just(stamp(1)), st.sampled_from(["present", "removed", "rejected"]), words, reason=texts
)
parts = images | others | sidecars


@pytest.fixture(scope="module")
def new_index(opensearch: str) -> Iterator[NewIndex]:
    with opensearch_indexes.temporary(opensearch, shards=1) as new:
        yield new


@pytest.fixture(scope="module")
def by_script(new_index: NewIndex) -> ImageIndex:
    return new_index()


@pytest.fixture(scope="module")
def as_document(new_index: NewIndex) -> ImageIndex:
    return new_index()


@settings(max_examples=60, deadline=None)
@given(some=st.lists(st.tuples(st.text(max_size=8), parts), min_size=1, max_size=12))
def test_the_document_is_the_one_that_the_script_makes(
    by_script: ImageIndex, as_document: ImageIndex, some: list[tuple[str, ImagePart | SidecarPart]]
) -> None:
    """Given parts of any kind; when each is the first of its record; then both ways leave the same document."""
    named = [(ImageRef(BUCKET, f"{next(_numbers)}/{name}.png"), part) for name, part in some]
    events = [Write(where, part) for where, part in named]
    first = [Write(where, part, if_version="") for where, part in named]
    assert {each.outcome for each in [*by_script.write(events), *as_document.write(first)]} == {"written"}
    assert documents(as_document, first) == documents(by_script, events)


def documents(index: ImageIndex, writes: list[Write]) -> list[dict[str, Any]]:
    """As OpenSearch keeps them, but for what tells one act of writing from another."""
    assert isinstance(index, OpenSearchIndex)
    found = index._connection.mget([write.ref.image_id for write in writes], source=True)
    assert len(found) == len(writes)
    return [_comparable(document["_source"]) for document in found]


def _comparable(source: dict[str, Any]) -> dict[str, Any]:
    assert source["write"]
    assert "image_written" in source or "sidecar_written" in source
    kept = {field: value for field, value in source.items() if field not in OF_THE_ACT}
    # A set: Java sorts it by UTF-16, Python by characters.
    return {**kept, "spellings": sorted(kept["spellings"])} if "spellings" in kept else kept
