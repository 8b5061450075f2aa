"""Searching: the real function, over real pictures that the real indexing function put into a real index."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
import textwrap
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import patiently
import pytest
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from PIL import Image

from imagesearch.cursors import Cursors
from imagesearch_local.samples.photographs import PHOTOGRAPHS

if TYPE_CHECKING:
    from tests.integration.conftest import Api, Library

MOTORCYCLE = "vehicles/motorcycle_left.png"
COUNT = len(PHOTOGRAPHS) - 1  # all but the query picture


@pytest.fixture(scope="module")
def query_picture(photographs: Path) -> bytes:
    return (photographs / "motorcycle_right.png").read_bytes()


@pytest.fixture(scope="module")
def query_image(query_picture: bytes) -> str:
    return base64.b64encode(query_picture).decode()


def id_of(api: Api, key: str) -> str:
    [hit] = api.search(filters={"prefix": key})["hits"]
    return str(hit["id"])


class TestByWords:
    def test_words_of_the_caption_find_the_picture(self, api: Api) -> None:
        assert api.keys(text="astronaut") == ["people/astronaut.png"]

    def test_get_answers_as_post_does(self, api: Api) -> None:
        by_get = api.get("/search", params={"q": "cat", "facet": "tags", "limit": "5"}).json()

        assert by_get == api.search(text="cat", facets=["tags"], limit=5)

    @pytest.mark.parametrize(
        "text", ["motorcycles", "MOTORCYCLE", "mótorcycle", '"motorcycle', "motorcycle NOT garage"]
    )
    def test_words_are_found_whatever_their_ending_case_accents_or_punctuation(self, api: Api, text: str) -> None:
        assert api.keys(text=text)[0] == MOTORCYCLE

    @pytest.mark.parametrize(("text", "key"), [("whiskers", "animals/chelsea.png"), ("hubble", None)])
    def test_tags_and_the_names_of_files_are_searched_too(self, api: Api, text: str, key: str | None) -> None:
        assert api.keys(text=text) == [key or "space/hubble_deep_field.jpg"]

    def test_a_picture_with_all_the_words_scores_higher_than_one_with_some(self, api: Api) -> None:
        hits = api.search(text="grey moon")["hits"]

        assert hits[0]["key"] == "space/moon.png"
        assert len(hits) > 1
        assert hits[0]["score"] > hits[1]["score"] > 0

    def test_a_full_match_in_the_caption_scores_one(self, api: Api) -> None:
        [hit] = api.search(text="brick wall")["hits"]

        assert hit["scores"] == {"text": 1.0}
        assert hit["ranks"] == {"text": 1}

    @pytest.mark.parametrize("text", ["platypus", "...", "!!! ???"])
    def test_words_that_nothing_has_find_nothing(self, api: Api, text: str) -> None:
        answer = api.search(text=text)

        assert (answer["hits"], answer["total"], answer["cursor"]) == ([], 0, None)

    def test_links_lead_to_the_picture_and_its_thumbnail(self, api: Api, photographs: Path) -> None:
        [hit] = api.search(text="whiskers")["hits"]

        assert patiently.get(hit["url"]).content == (photographs / "chelsea.png").read_bytes()
        thumbnail = Image.open(io.BytesIO(patiently.get(hit["thumbnail_url"]).content))
        assert (thumbnail.format, max(thumbnail.size)) == ("WEBP", 384)

    def test_links_stay_the_same_for_a_while_so_that_browsers_cache_them(self, api: Api) -> None:
        first, second = api.search(text="whiskers")["hits"], api.search(text="whiskers")["hits"]

        assert first == second

    def test_vectors_never_leave_the_service(self, api: Api) -> None:
        [hit] = api.search(text="whiskers")["hits"]

        assert set(hit) == {
            *("id", "key", "score", "scores", "ranks", "url", "thumbnail_url", "width", "height"),
            *("caption", "tags", "attributes", "highlights", "uploaded", "taken"),
            *("duplicates", "expanded_from", "explanation"),
        }


class TestByPicture:
    def test_another_picture_of_the_same_thing_finds_it(self, api: Api, query_image: str) -> None:
        hits = api.search(image=query_image)["hits"]

        assert hits[0]["key"] == MOTORCYCLE
        assert hits[0]["score"] > 0.8 > hits[1]["score"]

    def test_the_picture_itself_finds_itself_with_score_one(self, api: Api, photographs: Path) -> None:
        same = base64.b64encode((photographs / "coffee.png").read_bytes()).decode()

        hit = api.search(image=same, limit=1)["hits"][0]

        assert (hit["key"], hit["score"]) == ("food/coffee.png", 1.0)

    def test_a_raw_body_means_the_same_as_base64(self, api: Api, query_picture: bytes, query_image: str) -> None:
        raw = api.post("/search", content=query_picture, headers={"Content-Type": "image/png"}, params={"limit": "3"})

        assert raw.status_code == 200
        assert raw.json()["hits"] == api.search(image=query_image, limit=3)["hits"]

    def test_a_raw_body_takes_options_from_the_query_string(self, api: Api, query_picture: bytes) -> None:
        response = api.post(
            "/search",
            content=query_picture,
            headers={"content-type": "image/png"},
            params={"q": "cup", "tag": ["food", "cup"], "facet": "tags"},
        )

        answer = response.json()
        assert [hit["key"] for hit in answer["hits"]] == ["food/coffee.png"]
        assert set(answer["hits"][0]["scores"]) == {"text", "semantic"}
        assert {"value": "spoon", "count": 1} in answer["facets"]["tags"]

    def test_an_image_of_the_library_finds_its_like_but_not_itself(self, api: Api) -> None:
        keys = api.keys(image_id=id_of(api, "textures/gravel.png"), limit=100)

        assert "textures/gravel.png" not in keys
        assert len(keys) == COUNT - 1

    def test_an_image_of_the_library_gives_the_scores_that_its_file_gives(self, api: Api, photographs: Path) -> None:
        file = base64.b64encode((photographs / "gravel.png").read_bytes()).decode()

        by_file = {hit["key"]: hit["score"] for hit in api.search(image=file, limit=100)["hits"]}
        by_id = {
            hit["key"]: hit["score"]
            for hit in api.search(image_id=id_of(api, "textures/gravel.png"), limit=100)["hits"]
        }

        assert by_file.pop("textures/gravel.png") == 1.0
        assert by_id == by_file

    def test_a_small_copy_in_another_format_finds_the_original(self, api: Api, photographs: Path) -> None:
        small = Image.open(photographs / "astronaut.png").convert("RGB").resize((200, 200))
        jpeg = io.BytesIO()
        small.save(jpeg, "JPEG", quality=80)

        assert api.keys(image=base64.b64encode(jpeg.getvalue()).decode(), limit=1) == ["people/astronaut.png"]


class TestByBoth:
    def test_scores_are_the_mean_of_the_sides_by_weight(self, api: Api, query_image: str) -> None:
        hits = api.search(text="motorcycle", image=query_image, weights={"text": 1, "semantic": 3}, limit=100)["hits"]

        assert hits[0]["key"] == MOTORCYCLE
        for hit in hits:
            text, semantic = hit["scores"]["text"], hit["scores"]["semantic"]
            assert hit["score"] == pytest.approx((text + 3 * semantic) / 4, abs=1e-4)

    def test_weights_decide_which_side_wins(self, api: Api, query_image: str) -> None:
        words_first = api.keys(text="astronaut", image=query_image, weights={"semantic": 0.1})
        picture_first = api.keys(text="astronaut", image=query_image, weights={"text": 0.1})

        assert words_first[0] == "people/astronaut.png"
        assert picture_first[0] == MOTORCYCLE

    def test_a_side_of_weight_0_does_not_count_at_all(self, api: Api, query_image: str) -> None:
        both = api.search(text="cat", image=query_image, weights={"text": 0})

        assert both["hits"] == api.search(image=query_image)["hits"]
        assert both["total_of"] == "filters"

    def test_weights_that_leave_nothing_are_refused(self, api: Api) -> None:
        response = api.post("/search", json={"text": "cat", "weights": {"text": 0}})

        assert (response.status_code, response.json()["code"]) == (422, "invalid-request")

    def test_what_only_one_side_retrieved_has_its_true_score_on_the_other(self, api: Api, query_image: str) -> None:
        """'Not retrieved' never counts as zero: the same cosine stands with words and without."""
        alone = {hit["id"]: hit["scores"]["semantic"] for hit in api.search(image=query_image, limit=100)["hits"]}
        both = {hit["id"]: hit["scores"] for hit in api.search(text="cat", image=query_image, limit=100)["hits"]}

        assert {image_id: scores["semantic"] for image_id, scores in both.items()} == alone

    def test_words_that_say_nothing_do_not_weigh_on_the_picture(self, api: Api, query_image: str) -> None:
        assert api.search(text="...", image=query_image)["hits"] == api.search(image=query_image)["hits"]


class TestFilters:
    def test_all_tags_must_be_there(self, api: Api) -> None:
        assert api.keys(filters={"tags": {"all": ["grey", "space"]}}) == ["space/moon.png"]

    def test_any_tag_will_do(self, api: Api) -> None:
        assert set(api.keys(filters={"tags": {"any": ["cat", "horse"]}})) == {
            "animals/chelsea.png",
            "animals/horse.png",
        }

    def test_no_tag_of_these_may_be_there(self, api: Api) -> None:
        keys = api.keys(filters={"tags": {"none": ["grey", "space", "documents"]}}, limit=100)

        tags = {f"{p.folder}/{name}": {*p.folder.split("/"), *p.tags} for name, p in PHOTOGRAPHS.items()}
        assert set(keys) == {key for key in tags if not tags[key] & {"grey", "space", "documents"}} - {
            "vehicles/motorcycle_right.png"
        }

    def test_case_of_tags_does_not_matter(self, api: Api) -> None:
        assert api.keys(filters={"tags": {"all": ["WhisKers"]}}) == ["animals/chelsea.png"]

    def test_a_prefix_is_the_beginning_of_the_key_and_no_pattern(self, api: Api) -> None:
        assert len(api.keys(filters={"prefix": "textures/"})) == 3
        assert api.keys(filters={"prefix": "text%/"}) == []
        assert api.keys(filters={"prefix": "TEXTURES/"}) == []

    def test_filters_hold_for_pictures_and_for_words(self, api: Api, query_image: str) -> None:
        filters = {"prefix": "animals/"}

        assert set(api.keys(image=query_image, filters=filters)) == {"animals/chelsea.png", "animals/horse.png"}
        assert set(api.keys(text="portrait", filters=filters)) == {"animals/chelsea.png"}

    def test_upload_times_include_the_start_and_exclude_the_end(self, api: Api) -> None:
        moment = api.search(filters={"prefix": "space/moon"})["hits"][0]["uploaded"]
        only = {"prefix": "space/moon"}

        assert api.keys(filters={**only, "uploaded": {"from": moment}}) == ["space/moon.png"]
        assert api.keys(filters={**only, "uploaded": {"to": moment}}) == []

    def test_capture_times_come_from_the_picture(self, library: Library, api: Api, photographs: Path) -> None:
        jpeg = io.BytesIO()
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x9003] = "2009:07:11 18:03:00"  # DateTimeOriginal
        with Image.open(photographs / "rocket.jpg") as picture:
            picture.save(jpeg, "JPEG", exif=exif)
        library.put("dated/rocket.jpg", jpeg.getvalue(), content_type="image/jpeg")
        library.index()
        in_2009 = {"taken": {"from": "2009-01-01T00:00:00Z", "to": "2010-01-01T00:00:00Z"}}
        later = {"taken": {"from": "2010-01-01T00:00:00Z"}}
        try:
            [hit] = api.search(filters=in_2009)["hits"]
            assert (hit["key"], hit["taken"]) == ("dated/rocket.jpg", "2009-07-11T18:03:00Z")
            assert api.keys(filters=later) == []
        finally:
            api.delete(f"/images/{hit['id']}")
            library.index()

    def test_times_without_a_zone_are_refused(self, api: Api) -> None:
        response = api.post("/search", json={"filters": {"taken": {"from": "2020-01-01T00:00:00"}}})

        assert response.status_code == 422
        assert "body.filters.taken.from" in response.json()["detail"]


class TestCounts:
    def test_facets_count_exactly_the_images_that_match(self, api: Api) -> None:
        answer = api.search(text="grey", facets=["tags"], limit=100)

        counted = {facet["value"]: facet["count"] for facet in answer["facets"]["tags"]}
        tags = [tag for hit in answer["hits"] for tag in hit["tags"]]
        assert counted == {tag: tags.count(tag) for tag in tags}
        assert answer["total"] == len(answer["hits"])
        assert answer["total_of"] == "text"

    def test_facets_come_most_frequent_first(self, api: Api) -> None:
        facets = api.search(facets=["tags"])["facets"]["tags"]

        assert facets == sorted(facets, key=lambda facet: (-facet["count"], facet["value"]))

    def test_a_search_by_picture_counts_what_the_filters_leave(self, api: Api, query_image: str) -> None:
        answer = api.search(image=query_image, filters={"tags": {"all": ["space"]}}, facets=["tags"], limit=1)

        assert (answer["total"], answer["total_of"]) == (4, "filters")
        assert {"value": "space", "count": 4} in answer["facets"]["tags"]

    def test_no_facets_unless_asked(self, api: Api) -> None:
        assert api.search(text="cat")["facets"] == {}


class _Marks(HTMLParser):
    """Which elements an HTML text has, and what it says."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.elements.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_highlights_mark_the_words_and_escape_everything_else(library: Library, api: Api, photographs: Path) -> None:
    caption = "<script>alert('zebra')</script> & <img src=x onerror=\"zebra()\"> <em>zebra</em>"
    tags = ("<b>zebra</b>",)
    image_id = library.put("xss.png", photographs / "cell.png", caption=caption, tags=tags)
    library.index()
    try:
        [hit] = api.search(text="zebra")["hits"]

        assert hit["caption"] == caption
        marked = _Marks(hit["highlights"]["caption"])
        assert marked.elements == ["em"] * 3
        assert marked.text == caption
        assert hit["highlights"]["tags"] == "&lt;b&gt;<em>zebra</em>&lt;/b&gt;"
    finally:
        api.delete(f"/images/{image_id}")
        library.index()


