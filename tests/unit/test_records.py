"""Ids, sequencers and words: the rules that everything else builds on."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagesearch.records import Change, ImagePart, ImageRef, Record, SidecarPart, Words, image_id, padded_sequencer

hexadecimal = st.text("0123456789ABCDEF", min_size=1, max_size=32)
keys = st.text(min_size=1, max_size=40)


class TestIds:
    @given(keys, keys)
    def test_an_id_is_26_characters_that_any_url_takes(self, bucket: str, key: str) -> None:
        assert re.fullmatch("[a-z2-7]{26}", image_id(bucket, key))

    def test_an_id_is_the_same_for_ever(self) -> None:
        """Links that people keep, and records in indexes, depend on it."""
        assert image_id("images", "animals/amphibians/frog.png") == "kg3z3j2ktkev4acnlyklc4uzne"

    @given(keys, keys)
    def test_where_the_bucket_ends_matters(self, one: str, other: str) -> None:
        assert image_id(one, "x" + other) != image_id(one + "x", other)

    def test_keys_that_only_look_alike_have_ids_of_their_own(self) -> None:
        composed, decomposed = "caf\u00e9.png", "cafe\u0301.png"

        assert image_id("images", composed) != image_id("images", decomposed)


class TestSequencers:
    @given(hexadecimal, hexadecimal)
    def test_they_compare_as_s3_documents_it(self, one: str, other: str) -> None:
        """Right-pad the shorter one with zeros, then compare as strings."""
        width = max(len(one), len(other))
        by_the_book = one.ljust(width, "0") < other.ljust(width, "0")

        assert (padded_sequencer(one) < padded_sequencer(other)) == by_the_book

    @given(hexadecimal)
    def test_padding_twice_is_padding_once(self, sequencer: str) -> None:
        assert padded_sequencer(padded_sequencer(sequencer)) == padded_sequencer(sequencer)

    def test_case_does_not_order(self) -> None:
        assert padded_sequencer("00AB") == padded_sequencer("00ab")

    @given(hexadecimal)
    def test_none_is_older_than_the_empty_one_of_a_pending_upload(self, sequencer: str) -> None:
        assert padded_sequencer("") <= padded_sequencer(sequencer)


class TestChanges:
    @given(keys)
    def test_a_sidecar_is_a_change_of_its_image(self, key: str) -> None:
        image = ImageRef("images", key)
        change = Change("images", image.sidecar_key, "0")

        assert change.is_sidecar
        assert change.image == image

    def test_any_other_object_is_a_change_of_itself(self) -> None:
        change = Change("images", "a.json.png", "0")

        assert not change.is_sidecar
        assert change.image == ImageRef("images", "a.json.png")


class TestWordsInForce:
    def record(self, image: Words | None, sidecar: Words | None) -> Record:
        return Record(
            ImageRef("images", "a.png"),
            None if image is None else ImagePart("0", "indexed", words=image),
            None if sidecar is None else SidecarPart("0", "present", sidecar),
        )

    def test_the_sidecar_wins_field_by_field(self) -> None:
        own = Words("own", ("own",), {"own": True})

        assert self.record(own, Words(caption="edited")).words == Words("edited", ("own",), {"own": True})
        assert self.record(own, Words(tags=())).words == Words("own", (), {"own": True})
        assert self.record(own, None).words == own
        assert self.record(None, None).words == Words()

    @given(st.builds(Words, st.none() | st.text(max_size=3)), st.builds(Words, st.none() | st.text(max_size=3)))
    def test_saying_nothing_leaves_the_others_words(self, one: Words, other: Words) -> None:
        assert Words().over(one) == one.over(Words()) == one
        assert one.over(other).caption == (other.caption if one.caption is None else one.caption)


@pytest.mark.parametrize(
    ("part", "live"),
    [
        (None, False),
        (ImagePart("0", "indexed"), True),
        (ImagePart("0", "indexed", hidden=True), False),
        (ImagePart("0", "pending"), False),
        (ImagePart("0", "rejected"), False),
        (ImagePart("0", "removed"), False),
    ],
)
def test_only_an_indexed_image_that_nobody_deleted_may_be_shown(part: ImagePart | None, live: bool) -> None:
    assert Record(ImageRef("images", "a.png"), part).live is live
