"""Filters and facets: on photographs that differ in all that can be filtered by, by POST, GET and a raw picture."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from imagesearch.records import image_id
from imagesearch_local.cloud.resources import IMAGES

if TYPE_CHECKING:
    from tests.integration.conftest import Api, Library

MAKE, MODEL, EXIF_IFD, GPS_IFD, DATE_TIME_ORIGINAL = 0x010F, 0x0110, 0x8769, 0x8825, 0x9003


def photograph(
    path: Path,
    size: tuple[int, int],
    kind: str = "JPEG",
    *,
    camera: tuple[str, str] | None = None,
    year: int | None = None,
    place: tuple[float, float] | None = None,
) -> bytes:
    exif = Image.Exif()
    if camera:
        exif[MAKE], exif[MODEL] = camera
    if year:
        exif.get_ifd(EXIF_IFD)[DATE_TIME_ORIGINAL] = f"{year}:06:15 12:00:00"
    if place:
        latitude, longitude = place
        exif.get_ifd(GPS_IFD).update(
            {
                1: "N" if latitude >= 0 else "S",
                2: (abs(latitude), 0.0, 0.0),
                3: "E" if longitude >= 0 else "W",
                4: (abs(longitude), 0.0, 0.0),
            }
        )
    file = io.BytesIO()
    with Image.open(path) as picture:
        picture.convert("RGB").resize(size).save(file, kind, exif=exif)
    return file.getvalue()


def named(case: object) -> str:
    """For the name of a test, the same in each process: the order of a set is not."""
    return str(sorted(case) if isinstance(case, set) else case)[:60]


@pytest.fixture(scope="module")
def library(bare_library: Library, photographs: Path) -> Library:
    """Six photographs. No two are the same in size, and all attributes are of some of them only."""
    canon, nikon = ("Canon", "Canon EOS R5"), ("NIKON CORPORATION", "NIKON D850")
    pictures = {
        "cat.jpg": photograph(photographs / "chelsea.png", (300, 200), camera=canon, year=2019),
        "rocket.jpg": photograph(photographs / "rocket.jpg", (320, 214), camera=nikon, year=2021),
        "coffee.png": photograph(photographs / "coffee.png", (150, 240), "PNG"),
        "coins.webp": photograph(photographs / "coins.png", (200, 200), "WEBP"),
        "old/horse.jpg": photograph(photographs / "horse.png", (402, 400), camera=canon, year=2019),
        "wordless.jpg": photograph(photographs / "brick.png", (100, 101)),
    }
    words: dict[str, dict[str, Any]] = {
        "cat.jpg": {"caption": "A cat", "tags": ["Animal", "portrait"], "attributes": {"legs": 4, "tame": True}},
        "rocket.jpg": {"caption": "A rocket", "tags": ["space"], "attributes": {"mission": "Apollo 11", "legs": 0}},
        "coffee.png": {"caption": "Coffee", "tags": ["food", "portrait"], "attributes": {"mission": "Breakfast"}},
        "coins.webp": {"caption": "Coins", "tags": ["things"], "attributes": {"year: minted": "44 BC"}},
        "old/horse.jpg": {"caption": "A horse", "tags": ["animal"], "attributes": {"legs": 4.0, "tame": False}},
    }
    for key, body in pictures.items():
        bare_library.put(key, body, content_type="application/octet-stream")
        if key in words:
            bare_library.put(f"{key}.json", json.dumps(words[key]).encode(), content_type="application/json")
    bare_library.index()
    return bare_library


ALL = {"cat.jpg", "rocket.jpg", "coffee.png", "coins.webp", "old/horse.jpg", "wordless.jpg"}

CASES: list[tuple[dict[str, Any], dict[str, Any], set[str]]] = [
    ({"tags": {"all": ["animal", "portrait"]}}, {"tag": ["animal", "portrait"]}, {"cat.jpg"}),
    ({"tags": {"any": ["food", "SPACE"]}}, {"any_tag": ["food", "SPACE"]}, {"coffee.png", "rocket.jpg"}),
    (
        {"tags": {"none": ["animal", "food"]}},
        {"not_tag": ["animal", "food"]},
        {"rocket.jpg", "coins.webp", "wordless.jpg"},
    ),
    ({"tags": {"all": ["portrait"], "none": ["food"]}}, {"tag": "portrait", "not_tag": "food"}, {"cat.jpg"}),
    ({"tagged": True}, {"tagged": "true"}, ALL - {"wordless.jpg"}),
    ({"tagged": False}, {"tagged": "false"}, {"wordless.jpg"}),
    ({"prefix": "old/"}, {"prefix": "old/"}, {"old/horse.jpg"}),
    ({"width": {"min": 300}}, {"min_width": "300"}, {"cat.jpg", "rocket.jpg", "old/horse.jpg"}),
    ({"width": {"max": 150}}, {"max_width": "150"}, {"coffee.png", "wordless.jpg"}),
    ({"width": {"min": 300, "max": 320}}, {"min_width": "300", "max_width": "320"}, {"cat.jpg", "rocket.jpg"}),
    ({"height": {"min": 240, "max": 240}}, {"min_height": "240", "max_height": "240"}, {"coffee.png"}),
    ({"orientation": ["portrait"]}, {"orientation": "portrait"}, {"coffee.png"}),
    (
        {"orientation": ["square", "portrait"]},
        {"orientation": ["square", "portrait"]},
        {"coffee.png", "coins.webp", "old/horse.jpg", "wordless.jpg"},
    ),
    ({"format": ["PNG", "WEBP"]}, {"format": ["PNG", "WEBP"]}, {"coffee.png", "coins.webp"}),
    ({"camera": ["canon eos r5"]}, {"camera": "canon eos r5"}, {"cat.jpg", "old/horse.jpg"}),
    (
        {"taken": {"from": "2019-01-01T00:00:00Z", "to": "2020-01-01T00:00:00Z"}},
        {"taken_from": "2019-01-01T00:00:00Z", "taken_to": "2020-01-01T00:00:00Z"},
        {"cat.jpg", "old/horse.jpg"},
    ),
    ({"taken": {"from": "2020-01-01T01:00:00+01:00"}}, {"taken_from": "2020-01-01T01:00:00+01:00"}, {"rocket.jpg"}),
    ({"uploaded": {"to": "2000-01-01T00:00:00Z"}}, {"uploaded_to": "2000-01-01T00:00:00Z"}, set()),
    ({"uploaded": {"from": "2000-01-01T00:00:00Z"}}, {"uploaded_from": "2000-01-01T00:00:00Z"}, ALL),
    ({"attributes": {"legs": 4}}, {"attribute": "legs:4"}, {"cat.jpg", "old/horse.jpg"}),
    (
        {"attributes": {"legs": [0, 4]}},
        {"attribute": ["legs:0", "legs:4"]},
        {"cat.jpg", "old/horse.jpg", "rocket.jpg"},
    ),
    ({"attributes": {"tame": True}}, {"attribute": "tame:true"}, {"cat.jpg"}),
    ({"attributes": {"mission": "apollo 11"}}, {"attribute": "mission:apollo 11"}, {"rocket.jpg"}),
    ({"attributes": {"legs": 4, "tame": False}}, {"attribute": ["legs:4", "tame:false"]}, {"old/horse.jpg"}),
]


@pytest.mark.parametrize(("filters", "parameters", "found"), CASES, ids=named)
class TestEveryFilter:
    def test_it_finds_these_and_no_others(
        self, api: Api, filters: dict[str, Any], parameters: dict[str, Any], found: set[str]
    ) -> None:
        answer = api.search(filters=filters)

        assert {hit["key"] for hit in answer["hits"]} == found
        assert answer["total"] == len(found)

    def test_it_means_the_same_in_a_query_string(
        self, api: Api, filters: dict[str, Any], parameters: dict[str, Any], found: set[str]
    ) -> None:
        response = api.get("/search", params=parameters)

        assert response.status_code == 200, response.text
        assert response.json() == api.search(filters=filters)

    def test_it_holds_for_pictures_and_for_counts(
        self, api: Api, photographs: Path, filters: dict[str, Any], parameters: dict[str, Any], found: set[str]
    ) -> None:
        body = (photographs / "coffee.png").read_bytes()

        by_picture = api.post("/search", content=body, headers={"Content-Type": "image/png"}, params=parameters)
        counts = api.get("/facets", params=parameters).json()

        assert {hit["key"] for hit in by_picture.json()["hits"]} == found
        assert counts["total"] == len(found)


class TestAttributes:
    @pytest.mark.parametrize(
        ("condition", "found"),
        [
            ({"min": 1}, {"cat.jpg", "old/horse.jpg"}),
            ({"max": 0}, {"rocket.jpg"}),
            ({"min": 0, "max": 4}, {"cat.jpg", "old/horse.jpg", "rocket.jpg"}),
            ({"min": 4.5}, set()),
            ("4", {"cat.jpg", "old/horse.jpg"}),  # as facets show it
            ("4.0", set()),
            (True, set()),
        ],
        ids=named,
    )
    def test_numbers_have_ranges_and_are_found_as_they_are_shown(
        self, api: Api, condition: Any, found: set[str]
    ) -> None:
        assert set(api.keys(filters={"attributes": {"legs": condition}})) == found

    def test_a_name_may_be_anything_that_can_be_stored(self, api: Api) -> None:
        assert api.keys(filters={"attributes": {"year: minted": "44 bc"}}) == ["coins.webp"]

    def test_hits_and_images_show_them(self, api: Api) -> None:
        [hit] = api.search(text="cat")["hits"]

        assert hit["attributes"] == {"legs": 4, "tame": True}
        assert api.get(f"/images/{hit['id']}").json()["attributes"] == hit["attributes"]


PARAMETER = {"tags": "tag", "format": "format", "orientation": "orientation", "camera": "camera"}
EXPECTED = {
    "tags": {"animal": 2, "portrait": 2, "food": 1, "space": 1, "things": 1},
    "format": {"JPEG": 4, "PNG": 1, "WEBP": 1},
    "orientation": {"square": 3, "landscape": 2, "portrait": 1},
    "camera": {"Canon EOS R5": 2, "NIKON D850": 1},
    "year": {"2019": 2, "2021": 1},
    "attributes.legs": {"4": 2, "0": 1},
    "attributes.tame": {"false": 1, "true": 1},
    "attributes.mission": {"apollo 11": 1, "breakfast": 1},
    "attributes.nobody has this": {},
}


def counted(answer: dict[str, Any], facet: str) -> dict[str, int]:
    return {each["value"]: each["count"] for each in answer["facets"][facet]}


class TestFacets:
    @pytest.mark.parametrize("facet", EXPECTED)
    def test_each_counts_what_is_there(self, api: Api, facet: str) -> None:
        answer = api.get("/facets", params={"facet": facet}).json()

        assert counted(answer, facet) == EXPECTED[facet]
        assert (answer["total"], answer["total_of"]) == (6, "filters")
        order = [(-each["count"], each["value"]) for each in answer["facets"][facet]]
        assert order == sorted(order)

    def test_they_come_with_a_search_too(self, api: Api) -> None:
        answer = api.search(facets=list(EXPECTED))

        assert {facet: counted(answer, facet) for facet in EXPECTED} == EXPECTED

    @pytest.mark.parametrize("facet", EXPECTED)
    @pytest.mark.parametrize("q", [None, "cat rocket"])
    def test_filtering_by_a_value_finds_as_many_as_it_counts(self, api: Api, facet: str, q: str | None) -> None:
        words = {"q": q} if q else {}
        for value, count in counted(api.get("/facets", params={"facet": facet, **words}).json(), facet).items():
            if facet == "year":
                chosen = {"taken_from": f"{value}-01-01T00:00:00Z", "taken_to": f"{int(value) + 1}-01-01T00:00:00Z"}
            elif facet in PARAMETER:
                chosen = {PARAMETER[facet]: value}
            else:
                chosen = {"attribute": f"{facet.removeprefix('attributes.')}:{value}"}

            assert api.get("/search", params={**words, **chosen}).json()["total"] == count, (facet, value)

    def test_tags_are_counted_where_nothing_is_said(self, api: Api) -> None:
        assert counted(api.get("/facets").json(), "tags") == EXPECTED["tags"]

    def test_words_and_filters_leave_what_is_counted(self, api: Api) -> None:
        answer = api.get("/facets", params={"q": "cat horse coffee", "tag": "animal", "facet": "camera"}).json()

        assert (answer["total"], answer["total_of"]) == (2, "text")
        assert counted(answer, "camera") == {"Canon EOS R5": 2}


class TestFactsOfAnImage:
    def test_it_tells_camera_orientation_and_capture(self, api: Api) -> None:
        answer = api.get(f"/images/{image_id(IMAGES, 'cat.jpg')}").json()

        assert (answer["camera"], answer["orientation"]) == ("Canon EOS R5", "landscape")
        assert answer["taken"] == "2019-06-15T12:00:00Z"

    def test_links_answer_as_what_was_decoded(self, api: Api) -> None:
        """The bucket calls all of them application/octet-stream."""
        for key, content_type in (("coins.webp", "image/webp"), ("cat.jpg", "image/jpeg"), ("coffee.png", "image/png")):
            url = api.get(f"/images/{image_id(IMAGES, key)}").json()["url"]
            assert f"response-content-type={content_type.replace('/', '%2F')}" in url


BERLIN = (52.5, 13.4)
NEAR_BERLIN = {"latitude": 52.4, "longitude": 13.1, "kilometres": 30}


class TestPositions:
    @pytest.fixture
    def fountain(self, library: Library, photographs: Path) -> Iterator[Library]:
        """A picture taken in Berlin, in a service that keeps positions."""
        body = photograph(photographs / "coffee.png", (120, 80), place=BERLIN)
        with library.restarted(IMAGESEARCH_KEEP_POSITIONS="true"):
            identity = library.put("berlin.jpg", body, content_type="image/jpeg")
            library.index()
            yield library
            library.api.delete(f"/images/{identity}")
            library.index()

    @pytest.mark.parametrize(
        ("near", "found"),
        [
            (NEAR_BERLIN, True),
            ({**NEAR_BERLIN, "kilometres": 10}, False),
            ({"latitude": 48.1, "longitude": 11.6, "kilometres": 600}, True),
            ({"latitude": -52.5, "longitude": -166.6, "kilometres": 20_000}, False),
            ({"latitude": -52.5, "longitude": -166.6, "kilometres": 20_038}, True),
        ],
        ids=["near", "not so near", "from Munich", "from almost the other side", "from the other side"],
    )
    def test_near_finds_what_was_taken_there(self, fountain: Library, near: dict[str, float], found: bool) -> None:
        keys = fountain.api.keys(filters={"near": near})

        text = ",".join(str(near[name]) for name in ("latitude", "longitude", "kilometres"))
        assert keys == (["berlin.jpg"] if found else [])
        assert [hit["key"] for hit in fountain.api.get("/search", params={"near": text}).json()["hits"]] == keys

    def test_an_image_tells_its_position_while_it_may(self, fountain: Library) -> None:
        path = f"/images/{image_id(IMAGES, 'berlin.jpg')}"
        position = fountain.api.get(path).json()["position"]

        assert position == pytest.approx({"latitude": 52.5, "longitude": 13.4})
        with fountain.restarted():
            assert fountain.api.get(path).json()["position"] is None

    def test_near_is_refused_while_none_are_kept(self, api: Api) -> None:
        responses = [
            api.post("/search", json={"filters": {"near": NEAR_BERLIN}}),
            api.get("/search", params={"near": "52.4,13.1,30"}),
            api.get("/facets", params={"near": "52.4,13.1,30"}),
        ]

        for response in responses:
            assert (response.status_code, response.json()["code"]) == (422, "invalid-request")
            assert "`near`" in response.json()["detail"]
            assert "positions" in response.json()["detail"]