def pages(api: Api, limit: int, **query: Any) -> list[dict[str, Any]]:
    """All pages of a search."""
    found = [api.search(**query, limit=limit)]
    while cursor := found[-1]["cursor"]:
        found.append(api.search(cursor=cursor, limit=limit))
    return found


class TestPages:
    @pytest.mark.parametrize("limit", [1, 4, 7, 19, 100])
    def test_pages_of_a_ranked_search_are_the_search_cut_into_pieces(
        self, api: Api, query_image: str, limit: int
    ) -> None:
        whole = api.search(image=query_image, text="grey", limit=100)["hits"]

        found = pages(api, limit, image=query_image, text="grey")

        assert [hit for page in found for hit in page["hits"]] == whole
        assert {page["total"] for page in found} == {found[0]["total"]}

    @pytest.mark.parametrize("limit", [1, 4, 100])
    def test_browsing_shows_every_image_once_newest_first(self, api: Api, limit: int) -> None:
        hits = [hit for page in pages(api, limit) for hit in page["hits"]]

        assert len({hit["id"] for hit in hits}) == len(hits) == COUNT
        uploaded = [datetime.fromisoformat(hit["uploaded"]) for hit in hits]
        assert uploaded == sorted(uploaded, reverse=True)
        assert {hit["score"] for hit in hits} == {None}

    def test_browsing_keeps_its_filters_on_every_page(self, api: Api) -> None:
        found = pages(api, 1, filters={"tags": {"all": ["grey"]}, "prefix": "things/"})

        assert sorted(hit["key"] for page in found for hit in page["hits"]) == [
            "things/clock_motion.png",
            "things/coins.png",
        ]

    def test_highlights_stand_on_every_page(self, api: Api) -> None:
        for page in pages(api, 2, text="grey"):
            assert all("<em>grey</em>" in hit["highlights"]["tags"] for hit in page["hits"])

    def test_get_turns_pages_too(self, api: Api) -> None:
        first = api.get("/search", params={"q": "grey", "limit": "2"}).json()

        second = api.get("/search", params={"cursor": first["cursor"], "limit": "2"}).json()

        assert [hit["key"] for hit in first["hits"] + second["hits"]] == api.keys(text="grey", limit=4)

    @pytest.mark.parametrize(
        "query", [{"text": "ferry"}, {"filters": {"prefix": "ferries/"}}], ids=["ranked", "browse"]
    )
    def test_pages_neither_repeat_nor_lose_while_images_come_and_go(
        self, library: Library, api: Api, photographs: Path, query: dict[str, Any]
    ) -> None:
        """Every picture that stayed is on one page, once; one that came later may be, where it sorts in."""
        ids = [
            library.put(f"ferries/{number}.png", photographs / "horse.png", caption=f"Ferry {number}")
            for number in range(8)
        ]
        library.index()
        first = api.search(**query, limit=3)
        seen = [hit["id"] for hit in first["hits"]]
        unseen = [image_id for image_id in ids if image_id not in seen]
        try:
            for image_id in (seen[0], unseen[1]):
                assert api.delete(f"/images/{image_id}").status_code == 202
            new = library.put("ferries/new.png", photographs / "horse.png", caption="Ferry new")
            ids.append(new)
            library.index()

            later: list[dict[str, Any]] = []
            cursor = first["cursor"]
            while cursor:
                page = api.search(cursor=cursor, limit=3)
                later += page["hits"]
                cursor = page["cursor"]

            assert sorted(hit["id"] for hit in later if hit["id"] != new) == sorted({*unseen} - {unseen[1]})
        finally:
            for image_id in ids:
                api.delete(f"/images/{image_id}")
            library.index()


