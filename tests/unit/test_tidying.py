"""Tidying up with two generations: one bucket of derived data, two indexes that hear of things one after the other."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes import CLOCK
from followed_buckets import STEPS, Library, a_picture, do
from hypothesis import given, settings
from hypothesis import strategies as st

from imagesearch.adapters.sqlite.index import SqliteIndex
from imagesearch.derived import derived_key, thumbnail_key
from imagesearch.errors import IndexUnavailable
from imagesearch.records import Change
from imagesearch.tidying import Swept, forget_space, sweep

NewPair = Callable[[str], tuple[Library, Library]]
MUCH_LATER = CLOCK + timedelta(days=60)


@pytest.fixture(scope="module")
def new_pair(tmp_path_factory: pytest.TempPathFactory) -> NewPair:
    """Two generations; the second one's model has the given space."""
    folder = tmp_path_factory.mktemp("generations")
    numbers = itertools.count()

    def pair(space_id: str) -> tuple[Library, Library]:
        old = Library(SqliteIndex(folder / f"{next(numbers)}.sqlite"))
        new = Library(
            SqliteIndex(folder / f"{next(numbers)}.sqlite"), old.images, old.derived, clock=old.clock, space_id=space_id
        )
        return old, new

    return pair


@pytest.fixture(params=["another", "colour"], ids=["another model", "the same model"])
def pair(request: pytest.FixtureRequest, new_pair: NewPair) -> tuple[Library, Library]:
    return new_pair(request.param)


def broken_links(library: Library) -> set[str]:
    """Keys of images that are shown with a thumbnail that is not there."""
    live = [record for record in library.index.listing() if record.live and record.image]
    return {each.ref.key for each in live if each.image and each.image.thumbnail not in library.derived.objects}


def swept(*libraries: Library, after: str = "", deadline: float | None = None) -> Swept:
    """By all generations that there are, or by those that a test lets know of each other."""
    return sweep(
        [(library.index, library.space_id) for library in libraries],
        libraries[0].derived,
        tombstones_before=MUCH_LATER,
        derived_before=MUCH_LATER,
        after=after,
        deadline=deadline,
    )


class TestTheSlowerGeneration:
    def test_has_a_broken_thumbnail_until_it_hears_of_an_overwrite_too(self, pair: tuple[Library, Library]) -> None:
        old, new = pair
        first = old.put("x.png", a_picture("green"))
        new.apply(first)
        old.apply(first)
        second = old.put("x.png", a_picture("red"))
        new.apply(second)
        assert (broken_links(old), broken_links(new)) == ({"x.png"}, set())
        old.apply(second)
        assert (broken_links(old), broken_links(new)) == (set(), set())

    def test_takes_nothing_that_the_faster_one_has_made_already(self, pair: tuple[Library, Library]) -> None:
        old, new = pair
        events = [old.put("x.png", a_picture(colour)) for colour in ("green", "red", "blue")]
        new.apply(events[-1])
        for event in events:
            old.apply(event)
            assert broken_links(new) == set()


