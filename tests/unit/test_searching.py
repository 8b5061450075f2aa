"""The search use case on the real embedded index: what the functions' own tests can't bring about."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import ColourDescriber

from imagesearch.adapters.sqlite.index import SqliteIndex
from imagesearch.cursors import Cursors, DuplicatesCursor
from imagesearch.duplicates import groups
from imagesearch.errors import InvalidCursor, InvalidRequest
from imagesearch.library import duplicates, rejected, suggested_tags
from imagesearch.records import Descriptor, ImagePart, ImageRef, PictureFacts, Words, Write, padded_sequencer
from imagesearch.retrieval import DateOrder, Filters
from imagesearch.searches import Example, Hit, Page, Query, RankedHit
from imagesearch.searching import next_page, search

MANIFEST = ColourDescriber().manifest
CURSORS = Cursors("secret", 60)
RED, ORANGE, YELLOW, GREEN, BLUE = (1, 0, 0), (1, 0.3, 0), (1, 1, 0), (0, 1, 0), (0, 0, 1)


def descriptor(*numbers: float) -> Descriptor:
    vector = np.array([numbers], np.float32)
    return Descriptor(vector / np.linalg.norm(vector))


def picture(*numbers: float, weight: float = 1.0) -> Example:
    return Example({"semantic": descriptor(*numbers)}, weight)


def a_write(
    name: str,
    caption: str = "",
    colour: tuple[float, ...] = RED,
    *,
    tags: tuple[str, ...] = (),
    day: int = 1,
    shape: str = "ff00ff00ff00ff00",
) -> Write:
    part = ImagePart(
        padded_sequencer("1"),
        "indexed",
        uploaded=datetime(2026, 1, day, tzinfo=UTC),
        words=Words(caption=caption, tags=tags),
        facts=PictureFacts("PNG", 4, 3, shape, shape[::-1]),
        space_id="colour",
        descriptors={"semantic": descriptor(*colour)},
    )
    return Write(ImageRef("images", name), part)


def put(index: SqliteIndex, name: str, caption: str = "", colour: tuple[float, ...] = RED, **said: Any) -> str:
    write = a_write(name, caption, colour, **said)
    index.write([write])
    return write.ref.image_id


def put_many(index: SqliteIndex, name: str, caption: str, colour: tuple[float, ...], **said: Any) -> None:
    """More than a leg retrieves."""
    index.write([a_write(f"{name}{number}", caption, colour, **said) for number in range(210)])


def near_red(chance: random.Random, much: float) -> tuple[float, ...]:
    return (much + chance.gauss(0, 1), chance.gauss(0, 1), chance.gauss(0, 1))


def remove(index: SqliteIndex, name: str) -> None:
    index.write([Write(ImageRef("images", name), ImagePart(padded_sequencer("2"), "removed"))])


@pytest.fixture
def index(tmp_path: Path) -> SqliteIndex:
    return SqliteIndex(tmp_path / "index.sqlite")


def searched(index: SqliteIndex, query: Query, limit: int = 10) -> Page:
    return search(query, limit, index=index, manifest=MANIFEST, cursors=CURSORS)


def names(page: Page) -> list[str]:
    return [hit.record.ref.key for hit in page.hits]


def test_an_image_removed_between_listing_and_reading_is_not_shown(tmp_path: Path) -> None:
    class Overtaken(SqliteIndex):
        def browse(self, *arguments: Any, **options: Any) -> Any:
            found = super().browse(*arguments, **options)
            remove(self, "frog")
            return found

    index = Overtaken(tmp_path / "overtaken.sqlite")
    put(index, "frog")
    put(index, "toad")
    assert names(searched(index, Query())) == ["toad"]


def test_an_image_removed_between_two_pages_leaves_the_page_as_full_as_can_be(index: SqliteIndex) -> None:
    for number in range(6):
        put(index, f"frog{number}", "frog")
    first = searched(index, Query(text="frog"), limit=2)
    left = sorted({f"frog{number}" for number in range(6)} - set(names(first)))
    remove(index, left[0])
    assert first.cursor
    second = next_page(first.cursor, 3, index=index, cursors=CURSORS)
    assert sorted(names(second)) == left[1:]


def test_words_without_a_word_beside_a_picture_neither_weigh_nor_count(index: SqliteIndex) -> None:
    put(index, "red", colour=(1, 0, 0))
    page = searched(index, Query(text="!!!", like=(picture(1, 0, 0),)))
    assert (names(page), page.hits[0].ranking and page.hits[0].ranking.score) == (["red"], 1.0)
    assert (page.counts.total, page.total_of) == (1, "filters")


def test_words_without_a_word_alone_find_nothing(index: SqliteIndex) -> None:
    put(index, "red", "red")
    page = searched(index, Query(text="!!!"))
    assert (names(page), page.counts.total, page.total_of) == ([], 0, "text")


def test_an_image_that_only_the_words_found_has_its_exact_likeness_too(index: SqliteIndex) -> None:
    """Given more pictures nearer than are retrieved; then the one that the words found is still compared."""
    for number in range(210):
        put(index, f"near{number}", colour=(1, 0.001 * number, 0))
    put(index, "worded", "frog", colour=(1, 1, 0))
    page = searched(index, Query(text="frog", like=(picture(1, 0, 0),)))
    hit = next(hit for hit in page.hits if hit.record.ref.key == "worded")
    assert hit.ranking
    assert hit.ranking.scores == {"text": 1.0, "semantic": round((0.5**0.5 - 0.5) / 0.5, 4)}
    assert hit.ranking.ranks == {"text": 1}


class TestWordsAndAPicture:
    """More images match the words than the text leg retrieves: 200, of equal scores those with the fewest words."""

    def test_of_equal_matches_the_nearest_is_found(self, index: SqliteIndex) -> None:
        """Given an image that is in neither leg's own list: enough others have fewer words, and enough are nearer."""
        put_many(index, "near", "", ORANGE)
        put_many(index, "worded", "frog", BLUE)
        put(index, "both", "frog in pond", YELLOW)

        (best, *_) = searched(index, Query("frog", (picture(*RED),))).hits

        assert best.record.ref.key == "both"
        assert ranking(best).scores == {"text": 1.0, "semantic": round((0.5**0.5 - 0.5) / 0.5, 4)}
        assert ranking(best).ranks == {}

    def test_of_images_with_all_of_the_words_the_nearest_is_found(self, index: SqliteIndex) -> None:
        """Given as many nearer ones with one of the words: it is not among the nearest with any of them, either."""
        put_many(index, "near", "", RED)
        put_many(index, "one word", "green", ORANGE)
        put_many(index, "the other", "frog", ORANGE)
        put_many(index, "all words", "green frog", BLUE)
        put(index, "best", "green frog in pond", (1, 0.6, 0))

        assert names(searched(index, Query("green frog", (picture(*RED),))))[0] == "best"

    def test_a_worse_match_that_is_nearer_is_found_beside_a_word_that_every_image_has(self, index: SqliteIndex) -> None:
        """Given images with the rarer word, and near ones with nothing but the word that all have."""
        put_many(index, "near", "a", RED)
        put_many(index, "rarer", "a car", BLUE)
        put_many(index, "rare", "a frog", BLUE)
        put(index, "best", "a frog in pond", ORANGE)

        assert names(searched(index, Query("a car frog", (picture(*RED),))))[0] == "best"

    def test_filters_hold_for_what_is_found_so(self, index: SqliteIndex) -> None:
        put_many(index, "near", "", ORANGE, tags=("kept",))
        put_many(index, "worded", "frog", BLUE, tags=("kept",))
        put(index, "left out", "frog in pond", RED)
        put(index, "both", "frog in pond", YELLOW, tags=("kept",))

        page = searched(index, Query("frog", (picture(*RED),), filters=Filters(tags_any=("kept",))))

        assert names(page)[0] == "both"

    @pytest.mark.parametrize(
        ("query", "times"),
        [
            (Query("frog", (picture(*RED),)), 2),
            (Query("frog", (picture(*RED),), fusion="rrf"), 1),
            (Query("pond", (picture(*RED),)), 1),
            (Query("frog"), 1),
            (Query(like=(picture(*RED),)), 1),
        ],
        ids=["many with the words", "places count", "few with the words", "words alone", "a picture alone"],
    )
    def test_the_index_is_asked_again_only_where_that_can_find_more(
        self, tmp_path: Path, query: Query, times: int
    ) -> None:
        asked = []

        class Watched(SqliteIndex):
            def retrieve(self, *arguments: Any) -> Any:
                asked.append(arguments)
                return super().retrieve(*arguments)

        index = Watched(tmp_path / "watched.sqlite")
        put_many(index, "worded", "frog", BLUE)
        put(index, "both", "frog in pond", YELLOW)
        searched(index, query)
        assert len(asked) == times

    @pytest.mark.parametrize("seed", range(3))
    def test_the_best_ten_are_those_of_comparing_every_image(self, index: SqliteIndex, seed: int) -> None:
        """Given 4,000 images, of which those with few of the words tend to be nearer."""
        chance = random.Random(seed)
        words = ["a", "a", "a", "red", "red", "green", "green", "frog", "car", "pond", "road"]

        def an_image(number: int) -> Write:
            some = chance.sample(words, max(0, chance.randrange(-6, 9)))
            return a_write(f"image{number}", " ".join(some), near_red(chance, 2 - len(set(some))))

        index.write([an_image(number) for number in range(4000)])
        for text in ("frog", "green frog", "a green frog", "a red car road pond", "a", "frog nothing"):
            query = Query(text, (picture(*near_red(chance, 2)),))

            found, exact = searched(index, query), searched(index, replace(query, depth=4000))

            assert [ranking(hit).score for hit in found.hits] == [ranking(hit).score for hit in exact.hits]


