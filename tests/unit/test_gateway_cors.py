"""A page on another host may call the local API once it is named, and is answered as on AWS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from patience import PATIENCE_SECONDS

from imagesearch_local.gateway.cors import check_origin
from imagesearch_local.gateway.gateway import Gateway
from imagesearch_local.gateway.serving import LoopbackServer, serving

NAMED = "http://localhost:3000"
ALSO = "https://pictures.example.org"
ASKING = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "content-type,if-match"}


def _search(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    return {"statusCode": 200, "headers": {"ETag": '"1"', "Vary": "Accept-Encoding"}, "body": event["path"]}


@pytest.fixture
def http(tmp_path: Path) -> Iterator[httpx.Client]:
    (tmp_path / "index.html").write_text("<!doctype html><title>Pictures</title>")
    gateway = Gateway(_search, object, tmp_path, dict, "http://127.0.0.1:9999", frozenset({NAMED, ALSO}))
    with (
        serving(LoopbackServer(0), gateway, drain_seconds=5) as server,
        httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=PATIENCE_SECONDS) as client,
    ):
        yield client


@pytest.mark.parametrize("origin", [NAMED, ALSO])
def test_a_named_page_may_read_answers_their_version_and_when_to_try_again(http: httpx.Client, origin: str) -> None:
    response = http.post("/api/search", json={}, headers={"Origin": origin})

    assert (response.status_code, response.text) == (200, "/search")
    assert response.headers["access-control-allow-origin"] == origin
    assert response.headers["access-control-expose-headers"] == "ETag, Retry-After"
    assert "access-control-allow-credentials" not in response.headers


def test_answers_for_one_page_are_not_kept_for_another(http: httpx.Client) -> None:
    response = http.get("/api/health", headers={"Origin": NAMED})

    assert {each.strip() for each in response.headers["vary"].split(",")} == {"Accept-Encoding", "Origin"}


def test_a_named_page_may_read_what_the_gateway_itself_refuses(http: httpx.Client) -> None:
    """Else people would be told that the server does not answer, where their picture is too large."""
    response = http.post("/api/search", content=b"x" * (11 << 20), headers={"Origin": NAMED})

    assert response.status_code == 413
    assert response.headers["access-control-allow-origin"] == NAMED


def test_a_preflight_is_answered_without_the_function(http: httpx.Client) -> None:
    response = http.options("/api/images/x", headers={"Origin": NAMED, **ASKING})

    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["access-control-allow-origin"] == NAMED
    assert response.headers["access-control-allow-methods"] == "GET,POST,PATCH,DELETE,OPTIONS"
    assert response.headers["access-control-allow-headers"] == "Authorization,Content-Type,If-Match"
    assert response.headers["access-control-max-age"] == "3600"


@pytest.mark.parametrize("origin", ["http://localhost:3001", "http://localhost", "https://localhost:3000", "null"])
@pytest.mark.parametrize("headers", [{}, ASKING])
def test_all_other_pages_are_refused_as_before(http: httpx.Client, origin: str, headers: dict[str, str]) -> None:
    response = http.request("OPTIONS" if headers else "POST", "/api/search", headers={"Origin": origin, **headers})

    assert (response.status_code, response.json()["code"]) == (403, "foreign-origin")
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize("path", ["/", "/local/status", "/apis"])
def test_a_named_page_may_call_the_api_and_nothing_else(http: httpx.Client, path: str) -> None:
    assert http.get(path, headers={"Origin": NAMED}).json()["code"] == "foreign-origin"


def test_a_named_page_does_not_make_up_for_a_foreign_host_name(http: httpx.Client) -> None:
    response = http.get("/api/health", headers={"Origin": NAMED, "Host": "evil.example"})

    assert response.json()["code"] == "foreign-host"


def test_our_own_page_needs_no_leave(http: httpx.Client) -> None:
    response = http.get("/api/health", headers={"Origin": str(http.base_url).rstrip("/")})

    assert response.status_code == 200
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize("origin", ["http://localhost:3000", "https://pictures.example.org", "http://[::1]:80"])
def test_origins_are_taken_as_browsers_write_them(origin: str) -> None:
    assert check_origin(origin) == origin


@pytest.mark.parametrize(
    "text",
    ["", "*", "null", "localhost:3000", "http://localhost:3000/", "https://*.example.org", "https://a@b", "file:///x"],
)
def test_what_is_no_origin_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="is no origin"):
        check_origin(text)
