"""What is computed from a picture is kept, and only believed if it is whole."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from imagesearch.derived import (
    Derived,
    derived_from_bytes,
    derived_key,
    derived_to_bytes,
    thumbnail_key,
    thumbnail_prefix,
    thumbnail_sequencer,
)
from imagesearch.records import Descriptor, PictureFacts, padded_sequencer

Vectors = NDArray[np.float32]

FACTS = PictureFacts("PNG", 4, 3, "00ff00ff00ff00ff")
shapes = st.tuples(st.integers(1, 3), st.integers(1, 8))
vectors = arrays.arrays(np.float32, shapes, elements=st.floats(-1, 1, width=32))
box_arrays = arrays.arrays(np.float32, (2, 4), elements=st.floats(0, 1, width=32))
hexadecimal = st.text("0123456789ABCDEF", min_size=1, max_size=32)


RECIPE = "thumbnail 384"


def derived(**descriptors: Descriptor) -> Derived:
    return Derived(FACTS, descriptors, b"a thumbnail")


@given(vectors, box_arrays, st.binary(max_size=99))
def test_what_is_kept_reads_back_to_the_bit(semantic: Vectors, boxes: Vectors, thumbnail: bytes) -> None:
    written = Derived(FACTS, {"semantic": Descriptor(semantic), "region": Descriptor(semantic, boxes)}, thumbnail)

    read = derived_from_bytes(derived_to_bytes(written, RECIPE), RECIPE)

    assert read is not None
    assert (read.facts, read.thumbnail) == (FACTS, thumbnail)
    assert set(read.descriptors) == {"semantic", "region"}
    np.testing.assert_array_equal(read.descriptors["semantic"].vectors, semantic)
    assert read.descriptors["semantic"].vectors.dtype == np.float32
    assert read.descriptors["semantic"].boxes is None
    region = read.descriptors["region"].boxes
    assert region is not None
    np.testing.assert_array_equal(region, boxes)


@given(st.integers(0, 10_000))
def test_one_cut_short_is_not_believed(length: int) -> None:
    data = derived_to_bytes(derived(semantic=Descriptor(np.ones((1, 512), np.float32))), RECIPE)

    assert derived_from_bytes(data[: min(length, len(data) - 1)], RECIPE) is None


def test_what_was_made_by_another_recipe_is_made_anew() -> None:
    data = derived_to_bytes(derived(semantic=Descriptor(np.ones((1, 4), np.float32))), RECIPE)

    assert derived_from_bytes(data, RECIPE) is not None
    assert derived_from_bytes(data, "thumbnail 64") is None


@given(st.binary(max_size=200))
def test_other_bytes_are_not_believed(data: bytes) -> None:
    assert derived_from_bytes(data, RECIPE) is None


def test_a_flipped_bit_never_raises_and_never_changes_a_vector() -> None:
    vector = np.linspace(0, 1, 8, dtype=np.float32)[np.newaxis]
    written = derived_to_bytes(derived(semantic=Descriptor(vector)), RECIPE)

    for bit in range(8 * len(written)):
        damaged = bytearray(written)
        damaged[bit // 8] ^= 1 << bit % 8
        read = derived_from_bytes(bytes(damaged), RECIPE)
        if read is not None:
            np.testing.assert_array_equal(read.descriptors["semantic"].vectors, vector)


def test_pickles_are_not_loaded() -> None:
    """An archive with a Python object in it could run code: it is not believed."""
    buffer = io.BytesIO()
    np.savez(buffer, facts=np.array([{"an": "object"}], dtype=object))
    with zipfile.ZipFile(buffer) as archive:
        assert archive.namelist() == ["facts.npy"]

    assert derived_from_bytes(buffer.getvalue(), RECIPE) is None


def test_descriptors_of_one_content_lie_under_their_space() -> None:
    assert derived_key("a777fd370e09", "ab" * 32) == "a777fd370e09/" + "ab" * 32


@given(hexadecimal)
def test_a_thumbnail_tells_the_event_that_it_was_made_for(sequencer: str) -> None:
    padded = padded_sequencer(sequencer)
    key = thumbnail_key("an-image", padded, "ab" * 32)

    assert key.startswith(thumbnail_prefix("an-image"))
    assert thumbnail_sequencer(key) == padded


@pytest.mark.parametrize("sequencer", ["0", "00", ""])
def test_so_does_one_of_a_sequencer_of_zeros(sequencer: str) -> None:
    padded = padded_sequencer(sequencer)

    assert thumbnail_sequencer(thumbnail_key("an-image", padded, "ab" * 32)) == padded
