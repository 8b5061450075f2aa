"""The indexing use case, on the real embedded index and real decoding; the bucket and the model are quick stand-ins."""

from __future__ import annotations

import io
import itertools
from datetime import timedelta
from typing import Any

import pytest
from fakes import CLOCK
from followed_buckets import BUCKET, MAX_BYTES, STEPS, Library, NewLibrary, a_picture, do, state_of
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from imagesearch.adapters.sqlite.index import SqliteIndex
from imagesearch.errors import IndexUnavailable, StoreUnavailable
from imagesearch.records import Change, ImageRef
from imagesearch.tidying import Swept, sweep


@pytest.fixture(scope="module")
def new_library(tmp_path_factory: pytest.TempPathFactory) -> NewLibrary:
    folder = tmp_path_factory.mktemp("libraries")
    numbers = itertools.count()
    return lambda: Library(SqliteIndex(folder / f"{next(numbers)}.sqlite"))


@pytest.fixture
def library(new_library: NewLibrary) -> Library:
    return new_library()


class TestAnImage:
    def test_is_found_by_the_words_of_its_upload(self, library: Library) -> None:
        assert library.apply(library.put("frog.png", a_picture(), caption="A frog", tags="pond, green")) == ["indexed"]
        assert library.found("frog") == library.found("pond") == {"frog.png"}

    def test_keeps_what_decoding_told_and_a_thumbnail(self, library: Library) -> None:
        library.apply(library.put("frog.png", a_picture(size=(80, 40))))
        image = library.record("frog.png").image
        assert image
        assert image.facts
        assert (image.facts.width, image.facts.height, image.facts.format) == (80, 40, "PNG")
        assert Image.open(io.BytesIO(library.derived.objects[str(image.thumbnail)].body)).size == (64, 32)

    def test_overwritten_is_found_as_it_is_now_and_leaves_nothing_behind(self, library: Library) -> None:
        library.apply(library.put("x.png", a_picture("green"), caption="green"))
        library.apply(library.put("x.png", a_picture("red"), caption="red"))
        assert (library.found("green"), library.found("red")) == (set(), {"x.png"})
        image = library.record("x.png").image
        assert image
        assert set(library.derived.objects) == {f"colour/{image.sha256}", image.thumbnail}

    def test_removed_disappears_with_all_that_was_derived_from_it(self, library: Library) -> None:
        library.apply(library.put("x.png", a_picture(), caption="frog"))
        assert library.apply(library.remove("x.png")) == ["removed"]
        assert (library.found("frog"), library.shown(), library.derived.objects) == (set(), set(), {})

    def test_undeleted_comes_back(self, library: Library) -> None:
        for change in (library.put("x.png", a_picture()), library.remove("x.png"), library.put("x.png", a_picture())):
            library.apply(change)
        assert library.shown() == {"x.png"}


class TestNothingIsComputedTwice:
    def test_the_same_bytes_under_another_key_are_not_described_again(self, library: Library) -> None:
        library.apply(library.put("frog.png", a_picture()))
        (outcome,) = library.indexer.apply([library.put("copy.png", a_picture())])
        assert (outcome.result, outcome.described, library.describer.described) == ("indexed", False, 1)
        assert library.shown() == {"frog.png", "copy.png"}

    def test_a_copy_keeps_its_picture_when_the_original_goes(self, library: Library) -> None:
        library.apply(library.put("frog.png", a_picture()), library.put("copy.png", a_picture()))
        library.apply(library.remove("frog.png"))
        copy = library.record("copy.png").image
        assert copy
        assert set(library.derived.objects) == {f"colour/{copy.sha256}", copy.thumbnail}

    def test_new_words_describe_nothing_and_read_no_picture(self, library: Library) -> None:
        library.apply(library.put("frog.png", a_picture(), caption="toad"))
        library.images.calls.clear()
        (outcome,) = library.indexer.apply([library.say("frog.png", caption="frog")])
        assert (outcome.result, outcome.described, library.describer.described) == ("words", False, 1)
        assert library.found("frog") == {"frog.png"}
        assert ("get", "frog.png") not in library.images.calls

    def test_a_second_delivery_does_nothing(self, library: Library) -> None:
        change = library.put("frog.png", a_picture())
        library.apply(change)
        library.images.calls.clear()
        assert library.apply(change) == ["stale"]
        assert library.images.calls == []

    def test_damaged_derived_data_is_computed_anew(self, library: Library) -> None:
        library.apply(library.put("frog.png", a_picture()))
        for key in list(library.derived.objects):
            library.derived.put(key, b"rubbish", content_type="x")
        (outcome,) = library.indexer.apply([library.put("frog.png", a_picture())])
        assert (outcome.result, outcome.described) == ("indexed", True)


