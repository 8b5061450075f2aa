"""How hits are ranked: fusion, floor, duplicates, variety, dates, visual expansion; and the reasons given for it."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from passed_on import passed_on
from PIL import Image

from imagesearch.records import image_id
from imagesearch_local.cloud.resources import IMAGES

if TYPE_CHECKING:
    from tests.integration.conftest import Api, Library

MOTORCYCLE = "vehicles/motorcycle_left.png"
ROCKET = "space/rocket.jpg"
MICROSCOPE = ["science/cell.png", "science/ihc.png"]


@pytest.fixture(scope="module")
def query_image(photographs: Path) -> str:
    return base64.b64encode((photographs / "motorcycle_right.png").read_bytes()).decode()


@pytest.fixture
def copies(library: Library, photographs: Path) -> Iterator[list[str]]:
    """Ids of a small copy of the cup of coffee, and of one that was turned left to right."""
    coffee = photographs / "coffee.png"
    words = {"caption": "A cup of coffee on a wooden table.", "content_type": "image/jpeg"}
    ids = [
        library.put("copies/small.jpg", passed_on(coffee, scale=0.5), **words),  # type: ignore[arg-type]  # each is a str
        library.put("copies/mirror.jpg", passed_on(coffee, mirrored=True), **words),  # type: ignore[arg-type]  # each is a str
    ]
    library.index()
    yield ids
    for identity in ids:
        library.api.delete(f"/images/{identity}")
    library.index()


class TestFusion:
    def test_reciprocal_ranks_ask_for_places_alone(self, api: Api, query_image: str) -> None:
        """What both legs have near the top comes before what one leg alone finds, however sure that one is."""
        weighted = api.search(text="grey sky", image=query_image, limit=100)["hits"]
        by_rank = api.search(text="grey sky", image=query_image, fusion="rrf", limit=100)["hits"]

        assert weighted[0]["key"] == MOTORCYCLE
        assert by_rank[0]["key"] == ROCKET
        assert {hit["key"] for hit in by_rank} == {hit["key"] for hit in weighted}

    def test_legs_keep_their_scores_and_ranks_whatever_the_fusion(self, api: Api, query_image: str) -> None:
        def legs(fusion: str) -> dict[str, Any]:
            hits = api.search(text="grey sky", image=query_image, fusion=fusion, limit=100)["hits"]
            return {hit["key"]: (hit["scores"], hit["ranks"]) for hit in hits}

        assert legs("rrf") == legs("weighted")

    def test_the_first_of_all_legs_scores_one(self, api: Api, photographs: Path) -> None:
        image = base64.b64encode((photographs / "coffee.png").read_bytes()).decode()

        hit = api.search(text="coffee", image=image, fusion="rrf", limit=1)["hits"][0]

        assert (hit["key"], hit["score"], hit["ranks"]) == ("food/coffee.png", 1.0, {"text": 1, "semantic": 1})

    def test_weights_count_in_both(self, api: Api, query_image: str) -> None:
        query = {"text": "rocket", "image": query_image, "fusion": "rrf"}

        assert api.keys(**query, weights={"semantic": 0.01}, limit=1) == [ROCKET]
        assert api.keys(**query, weights={"text": 0.01}, limit=1) == [MOTORCYCLE]


class TestFloor:
    def test_hits_below_the_least_score_are_left_out_and_no_others(self, api: Api, query_image: str) -> None:
        everything = api.search(image=query_image, limit=100)["hits"]

        some = api.search(image=query_image, min_score=0.05, limit=100)["hits"]

        assert some == [hit for hit in everything if hit["score"] >= 0.05]
        assert 0 < len(some) < len(everything)

    def test_it_is_of_the_fused_score(self, api: Api, query_image: str) -> None:
        """The motorcycle is found by picture alone: 0.94 there, but half of that with words that it hasn't."""
        assert api.keys(image=query_image, min_score=0.9) == [MOTORCYCLE]
        assert api.keys(text="rocket", image=query_image, min_score=0.9) == []

    def test_it_holds_on_every_page(self, api: Api) -> None:
        first = api.search(text="grey moon", min_score=0.3, limit=1)
        rest = [hit for hit in api.search(text="grey moon", limit=100)["hits"] if hit["score"] >= 0.3][1:]

        found = api.search(cursor=first["cursor"], limit=100)["hits"] if first["cursor"] else []

        assert [hit["key"] for hit in found] == [hit["key"] for hit in rest]


