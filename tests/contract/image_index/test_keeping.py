"""What the index tells of itself, and forgets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from image_indexes import (
    NOON,
    an_image,
    gone,
    put,
    ref,
    stamp,
    words_of,
)

from imagesearch.ports import ImageIndex
from imagesearch.records import (
    ImagePart,
    SidecarPart,
    Write,
    padded_sequencer,
)


class TestKeeping:
    """What the index tells of itself, and forgets."""

    def test_status_counts_records_by_state(self, index: ImageIndex) -> None:
        assert index.status().space_id in (None, "space")  # made for it, or not yet for any
        put(index, "a", an_image())
        put(index, "b", an_image())
        put(index, "c", gone(1))
        put(index, "d", words_of(1, caption="x"))
        status = index.status()
        assert (status.space_id, status.states) == ("space", {"indexed": 2, "removed": 1})

    def test_what_a_person_has_just_deleted_is_counted_apart(self, index: ImageIndex) -> None:
        put(index, "a", an_image(1, hidden=True))
        put(index, "b", an_image(1))
        put(index, "c", an_image(1, state="rejected", hidden=True))
        assert index.status().states == {"hidden": 2, "indexed": 1}

    def test_the_listing_has_every_record_live_or_not(self, index: ImageIndex) -> None:
        hidden, rejected = an_image(1, hidden=True), an_image(1, state="rejected")
        parts: list[ImagePart | SidecarPart] = [an_image(1), gone(1), hidden, rejected, words_of(1, caption="x")]
        for number, part in enumerate(parts):
            put(index, f"image{number}", part)
        listed = {record.ref.key: record for record in index.listing()}
        assert set(listed) == {f"image{number}.png" for number in range(len(parts))}
        first = listed["image0.png"].image
        assert first
        assert (first.state, first.descriptors) == ("indexed", {})

    def test_live_contents_are_those_that_a_live_image_has(self, index: ImageIndex) -> None:
        put(index, "frog", an_image(1, sha256="aa"))
        put(index, "copy", an_image(1, sha256="aa"))
        put(index, "toad", an_image(1, sha256="bb"))
        put(index, "ghost", replace(gone(1), sha256="cc"))
        put(index, "just deleted", an_image(1, hidden=True, sha256="dd"))
        put(index, "unreadable", an_image(1, state="rejected", sha256="ee"))
        assert index.live_contents({"aa", "cc", "dd", "ee", "unheard of"}) == {"aa"}
        assert index.live_contents(["bb", "aa", "bb"]) == {"aa", "bb"}
        assert index.live_contents(set()) == set()

    def test_live_contents_are_those_of_this_moment_whether_searches_see_them_yet(self, index: ImageIndex) -> None:
        """Given an image that was moved a moment ago and another overwritten; then only what is there now counts."""
        put(index, "old place", an_image(1, sha256="aa"))
        put(index, "frog", an_image(1, sha256="bb"))
        index.write(
            [
                Write(ref("new place"), an_image(2, sha256="aa")),
                Write(ref("old place"), replace(gone(2), sha256="aa")),
                Write(ref("frog"), an_image(2, sha256="cc")),
            ]
        )
        assert index.live_contents({"aa", "bb", "cc"}) == {"aa", "cc"}

    def test_live_contents_of_more_than_one_request(self, index: ImageIndex) -> None:
        names = [f"{number:04}" for number in range(1200)]
        index.write([Write(ref(name), an_image(1, sha256=name)) for name in names[::3]])
        assert index.live_contents(names) == set(names[::3])

    def test_a_sweep_forgets_old_tombstones_and_nothing_else(self, index: ImageIndex) -> None:
        put(index, "live", an_image())
        put(index, "dead", gone(1))
        put(index, "dead with words", gone(1))
        put(index, "dead with words", words_of(1, caption="x"))
        index.write([Write(ref("never came"), ImagePart(padded_sequencer(""), "pending"), if_version="")], visible=True)
        assert index.sweep(NOON - timedelta(days=365)) == 0
        assert index.sweep(datetime.now(UTC) + timedelta(seconds=1)) == 2
        assert set(index.read([ref(n).image_id for n in ("live", "dead", "dead with words", "never came")])) == {
            ref("live").image_id,
            ref("dead with words").image_id,
        }


class TestRejected:
    """Images that could not be indexed."""

    def test_they_are_listed_by_key_with_their_reasons(self, index: ImageIndex) -> None:
        for name in ("b", "Z", "é", "a/z", "a"):
            put(index, name, ImagePart(stamp(1), "rejected", reason=f"corrupt-image: {name}"))
        put(index, "fine", an_image())
        listed = index.rejected(after=None, limit=9)
        assert [record.ref.key for record in listed] == ["Z.png", "a.png", "a/z.png", "b.png", "é.png"]
        assert [record.image and record.image.reason for record in listed[:1]] == ["corrupt-image: Z"]

    def test_they_are_paged_by_key(self, index: ImageIndex) -> None:
        for number in range(7):
            put(index, f"image{number}", ImagePart(stamp(1), "rejected", reason="x"))
        keys, after = list[str](), None
        while page := index.rejected(after=after, limit=3):
            assert len(page) <= 3
            keys += [record.ref.key for record in page]
            after = keys[-1]
        assert keys == [f"image{number}.png" for number in range(7)]

    @pytest.mark.parametrize("part", [gone(2), an_image(2), an_image(2, state="rejected", hidden=True)])
    def test_what_was_removed_mended_or_just_deleted_is_not_among_them(
        self, index: ImageIndex, part: ImagePart
    ) -> None:
        put(index, "frog", ImagePart(stamp(1), "rejected", reason="x"))
        put(index, "frog", part)
        assert index.rejected(after=None, limit=9) == []
