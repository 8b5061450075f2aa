"""What every image index must do. Each adapter is held to it; today there is the embedded one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imagesearch.adapters.sqlite.index import SqliteIndex
from imagesearch.errors import ModelMismatch
from imagesearch.ports import ImageIndex
from imagesearch.ranking import text_scores
from imagesearch.records import (
    Descriptor,
    ImagePart,
    ImageRef,
    PictureFacts,
    SidecarPart,
    Words,
    Write,
    padded_sequencer,
)
from imagesearch.searches import DateOrder, Filters, TextLeg, TextMatches, VectorLeg, VectorMatches

BUCKET = "images"
EVERYTHING = Filters()
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NewIndex = Callable[[], ImageIndex]


@pytest.fixture(scope="module", params=["sqlite"])
def new_index(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> NewIndex:
    """Makes an empty index of each kind."""
    assert request.param == "sqlite"
    numbers = itertools.count()
    folder = tmp_path_factory.mktemp("index")
    return lambda: SqliteIndex(folder / f"{next(numbers)}.sqlite")


@pytest.fixture
def index(new_index: NewIndex) -> ImageIndex:
    return new_index()


def ref(name: str) -> ImageRef:
    return ImageRef(BUCKET, f"{name}.png")


def stamp(number: int) -> str:
    return padded_sequencer(f"{number:08x}")


def unit(*numbers: float) -> Any:
    vector = np.array(numbers, np.float32)
    return vector / np.linalg.norm(vector)


def an_image(number: int = 1, *, vector: Any = None, words: Words | None = None, **changes: Any) -> ImagePart:
    """An indexed image, as of the event of that number."""
    part = ImagePart(
        sequencer=stamp(number),
        state="indexed",
        uploaded=NOON,
        etag='"etag"',
        size=1000,
        content_type="image/png",
        sha256="ab" * 32,
        facts=PictureFacts(format="PNG", width=200, height=100, perceptual_hash="0" * 16),
        words=words or Words(),
        thumbnail="thumbnails/x",
        space_id="space",
        descriptors={"semantic": Descriptor(np.stack([unit(1, 0, 0) if vector is None else vector]))},
    )
    return replace(part, **changes)


def gone(number: int) -> ImagePart:
    return ImagePart(stamp(number), "removed")


def words_of(number: int, **said: Any) -> SidecarPart:
    return SidecarPart(stamp(number), "present", Words(**said), etag='"words"')


def put(index: ImageIndex, name: str, part: ImagePart | SidecarPart) -> str:
    return outcomes(index, Write(ref(name), part))[0]


def outcomes(index: ImageIndex, *writes: Write) -> list[str]:
    return [written.outcome for written in index.write(writes)]


def found_by(index: ImageIndex, text: str, filters: Filters = EVERYTHING) -> set[str]:
    """Names of the images whose words match."""
    (matches,) = index.retrieve([TextLeg(text)], filters, 100)
    return {name_of(index, match.image_id) for match in matches.matches}


def shown(index: ImageIndex, filters: Filters = EVERYTHING) -> set[str]:
    """Names of all images that may be shown."""
    return {name_of(index, image_id) for _, image_id in index.browse(filters, DateOrder(), limit=100)}


def name_of(index: ImageIndex, image_id: str) -> str:
    return index.read([image_id])[image_id].ref.key.removesuffix(".png")


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
        (first,) = index.write([Write(ref("frog"), an_image(1, etag="first"))])
        (second,) = index.write([Write(ref("frog"), an_image(3, etag="second"))])
        (late,) = index.write([Write(ref("frog"), an_image(2, etag="late"))])
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

    @settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_any_shuffled_and_repeated_delivery_ends_in_the_same_state(self, new_index: NewIndex, data: Any) -> None:
        """Given a history of parts; when they arrive in any order, any number of times; then the end is the same."""
        kinds = st.sampled_from(["image", "rejected", "gone", "words", "no words"])
        history = [_part(kind, n) for n, kind in enumerate(data.draw(st.lists(kinds, min_size=1, max_size=8)), start=1)]
        delivery = data.draw(st.permutations(history)) + data.draw(st.lists(st.sampled_from(history), max_size=6))
        batch = data.draw(st.integers(1, 4))

        ordered, shuffled = new_index(), new_index()
        ordered.write([Write(ref("frog"), part) for part in history])
        for some in _batched(delivery, batch):  # itertools.batched needs Python 3.12
            shuffled.write([Write(ref("frog"), part) for part in some])

        assert _state(shuffled) == _state(ordered)


class TestCompareAndSet:
    """Writers without an event write only what they have seen."""

    def test_a_record_is_made_only_where_there_is_none(self, index: ImageIndex) -> None:
        pending = ImagePart(padded_sequencer(""), "pending", uploaded=NOON)
        assert outcomes(index, Write(ref("frog"), pending, if_version="")) == ["written"]
        assert outcomes(index, Write(ref("frog"), pending, if_version="")) == ["conflict"]

    def test_any_event_is_newer_than_a_pending_record(self, index: ImageIndex) -> None:
        index.write([Write(ref("frog"), ImagePart(padded_sequencer(""), "pending"), if_version="")])
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


class TestLiveness:
    """Without a live image part a record is never shown."""

    @pytest.mark.parametrize(
        "part",
        [
            gone(2),
            ImagePart(stamp(2), "rejected", reason="x"),
            ImagePart(stamp(2), "pending"),
            an_image(2, hidden=True),
        ],
        ids=["removed", "rejected", "pending", "hidden"],
    )
    def test_what_is_not_live_is_found_by_nothing(self, index: ImageIndex, part: ImagePart) -> None:
        put(index, "frog", an_image(1, words=Words(caption="frog", tags=("pond",))))
        put(index, "frog", part)
        (by_text, by_image) = index.retrieve([TextLeg("frog"), VectorLeg("semantic", unit(1, 0, 0))], EVERYTHING, 10)
        assert (by_text.matches, by_image.matches, shown(index)) == ((), (), set())
        assert index.count(EVERYTHING, "frog", ["tags"], 10).total == 0
        assert index.count(EVERYTHING, None, ["tags"], 10).facets == {"tags": {}}

    def test_a_sidecar_alone_is_not_shown_but_waits_for_its_image(self, index: ImageIndex) -> None:
        put(index, "frog", words_of(1, caption="a frog"))
        assert shown(index) == set()
        put(index, "frog", an_image(1))
        assert found_by(index, "frog") == {"frog"}


class TestWords:
    """The sidecar's words count, then the image's own, field by field."""

    def test_a_sidecar_overrides_only_what_it_says(self, index: ImageIndex) -> None:
        put(index, "frog", an_image(1, words=Words(caption="amphibian", tags=("pond",))))
        put(index, "frog", words_of(1, caption="toad"))
        assert found_by(index, "amphibian") == set()
        assert found_by(index, "toad") == found_by(index, "pond") == {"frog"}

    def test_removing_the_sidecar_brings_the_images_own_words_back(self, index: ImageIndex) -> None:
        put(index, "frog", an_image(1, words=Words(caption="amphibian")))
        put(index, "frog", words_of(1, caption="toad"))
        put(index, "frog", SidecarPart(stamp(2), "removed"))
        assert (found_by(index, "toad"), found_by(index, "amphibian")) == (set(), {"frog"})

    def test_words_of_the_file_name_and_attributes_are_found_too(self, index: ImageIndex) -> None:
        put(index, "holiday_frog-2", an_image(1))
        put(index, "toad", an_image(1, words=Words(attributes={"place": "Holiday Inn", "stars": 3.0})))
        assert found_by(index, "holiday") == {"holiday_frog-2", "toad"}

    @pytest.mark.parametrize("query", ["FROGS", "frog's", "a green frog!", "frög", '"frog', "frog NOT frog", "frog*"])
    def test_case_endings_accents_and_syntax_do_not_matter(self, index: ImageIndex, query: str) -> None:
        put(index, "x", an_image(1, words=Words(caption="The frog")))
        assert found_by(index, query) == {"x"}

    def test_of_a_very_long_query_the_first_terms_count(self, index: ImageIndex) -> None:
        put(index, "first", an_image(1, words=Words(caption="word0")))
        put(index, "last", an_image(1, words=Words(caption="word99")))
        assert found_by(index, " ".join(f"word{number}" for number in range(100))) == {"first"}

    @pytest.mark.parametrize("query", ["", "!!!", "c++ can't", "\U0001f438", "NEAR(", "caption:", "\x00"])
    def test_odd_queries_find_nothing_and_raise_nothing(self, index: ImageIndex, query: str) -> None:
        put(index, "x", an_image(1, words=Words(caption="The frog")))
        assert found_by(index, query) == set()

    @settings(max_examples=100, deadline=None)
    @given(query=st.text(max_size=60))
    def test_no_query_can_raise(self, new_index_with_a_frog: ImageIndex, query: str) -> None:
        new_index_with_a_frog.retrieve([TextLeg(query)], EVERYTHING, 5)
        new_index_with_a_frog.count(EVERYTHING, query, ["tags"], 5)
        new_index_with_a_frog.highlights(query, [ref("frog").image_id])

    def test_a_match_says_which_terms_it_has_in_which_fields(self, index: ImageIndex) -> None:
        put(index, "one", an_image(1, words=Words(caption="frogs and ponds", tags=("frog",))))
        put(index, "two", an_image(1, words=Words(caption="pond")))
        (matches,) = index.retrieve([TextLeg("frog ponds heron")], EVERYTHING, 10)
        assert isinstance(matches, TextMatches)
        assert (matches.documents, matches.document_frequency) == (2, {"frog": 1, "pond": 2, "heron": 0})
        by_name = {name_of(index, match.image_id): match.fields for match in matches.matches}
        assert by_name == {"one": {"frog": {"caption", "tags"}, "pond": {"caption"}}, "two": {"pond": {"caption"}}}

    def test_a_text_score_does_not_depend_on_the_filters_or_on_how_it_was_asked_for(self, index: ImageIndex) -> None:
        put(index, "one", an_image(1, words=Words(caption="frog pond", tags=("a",))))
        put(index, "two", an_image(1, words=Words(caption="frog", tags=("b",))))
        leg = TextLeg("frog pond")
        scores = [
            text_scores(matches)[ref("two").image_id]
            for (matches,) in (
                index.retrieve([leg], EVERYTHING, 10),
                index.retrieve([leg], Filters(tags_all=("b",)), 10),
                index.score([leg], [ref("two").image_id]),
            )
            if isinstance(matches, TextMatches)
        ]
        assert scores == [scores[0]] * 3

    def test_highlights_mark_the_words_found_and_escape_the_rest(self, index: ImageIndex) -> None:
        put(index, "x", an_image(1, words=Words(caption="<b>Frogs</b> & co", tags=("frog", "pond"))))
        marked = index.highlights("frog", [ref("x").image_id, ref("unknown").image_id])
        assert marked == {
            ref("x").image_id: {"caption": "&lt;b&gt;<em>Frogs</em>&lt;/b&gt; &amp; co", "tags": "<em>frog</em>, pond"}
        }


class TestVectors:
    """Search by descriptor."""

    def test_the_nearest_come_first_with_their_cosines(self, index: ImageIndex) -> None:
        put(index, "same", an_image(vector=unit(1, 0, 0)))
        put(index, "near", an_image(vector=unit(1, 1, 0)))
        put(index, "far", an_image(vector=unit(-1, 0, 0)))
        (matches,) = index.retrieve([VectorLeg("semantic", unit(1, 0, 0))], EVERYTHING, 2)
        assert isinstance(matches, VectorMatches)
        assert [name_of(index, match.image_id) for match in matches.matches] == ["same", "near"]
        assert [match.cosine for match in matches.matches] == pytest.approx([1, 0.5**0.5], abs=1e-5)

    def test_ties_stand_in_the_order_of_their_ids(self, index: ImageIndex) -> None:
        for name in "abcdef":
            put(index, name, an_image())
        (matches,) = index.retrieve([VectorLeg("semantic", unit(1, 0, 0))], EVERYTHING, 10)
        ids = [match.image_id for match in matches.matches]
        assert ids == sorted(ids)
        assert len(ids) == 6

    def test_of_several_vectors_the_nearest_counts_and_tells_its_box(self, index: ImageIndex) -> None:
        boxes = np.array([[0, 0, 1, 1], [0.5, 0.25, 1, 0.75]], np.float32)
        regions = Descriptor(np.stack([unit(1, 0, 0), unit(0, 1, 0)]), boxes)
        put(index, "frog", an_image(descriptors={"regions": regions}))
        (matches,) = index.retrieve([VectorLeg("regions", unit(0, 1, 0))], EVERYTHING, 10)
        assert isinstance(matches, VectorMatches)
        (match,) = matches.matches
        assert match.cosine == pytest.approx(1)
        assert match.box == (0.5, 0.25, 1, 0.75)

    def test_descriptors_are_read_back_as_they_were_written(self, index: ImageIndex) -> None:
        put(index, "frog", an_image(vector=unit(3, 4, 0)))
        image_id = ref("frog").image_id
        plain, full = index.read([image_id])[image_id], index.read([image_id], descriptors=True)[image_id]
        assert plain.image
        assert full.image
        assert plain.image.descriptors == {}
        np.testing.assert_allclose(full.image.descriptors["semantic"].vectors, [[0.6, 0.8, 0]], atol=1e-7)

    def test_descriptors_of_another_space_are_refused_and_nothing_of_the_call_is_written(
        self, index: ImageIndex
    ) -> None:
        put(index, "frog", an_image())
        writes = [Write(ref("toad"), an_image()), Write(ref("newt"), an_image(space_id="other"))]
        with pytest.raises(ModelMismatch, match="other"):
            index.write(writes)
        assert shown(index) == {"frog"}
        assert index.status().space_id == "space"

    def test_exact_matches_of_given_images(self, index: ImageIndex) -> None:
        put(index, "near", an_image(vector=unit(1, 1, 0), words=Words(caption="frog")))
        put(index, "far", an_image(vector=unit(-1, 0, 0)))
        ids = [ref("near").image_id, ref("far").image_id, ref("unknown").image_id]
        text, image = index.score([TextLeg("frog"), VectorLeg("semantic", unit(1, 0, 0))], ids)
        assert {match.image_id for match in text.matches} == {ids[0]}
        assert isinstance(image, VectorMatches)
        cosines = {match.image_id: match.cosine for match in image.matches}
        assert cosines == {ids[0]: pytest.approx(0.5**0.5, abs=1e-5), ids[1]: pytest.approx(-1, abs=1e-5)}


@pytest.fixture(scope="module")
def new_index_with_a_frog(new_index: NewIndex) -> ImageIndex:
    index = new_index()
    put(index, "frog", an_image(1, words=Words(caption="The green frog", tags=("pond",))))
    return index


@pytest.fixture(scope="module")
def library(new_index: NewIndex) -> ImageIndex:
    index = new_index()
    facts = PictureFacts("PNG", 2, 1, "0" * 16, taken=NOON - timedelta(days=1))
    put(index, "frog", an_image(words=Words("thing", ("animals", "Green")), facts=facts))
    put(index, "jay", an_image(words=Words("thing", ("ANIMALS", "blue")), uploaded=NOON + timedelta(hours=1)))
    put(index, "car", an_image(words=Words("thing", ("cars",)), uploaded=NOON + timedelta(hours=2)))
    return index


FILTER_CASES = [
    (Filters(tags_all=("Animals", "green")), {"frog"}),
    (Filters(tags_any=("green", "blue")), {"frog", "jay"}),
    (Filters(tags_none=("animals",)), {"car"}),
    (Filters(tags_all=("animals",), tags_none=("blue",)), {"frog"}),
    (Filters(key_prefix="f"), {"frog"}),
    (Filters(key_prefix="%"), set()),
    (Filters(uploaded_from=NOON + timedelta(hours=1)), {"jay", "car"}),
    (Filters(uploaded_to=NOON + timedelta(hours=1)), {"frog"}),
    (Filters(uploaded_from=NOON, uploaded_to=NOON + timedelta(hours=2)), {"frog", "jay"}),
    (Filters(taken_from=NOON - timedelta(days=1), taken_to=NOON), {"frog"}),
    (Filters(excluded_ids=(ref("frog").image_id,)), {"jay", "car"}),
]


class TestFilters:
    """Filters hold for every leg, for counting and for browsing alike."""

    @pytest.mark.parametrize(("filters", "expected"), FILTER_CASES)
    def test_every_way_to_search_keeps_to_them(self, library: ImageIndex, filters: Filters, expected: set[str]) -> None:
        by_text, by_image = library.retrieve([TextLeg("thing"), VectorLeg("semantic", unit(1, 0, 0))], filters, 10)
        for matches in (by_text, by_image):
            assert {name_of(library, match.image_id) for match in matches.matches} == expected
        assert shown(library, filters) == expected
        assert (
            library.count(filters, None, (), 10).total == library.count(filters, "thing", (), 10).total == len(expected)
        )

    def test_facets_count_the_images_that_match(self, library: ImageIndex) -> None:
        assert library.count(EVERYTHING, None, ["tags"], 2).facets == {"tags": {"animals": 2, "blue": 1}}
        assert library.count(Filters(key_prefix="c"), "thing", ["tags"], 9).facets == {"tags": {"cars": 1}}
        assert library.count(EVERYTHING, "nothing", ["tags"], 9).facets == {"tags": {}}


class TestBrowsing:
    """By date, without end."""

    @pytest.mark.parametrize("newest_first", [True, False])
    def test_pages_neither_repeat_nor_lose_even_where_dates_are_equal(
        self, index: ImageIndex, newest_first: bool
    ) -> None:
        for number in range(17):
            put(index, f"image{number}", an_image(uploaded=NOON + timedelta(seconds=number // 5)))
        pages, after = [], None
        while page := index.browse(EVERYTHING, DateOrder(newest_first=newest_first), after=after, limit=4):
            pages += page
            after = page[-1]
        assert len({image_id for _, image_id in pages}) == len(pages) == 17
        assert pages == sorted(pages, reverse=newest_first)

    def test_what_comes_and_goes_meanwhile_disturbs_nobody_else(self, index: ImageIndex) -> None:
        for number in range(6):
            put(index, f"image{number}", an_image(uploaded=NOON + timedelta(seconds=number)))
        first = index.browse(EVERYTHING, DateOrder(), limit=3)
        put(index, "image4", gone(2))
        put(index, "image1", gone(2))
        put(index, "newcomer", an_image(uploaded=NOON + timedelta(hours=1)))
        rest = index.browse(EVERYTHING, DateOrder(), after=first[-1], limit=9)
        assert [name_of(index, image_id) for _, image_id in rest] == ["image2", "image0"]


class TestKeeping:
    """What the index tells of itself, and forgets."""

    def test_status_counts_records_by_state(self, index: ImageIndex) -> None:
        assert index.status().space_id is None
        put(index, "a", an_image())
        put(index, "b", an_image())
        put(index, "c", gone(1))
        put(index, "d", words_of(1, caption="x"))
        status = index.status()
        assert (status.space_id, status.states) == ("space", {"indexed": 2, "removed": 1})

    def test_what_a_person_has_just_deleted_is_counted_apart(self, index: ImageIndex) -> None:
        put(index, "a", an_image(1, hidden=True))
        put(index, "b", an_image(1))
        assert index.status().states == {"hidden": 1, "indexed": 1}

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

    def test_has_content_looks_for_other_live_images_with_the_same_bytes(self, index: ImageIndex) -> None:
        put(index, "frog", an_image(sha256="aa"))
        put(index, "ghost", replace(gone(1), sha256="aa"))
        assert not index.has_content("aa", besides=ref("frog").image_id)
        put(index, "copy", an_image(sha256="aa"))
        assert index.has_content("aa", besides=ref("frog").image_id)

    def test_a_sweep_forgets_old_tombstones_and_nothing_else(self, index: ImageIndex) -> None:
        put(index, "live", an_image())
        put(index, "dead", gone(1))
        put(index, "dead with words", gone(1))
        put(index, "dead with words", words_of(1, caption="x"))
        index.write([Write(ref("never came"), ImagePart(padded_sequencer(""), "pending"), if_version="")])
        assert index.sweep(NOON - timedelta(days=365)) == 0
        assert index.sweep(datetime.now(UTC) + timedelta(seconds=1)) == 2
        assert set(index.read([ref(n).image_id for n in ("live", "dead", "dead with words", "never came")])) == {
            ref("live").image_id,
            ref("dead with words").image_id,
        }


def test_the_embedded_index_survives_its_process(tmp_path: Path) -> None:
    put(SqliteIndex(tmp_path / "index.sqlite"), "frog", an_image(words=Words(caption="frog")))
    assert found_by(SqliteIndex(tmp_path / "index.sqlite"), "frog") == {"frog"}


def _part(kind: str, number: int) -> ImagePart | SidecarPart:
    match kind:
        case "image":
            return an_image(
                number, words=Words(caption=f"image {number}", tags=(f"tag{number}",)), vector=unit(1, number)
            )
        case "rejected":
            return ImagePart(stamp(number), "rejected", reason=f"reason {number}")
        case "gone":
            return gone(number)
        case "words":
            return words_of(number, caption=f"words {number}")
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
        index.count(EVERYTHING, None, ["tags"], 10),
        found_by(index, "image"),
        found_by(index, "words"),
        [match.cosine for match in index.retrieve([VectorLeg("semantic", unit(1, 0))], EVERYTHING, 5)[0].matches],  # type: ignore[union-attr]
    )