class TestBadInput:
    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (b"", "empty-file"),
            (b"hello", "not-an-image"),
            (a_picture(size=(100, 100))[:-40], "corrupt-image"),
            (a_picture(size=(101, 100)), "image-too-large"),
            (b"x" * (MAX_BYTES + 1), "image-too-large"),
        ],
        ids=["empty", "not an image", "truncated", "too many pixels", "too many bytes"],
    )
    def test_is_rejected_with_its_reason_and_not_tried_again(self, library: Library, body: bytes, code: str) -> None:
        (outcome,) = library.indexer.apply([library.put("x.png", body)])
        image = library.record("x.png").image
        assert outcome.result == "rejected"
        assert image
        assert image.reason
        assert (image.state, image.reason.partition(":")[0]) == ("rejected", code)
        assert library.shown() == set()

    def test_a_picture_that_becomes_bad_disappears_and_a_good_one_comes_back(self, library: Library) -> None:
        library.apply(library.put("x.png", a_picture()))
        library.apply(library.put("x.png", b"rubbish"))
        assert library.shown() == set()
        assert library.derived.objects == {}
        library.apply(library.put("x.png", a_picture()))
        assert library.shown() == {"x.png"}

    @pytest.mark.parametrize(
        "body",
        [b"{", b"[]", b'{"tags": "frog"}', b'{"caption": 3}', b'{"attributes": {"a": []}}', b"\xff", b" " * 1001],
    )
    def test_a_sidecar_that_makes_no_sense_leaves_the_images_own_words_and_says_why(
        self, library: Library, body: bytes
    ) -> None:
        library.apply(library.put("frog.png", a_picture(), caption="frog"))
        assert library.apply(library.put("frog.png.json", body)) == ["words-rejected"]
        sidecar = library.record("frog.png").sidecar
        assert sidecar
        assert sidecar.reason
        assert sidecar.etag == library.images.objects["frog.png.json"].etag
        assert library.found("frog") == {"frog.png"}

    @pytest.mark.parametrize(
        "key", ["a b+c%20.png", "frösche/\U0001f438.png", "/", "..", "a" * 1020 + ".png", "x\u0000y.png"]
    )
    def test_any_key_will_do(self, library: Library, key: str) -> None:
        assert library.apply(library.put(key, a_picture())) == ["indexed"]
        assert library.shown() == {key}
        assert library.record(key).ref == ImageRef(BUCKET, key)


