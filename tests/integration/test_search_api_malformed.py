"""Requests that make no sense get a problem document that says where, and names both options that contradict."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from PIL import Image

if TYPE_CHECKING:
    from tests.integration.conftest import Api, Library

MIB = 1024 * 1024
ID = "a" * 26
CROP = {"left": 0.1, "top": 0.1, "right": 0.9, "bottom": 0.9}


@pytest.fixture(scope="module")
def library(bare_library: Library, photographs: Path) -> Library:
    bare_library.put("horse.png", photographs / "horse.png", caption="A horse")
    bare_library.index()
    return bare_library


@pytest.fixture(scope="module")
def horse(photographs: Path) -> str:
    return base64.b64encode((photographs / "horse.png").read_bytes()).decode()


def problem(response: httpx.Response, status: int = 422, code: str = "invalid-request") -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert document["code"] == code
    return document


def places(response: httpx.Response) -> list[str]:
    return [error["at"] for error in problem(response)["errors"]]


@pytest.mark.parametrize(
    ("query", "at"),
    [
        # types are JSON's own
        ({"explain": 1}, "explain"),
        ({"explain": "true"}, "explain"),
        ({"collapse_duplicates": 0}, "collapse_duplicates"),
        ({"expand_visually": "yes"}, "expand_visually"),
        ({"min_score": "0.5"}, "min_score"),
        ({"min_score": True}, "min_score"),
        ({"diversity": [0.5]}, "diversity"),
        ({"limit": 5.5}, "limit"),
        ({"facets": "tags"}, "facets"),
        ({"weights": [["text", 1]]}, "weights"),
        ({"like": {"image_id": ID}}, "like"),
        ({"filters": []}, "filters"),
        ({"filters": {"tagged": "true"}}, "filters.tagged"),
        ({"filters": {"prefix": 7}}, "filters.prefix"),
        ({"filters": {"width": {"min": "1"}}}, "filters.width.min"),
        ({"filters": {"height": {"max": 1.5}}}, "filters.height.max"),
        ({"filters": {"taken": {"from": 1262304000}}}, "filters.taken.from"),
        ({"filters": {"uploaded": {"to": "2020-01-01"}}}, "filters.uploaded.to"),
        ({"filters": {"uploaded": {"to": "2020-13-01T00:00:00Z"}}}, "filters.uploaded.to"),
        ({"filters": {"uploaded": {"to": "0001-01-01T00:00:00+14:00"}}}, "filters.uploaded.to"),
        ({"filters": {"attributes": {"legs": None}}}, "filters.attributes.legs"),
        ({"filters": {"attributes": {"legs": [[4]]}}}, "filters.attributes.legs.list.0"),
        ({"filters": {"near": {"latitude": "52", "longitude": 13, "kilometres": 1}}}, "filters.near.latitude"),
        # values
        ({"sort": "best"}, "sort"),
        ({"fusion": "mean"}, "fusion"),
        ({"min_score": 1.1}, "min_score"),
        ({"min_score": -0.1}, "min_score"),
        ({"diversity": 2}, "diversity"),
        ({"weights": {"text": 1001}}, "weights.text"),
        ({"facets": ["attributes."]}, "facets.0"),
        ({"facets": ["tags"] * 21}, "facets"),
        ({"filters": {"orientation": ["sideways"]}}, "filters.orientation.0"),
        ({"filters": {"format": ["jpeg"]}}, "filters.format.0"),
        ({"filters": {"width": {"min": -1}}}, "filters.width.min"),
        ({"filters": {"attributes": {"": 4}}}, "filters.attributes..[key]"),
        ({"filters": {"attributes": {"legs": []}}}, "filters.attributes.legs.list"),
        ({"filters": {"near": {"latitude": 90.1, "longitude": 13, "kilometres": 1}}}, "filters.near.latitude"),
        ({"filters": {"near": {"latitude": 52, "longitude": -180.1, "kilometres": 1}}}, "filters.near.longitude"),
        ({"filters": {"near": {"latitude": 52, "longitude": 13, "kilometres": 0}}}, "filters.near.kilometres"),
        ({"filters": {"near": {"latitude": 52, "longitude": 13, "kilometres": 20_039}}}, "filters.near.kilometres"),
        ({"filters": {"near": {"latitude": 52, "longitude": 13}}}, "filters.near.kilometres"),
        ({"like": [{"image_id": ID, "weight": 0}]}, "like.0.weight"),
        ({"like": [{"image_id": ID, "weight": 1001}]}, "like.0.weight"),
        ({"like": [{"image_id": "short"}]}, "like.0.image_id"),
        ({"like": [{"image_id": ID}] * 11}, "like"),
        ({"unlike": [{"image_id": ID}] * 11}, "unlike"),
        ({"image": "aGk=", "crop": {**CROP, "right": 1.1}}, "crop.right"),
        ({"image": "aGk=", "crop": {**CROP, "left": -0.1}}, "crop.left"),
        ({"image": "aGk=", "crop": {"left": 0, "top": 0, "right": 1}}, "crop.bottom"),
        ({"cursor": ""}, "cursor"),
        # unknown fields
        ({"filters": {"tag": ["cat"]}}, "filters.tag"),
        ({"filters": {"taken": {"start": "2020-01-01T00:00:00Z"}}}, "filters.taken.start"),
        ({"filters": {"width": {"least": 1}}}, "filters.width.least"),
        ({"filters": {"attributes": {"legs": {"from": 1}}}}, "filters.attributes.legs.range.from"),
        ({"like": [{"id": ID}]}, "like.0.id"),
        ({"image": "aGk=", "crop": {**CROP, "unit": "px"}}, "crop.unit"),
    ],
    ids=lambda value: json.dumps(value)[:70],
)
def test_a_wrong_value_is_a_422_that_says_where(api: Api, query: dict[str, Any], at: str) -> None:
    assert f"body.{at}" in places(api.post("/search", json=query))


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"cursor": "x", "text": "cat"}, ("cursor", "text")),
        ({"cursor": "x", "explain": True}, ("cursor", "explain")),
        ({"cursor": "x", "filters": {}}, ("cursor", "filters")),
        ({"image": "aGk=", "image_id": ID}, ("image", "image_id")),
        ({"crop": CROP}, ("crop", "image", "image_id")),
        ({"text": "cat", "crop": CROP, "like": [{"image_id": ID}]}, ("crop", "image", "image_id")),
        ({"like": [{"image": "aGk=", "image_id": ID}]}, ("image", "image_id")),
        ({"unlike": [{"weight": 1}]}, ("image", "image_id")),
        ({"image": "aGk=", "crop": {**CROP, "left": 0.9}}, ("left", "right")),
        ({"image": "aGk=", "crop": {**CROP, "bottom": 0.05}}, ("top", "bottom")),
        ({"filters": {"width": {"min": 2, "max": 1}}}, ("min", "max")),
        ({"filters": {"height": {"min": 2, "max": 1}}}, ("min", "max")),
        ({"filters": {"attributes": {"legs": {"min": 2, "max": 1}}}}, ("min", "max")),
        ({"filters": {"attributes": {"legs": {}}}}, ("min", "max")),
        (
            {"filters": {"taken": {"from": "2020-01-01T00:00:00Z", "to": "2020-01-01T00:00:00Z"}}},
            ("from", "to"),
        ),
        (
            {"filters": {"uploaded": {"from": "2020-01-01T00:00:00Z", "to": "2020-01-01T00:30:00+01:00"}}},
            ("from", "to"),
        ),
        ({"filters": {"near": {"latitude": 52, "longitude": 13, "kilometres": 1}}}, ("near",)),
        ({"expand_visually": True}, ("expand_visually", "text")),
        ({"text": "cat", "diversity": 0.5, "sort": "newest", "image": "aGk="}, ()),
        ({"text": "cat", "weights": {"text": 0}}, ()),
        ({"text": "cat", "weights": {"semantic": 1}}, ("weights",)),
        ({"filters": {"attributes": {f"a{n}": ["é" * 400] * 20 for n in range(2)}}}, ()),
    ],
    ids=lambda value: json.dumps(value)[:70],
)
def test_a_contradiction_is_a_422_that_names_both_options(
    api: Api, query: dict[str, Any], named: tuple[str, ...]
) -> None:
    response = api.post("/search", json=query)

    assert response.status_code == 422
    assert all(f"`{name}`" in response.json()["detail"] for name in named)


class TestPicturesOfARequest:
    @pytest.mark.parametrize(
        ("place", "query"),
        [
            ("image", {"image": "***"}),
            ("like.0.image", {"like": [{"image": "***"}]}),
            ("unlike.1.image", {"unlike": [{"image_id": ID}, {"image": "aGVsbG8"}]}),
        ],
    )
    def test_bad_base64_says_where(self, api: Api, place: str, query: dict[str, Any]) -> None:
        response = api.post("/search", json=query)

        assert places(response) == [f"body.{place}"]
        assert f"`{place}`" in response.json()["detail"]

    @pytest.mark.parametrize("place", ["image", "like.0.image", "unlike.0.image"])
    def test_what_is_no_picture_says_where(self, api: Api, place: str, horse: str) -> None:
        bad = base64.b64encode(b"<svg/>").decode()
        queries: dict[str, dict[str, Any]] = {
            "image": {"image": bad, "like": [{"image": horse}]},
            "like.0.image": {"image": horse, "like": [{"image": bad}]},
            "unlike.0.image": {"image": horse, "unlike": [{"image": bad}]},
        }

        assert f"`{place}`" in problem(api.post("/search", json=queries[place]), 422, "not-an-image")["detail"]

    def test_each_has_the_limit_of_query_pictures(self, api: Api) -> None:
        large = base64.b64encode(bytes(4 * MIB + 1)).decode()

        response = api.post("/search", json={"text": "horse", "like": [{"image": large}]})

        assert "shrink" in problem(response, 413, "query-image-too-large")["detail"]

    def test_all_together_have_the_same_limit(self, api: Api) -> None:
        half = base64.b64encode(bytes(2 * MIB)).decode()
        more = base64.b64encode(bytes(2 * MIB + 1)).decode()

        fits = api.post("/search", json={"image": half, "unlike": [{"image": half}]})
        too_large = api.post("/search", json={"image": half, "unlike": [{"image": more}]})

        problem(fits, 422, "not-an-image")
        problem(too_large, 413, "query-image-too-large")


@pytest.mark.parametrize(
    ("path", "parameters", "at"),
    [
        ("/search", {"min_width": "wide"}, "min_width"),
        ("/search", {"min_width": "1.5"}, "min_width"),
        ("/search", {"min_width": "1_000"}, "min_width"),
        ("/search", {"max_height": "-1"}, "max_height"),
        ("/search", {"tagged": "1"}, "tagged"),
        ("/search", {"tagged": "yes"}, "tagged"),
        ("/search", {"explain": "True"}, "explain"),
        ("/search", {"min_score": "nan"}, "min_score"),
        ("/search", {"min_score": "1.5"}, "min_score"),
        ("/search", {"diversity": ""}, "diversity"),
        ("/search", {"sort": "best"}, "sort"),
        ("/search", {"orientation": "sideways"}, "orientation.0"),
        ("/search", {"format": ["JPEG", "DOC"]}, "format.1"),
        ("/search", {"taken_from": "2020"}, "taken_from"),
        ("/search", {"near": "52.4,13.1"}, "near"),
        ("/search", {"near": "91,0,1"}, "filters.near.latitude"),
        ("/search", {"attribute": "legs"}, "attribute.0"),
        ("/search", {"facet": "size"}, "facet.0"),
        ("/search", {"tag": ""}, "tag.0"),
        ("/search", {"texte": "cat"}, "texte"),
        ("/search", {"min_width": "2", "max_width": "1"}, "filters.width"),
        ("/facets", {"limit": "1"}, "limit"),
        ("/facets", {"facet": "size"}, "facet.0"),
        ("/facets", {"min_height": "2", "max_height": "1"}, "height"),
        ("/suggest", {}, "q"),
        ("/suggest", {"q": "x", "limit": "21"}, "limit"),
        ("/suggest", {"q": "x", "kind": "tag"}, "kind"),
        ("/suggest", {"q": "x" * 1001}, "q"),
        ("/rejected", {"limit": "0"}, "limit"),
        ("/rejected", {"cursor": ""}, "cursor"),
        ("/duplicates", {"limit": "51"}, "limit"),
        ("/duplicates", {"q": "cat"}, "q"),
        (f"/images/{ID}/similar", {"limit": "101"}, "limit"),
        (f"/images/{ID}/similar", {"diversity": "1"}, "diversity"),
    ],
    ids=str,
)
def test_a_wrong_parameter_is_a_422_that_says_which(api: Api, path: str, parameters: dict[str, Any], at: str) -> None:
    assert f"query.{at}" in places(api.get(path, params=parameters))


@pytest.mark.parametrize("path", ["/search", "/facets", "/suggest"])
def test_a_parameter_of_one_value_may_not_be_repeated(api: Api, path: str) -> None:
    assert "`q`" in problem(api.get(path, params={"q": ["cat", "horse"]}))["detail"]


@pytest.mark.parametrize("parameters", [{"limit": "0"}, {"texte": "cat"}, {"q": ["cat", "horse"]}], ids=str)
def test_parameters_beside_a_raw_picture_are_held_to_the_same(
    api: Api, photographs: Path, parameters: dict[str, Any]
) -> None:
    body = (photographs / "horse.png").read_bytes()

    problem(api.post("/search", content=body, headers={"Content-Type": "image/png"}, params=parameters))


def test_options_beside_a_json_request_are_refused_since_they_would_do_nothing(api: Api) -> None:
    assert places(api.post("/search", json={"text": "horse"}, params={"limit": "1"})) == ["query.limit"]


@pytest.mark.parametrize("path", ["/search", "/rejected", "/duplicates"])
@pytest.mark.parametrize("cursor", ["x", ".eJw", "a.b.c", "é", "0" * 5000], ids=lambda cursor: cursor[:5])
def test_a_cursor_that_is_none_of_ours_is_a_400(api: Api, path: str, cursor: str) -> None:
    problem(api.get(path, params={"cursor": cursor}), 400, "invalid-cursor")


def test_a_cursor_goes_with_its_limit_alone(api: Api) -> None:
    answer = problem(api.get("/search", params={"cursor": "x", "tag": "cat"}))

    assert "`cursor`" in answer["detail"]
    assert "`filters`" in answer["detail"]


def large_png(width: int, height: int) -> str:
    """A picture of one colour: few bytes, many pixels; in base64."""
    file = io.BytesIO()
    Image.new("1", (width, height)).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def test_a_picture_with_too_many_pixels_is_refused_with_their_number(api: Api) -> None:
    document = problem(
        api.post("/search", json={"like": [{"image": large_png(20_000, 10_000)}]}), 422, "image-too-large"
    )
    assert document["detail"].startswith("`like.0.image`: ")
    assert (document["pixels"], document["max_pixels"]) == (200_000_000, 100_000_000)


def test_the_pictures_of_a_request_may_have_so_many_pixels_together(api: Api) -> None:
    """Given two of 60 million each where 100 million are allowed, then the second one is refused."""
    pictures = [{"image": large_png(10_000, 6_000)}] * 2
    document = problem(api.post("/search", json={"like": pictures}), 422, "image-too-large")
    assert document["detail"].startswith("`like.1.image`: With it")
    assert (document["pixels"], document["max_pixels"]) == (120_000_000, 100_000_000)


def test_a_part_of_a_picture_of_the_library_may_be_of_a_larger_one_than_may_be_sent(api: Api, library: Library) -> None:
    image_id = library.put("large.png", base64.b64decode(large_png(12_000, 10_000)))
    library.index()
    assert api.post("/search", json={"image_id": image_id, "crop": CROP}).status_code == 200