class TestDuplicates:
    def test_copies_are_shown_once_with_the_best_hit(self, api: Api, copies: list[str], photographs: Path) -> None:
        image = base64.b64encode((photographs / "coffee.png").read_bytes()).decode()

        apart = api.search(image=image, limit=3)["hits"]
        together = api.search(image=image, collapse_duplicates=True, limit=100)["hits"]

        assert {hit["id"] for hit in apart} == {*copies, image_id(IMAGES, "food/coffee.png")}
        assert (together[0]["key"], set(together[0]["duplicates"])) == ("food/coffee.png", set(copies))
        assert set(copies).isdisjoint(hit["id"] for hit in together)

    def test_it_works_for_words_too(self, api: Api, copies: list[str]) -> None:
        [hit] = api.search(text="wooden table", collapse_duplicates=True)["hits"]

        assert {hit["id"], *hit["duplicates"]} == {*copies, image_id(IMAGES, "food/coffee.png")}

    def test_pictures_that_show_different_things_stay_apart(self, api: Api, query_image: str) -> None:
        assert api.keys(image=query_image, collapse_duplicates=True, limit=100) == api.keys(
            image=query_image, limit=100
        )


class TestDiversity:
    def test_something_else_is_shown_sooner(self, api: Api, copies: list[str], photographs: Path) -> None:
        """Without it three pictures of the same cup come first."""
        image = base64.b64encode((photographs / "coffee.png").read_bytes()).decode()

        alike = api.keys(image=image, limit=3)
        varied = api.keys(image=image, limit=3, diversity=0.8)

        assert set(alike) == {"food/coffee.png", "copies/small.jpg", "copies/mirror.jpg"}
        assert varied[0] == alike[0]
        assert not set(varied[1:]) & set(alike)

    def test_nothing_is_lost_and_scores_stay(self, api: Api, query_image: str) -> None:
        def scores(diversity: float) -> dict[str, float]:
            hits = api.search(image=query_image, diversity=diversity, limit=100)["hits"]
            return {hit["key"]: hit["score"] for hit in hits}

        assert scores(0.9) == scores(0)

    def test_none_of_it_is_by_score(self, api: Api, query_image: str) -> None:
        assert api.keys(image=query_image, diversity=0, limit=100) == api.keys(image=query_image, limit=100)


def dates(hits: list[dict[str, Any]], name: str) -> list[str]:
    return [hit[name] for hit in hits]


@pytest.fixture(scope="module")
def dated(library: Library, photographs: Path) -> Iterator[dict[str, str]]:
    """Keys by year of capture: in another order than that of their uploads."""
    years = {"2009": "dated/b.jpg", "2021": "dated/a.jpg", "2015": "dated/c.jpg"}
    for year, key in years.items():
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x9003] = f"{year}:07:11 18:03:00"  # DateTimeOriginal
        file = io.BytesIO()
        with Image.open(photographs / "rocket.jpg") as picture:
            picture.save(file, "JPEG", exif=exif)
        library.put(key, file.getvalue(), caption=f"Launch of {year}", content_type="image/jpeg")
        library.index()
    yield years
    for key in years.values():
        library.api.delete(f"/images/{image_id(IMAGES, key)}")
    library.index()