@pytest.mark.parametrize("weights", [{"colour": 1.0}, {"texture": 0.0}])
def test_a_weight_for_a_leg_that_does_not_exist_is_refused(index: SqliteIndex, weights: dict[str, float]) -> None:
    with pytest.raises(InvalidRequest, match="text, semantic"):
        searched(index, Query(text="frog", weights=weights))


def test_words_and_a_picture_weigh_the_same_however_many_descriptors_it_has(index: SqliteIndex) -> None:
    second = replace(MANIFEST.descriptors[0], name="texture")
    manifest = replace(MANIFEST, descriptors=(*MANIFEST.descriptors, second))
    put(index, "frog", "frog", colour=(0, 1, 0))
    both = {"semantic": descriptor(1, 0, 0), "texture": descriptor(1, 0, 0)}
    page = search(Query("frog", (Example(both),)), 10, index=index, manifest=manifest, cursors=CURSORS)
    assert page.hits[0].ranking
    assert page.hits[0].ranking.score == 0.5


def ranking(hit: Hit) -> RankedHit:
    assert hit.ranking
    return hit.ranking


class TestVisualExpansion:
    def test_pictures_without_words_follow_below_the_hits_that_they_look_like(self, index: SqliteIndex) -> None:
        frog = put(index, "frog", "a frog", GREEN)
        put(index, "wordless", colour=(0, 1, 0.2))
        put(index, "unlike", colour=BLUE)

        direct, follower = searched(index, Query(text="frog", expand_visually=True)).hits

        assert (direct.record.ref.key, follower.record.ref.key) == ("frog", "wordless")
        assert (ranking(direct).exemplar, ranking(follower).exemplar) == (None, frog)
        assert ranking(follower).scores == {"text": 0.0}
        similarity = ranking(follower).similarity
        assert similarity
        assert ranking(follower).score == pytest.approx(similarity)

    def test_direct_hits_stay_what_they_are_and_the_total_counts_them_alone(self, index: SqliteIndex) -> None:
        for number in range(5):
            put(index, f"frog{number}", "frog" if number % 2 else "a frog in the pond", GREEN)
            put(index, f"wordless{number}", colour=GREEN)

        plain, expanded = (searched(index, Query(text="frog pond", expand_visually=yes)) for yes in (False, True))

        assert [hit.ranking for hit in expanded.hits[:5]] == [hit.ranking for hit in plain.hits]
        assert expanded.counts.total == plain.counts.total == 5

    def test_each_sense_of_a_word_finds_its_own_like(self, index: SqliteIndex) -> None:
        """Given cranes that are birds and one that is a machine, a mean of them would look like neither."""
        put(index, "bird", "crane", GREEN)
        put(index, "machine", "crane", BLUE)
        put(index, "like the bird", colour=(0, 1, 0.1))
        put(index, "like the machine", colour=(0, 0.1, 1))

        found = names(searched(index, Query(text="crane", expand_visually=True)))

        assert set(found[2:]) == {"like the bird", "like the machine"}

    def test_filters_hold_for_followers_too(self, index: SqliteIndex) -> None:
        put(index, "frog", "a frog", GREEN, tags=("animal",))
        put(index, "wordless", colour=GREEN)

        page = searched(index, Query(text="frog", expand_visually=True, filters=Filters(tags_all=("animal",))))

        assert names(page) == ["frog"]

    def test_what_the_least_score_left_out_does_not_come_back_as_a_follower(self, index: SqliteIndex) -> None:
        put(index, "both", "red flower", RED)
        put(index, "one word", "red", RED)
        put(index, "wordless", colour=ORANGE)

        page = searched(index, Query(text="red flower", expand_visually=True, min_score=0.6))

        assert names(page) == ["both", "wordless"]

    def test_hits_that_the_least_score_leaves_out_leave_their_room_to_followers(self, index: SqliteIndex) -> None:
        put(index, "both", "red flower", RED)
        for number in range(5):
            put(index, f"one word{number}", "red", RED)
        put(index, "wordless", colour=ORANGE)

        page = searched(index, Query(text="red flower", expand_visually=True, min_score=0.6, depth=3))

        assert names(page) == ["both", "wordless"]

    def test_followers_go_on_over_pages(self, index: SqliteIndex) -> None:
        put(index, "frog", "a frog", GREEN)
        for number in range(3):
            put(index, f"wordless{number}", colour=(0, 1, 0.1 * number))

        first = searched(index, Query(text="frog", expand_visually=True), limit=2)
        assert first.cursor
        second = next_page(first.cursor, 10, index=index, cursors=CURSORS)

        assert names(first) + names(second) == ["frog", "wordless0", "wordless1", "wordless2"]
        assert all(ranking(hit).exemplar for hit in second.hits)


