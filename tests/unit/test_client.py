"""The client of the API: routes, cursors, and one typed error for problem documents."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from imagesearch_local.client import ApiProblem, ApiUnreachable, Client, ClientError, connect
from imagesearch_local.gateway.serving import LoopbackServer, serving

Answer = Callable[[Request], Response]


@contextmanager
def client_of(answer: Answer, token: str | None = None) -> Iterator[Client]:
    """A client of a real server that answers so."""
    with (
        serving(LoopbackServer(0), Request.application(answer)) as server,
        connect(f"http://127.0.0.1:{server.port}/api", token) as client,
    ):
        yield client


def as_json(data: Any, status: int = 200) -> Response:
    return Response(json.dumps(data), status, content_type="application/json")


def test_a_search_posts_its_query() -> None:
    def echo(request: Request) -> Response:
        return as_json({"path": request.path, "method": request.method, "query": request.get_json()})

    with client_of(echo) as client:
        assert client.search({"text": "frog"}) == {"path": "/api/search", "method": "POST", "query": {"text": "frog"}}


def test_all_pages_follow_the_cursor_with_nothing_but_the_limit() -> None:
    """Given three pages, the second and third requests carry the cursor of the page before and the limit alone."""
    asked: list[dict[str, Any]] = []

    def paged(request: Request) -> Response:
        asked.append(request.get_json())
        return as_json({"hits": [len(asked)], "cursor": f"after-{len(asked)}" if len(asked) < 3 else None})

    with client_of(paged) as client:
        pages = list(client.search_all({"text": "frog", "limit": 1}))

    assert [page["hits"] for page in pages] == [[1], [2], [3]]
    assert asked[1:] == [{"cursor": "after-1", "limit": 1}, {"cursor": "after-2", "limit": 1}]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda client: client.image("a/b?c"), "GET /api/images/a%2Fb%3Fc"),
        (lambda client: client.remove("abc"), "DELETE /api/images/abc"),
        (lambda client: client.similar("abc", limit=3), "GET /api/images/abc/similar?limit=3"),
        (lambda client: client.health(), "GET /api/health"),
    ],
)
def test_each_method_has_its_route(call: Callable[[Client], dict[str, Any]], expected: str) -> None:
    with client_of(lambda request: as_json({"seen": f"{request.method} {request.environ['RAW_URI']}"})) as client:
        assert call(client)["seen"] == expected


def test_a_token_goes_along_as_bearer() -> None:
    with client_of(lambda request: as_json({"seen": request.headers["Authorization"]}), token="t0ken") as client:
        assert client.health() == {"seen": "Bearer t0ken"}


@pytest.mark.parametrize(
    ("endpoint", "sent"),
    [
        *((f"https://{host}/api", True) for host in ("api.example.com", "10.0.0.1", "localhost")),
        *((f"http://{host}/api", True) for host in ("localhost:8000", "127.0.0.1", "127.1.2.3:80", "[::1]:8000")),
        *((f"http://{host}/api", False) for host in ("api.example.com", "10.0.0.1", "localhost.example.com")),
        *((f"http://{host}/api", False) for host in ("localhost@example.com", "[fe80::1]", "127.0.0.1.example.com")),
        ("example.com/api", False),
    ],
)
def test_a_token_goes_where_nobody_on_the_way_can_read_it(endpoint: str, sent: bool) -> None:
    if sent:
        with connect(endpoint, "t0ken") as client:
            assert client.http.headers["Authorization"] == "Bearer t0ken"
        return
    with pytest.raises(ClientError, match="only sent over https"), connect(endpoint, "t0ken"):
        pass


@pytest.mark.parametrize("token", [None, "t0ken"])
@pytest.mark.parametrize("endpoint", ["http://a:b:c/", "http://exa\x00mple.com"])
def test_what_is_no_address_is_told(endpoint: str, token: str | None) -> None:
    with pytest.raises(ApiUnreachable, match="is no address"), connect(endpoint, token):
        pass


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_proxy_of_the_environment_never_hears_of_this_machine(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with (
        serving(LoopbackServer(0), Request.application(lambda _request: as_json({"status": "ok"}))) as server,
        connect(f"http://{host}:{server.port}/api", "t0ken") as client,
    ):
        assert client.health() == {"status": "ok"}


def test_an_empty_answer_is_an_empty_object() -> None:
    with client_of(lambda _request: Response(status=202)) as client:
        assert client.remove("abc") == {}


def test_a_problem_document_becomes_one_typed_error() -> None:
    problem = {"title": "There is no such image", "detail": "Nothing has this id.", "code": "image-not-found"}
    with client_of(lambda _request: as_json(problem, 404)) as client, pytest.raises(ApiProblem) as caught:
        client.image("abc")

    assert (caught.value.status, caught.value.code) == (404, "image-not-found")
    assert str(caught.value) == "Nothing has this id. (image-not-found, HTTP 404)"


def test_api_gateways_own_short_errors_are_understood() -> None:
    with (
        client_of(lambda _request: as_json({"message": "Unauthorized"}, 401)) as client,
        pytest.raises(ApiProblem) as e,
    ):
        client.health()

    assert "Unauthorized" in str(e.value)


@pytest.mark.parametrize(
    "answer", [Response("<html>", 200), Response("<html>", 502), as_json(["a", "list"]), as_json(None, 500)]
)
def test_what_is_not_our_api_is_said_to_be_none(answer: Response) -> None:
    with client_of(lambda _request: answer) as client, pytest.raises(ApiUnreachable, match="no imagesearch API"):
        client.health()


def test_where_nothing_listens_the_error_names_the_address() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (
        connect(f"http://127.0.0.1:{port}/api") as client,
        pytest.raises(ApiUnreachable, match=f"nothing answers at http://127.0.0.1:{port}/api"),
    ):
        client.health()


@pytest.mark.parametrize("endpoint", ["no-scheme", "ftp://host/api", "http://[broken"])
def test_an_endpoint_that_is_no_address_is_a_clear_error(endpoint: str) -> None:
    with pytest.raises(ApiUnreachable), connect(endpoint) as client:
        client.health()