class TestSorting:
    def test_by_capture(self, api: Api, dated: dict[str, str]) -> None:
        only = {"prefix": "dated/"}

        assert api.keys(filters=only, sort="taken_oldest") == [dated["2009"], dated["2015"], dated["2021"]]
        assert api.keys(filters=only, sort="taken_newest") == [dated["2021"], dated["2015"], dated["2009"]]

    def test_by_upload(self, api: Api, dated: dict[str, str]) -> None:
        hits = api.search(sort="oldest", limit=100)["hits"]

        assert dates(hits, "uploaded") == sorted(dates(hits, "uploaded"))
        assert {hit["key"] for hit in hits[-3:]} == set(dated.values())
        assert api.search(sort="newest", limit=100) == api.search(limit=100)

    def test_what_says_nothing_of_its_capture_counts_by_its_upload(self, api: Api, dated: dict[str, str]) -> None:
        hits = api.search(sort="taken_oldest", limit=100)["hits"]

        times = [hit["taken"] or hit["uploaded"] for hit in hits]
        assert times == sorted(times)
        assert [hit["key"] for hit in hits[:3]] == [dated["2009"], dated["2015"], dated["2021"]]

    def test_words_can_be_sorted_by_date_with_their_scores(self, api: Api, dated: dict[str, str]) -> None:
        """All that have any of the words, and nothing else; on as many pages as there are."""
        by_score = api.search(text="launch rocket", limit=100)["hits"]

        first = api.search(text="launch rocket", sort="taken_oldest", limit=3)
        rest = api.search(cursor=first["cursor"], limit=100)

        hits = first["hits"] + rest["hits"]
        assert [hit["key"] for hit in hits[:3]] == [dated["2009"], dated["2015"], dated["2021"]]
        assert {hit["key"]: hit["score"] for hit in hits} == {hit["key"]: hit["score"] for hit in by_score}
        assert rest["cursor"] is None
        assert first["total"] == rest["total"] == len(by_score)
        assert first["total_of"] == rest["total_of"] == "text"

    def test_pictures_can_be_sorted_by_date_too(self, api: Api, dated: dict[str, str], query_image: str) -> None:
        hits = api.search(image=query_image, sort="taken_oldest", limit=100)["hits"]

        assert [hit["key"] for hit in hits[:3]] == [dated["2009"], dated["2015"], dated["2021"]]
        assert all(hit["score"] is not None for hit in hits)

    def test_relevance_is_what_is_meant_where_nothing_is_said(self, api: Api) -> None:
        assert api.search(text="grey", sort="relevance") == api.search(text="grey")


class TestVisualExpansion:
    @pytest.fixture(autouse=True)
    def wordless(self, library: Library, photographs: Path) -> Iterator[None]:
        """The motorcycle from a little further right, as a camera names it, without a word."""
        identity = library.put("IMG_0001.png", photographs / "motorcycle_right.png")
        library.index()
        yield
        library.api.delete(f"/images/{identity}")
        library.index()

    def test_words_reach_a_picture_that_has_none(self, api: Api) -> None:
        assert api.keys(text="motorcycle") == [MOTORCYCLE]

        direct, follower, *_ = api.search(text="motorcycle", expand_visually=True)["hits"]

        assert (direct["key"], direct["expanded_from"]) == (MOTORCYCLE, None)
        assert follower["key"] == "IMG_0001.png"
        assert follower["expanded_from"]["id"] == direct["id"]
        assert follower["expanded_from"]["similarity"] > 0.8

    def test_direct_hits_stay_as_they_are_and_come_first(self, api: Api) -> None:
        direct = api.search(text="grey garage", limit=100)["hits"]

        hits = api.search(text="grey garage", expand_visually=True, limit=100)["hits"]

        assert hits[: len(direct)] == direct
        assert len(hits) > len(direct)
        assert all(hit["expanded_from"] for hit in hits[len(direct) :])

    def test_filters_hold_for_followers(self, api: Api) -> None:
        keys = api.keys(text="motorcycle", expand_visually=True, filters={"prefix": "vehicles/"})

        assert keys == [MOTORCYCLE]

    def test_total_is_of_the_words(self, api: Api) -> None:
        answer = api.search(text="motorcycle", expand_visually=True)

        assert (answer["total"], answer["total_of"]) == (1, "text")
        assert len(answer["hits"]) > 1

    def test_followers_are_on_later_pages_too(self, api: Api) -> None:
        whole = api.search(text="motorcycle", expand_visually=True, limit=100)["hits"]
        first = api.search(text="motorcycle", expand_visually=True, limit=1)

        assert first["hits"] + api.search(cursor=first["cursor"], limit=100)["hits"] == whole


def leg(hit: dict[str, Any], name: str) -> dict[str, Any]:
    [found] = [each for each in hit["explanation"]["legs"] if each["leg"] == name]
    assert isinstance(found, dict)
    return found


