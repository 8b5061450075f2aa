"""What callers are told when something is wrong, and what the service says of itself."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from search_api import contract
from search_api.app import app

if TYPE_CHECKING:
    from tests.integration.conftest import Api, Library

MIB = 1024 * 1024
INSIDES = re.compile(r"Traceback|Error\b|Exception|/var/|/tmp|/layers|\.py\b|sqlite|apsw|boto|model\.json", re.ASCII)


@pytest.fixture(scope="module")
def library(bare_library: Library, photographs: Path) -> Library:
    bare_library.put("horse.png", photographs / "horse.png", caption="A horse")
    bare_library.index()
    return bare_library


def assert_problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """It is a problem document (RFC 9457) with this stable code, and tells nothing of our insides."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"] == f"urn:imagesearch:problem:{code}"
    assert problem["title"]
    assert problem["detail"]
    assert not INSIDES.search(response.text)
    return problem


class TestBodies:
    @pytest.mark.parametrize(
        "body",
        [
            "{",
            '{"text": "cat"',
            "cat",
            "[" * 100_000,
            '{"limit": ' + "9" * 5_000 + "}",
            '{"text": NaN}',
            '{"text": "\\ud800"}',
        ],
        ids=["brace", "cut short", "word", "nested without end", "huge number", "NaN", "half a character"],
    )
    def test_what_is_no_json_is_a_400(self, api: Api, body: str) -> None:
        response = api.post("/search", content=body, headers={"Content-Type": "application/json"})

        assert_problem(response, 400, "invalid-json")

    @pytest.mark.parametrize("body", ["", "null", "[]", '"cat"', "7"])
    def test_json_that_is_no_object_is_a_422(self, api: Api, body: str) -> None:
        response = api.post("/search", content=body, headers={"Content-Type": "application/json"})

        assert_problem(response, 422, "invalid-request")

    @pytest.mark.parametrize("limit", ["1000", "9" * 20, "9" * 5000, "abc", "-1"])
    def test_an_odd_limit_beside_a_raw_picture_is_a_422(self, api: Api, limit: str) -> None:
        response = api.post("/search", content=b"x", headers={"Content-Type": "image/png"}, params={"limit": limit})
        assert_problem(response, 422, "invalid-request")

    def test_a_weight_for_what_is_not_there_names_what_is(self, api: Api) -> None:
        problem = assert_problem(api.post("/search", json={"weights": {"colour": 1}}), 422, "invalid-request")
        assert "'colour'" in problem["detail"]
        assert "text, semantic" in problem["detail"]

    @pytest.mark.parametrize(
        ("query", "at"),
        [
            ({"texte": "cat"}, "body.texte"),
            ({"text": 7}, "body.text"),
            ({"text": "x" * 1_001}, "body.text"),
            ({"limit": 0}, "body.limit"),
            ({"limit": 101}, "body.limit"),
            ({"limit": "5"}, "body.limit"),
            ({"limit": True}, "body.limit"),
            ({"weights": {"text": "1"}}, "body.weights.text"),
            ({"image_id": "../../etc"}, "body.image_id"),
            ({"weights": {"No leg": 1}}, "body.weights.No leg.[key]"),
            ({"weights": {"text": -1}}, "body.weights.text"),
            ({"facets": ["caption"]}, "body.facets.0"),
            ({"filters": {"tags": {"all": "cat"}}}, "body.filters.tags.all"),
            ({"filters": {"uploaded": {"from": "yesterday"}}}, "body.filters.uploaded.from"),
            ({"image": "aGk=", "image_id": "a" * 26}, "body"),
        ],
        ids=lambda value: str(value)[:40],
    )
    def test_a_422_says_where_it_is_wrong(self, api: Api, query: dict[str, Any], at: str) -> None:
        problem = assert_problem(api.post("/search", json=query), 422, "invalid-request")

        assert [error["at"] for error in problem["errors"]] == [at]

    @pytest.mark.parametrize(
        "content_type",
        [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/octet-stream",
        ],
    )
    def test_other_types_are_a_415_that_says_what_is_taken(self, api: Api, content_type: str) -> None:
        response = api.post("/search", content=b'{"text": "cat"}', headers={"Content-Type": content_type})

        assert "application/json" in assert_problem(response, 415, "unsupported-media-type")["detail"]

    def test_a_raw_picture_is_for_searches_only(self, api: Api, photographs: Path) -> None:
        response = api.post(
            "/uploads", content=(photographs / "horse.png").read_bytes(), headers={"Content-Type": "image/png"}
        )

        assert_problem(response, 415, "unsupported-media-type")

    def test_json_needs_no_content_type(self, api: Api) -> None:
        assert api.post("/search", content='{"text": "horse"}').json()["total"] == 1

    @pytest.mark.parametrize(
        "parameters", [{"texte": "cat"}, {"limit": "many"}, {"facet": "caption"}, {"limit": "0"}], ids=str
    )
    def test_parameters_that_make_no_sense_are_a_422(self, api: Api, parameters: dict[str, str]) -> None:
        assert_problem(api.get("/search", params=parameters), 422, "invalid-request")


