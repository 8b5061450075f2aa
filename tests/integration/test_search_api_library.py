"""Looking after a library: suggestions as one types, suggested tags, what was rejected, what is there twice."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from passed_on import passed_on

from imagesearch.duplicates import groups
from imagesearch.records import image_id
from imagesearch.searches import DuplicatePair
from imagesearch_local.cloud.resources import IMAGES

if TYPE_CHECKING:
    from tests.integration.conftest import Api, Library

WORDLESS = "IMG_0001.png"
BROKEN = ("broken/a.jpg", "broken/b.jpg", "broken/c.jpg")


@pytest.fixture(scope="module")
def library(library: Library, photographs: Path) -> Library:
    """The photographs, a picture without words, copies of two others, and three files that are no pictures."""
    library.put(WORDLESS, photographs / "motorcycle_right.png")
    coffee, astronaut = photographs / "coffee.png", photographs / "astronaut.png"
    library.put("copies/coffee.jpg", passed_on(coffee, scale=0.5), tags=("Beverages",), content_type="image/jpeg")
    library.put("copies/astronaut.jpg", passed_on(astronaut, mirrored=True), content_type="image/jpeg")
    for key in BROKEN:
        library.put(key, b"no picture", caption="Broken", content_type="image/jpeg")
    library.index()
    return library


def id_of(key: str) -> str:
    return image_id(IMAGES, key)


def suggested(api: Api, q: str, **options: str) -> list[tuple[str, str, int]]:
    response = api.get("/suggest", params={"q": q, **options})
    assert response.status_code == 200, response.text
    return [(each["text"], each["kind"], each["count"]) for each in response.json()["suggestions"]]


class TestSuggestionsAsOneTypes:
    def test_tags_and_words_that_begin_so_each_once(self, api: Api) -> None:
        assert suggested(api, "micro") == [("microscope", "tag", 2)]
        assert suggested(api, "smil") == [("smiling", "words", 1)]

    def test_case_and_accents_do_not_matter(self, api: Api) -> None:
        assert suggested(api, "MÍCRO") == suggested(api, "micro")
        assert suggested(api, "bever")[0] == ("beverages", "tag", 1)

    def test_the_last_word_is_completed_with_those_before(self, api: Api) -> None:
        assert suggested(api, "wooden ta") == [("wooden table", "words", 1)]
        assert suggested(api, "astronaut ta") == []

    def test_what_finds_most_comes_first(self, api: Api) -> None:
        counts = [count for _, _, count in suggested(api, "s", limit="20")]

        assert len(counts) > 3
        assert counts == sorted(counts, reverse=True)

    @pytest.mark.parametrize(("kind", "parameter"), [("tag", "tag"), ("words", "q")])
    def test_counts_are_what_a_search_finds(self, api: Api, kind: str, parameter: str) -> None:
        found = [each for each in suggested(api, "gr", limit="20") if each[1] == kind]

        assert found
        for text, _, count in found:
            assert api.get("/search", params={parameter: text}).json()["total"] == count

    def test_there_are_eight_unless_asked(self, api: Api) -> None:
        assert len(suggested(api, "s")) == 8
        assert suggested(api, "s", limit="3") == suggested(api, "s")[:3]

    @pytest.mark.parametrize("q", ["", " ", "zzz", '"', "'; drop table", "*", "a AND", "(", "😀", "\x00"])
    def test_odd_beginnings_are_harmless(self, api: Api, q: str) -> None:
        assert isinstance(suggested(api, q), list)

    def test_what_was_rejected_is_not_suggested(self, api: Api) -> None:
        assert suggested(api, "broken") == []

    def test_an_index_that_forgives_no_slips_says_so_only_where_it_must(self, api: Api) -> None:
        assert suggested(api, "mircosc") == suggested(api, "mircosc", fuzzy="false") == []
        assert suggested(api, "micro", fuzzy="false") == suggested(api, "micro")
        answer = api.get("/suggest", params={"q": "micro", "fuzzy": "true"})
        assert (answer.status_code, answer.json()["code"]) == (422, "not-supported")


class TestSuggestedTags:
    def test_a_picture_without_tags_gets_those_of_what_looks_like_it(self, api: Api) -> None:
        tags = api.get(f"/images/{id_of(WORDLESS)}").json()["suggested_tags"]

        assert {"motorcycle", "garage", "vehicles"} <= {each["tag"] for each in tags[:3]}
        confidences = [each["confidence"] for each in tags]
        assert confidences == sorted(confidences, reverse=True)
        assert all(0 < confidence <= 1 for confidence in confidences)

    def test_they_are_kept_apart_from_real_ones(self, api: Api) -> None:
        answer = api.get(f"/images/{id_of(WORDLESS)}").json()

        assert answer["tags"] == []
        assert api.keys(filters={"tags": {"all": ["motorcycle"]}}) == ["vehicles/motorcycle_left.png"]

    def test_a_picture_with_tags_gets_none(self, api: Api) -> None:
        assert api.get(f"/images/{id_of('food/coffee.png')}").json()["suggested_tags"] == []

    def test_what_was_rejected_gets_none(self, api: Api) -> None:
        assert api.get(f"/images/{id_of(BROKEN[0])}").json()["suggested_tags"] == []

    def test_accepted_by_an_edit_they_are_real(self, library: Library, api: Api, photographs: Path) -> None:
        identity = library.put("IMG_0002.png", photographs / "motorcycle_right.png")
        library.index()
        try:
            [best, *_] = api.get(f"/images/{identity}").json()["suggested_tags"]
            assert api.patch(f"/images/{identity}", json={"tags": [best["tag"]]}, headers={"If-Match": "*"}).is_success
            library.index()

            answer = api.get(f"/images/{identity}").json()
            assert (answer["tags"], answer["suggested_tags"]) == ([best["tag"]], [])
        finally:
            api.delete(f"/images/{identity}")
            library.index()


class TestRejected:
    def test_it_lists_what_could_not_be_indexed_with_the_reason(self, api: Api) -> None:
        answer = api.get("/rejected").json()

        assert [image["key"] for image in answer["images"]] == list(BROKEN)
        for image in answer["images"]:
            assert (image["state"], image["caption"]) == ("rejected", "Broken")
            assert image["reason"].startswith("not-an-image: ")
        assert answer["cursor"] is None

    def test_page_by_page(self, api: Api) -> None:
        first = api.get("/rejected", params={"limit": "2"}).json()
        second = api.get("/rejected", params={"limit": "2", "cursor": first["cursor"]}).json()

        assert [image["key"] for image in first["images"] + second["images"]] == list(BROKEN)
        assert second["cursor"] is None

    def test_what_is_mended_or_deleted_is_listed_no_more(self, library: Library, api: Api, photographs: Path) -> None:
        identity = library.put("broken/d.jpg", b"no picture")
        library.index()
        assert len(api.get("/rejected").json()["images"]) == 4

        library.put("broken/d.jpg", photographs / "brick.png")
        library.index()
        assert len(api.get("/rejected").json()["images"]) == 3

        api.delete(f"/images/{identity}")
        library.index()

    @pytest.mark.parametrize("path", ["/rejected", "/duplicates"])
    @pytest.mark.parametrize("groups", [None, "", "viewers"])
    def test_it_is_for_editors_as_looking_for_duplicates_is(self, api: Api, path: str, groups: str | None) -> None:
        response = api.get(path, groups=groups)

        assert (response.status_code, response.json()["code"]) == (403, "forbidden")


def pages_of_duplicates(api: Api, limit: int) -> list[dict[str, Any]]:
    found = [api.get("/duplicates", params={"limit": str(limit)}).json()]
    while cursor := found[-1]["cursor"]:
        found.append(api.get("/duplicates", params={"limit": str(limit), "cursor": cursor}).json())
    return found


class TestDuplicates:
    @pytest.mark.parametrize("limit", [5, 50])
    def test_page_by_page_it_goes_through_the_whole_library(self, api: Api, limit: int) -> None:
        total = api.search(limit=1)["total"]

        found = pages_of_duplicates(api, limit)

        assert sum(page["scanned"] for page in found) == total
        assert {page["total"] for page in found} == {total}
        assert len(found) == -(-total // limit)

    @pytest.mark.parametrize("limit", [1, 50])
    def test_copies_are_found_and_nothing_else(self, api: Api, limit: int) -> None:
        pairs = [pair for page in pages_of_duplicates(api, limit) for pair in page["pairs"]]

        found = groups(
            DuplicatePair(pair["ids"][0], pair["ids"][1], pair["cosine"], pair["distance"], pair["mirrored"])
            for pair in pairs
        )
        copies = [
            ("food/coffee.png", "copies/coffee.jpg"),
            ("people/astronaut.png", "copies/astronaut.jpg"),
            ("vehicles/motorcycle_left.png", WORDLESS),
        ]
        expected = {frozenset(map(id_of, keys)) for keys in copies}
        assert expected - {frozenset(group) for group in found} <= {frozenset(map(id_of, copies[2]))}
        assert {frozenset(group) for group in found} <= expected

    def test_a_pair_says_how_alike_it_is_and_whether_it_is_mirrored(self, api: Api) -> None:
        [page] = pages_of_duplicates(api, 50)
        pairs = {frozenset(pair["ids"]): pair for pair in page["pairs"]}

        straight = pairs[frozenset({id_of("food/coffee.png"), id_of("copies/coffee.jpg")})]
        mirrored = pairs[frozenset({id_of("people/astronaut.png"), id_of("copies/astronaut.jpg")})]
        assert (straight["mirrored"], mirrored["mirrored"]) == (False, True)
        assert straight["cosine"] > 0.9
        assert straight["distance"] < 10
        assert list(straight["ids"]) == sorted(straight["ids"])


class TestCursorsOfAnotherRoute:
    def test_they_are_refused(self, api: Api) -> None:
        cursors = {
            "/search": api.search(text="grey", limit=1)["cursor"],
            "/rejected": api.get("/rejected", params={"limit": "1"}).json()["cursor"],
            "/duplicates": api.get("/duplicates", params={"limit": "1"}).json()["cursor"],
        }
        for path in cursors:
            for origin, cursor in cursors.items():
                response = api.get(path, params={"cursor": cursor})
                if origin == path:
                    assert response.status_code == 200
                else:
                    assert (response.status_code, response.json()["code"]) == (400, "invalid-cursor"), (path, origin)