@pytest.fixture
def cursor(api: Api) -> str:
    return str(api.search(text="grey", limit=2)["cursor"])


class TestCursorsThatAreRefused:
    def refused(self, api: Api, cursor: str) -> bool:
        response = api.post("/search", json={"cursor": cursor})
        return response.status_code == 400 and response.json()["code"] == "invalid-cursor"

    def test_one_that_was_tampered_with(self, api: Api, cursor: str) -> None:
        middle = len(cursor) // 2
        other = "A" if cursor[middle] != "A" else "B"

        assert not self.refused(api, cursor)
        assert self.refused(api, cursor[:middle] + other + cursor[middle + 1 :])
        assert self.refused(api, cursor[:-1])

    def test_one_that_another_service_signed(self, api: Api, cursor: str) -> None:
        ours = Cursors("the tests' own secret", 3600)
        foreign = Cursors("another secret", 3600)

        assert not self.refused(api, ours.write(ours.read(cursor)))
        assert self.refused(api, foreign.write(ours.read(cursor)))

    def test_one_that_has_expired(self, api: Api, cursor: str) -> None:
        class AnHourAgo(TimestampSigner):
            def get_timestamp(self) -> int:
                return super().get_timestamp() - 3601

        def serializer(signer: type[TimestampSigner]) -> URLSafeTimedSerializer:
            return URLSafeTimedSerializer("the tests' own secret", salt="imagesearch.cursor.3", signer=signer)

        payload = serializer(TimestampSigner).loads(cursor)

        assert not self.refused(api, serializer(TimestampSigner).dumps(payload))
        assert self.refused(api, serializer(AnHourAgo).dumps(payload))

    def test_one_that_comes_with_another_search(self, api: Api, cursor: str) -> None:
        response = api.post("/search", json={"cursor": cursor, "text": "cat"})

        assert (response.status_code, response.json()["code"]) == (422, "invalid-request")
        assert "`limit` alone" in response.json()["detail"]