class TestFailures:
    """What fails goes back to the queue; what does not is done. Nothing is lost, and nobody else waits."""

    def test_a_store_out_of_reach_fails_only_what_needs_it(self, library: Library) -> None:
        good, bad = library.put("good.png", a_picture()), library.put("bad.png", a_picture("red"))
        store = library.images
        get = store.get
        store.get = lambda key, *, max_bytes: _refused() if key == "bad.png" else get(key, max_bytes=max_bytes)  # type: ignore[method-assign]
        assert library.apply(good, bad) == ["indexed", "failed"]
        store.get = get  # type: ignore[method-assign]
        assert library.apply(bad) == ["indexed"]
        assert library.shown() == {"good.png", "bad.png"}

    def test_an_index_out_of_reach_fails_all(self, library: Library) -> None:
        changes = [library.put("a.png", a_picture()), library.put("b.png", a_picture())]
        library.index.write = lambda writes, **_options: _refused()  # type: ignore[method-assign]
        outcomes = library.indexer.apply(changes)
        assert [(outcome.result, str(outcome.reason).partition(":")[0]) for outcome in outcomes] == [
            ("failed", "index-unavailable")
        ] * 2

    def test_an_index_that_takes_no_writes_fails_what_was_to_be_written_alone(self, library: Library) -> None:
        """Given events of which one is old, and one of an object out of reach; then each has an end of its own."""
        old, lost = library.put("old.png", a_picture()), library.put("lost.png", a_picture("red"))
        library.apply(library.put("old.png", a_picture()))
        store = library.images
        get = store.get
        store.get = lambda key, *, max_bytes: _lost() if key == "lost.png" else get(key, max_bytes=max_bytes)  # type: ignore[method-assign]
        library.index.write = lambda writes, **_options: _refused()  # type: ignore[method-assign]
        outcomes = library.indexer.apply([old, lost, library.put("new.png", a_picture("blue"))])
        assert [(outcome.result, str(outcome.reason).partition(":")[0]) for outcome in outcomes] == [
            ("stale", "None"), ("failed", "store-unavailable"), ("failed", "index-unavailable")
        ]  # fmt: skip

    @pytest.mark.parametrize("method", ["get", "put"])
    def test_a_derived_store_out_of_reach_loses_nothing(self, library: Library, method: str) -> None:
        change = library.put("a.png", a_picture())
        library.derived.refuse = {method}
        assert library.apply(change) == ["failed"]
        library.derived.refuse = set()
        assert library.apply(change) == ["indexed"]

    def test_tidying_up_that_was_cut_off_is_finished_by_the_next_delivery(self, library: Library) -> None:
        library.apply(library.put("a.png", a_picture()))
        removal = library.remove("a.png")
        library.derived.refuse = {"delete"}
        assert library.apply(removal) == ["failed"]
        assert library.shown() == set()
        library.derived.refuse = set()
        library.apply(removal)
        assert library.derived.objects == {}

    def test_what_no_delivery_could_tidy_up_is_swept(self, library: Library) -> None:
        """Given content that was replaced while nothing could be deleted; when all is swept; then it is gone."""
        library.apply(library.put("a.png", a_picture("green")))
        overwrite = library.put("a.png", a_picture("red"))
        library.derived.refuse = {"delete"}
        assert library.apply(overwrite) == ["failed"]
        library.derived.refuse = set()
        generations = [(library.index, "colour")]
        for derived_before, swept in [(CLOCK, 0), (CLOCK + timedelta(days=1), 2)]:  # the first: too young to be judged
            found = sweep(generations, library.derived, tombstones_before=CLOCK, derived_before=derived_before)
            assert found == Swept(swept, after=None)
        assert library.derived_is_exactly_what_is_shown()

    def test_too_little_memory_is_no_reason_to_reject_a_picture(self, library: Library) -> None:
        def exhausted() -> None:
            raise MemoryError

        change = library.put("a.png", a_picture())
        library.while_describing(exhausted)
        assert library.apply(change) == ["failed"]
        assert library.apply(change) == ["indexed"]

    def test_an_unexpected_error_fails_one_image(self, library: Library) -> None:
        def surprise(pixels: Any) -> Any:
            raise RuntimeError("surprise")

        library.describer.describe = surprise  # type: ignore[method-assign]
        outcomes = library.indexer.apply([library.put("a.png", a_picture()), library.say("b.png", caption="b")])
        assert [outcome.result for outcome in outcomes] == ["failed", "words"]