class TestABackfilledTwin:
    """Its thumbnail is named for no event, and may be of images of which no event will ever tell its generation."""

    def test_outlives_an_event_of_the_same_content(self, pair: tuple[Library, Library]) -> None:
        old, new = pair
        event = old.put("x.png", a_picture())
        new.backfill()
        old.backfill()
        assert old.apply(event) == ["indexed"]
        assert (broken_links(old), broken_links(new)) == (set(), set())

    def test_outlives_a_second_delivery(self, pair: tuple[Library, Library]) -> None:
        old, new = pair
        event = old.put("x.png", a_picture())
        old.apply(event)
        new.backfill()
        assert old.apply(event) == ["stale"]
        assert (broken_links(old), broken_links(new)) == (set(), set())

    def test_outlives_late_news_of_what_was_before_it(self, pair: tuple[Library, Library]) -> None:
        """Given a removal, and the image put back; when the old one hears twice of the removal; then the twin stays."""
        old, new = pair
        events = [old.put("x.png", a_picture("red")), old.remove("x.png")]
        for event in events:
            old.apply(event)
        old.put("x.png", a_picture("green"))
        new.backfill()
        assert old.apply(events[-1]) == ["stale"]
        assert broken_links(new) == set()

    def test_outlives_a_backfill_that_an_event_overtook(self, pair: tuple[Library, Library]) -> None:
        old, new = pair
        event = old.put("x.png", a_picture())
        new.backfill()
        old.derived.delete(*[key for key in old.derived.objects if key.startswith(f"{old.space_id}/")])
        old.while_describing(lambda: old.apply(event))
        assert old.backfill() == ["unchanged"]
        assert (broken_links(old), broken_links(new)) == (set(), set())

    def test_outlives_the_sweep_of_either(self, pair: tuple[Library, Library]) -> None:
        old, new = pair
        old.apply(old.put("x.png", a_picture()))
        new.backfill()
        assert swept(old) == swept(new) == Swept(0, None)
        assert (broken_links(old), broken_links(new)) == (set(), set())

    def test_is_swept_when_its_content_is_no_longer_current(self, pair: tuple[Library, Library]) -> None:
        """Given a generation that came to know an image by a backfill, then by its event; when it is overwritten."""
        old, _ = pair
        event = old.put("x.png", a_picture("green"))
        old.backfill()
        old.apply(event)
        old.apply(old.put("x.png", a_picture("red")))
        assert len(old.derived.objects) == 3
        assert swept(old).objects == 1
        assert old.derived_is_exactly_what_is_shown()