class TestExamples:
    def test_unlike_pushes_down_what_looks_like_it(self, index: SqliteIndex) -> None:
        put(index, "orange", colour=ORANGE)
        put(index, "purple", colour=(1, 0, 0.31))

        before = names(searched(index, Query(like=(picture(*RED),))))
        after = names(searched(index, Query(like=(picture(*RED),), unlike=(picture(*YELLOW, weight=0.5),))))

        assert (before, after) == (["orange", "purple"], ["purple", "orange"])

    def test_words_with_something_to_be_unlike(self, index: SqliteIndex) -> None:
        put(index, "red flower", "flower", RED)
        put(index, "blue flower", "flower", BLUE)

        assert names(searched(index, Query("flower", unlike=(picture(*RED),)))) == ["blue flower", "red flower"]


class TestOrderByDate:
    def test_words_by_date_have_their_scores_and_no_end(self, index: SqliteIndex) -> None:
        for day in (2, 1, 3):
            put(index, f"frog{day}", "frog", day=day)
        put(index, "toad", "toad", day=4)

        page = searched(index, Query("frog pond", sort=DateOrder()), limit=2)
        assert page.cursor
        rest = next_page(page.cursor, 2, index=index, cursors=CURSORS)

        by_score = {hit.record.ref.key: ranking(hit).score for hit in searched(index, Query("frog pond")).hits}
        assert names(page) + names(rest) == ["frog3", "frog2", "frog1"]
        assert {hit.record.ref.key: ranking(hit).score for hit in (*page.hits, *rest.hits)} == by_score
        assert (page.counts.total, page.total_of) == (rest.counts.total, rest.total_of) == (3, "text")

    def test_pictures_by_date_are_those_of_the_ranking(self, index: SqliteIndex) -> None:
        for day, colour in ((1, RED), (3, ORANGE), (2, BLUE)):
            put(index, f"day{day}", colour=colour, day=day)

        oldest_first = DateOrder(newest_first=False)
        page = searched(index, Query(like=(picture(*RED),), min_score=0.5, sort=oldest_first))

        assert names(page) == ["day1", "day3"]


