"""Parts are written in the order of their events, or only where nothing changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from image_indexes import (
    EVERYTHING,
    NOON,
    Emptied,
    an_image,
    found_by,
    gone,
    outcomes,
    put,
    ref,
    shown,
    stamp,
    unit,
    words_of,
)

from imagesearch.ports import ImageIndex
from imagesearch.records import (
    ImagePart,
    SidecarPart,
    Words,
    Write,
    Written,
    padded_sequencer,
)
from imagesearch.retrieval import DateOrder, VectorLeg


class TestOrder:
    """The index enforces the order of events."""

    def test_a_part_is_written_when_it_is_new(self, index: ImageIndex) -> None:
        assert put(index, "frog", an_image(1)) == "written"
        assert shown(index) == {"frog"}

    def test_an_older_or_equal_part_is_refused(self, index: ImageIndex) -> None:
        put(index, "frog", an_image(2, words=Words(caption="new")))
        assert put(index, "frog", an_image(1, words=Words(caption="old"))) == "stale"
        assert put(index, "frog", an_image(2, words=Words(caption="again"))) == "stale"
        assert index.read([ref("frog").image_id])[ref("frog").image_id].words.caption == "new"

    def test_a_late_creation_does_not_bring_back_what_was_removed(self, index: ImageIndex) -> None:
        put(index, "frog", gone(2))
        assert put(index, "frog", an_image(1)) == "stale"
        assert shown(index) == set()

    def test_image_and_sidecar_have_orders_of_their_own(self, index: ImageIndex) -> None:
        put(index, "frog", an_image(9))
        assert put(index, "frog", words_of(1, caption="a frog")) == "written"
        assert found_by(index, "frog") == {"frog"}

    def test_a_write_tells_what_it_replaced_or_what_stood_in_its_way(self, index: ImageIndex) -> None:
        (first,) = index.write([Write(ref("frog"), an_image(1, etag="first"))], visible=True)
        (second,) = index.write([Write(ref("frog"), an_image(3, etag="second"))], visible=True)
        (late,) = index.write([Write(ref("frog"), an_image(2, etag="late"))], visible=True)
        assert (first.outcome, first.other) == ("written", None)
        assert second.other
        assert second.other.image
        assert (second.outcome, second.other.image.etag) == ("written", "first")
        assert late.other
        assert late.other.image
        assert (late.outcome, late.other.image.etag) == ("stale", "second")

    def test_one_call_may_write_several_parts_of_one_image(self, index: ImageIndex) -> None:
        writes = [Write(ref("frog"), part) for part in (an_image(1), words_of(1, caption="x"), gone(3), an_image(2))]
        assert outcomes(index, *writes) == ["written", "written", "written", "stale"]

    @settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
    @given(data=st.data())
    def test_any_shuffled_and_repeated_delivery_ends_in_the_same_state(self, emptied: Emptied, data: Any) -> None:
        """Given a history of parts; when they arrive in any order, any number of times; then the end is the same."""
        kinds = st.sampled_from(["image", "rejected", "gone", "words", "no words"])
        history = [_part(kind, n) for n, kind in enumerate(data.draw(st.lists(kinds, min_size=1, max_size=8)), start=1)]
        delivery = data.draw(st.permutations(history)) + data.draw(st.lists(st.sampled_from(history), max_size=6))
        batch = data.draw(st.integers(1, 4))

        ordered, shuffled = emptied("ordered"), emptied("shuffled")
        ordered.write([Write(ref("frog"), part) for part in history], visible=True)
        for some in _batched(delivery, batch):  # itertools.batched needs Python 3.12
            shuffled.write([Write(ref("frog"), part) for part in some], visible=True)

        assert _state(shuffled) == _state(ordered)


class TestCompareAndSet:
    """Writers without an event write only what they have seen."""

    def test_a_record_is_made_only_where_there_is_none(self, index: ImageIndex) -> None:
        pending = ImagePart(padded_sequencer(""), "pending", uploaded=NOON)
        assert outcomes(index, Write(ref("frog"), pending, if_version="")) == ["written"]
        assert outcomes(index, Write(ref("frog"), pending, if_version="")) == ["conflict"]

    def test_who_comes_second_to_make_a_record_is_told_what_stands_there(self, index: ImageIndex) -> None:
        """... whether it was there before or is made by the same call."""
        put(index, "frog", an_image(2, etag="event", words=Words("A frog")))
        put(index, "frog", words_of(1, caption="edited"))
        frog, newt, late = index.write(
            [
                Write(ref("frog"), an_image(0, etag="frog"), if_version=""),
                Write(ref("newt"), an_image(0, etag="newt"), if_version=""),
                Write(ref("newt"), an_image(0, etag="late"), if_version=""),
            ],
            visible=True,
        )
        assert [frog.outcome, newt.outcome, late.outcome] == ["conflict", "written", "conflict"]
        assert newt.other is None
        assert _told(frog) == ("event", "edited")
        assert _told(late) == ("newt", None)
        assert shown(index) == {"frog", "newt"}

    def test_a_record_may_be_made_of_its_sidecar_first(self, index: ImageIndex) -> None:
        """Given a backfill that finds the words before the image; then both are in force in the end."""
        (words,) = index.write([Write(ref("frog"), words_of(0, caption="a toad"), if_version="")], visible=True)
        assert (words.outcome, shown(index)) == ("written", set())
        assert put(index, "frog", an_image(1, words=Words("a frog", ("green",)))) == "written"
        assert (found_by(index, "toad"), found_by(index, "green"), found_by(index, "frog")) == (
            {"frog"},
            {"frog"},
            {"frog"},  # by its name
        )

    def test_a_record_that_was_swept_can_be_made_anew(self, index: ImageIndex) -> None:
        put(index, "frog", gone(1))
        assert outcomes(index, Write(ref("frog"), an_image(0), if_version="")) == ["conflict"]
        assert index.sweep(datetime.now(UTC) + timedelta(seconds=1)) == 1
        assert outcomes(index, Write(ref("frog"), an_image(0), if_version="")) == ["written"]
        assert shown(index) == {"frog"}

    def test_any_event_is_newer_than_a_pending_record(self, index: ImageIndex) -> None:
        index.write([Write(ref("frog"), ImagePart(padded_sequencer(""), "pending"), if_version="")], visible=True)
        assert put(index, "frog", an_image(1)) == "written"

    def test_a_record_that_changed_meanwhile_is_left_alone(self, index: ImageIndex) -> None:
        put(index, "frog", an_image(1))
        version = index.read([ref("frog").image_id])[ref("frog").image_id].version
        put(index, "frog", words_of(1, caption="meanwhile"))
        assert outcomes(index, Write(ref("frog"), an_image(1, hidden=True), if_version=version)) == ["conflict"]
        assert shown(index) == {"frog"}

    def test_an_unchanged_record_is_written_whatever_the_sequencer(self, index: ImageIndex) -> None:
        put(index, "frog", an_image(5))
        version = index.read([ref("frog").image_id])[ref("frog").image_id].version
        assert outcomes(index, Write(ref("frog"), an_image(5, hidden=True), if_version=version)) == ["written"]
        assert shown(index) == set()


def _told(answer: Written) -> tuple[str | None, str | None]:
    """Of the record that stood in the way: whose image it has, and whose words."""
    record = answer.other
    assert record
    assert record.image
    return record.image.etag, record.sidecar.words.caption if record.sidecar else None


def _part(kind: str, number: int) -> ImagePart | SidecarPart:
    match kind:
        case "image":
            return an_image(
                number, words=Words(caption=f"image {number}", tags=(f"tag{number}",)), vector=unit(1, number, 0)
            )
        case "rejected":
            return ImagePart(stamp(number), "rejected", reason=f"reason {number}")
        case "gone":
            return gone(number)
        case "words":
            return words_of(number, caption=f"words {number}", attributes={"number": float(number)})
        case _:
            return SidecarPart(stamp(number), "removed")


def _batched(items: list[Any], size: int) -> Iterator[list[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _state(index: ImageIndex) -> Any:
    """Everything that can be seen of the one image."""
    image_id = ref("frog").image_id
    record = index.read([image_id], descriptors=True)[image_id]
    image = record.image
    vectors = {name: each.vectors.tolist() for name, each in image.descriptors.items()} if image else None
    return (
        replace(image, descriptors={}).__repr__() if image else None,
        vectors,
        record.sidecar,
        index.count(EVERYTHING, None, ["tags", "attributes.number"], 10),
        index.browse(EVERYTHING, DateOrder("taken"), limit=5),
        index.suggest("im", 9),
        index.suggest("tag", 9),
        [record.ref.key for record in index.rejected(after=None, limit=5)],
        found_by(index, "image"),
        found_by(index, "words"),
        [match.cosine for match in index.retrieve([VectorLeg("semantic", unit(1, 0, 0))], EVERYTHING, 5)[0].matches],  # type: ignore[union-attr]
    )