class TestExplanations:
    def test_weights_and_scores_of_the_legs_make_the_score(self, api: Api, query_image: str) -> None:
        hits = api.search(
            text="grey moon", image=query_image, weights={"text": 2, "semantic": 3}, explain=True, limit=100
        )["hits"]

        assert hits
        for hit in hits:
            legs = hit["explanation"]["legs"]
            assert {each["leg"]: each["weight"] for each in legs} == {"text": 2, "semantic": 3}
            assert {each["leg"]: each["score"] for each in legs} == hit["scores"]
            assert {each["leg"]: each["rank"] for each in legs if each["rank"]} == hit["ranks"]
            mean = sum(each["weight"] * each["score"] for each in legs) / 5
            assert hit["score"] == pytest.approx(mean, abs=1e-4)

    def test_terms_make_the_score_of_the_words(self, api: Api) -> None:
        hits = api.search(text="grey moon rocket", explain=True, limit=100)["hits"]

        for hit in hits:
            terms = leg(hit, "text")["terms"]
            assert len(terms) == 3
            assert sum(term["share"] for term in terms) == pytest.approx(1, abs=1e-4)
            assert sum(term["counted"] for term in terms) == pytest.approx(hit["scores"]["text"], abs=1e-4)
            for term in terms:
                assert 0 <= term["counted"] <= term["share"]
                assert (term["counted"] > 0) == bool(term["fields"])

    def test_terms_say_where_they_were_found(self, api: Api) -> None:
        [hit] = api.search(text="rocket sky", explain=True, limit=1)["hits"]

        assert {term["term"]: set(term["fields"]) for term in leg(hit, "text")["terms"]} == {
            "rocket": {"caption", "tags", "name"},
            "sky": {"tags"},
        }

    def test_rarer_terms_are_more_of_the_query(self, api: Api) -> None:
        [hit] = api.search(text="grey moon", explain=True, limit=1)["hits"]

        by_share = sorted(leg(hit, "text")["terms"], key=lambda term: term["share"])
        assert [set(term["fields"]) for term in by_share] == [{"tags"}, {"caption", "tags", "name"}]

    def test_cosine_and_distance_are_of_the_same_vectors(self, api: Api, query_image: str) -> None:
        hits = api.search(image=query_image, explain=True, limit=100)["hits"]

        for hit in hits:
            semantic = leg(hit, "semantic")
            assert semantic["l2"] ** 2 == pytest.approx(2 - 2 * semantic["cosine"], abs=1e-4)
        cosines = [leg(hit, "semantic")["cosine"] for hit in hits]
        assert cosines == sorted(cosines, reverse=True)
        assert cosines[0] > 0.9

    def test_it_says_how_legs_were_fused(self, api: Api) -> None:
        assert api.search(text="cat", explain=True)["hits"][0]["explanation"]["fusion"] == "weighted"
        assert api.search(text="cat", explain=True, fusion="rrf")["hits"][0]["explanation"]["fusion"] == "rrf"

    def test_it_stands_on_every_page(self, api: Api) -> None:
        first = api.search(text="grey", explain=True, limit=1)

        [hit] = api.search(cursor=first["cursor"], limit=1)["hits"]

        assert math.isclose(leg(hit, "text")["score"], hit["score"], abs_tol=1e-4)

    def test_there_is_none_unless_asked_or_where_nothing_is_compared(self, api: Api) -> None:
        assert api.search(text="cat")["hits"][0]["explanation"] is None
        assert api.search(explain=True, limit=1)["hits"][0]["explanation"] is None


class TestOptionsThatNeedARanking:
    @pytest.mark.parametrize(
        ("query", "named"),
        [
            ({"min_score": 0.5}, "min_score"),
            ({"collapse_duplicates": True}, "collapse_duplicates"),
            ({"diversity": 0.5}, "diversity"),
            ({"fusion": "rrf"}, "fusion"),
            ({"expand_visually": True}, "expand_visually"),
            ({"text": "cat", "sort": "newest", "min_score": 0.5}, "min_score"),
            ({"image_id": image_id(IMAGES, MOTORCYCLE), "sort": "newest", "diversity": 0.5}, "diversity"),
            ({"image_id": image_id(IMAGES, MOTORCYCLE), "expand_visually": True}, "expand_visually"),
        ],
        ids=str,
    )
    def test_they_are_refused_where_there_is_none(self, api: Api, query: dict[str, Any], named: str) -> None:
        response = api.post("/search", json=query)

        assert (response.status_code, response.json()["code"]) == (422, "invalid-request")
        assert f"`{named}`" in response.json()["detail"]