class TestMoreLikeThis:
    def test_it_finds_the_like_of_a_stored_image(self, library: Library, api: Api, photographs: Path) -> None:
        twin = library.put("twin.png", photographs / "motorcycle_right.png")
        library.index()
        try:
            answer = api.get(f"/images/{id_of(api, MOTORCYCLE)}/similar", params={"limit": "2"}).json()
        finally:
            api.delete(f"/images/{twin}")
            library.index()

        assert answer["hits"][0]["id"] == twin
        assert len(answer["hits"]) == 2

    def test_it_computes_nothing(self, library: Library, api: Api, tmp_path: Path, query_image: str) -> None:
        """Given a service whose model file is gone: searching by a picture fails, 'more like this' does not."""
        (tmp_path / "model.json").write_bytes((library.model / "model.json").read_bytes())
        image_id = id_of(api, MOTORCYCLE)
        expected = api.get(f"/images/{image_id}/similar").json()

        with library.restarted(IMAGESEARCH_MODEL_DIR=str(tmp_path)):
            by_picture = api.post("/search", json={"image": query_image})
            similar = api.get(f"/images/{image_id}/similar")

        assert (by_picture.status_code, by_picture.json()["code"]) == (503, "model-missing")
        assert (similar.status_code, similar.json()) == (200, expected)

    def test_of_an_unknown_image_there_is_none(self, api: Api) -> None:
        assert api.get(f"/images/{'a' * 26}/similar").json()["code"] == "image-not-found"
        assert api.post("/search", json={"image_id": "a" * 26}).status_code == 404

    def test_of_an_image_that_is_not_indexed_there_is_none(self, library: Library, api: Api) -> None:
        image_id = library.put("broken.png", b"this is no picture")
        library.index()

        response = api.get(f"/images/{image_id}/similar")

        assert (response.status_code, response.json()["code"]) == (409, "not-indexed")