class TestDuplicates:
    def test_doubles_are_shown_once_with_the_best(self, index: SqliteIndex) -> None:
        put(index, "frog", "green frog", GREEN)
        copy = put(index, "copy", "frog", GREEN)
        put(index, "other", "green frog", GREEN, shape="a5" * 8)

        page = searched(index, Query("green frog", collapse_duplicates=True))

        shown = {hit.record.ref.key: ranking(hit).duplicates for hit in page.hits}
        assert shown == {"frog": (copy,), "other": ()}
        assert page.counts.total == 3

    def test_all_pairs_of_a_library_are_found_page_by_page(self, index: SqliteIndex) -> None:
        shapes = ("0" * 16, "f" * 16, "0" * 8 + "f" * 8, "0f" * 8)
        for number, shape in enumerate(shapes):
            put(index, f"frog{number}", colour=GREEN)
            put(index, f"car{number}", colour=(number / 4, 0, 1), shape=shape)

        token, pairs, scanned = None, set(), 0
        while True:
            page = duplicates(token, 3, index=index, cursors=CURSORS)
            pairs |= set(page.pairs)
            scanned += page.scanned
            if (token := page.cursor) is None:
                break

        assert (scanned, page.total) == (8, 8)
        frogs = {ImageRef("images", f"frog{number}").image_id for number in range(4)}
        assert {name for pair in pairs for name in (pair.first, pair.second)} == frogs
        assert len(pairs) == 6

    def test_more_copies_than_are_compared_at_first_are_still_one_group(self, index: SqliteIndex) -> None:
        """Given 30 copies of a picture and 30 of a slightly different one, each nearer to its own kind."""
        for number in range(30):
            put(index, f"frog{number}", colour=GREEN)
            put(index, f"frog like{number}", colour=(0.05, 1, 0))
        page = duplicates(None, 60, index=index, cursors=CURSORS)
        assert [len(group) for group in groups(page.pairs)] == [60]
        assert len(page.pairs) == 60 * 59 / 2

    def test_a_cursor_of_another_listing_is_refused(self, index: SqliteIndex) -> None:
        token = CURSORS.write(DuplicatesCursor((datetime(2026, 1, 1, tzinfo=UTC), "x")))
        with pytest.raises(InvalidCursor):
            next_page(token, 10, index=index, cursors=CURSORS)
        with pytest.raises(InvalidCursor):
            rejected(token, 10, index=index, cursors=CURSORS)