class TestOrder:
    """Any shuffled and repeated delivery of a history ends in the state of the ordered history."""

    def test_a_late_event_of_an_earlier_version_changes_nothing(self, library: Library) -> None:
        first = library.put("x.png", a_picture("green"), caption="green")
        second = library.put("x.png", a_picture("red"), caption="red")
        assert library.apply(second) == ["indexed"]
        assert library.apply(first) == ["stale"]
        assert library.found("red") == {"x.png"}

    def test_events_of_one_object_in_one_batch_are_one_piece_of_work(self, library: Library) -> None:
        changes = [library.put("x.png", a_picture(colour)) for colour in ("red", "green", "blue")]
        assert library.apply(*reversed(changes)) == ["indexed", "stale", "stale"]
        assert library.describer.described == 1

    def test_a_writer_overtaken_while_it_worked_leaves_nothing_behind(self, library: Library) -> None:
        """Given two versions at work at once; when the older one writes last; then the newer one's state stands."""
        older, body = library.put("x.png", a_picture("green")), library.images.objects["x.png"]

        def overtake() -> None:
            library.apply(library.put("x.png", a_picture("red")))

        library.while_describing(overtake)
        library.images.objects["x.png"] = body
        assert library.apply(older) == ["stale"]
        assert library.derived_is_exactly_what_is_shown()

    def test_a_writer_that_another_came_before_replaces_all_of_it(self, library: Library) -> None:
        """Given two versions at work at once; when the newer one writes last; then nothing of the older one stays."""
        older, body = library.put("x.png", a_picture("green")), library.images.objects["x.png"]
        newer = library.put("x.png", a_picture("red"))

        def come_before() -> None:
            now, library.images.objects["x.png"] = library.images.objects["x.png"], body
            library.apply(older)
            library.images.objects["x.png"] = now

        library.while_describing(come_before)
        assert library.apply(newer) == ["indexed"]
        assert library.derived_is_exactly_what_is_shown()

    def test_a_move_in_two_batches_at_once_keeps_the_descriptors(self, library: Library) -> None:
        """Given a copy that found the original's; when the original goes before it is written; then they come back."""
        library.apply(library.put("a.png", a_picture()))
        copy, removal = library.put("b.png", a_picture()), library.remove("a.png")
        put = library.derived.put

        def overtaken(key: str, *arguments: Any, **options: Any) -> str:
            library.derived.put = put  # type: ignore[method-assign]
            library.apply(removal)
            return put(key, *arguments, **options)

        library.derived.put = overtaken  # type: ignore[method-assign]
        (outcome,) = library.indexer.apply([copy])
        assert (outcome.result, outcome.described) == ("indexed", False)
        assert library.derived_is_exactly_what_is_shown()

    def test_two_deliveries_of_one_event_at_once_leave_its_thumbnail_alone(self, library: Library) -> None:
        change = library.put("x.png", a_picture("green"))
        library.while_describing(lambda: library.apply(change))
        assert library.apply(change) == ["stale"]
        assert library.derived_is_exactly_what_is_shown()
        assert library.shown() == {"x.png"}

    @settings(max_examples=60, deadline=None)
    @given(data=st.data())
    def test_histories(self, new_library: NewLibrary, data: Any) -> None:
        """Given a history of creations, overwrites, sidecar edits and removals; when its events come late, shuffled,
        repeated, in batches of any size, some while it still goes on; then the end is that of the ordered history.
        """  # noqa: D205
        shuffled, ordered = new_library(), new_library()
        steps = data.draw(st.lists(STEPS, min_size=1, max_size=10))
        for step in steps:
            ordered.apply(do(step, ordered))
        waiting: list[Change] = []
        for step in steps:
            waiting.append(do(step, shuffled))
            if data.draw(st.booleans()):
                shuffled.apply(waiting[data.draw(st.integers(0, len(waiting) - 1))])
        delivery = data.draw(st.permutations(waiting)) + data.draw(st.lists(st.sampled_from(waiting), max_size=5))
        while delivery:
            size = data.draw(st.integers(1, 4))
            batch, delivery = delivery[:size], delivery[size:]
            assert "failed" not in shuffled.apply(*batch)

        assert state_of(shuffled) == state_of(ordered)


def _lost() -> Any:
    raise StoreUnavailable


def _refused() -> Any:
    raise IndexUnavailable