def test_words_do_not_load_onnx_runtime_a_picture_does_and_nothing_loads_pillow(
    library: Library, photographs: Path
) -> None:
    """In a process of its own, as in Lambda's: nobody pays for what a call does not use. Pillow has processes apart."""
    program = textwrap.dedent(
        """
        import base64, json, sys
        from pathlib import Path
        from imagesearch_local.relay.lambda_context import LambdaContext
        from search_api.handler import handler

        def search(query):
            event = {
                "httpMethod": "POST", "path": "/search", "headers": {"content-type": "application/json"},
                "multiValueQueryStringParameters": None, "requestContext": {}, "body": json.dumps(query),
            }
            answer = handler(event, LambdaContext("search_api", 29))
            assert answer["statusCode"] == 200, answer
            print(json.loads(answer["body"])["hits"][0]["key"], file=sys.stderr)
            return sorted({"onnxruntime", "PIL", "numpy", "opensearchpy"} & set(sys.modules))

        def loaded():
            image = base64.b64encode(Path(sys.argv[1]).read_bytes()).decode()
            return [search({"text": "astronaut"}), search({"image": image})]

        print(json.dumps(loaded()))
        """
    )
    command = [sys.executable, "-c", program, str(photographs / "motorcycle_right.png")]
    done = subprocess.run(command, env=library.process_environment(), capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert done.stderr.split()[-2:] == ["people/astronaut.png", MOTORCYCLE]
    by_words, by_picture = json.loads(done.stdout.splitlines()[-1])
    assert not {"onnxruntime", "PIL"} & set(by_words)
    assert {"onnxruntime", "PIL"} & set(by_picture) == {"onnxruntime"}