class AskedIndex(SqliteIndex):
    """Remembers which contents it was asked for, and answers only when it may."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.asked: list[set[str]] = []
        self.answers = True

    def live_contents(self, sha256s: Collection[str]) -> set[str]:
        self.asked.append(set(sha256s))
        if not self.answers:
            raise IndexUnavailable
        return super().live_contents(sha256s)


class TestABatch:
    def test_asks_the_index_once_for_all_that_it_leaves_behind(self, tmp_path: Path) -> None:
        """On OpenSearch each time costs a refresh."""
        index = AskedIndex(tmp_path / "index.sqlite")
        library = Library(index)
        colours = ("red", "green", "blue")
        library.apply(*(library.put(f"{colour}.png", a_picture(colour)) for colour in colours))
        assert index.asked == []
        contents = {str(_content(library, f"{colour}.png")) for colour in colours}
        library.apply(*(library.remove(f"{colour}.png") for colour in colours))
        assert index.asked == [contents]
        assert library.derived.objects == {}

    def test_that_moves_an_image_keeps_what_was_derived_of_it(self, tmp_path: Path) -> None:
        library = Library(SqliteIndex(tmp_path / "index.sqlite"))
        library.apply(library.put("old.png", a_picture()))
        library.apply(library.put("new.png", a_picture()), library.remove("old.png"))
        assert library.describer.described == 1
        assert library.derived_is_exactly_what_is_shown()

    def test_fails_only_what_the_index_would_have_to_be_asked_for(self, tmp_path: Path) -> None:
        """Given an index that takes writes, but does not answer; then what was removed comes again, and is tidied."""
        index = AskedIndex(tmp_path / "index.sqlite")
        library = Library(index)
        library.apply(library.put("red.png", a_picture("red")))
        index.answers = False
        removal = library.remove("red.png")
        assert library.apply(removal, library.put("green.png", a_picture("green"))) == ["failed", "indexed"]
        index.answers = True
        assert library.apply(removal) == ["stale"]
        assert library.derived_is_exactly_what_is_shown()


class TestASweep:
    def test_spares_what_only_another_generation_knows_yet(self, new_pair: NewPair) -> None:
        """Given a generation that is not yet backfilled; when it sweeps beside the other; then nothing of that goes."""
        old, new = new_pair("colour")
        old.apply(old.put("x.png", a_picture()))
        assert swept(new, old).objects == 0
        assert swept(new).objects == 2

    def test_leaves_another_models_descriptors_alone(self, new_pair: NewPair) -> None:
        old, new = new_pair("another")
        old.apply(old.put("x.png", a_picture()))
        new.apply(old.put("x.png", a_picture()))
        swept(new)
        assert derived_key("colour", str(_content(old, "x.png"))) in old.derived.objects


class TestALongSweep:
    """Of more than a thousand objects."""

    def test_asks_each_index_a_few_times_and_looks_through_the_bucket_once(self, tmp_path: Path) -> None:
        library, index = littered(tmp_path)
        other = AskedIndex(tmp_path / "other.sqlite")
        found = swept(library, Library(other, library.images, library.derived, space_id="another"))
        assert found == Swept(2400, None)
        assert len(index.asked) == len(other.asked) == 3
        assert [call for call in library.derived.calls if call[0] == "listing"] == [("listing", "")]
        assert library.derived_is_exactly_what_is_shown()

    def test_stops_when_its_time_is_over_and_goes_on_from_there(self, tmp_path: Path) -> None:
        """Given no time at all; then each call gets a thousand objects further, and tombstones go with the first."""
        library, index = littered(tmp_path)
        library.apply(library.remove("gone.png"))
        found, keys = swept(library, deadline=0), []
        assert len(list(index.listing())) == 1
        while found.after is not None:
            keys.append(found.after)
            found = swept(library, after=found.after, deadline=0)
        assert keys == sorted(set(keys))
        assert len(keys) == 3
        assert library.derived_is_exactly_what_is_shown()


def littered(folder: Path) -> tuple[Library, AskedIndex]:
    """One image among 2,400 objects that nobody needs."""
    index = AskedIndex(folder / "index.sqlite")
    library = Library(index)
    library.apply(library.put("x.png", a_picture()))
    for number in range(1200):
        library.derived.put(f"colour/{number:064x}", b"", content_type="x")
        library.derived.put(thumbnail_key(f"nobody{number}", "1", "ab" * 32), b"", content_type="x")
    index.asked.clear()
    library.derived.calls.clear()
    return library, index


class TestAModelThatNoGenerationHas:
    def test_leaves_nothing_but_what_is_anothers(self, new_pair: NewPair) -> None:
        old, new = new_pair("another")
        for colour in ("red", "green"):
            event = old.put(f"{colour}.png", a_picture(colour))
            old.apply(event)
            new.apply(event)
        assert forget_space("colour", derived=old.derived) == 2
        assert new.derived_is_exactly_what_is_shown()
        assert forget_space("colour", derived=old.derived) == 0

    @pytest.mark.parametrize("space_id", ["", "thumbnails"])
    def test_must_be_a_model(self, new_pair: NewPair, space_id: str) -> None:
        old, _ = new_pair("another")
        with pytest.raises(ValueError, match="no model's space"):
            forget_space(space_id, derived=old.derived)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), space_id=st.sampled_from(["another", "colour"]))
def test_when_both_have_caught_up_no_link_is_broken(new_pair: NewPair, data: Any, space_id: str) -> None:
    """Given events that reach two generations in any order, repeated, and a backfill of the second one at any time;
    when both have heard of everything since; then every image has its thumbnail, also after sweeps.
    """  # noqa: D205
    old, new = new_pair(space_id)
    steps = data.draw(st.lists(STEPS, min_size=1, max_size=6))
    begun = data.draw(st.integers(0, len(steps)))
    waiting: list[tuple[Library, Change]] = []
    for number, step in enumerate(steps):
        change = do(step, old)
        # The second one's queue is there from some moment on; its backfill starts after that.
        waiting += [(old, change), (new, change)] if number >= begun else [(old, change)]
    delivery = data.draw(st.permutations(waiting)) + data.draw(st.lists(st.sampled_from(waiting), max_size=4))
    backfilled = data.draw(st.integers(0, len(delivery)))
    for number, (library, change) in enumerate(delivery):
        if number == backfilled:
            new.backfill()
        library.apply(change)
    if backfilled == len(delivery):
        new.backfill()
    assert (broken_links(old), broken_links(new)) == (set(), set())
    assert old.shown() == new.shown()
    swept(old)
    swept(new)
    assert (broken_links(old), broken_links(new)) == (set(), set())
    swept(old, new)
    assert (broken_links(old), broken_links(new)) == (set(), set())


def _content(library: Library, key: str) -> str | None:
    image = library.record(key).image
    return image.sha256 if image else None