class TestExplanations:
    def test_terms_add_up_to_the_score_by_words_and_legs_to_the_fused_one(self, index: SqliteIndex) -> None:
        put(index, "pond", "a frog", ORANGE, tags=("pond",))
        put(index, "toad", "toad", BLUE)
        weights = {"text": 1, "semantic": 3}

        page = searched(index, Query("frog pond lake", (picture(*RED),), weights=weights, explain=True))

        for hit in page.hits:
            assert hit.explanation
            text, semantic = hit.explanation.legs
            assert sum(term.counted for term in text.terms) == pytest.approx(text.score, abs=1e-4)
            assert sum(term.share for term in text.terms) == pytest.approx(1, abs=1e-4)
            assert semantic.cosine is not None
            assert semantic.l2 == pytest.approx((2 - 2 * semantic.cosine) ** 0.5, abs=1e-4)
            both = sum(leg.weight * leg.score for leg in hit.explanation.legs) / 4
            counted = sum(leg.counted for leg in hit.explanation.legs)
            assert both == pytest.approx(ranking(hit).score, abs=1e-4)
            assert counted == pytest.approx(ranking(hit).score, abs=1e-4)

    def test_what_the_legs_count_adds_up_by_rank_too(self, index: SqliteIndex) -> None:
        for number in range(5):
            put(index, f"frog{number}", "frog" if number % 2 else "", (1, 0.1 * number, 0))
        page = searched(index, Query("frog", (picture(*RED),), fusion="rrf", explain=True))
        for hit in page.hits:
            assert hit.explanation
            counted = sum(leg.counted for leg in hit.explanation.legs)
            assert counted == pytest.approx(ranking(hit).score, abs=1e-4)

    def test_the_second_page_is_explained_as_the_first(self, index: SqliteIndex) -> None:
        for number in range(4):
            put(index, f"frog{number}", "a frog", (1, 0.1 * number, 0))
        query = Query("frog", (picture(*RED),), explain=True)

        whole = searched(index, query)
        first = searched(index, query, limit=2)
        assert first.cursor
        second = next_page(first.cursor, 2, index=index, cursors=CURSORS)

        assert [hit.explanation for hit in (*first.hits, *second.hits)] == [hit.explanation for hit in whole.hits]

    def test_words_by_date_are_explained_too(self, index: SqliteIndex) -> None:
        put(index, "frog", "a frog")
        (hit,) = searched(index, Query("frog", sort=DateOrder(), explain=True)).hits
        assert hit.explanation
        assert hit.explanation.legs[0].score == 1.0