class TestQueryPictures:
    def test_one_of_more_than_4_mib_is_a_413_that_says_to_shrink_it(self, api: Api) -> None:
        image = base64.b64encode(bytes(4 * MIB + 1)).decode()

        problem = assert_problem(api.post("/search", json={"image": image}), 413, "query-image-too-large")

        assert "shrink" in problem["detail"]

    def test_one_of_exactly_4_mib_is_not_too_large(self, api: Api) -> None:
        image = base64.b64encode(bytes(4 * MIB)).decode()

        assert_problem(api.post("/search", json={"image": image}), 422, "not-an-image")

    def test_a_raw_one_has_the_same_limit(self, api: Api) -> None:
        for size, status in ((4 * MIB, 422), (4 * MIB + 1, 413)):
            response = api.post("/search", content=bytes(size), headers={"Content-Type": "image/png"})
            assert response.status_code == status

    @pytest.mark.parametrize("image", ["***", "aGVsbG8", "aGVs bG8=", "é"])
    def test_bad_base64_is_a_422(self, api: Api, image: str) -> None:
        problem = assert_problem(api.post("/search", json={"image": image}), 422, "invalid-request")

        assert "base64" in problem["detail"]

    def test_what_is_no_picture_is_a_422(self, api: Api) -> None:
        image = base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg'/>").decode()

        assert_problem(api.post("/search", json={"image": image}), 422, "not-an-image")

    def test_nothing_is_a_422(self, api: Api) -> None:
        assert_problem(api.post("/search", json={"image": ""}), 422, "empty-file")

    def test_one_cut_short_is_a_422(self, api: Api, photographs: Path) -> None:
        image = base64.b64encode((photographs / "retina.jpg").read_bytes()[:5_000]).decode()

        assert_problem(api.post("/search", json={"image": image}), 422, "corrupt-image")


class TestRoutes:
    @pytest.mark.parametrize(
        ("method", "path"),
        [("GET", "/"), ("GET", "/nothing"), ("PUT", "/search"), ("DELETE", "/search"), ("GET", "/images")],
    )
    def test_an_unknown_one_is_a_404(self, api: Api, method: str, path: str) -> None:
        problem = assert_problem(api.request(method, path), 404, "no-such-route")

        assert f"{method} {path}" in problem["detail"]

    @pytest.mark.parametrize("name", ["short", "A" * 26, "%2e%2e", "short/similar"])
    def test_what_cannot_be_an_id_is_not_there(self, api: Api, name: str) -> None:
        assert_problem(api.get(f"/images/{name}"), 404, "image-not-found")


class TestTroubleOnOurSide:
    def test_a_bucket_that_is_gone_is_a_503_that_may_be_tried_again(self, library: Library, api: Api) -> None:
        [horse] = api.search(text="horse")["hits"]
        with library.restarted(IMAGESEARCH_IMAGE_BUCKET="no-such-bucket"):
            response = api.patch(f"/images/{horse['id']}", json={"caption": "x"}, headers={"If-Match": "*"})

        assert_problem(response, 503, "store-unavailable")
        assert int(response.headers["Retry-After"]) > 0

    def test_a_model_that_is_gone_is_a_503(self, library: Library, api: Api, tmp_path: Path, photographs: Path) -> None:
        image = base64.b64encode((photographs / "horse.png").read_bytes()).decode()
        with library.restarted(IMAGESEARCH_MODEL_DIR=str(tmp_path)):
            responses = [api.post("/search", json={"image": image}), api.get("/health")]

        for response in responses:
            assert_problem(response, 503, "model-missing")

    def test_an_index_that_cannot_be_read_is_a_503(self, library: Library, api: Api, tmp_path: Path) -> None:
        (tmp_path / "index.sqlite").write_bytes(b"this is no database" * 100)
        with library.restarted(IMAGESEARCH_INDEX_URL=f"sqlite:///{tmp_path / 'index.sqlite'}"):
            response = api.post("/search", json={"text": "horse"})

        assert_problem(response, 503, "index-unavailable")

    def test_a_setting_that_makes_no_sense_is_a_500_that_leaks_nothing(self, library: Library, api: Api) -> None:
        with library.restarted(IMAGESEARCH_INDEX_URL="nonsense://user:password@host"):
            response = api.post("/search", json={"text": "horse"})

        assert_problem(response, 500, "internal-error")
        assert "password" not in response.text


class TestHealth:
    def test_it_tells_model_and_index(self, library: Library, api: Api) -> None:
        response = api.get("/health", groups=None)

        manifest = json.loads((library.model / "model.json").read_bytes())
        assert response.status_code == 200
        assert response.json() == {
            "status": "ok",
            "model": {name: manifest[name] for name in ("name", "space_id", "build_id", "precision")},
            "index": {"space_id": manifest["space_id"], "states": {"indexed": 1}},
        }

    def test_a_model_of_another_space_than_the_index_is_a_503(self, library: Library, api: Api, tmp_path: Path) -> None:
        manifest = json.loads((library.model / "model.json").read_bytes())
        (tmp_path / "model.json").write_text(json.dumps({**manifest, "space_id": "another"}))
        with library.restarted(IMAGESEARCH_MODEL_DIR=str(tmp_path)):
            response = api.get("/health")

        assert "another" in assert_problem(response, 503, "model-mismatch")["detail"]


class TestContract:
    def test_the_document_is_served_to_everybody(self, api: Api) -> None:
        response = api.get("/openapi.json", groups=None)

        assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")
        assert response.text == contract.document(app)

    # Powertools leaves the page's parts open for the garbage collector to close.
    @pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    def test_its_human_form_is_html(self, api: Api) -> None:
        response = api.get("/docs", groups=None)

        assert (response.status_code, response.headers["Content-Type"]) == (200, "text/html")
        assert response.text.lstrip().startswith("<!DOCTYPE html>")

    def test_answers_are_what_the_document_says(self, api: Api) -> None:
        """The members of real answers are exactly those of its schemas."""
        [horse] = api.search(text="horse")["hits"]
        schemas = json.loads(contract.document(app))["components"]["schemas"]

        for name, answer in (
            ("HitAnswer", horse),
            ("SearchAnswer", api.search(facets=["tags"])),
            ("ImageAnswer", api.get(f"/images/{horse['id']}").json()),
            ("HealthAnswer", api.get("/health").json()),
        ):
            assert set(answer) == set(schemas[name]["properties"])
