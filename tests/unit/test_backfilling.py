"""The backfilling use case, on the real embedded index and real decoding; the bucket and the model are stand-ins."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from backfill_histories import backfills_alone, events_and_backfills
from fakes import CLOCK
from followed_buckets import BUCKET, Library, NewLibrary, a_picture
from hypothesis import given, settings
from hypothesis import strategies as st

from imagesearch.adapters.sqlite.index import SqliteIndex
from imagesearch.backfilling import ATTEMPTS, backfill
from imagesearch.errors import IndexUnavailable, StoreUnavailable
from imagesearch.records import Change, ImagePart, ImageRef, Write, padded_sequencer


@pytest.fixture(scope="module")
def new_library(tmp_path_factory: pytest.TempPathFactory) -> NewLibrary:
    folder = tmp_path_factory.mktemp("libraries")
    numbers = itertools.count()
    return lambda: Library(SqliteIndex(folder / f"{next(numbers)}.sqlite"))


@pytest.fixture
def library(new_library: NewLibrary) -> Library:
    return new_library()


def image_of(library: Library, key: str) -> ImagePart:
    image = library.record(key).image
    assert image
    return image


class TestWhatIsInABucket:
    def test_is_found_without_any_event(self, library: Library) -> None:
        library.put("frog.png", a_picture(), caption="own")
        library.say("frog.png", caption="frog")
        library.put("rubbish.png", b"rubbish")
        assert library.backfill() == ["indexed", "words", "rejected"]
        assert (library.shown(), library.found("frog")) == ({"frog.png"}, {"frog.png"})
        assert library.derived_is_exactly_what_is_shown()

    def test_has_a_stamp_that_any_event_is_newer_than(self, library: Library) -> None:
        event = library.put("frog.png", a_picture(), caption="own")
        library.backfill()
        assert image_of(library, "frog.png").sequencer == padded_sequencer("")
        assert library.apply(event) == ["indexed"]

    def test_is_not_read_where_the_listing_tells_that_the_index_has_it(self, library: Library) -> None:
        library.apply(library.put("frog.png", a_picture()), library.say("frog.png", caption="frog"))
        listed = {item.key: item.etag for item in library.images.listing()}
        library.images.calls.clear()
        assert library.backfill(etags=listed) == ["unchanged", "unchanged"]
        assert library.images.calls == []

    def test_is_left_alone_where_the_index_has_it(self, library: Library) -> None:
        library.apply(library.put("frog.png", a_picture()), library.put("rubbish.png", b"rubbish"))
        before = [library.record(key).version for key in ("frog.png", "rubbish.png")]
        assert library.backfill() == ["unchanged", "unchanged"]
        assert before == [library.record(key).version for key in ("frog.png", "rubbish.png")]

    def test_replaces_what_the_index_has_of_earlier_content(self, library: Library) -> None:
        """Given content of which the event was lost; when backfilled; then it is found, under the stamp there was."""
        library.apply(library.put("x.png", a_picture("green"), caption="green"))
        stamp = image_of(library, "x.png").sequencer
        library.put("x.png", a_picture("red"), caption="red")
        assert library.backfill() == ["indexed"]
        assert (library.found("green"), library.found("red")) == (set(), {"x.png"})
        assert image_of(library, "x.png").sequencer == stamp
        assert library.derived_is_exactly_what_is_shown()

    def test_and_was_removed_once_comes_back(self, library: Library) -> None:
        library.apply(library.put("x.png", a_picture()))
        library.apply(library.remove("x.png"))
        library.put("x.png", a_picture())
        assert library.backfill() == ["indexed"]
        assert library.shown() == {"x.png"}

    def test_and_was_hidden_comes_back(self, library: Library) -> None:
        """Given an image that a person deleted and somebody put back; when backfilled; then it is shown."""
        library.apply(library.put("x.png", a_picture()))
        record = library.record("x.png")
        assert record.image
        library.index.write([Write(record.ref, replace(record.image, hidden=True), if_version=record.version)])
        assert library.backfill() == ["indexed"]
        assert library.shown() == {"x.png"}

    def test_and_was_announced_by_an_upload_form_is_indexed(self, library: Library) -> None:
        pending = ImagePart(padded_sequencer(""), "pending", uploaded=CLOCK)
        library.index.write([Write(ImageRef(BUCKET, "x.png"), pending, if_version="")])
        assert library.backfill("x.png") == ["unchanged"]
        assert image_of(library, "x.png").state == "pending"
        library.put("x.png", a_picture())
        assert library.backfill("x.png") == ["indexed"]


class TestWhatIsGone:
    def test_writes_nothing_where_the_index_never_knew_it(self, library: Library) -> None:
        assert library.backfill("x.png", "x.png.json") == ["unchanged", "unchanged"]
        assert list(library.index.listing()) == []

    def test_goes_where_the_index_thinks_that_it_is_there(self, library: Library) -> None:
        """Given removals of which the events were lost; when backfilled; then tombstones stand, and nothing else."""
        library.apply(library.put("x.png", a_picture()), library.say("y.png", caption="y"))
        stamp = image_of(library, "x.png").sequencer
        removals = [library.remove("x.png"), library.remove("y.png.json")]
        assert library.backfill("x.png", "y.png.json") == ["removed", "words-removed"]
        assert (image_of(library, "x.png").state, image_of(library, "x.png").sequencer) == ("removed", stamp)
        assert (library.shown(), library.derived.objects) == (set(), {})
        assert library.apply(*removals) == ["removed", "words-removed"]

    def test_stays_gone_without_another_write(self, library: Library) -> None:
        library.apply(library.put("x.png", a_picture()))
        library.apply(library.remove("x.png"))
        version = library.record("x.png").version
        assert library.backfill("x.png") == ["unchanged"]
        assert library.record("x.png").version == version


class TestABatch:
    def test_is_answered_in_the_order_of_its_keys(self, library: Library) -> None:
        library.put("b.png", a_picture())
        library.say("b.png", caption="b")
        keys = ["a.png", "b.png.json", "folder/", "b.png", "c.png.json"]
        outcomes = backfill(keys, indexer=library.indexer, bucket=BUCKET)
        assert [outcome.change.key for outcome in outcomes] == keys
        assert [outcome.result for outcome in outcomes] == ["unchanged", "words", "unchanged", "indexed", "unchanged"]

    def test_takes_no_folder_for_a_picture(self, library: Library) -> None:
        library.put("holiday/", b"")
        assert library.backfill() == ["unchanged"]
        assert list(library.index.listing()) == []

    def test_loses_nothing_of_what_fails(self, library: Library) -> None:
        library.put("good.png", a_picture())
        library.put("bad.png", a_picture("red"))
        get = library.images.get
        library.images.get = lambda key, *, max_bytes: (  # type: ignore[method-assign]
            _raised(StoreUnavailable) if key == "bad.png" else get(key, max_bytes=max_bytes)
        )
        assert library.backfill() == ["indexed", "failed"]
        library.images.get = get  # type: ignore[method-assign]
        assert library.backfill() == ["unchanged", "indexed"]

    def test_fails_as_a_whole_where_the_index_is_out_of_reach(self, library: Library) -> None:
        library.put("a.png", a_picture())
        library.index.read = lambda *_ids, **_options: _raised(IndexUnavailable)  # type: ignore[method-assign]
        (outcome,) = backfill(["a.png"], indexer=library.indexer, bucket=BUCKET)
        assert (outcome.result, str(outcome.reason).partition(":")[0]) == ("failed", "index-unavailable")


class TestAnEventInBetween:
    def test_is_never_overwritten(self, library: Library) -> None:
        """Given an overwrite while the earlier content is described; when both are done; then the event's stands."""
        library.put("x.png", a_picture("green"), caption="green")
        library.while_describing(lambda: library.apply(library.put("x.png", a_picture("red"), caption="red")))
        assert library.backfill() == ["unchanged"]
        assert (library.found("green"), library.found("red")) == (set(), {"x.png"})
        assert library.derived_is_exactly_what_is_shown()

    def test_of_the_sidecar_makes_it_look_again(self, library: Library) -> None:
        library.put("x.png", a_picture(), caption="own")
        library.while_describing(lambda: library.apply(library.say("x.png", caption="said")))
        assert library.backfill("x.png") == ["indexed"]
        assert library.found("said") == {"x.png"}

    def test_again_and_again_is_told_as_a_failure(self, library: Library) -> None:
        """Given a record that is written each time that it was read; when the attempts are over; then it says so."""
        library.put("x.png", a_picture())
        write, others = library.index.write, itertools.count()

        def write_after_another(writes: Any, **options: Any) -> Any:
            other = Change(BUCKET, "x.png.json", padded_sequencer(f"{next(others):06x}"))
            library.index.write = write  # type: ignore[method-assign]
            library.apply(other)
            library.index.write = write_after_another  # type: ignore[method-assign]
            return write(writes, **options)

        library.index.write = write_after_another  # type: ignore[method-assign]
        (outcome,) = backfill(["x.png"], indexer=library.indexer, bucket=BUCKET)
        assert (outcome.result, str(outcome.reason).partition(":")[0]) == ("failed", "conflict")
        assert next(others) == ATTEMPTS
        library.index.write = write  # type: ignore[method-assign]
        assert library.backfill() == ["indexed"]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_events_and_backfills_in_any_order_end_as_events_alone(new_library: NewLibrary, data: Any) -> None:
    events_and_backfills(new_library, data)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_backfills_alone_end_as_events_alone(new_library: NewLibrary, data: Any) -> None:
    backfills_alone(new_library, data)


def _raised(error: Callable[[], Exception]) -> Any:
    raise error()