@pytest.mark.parametrize(
    "query",
    [
        Query(expand_visually=True, like=(picture(*RED),)),
        Query("frog", expand_visually=True, like=(picture(*RED),)),
        Query("frog", expand_visually=True, like=(picture(*RED),), weights={"text": 0}),
        Query("frog", weights={"semantic": 5}),
        Query(weights={"text": 1}),
        Query(min_score=0.5),
        Query(collapse_duplicates=True),
        Query(diversity=0.5),
        Query(fusion="rrf"),
        Query("frog", sort=DateOrder(), min_score=0.5),
        Query("frog", sort=DateOrder(), expand_visually=True),
        Query(like=(picture(*RED),), sort=DateOrder(), diversity=0.5),
    ],
)
def test_options_that_would_be_without_effect_are_refused(index: SqliteIndex, query: Query) -> None:
    with pytest.raises(InvalidRequest, match="`"):
        searched(index, query)


class TestSuggestedTags:
    def test_a_picture_without_tags_is_offered_those_of_its_like(self, index: SqliteIndex) -> None:
        for number in range(6):
            put(index, f"frog{number}", colour=(0, 1, 0.01 * number), tags=("frog",))
            put(index, f"car{number}", colour=(0.01 * number, 0, 1), tags=("car",))
        image = put(index, "new", colour=GREEN)

        tags = suggested_tags(image, index=index, manifest=MANIFEST)

        assert tags[0].tag == "frog"
        assert "car" not in {each.tag for each in tags}

    def test_one_with_tags_or_one_that_is_not_there_is_offered_none(self, index: SqliteIndex) -> None:
        image = put(index, "frog", tags=("frog",))
        assert suggested_tags(image, index=index, manifest=MANIFEST) == ()
        assert suggested_tags("nobody", index=index, manifest=MANIFEST) == ()
