"""The client of the API: routes, cursors, and one typed error for problem documents."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from patience import until
from werkzeug.wrappers import Request, Response

from imagesearch_local.client import ApiProblem, ApiUnreachable, Client, ClientError, connect
from imagesearch_local.gateway.serving import LoopbackServer, PortTaken, serving
from imagesearch_local.retries import Retries

Answer = Callable[[Request], Response]


@contextmanager
def client_of(answer: Answer, token: str | None = None, patience: float = 0) -> Iterator[Client]:
    """A client of a real server that answers so; without patience it tries once."""
    with (
        serving(LoopbackServer(0), Request.application(answer)) as server,
        connect(f"http://127.0.0.1:{server.port}/api", token) as client,
    ):
        yield replace(client, retries=Retries(patience))


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


BUSY = Response('{"message": "Too Many Requests"}', 429, headers={"Retry-After": "0"})
LOST = Response("<html>", 502, headers={"Retry-After": "0"})
NOT_NOW = Response('{"code": "unavailable"}', 503, headers={"Retry-After": "0"})
GATEWAY_TIMEOUT = Response('{"message": "Endpoint request timed out"}', 504, headers={"Retry-After": "0"})
REFUSED = as_json({"code": "invalid-request"}, 422)


def answers(*each: Response) -> tuple[Answer, list[str]]:
    """One answer after the other, the last one for ever, and the methods that they were asked by."""
    left, asked = list(each), []

    def answer(request: Request) -> Response:
        asked.append(request.method)
        return left.pop(0) if len(left) > 1 else left[0]

    return answer, asked


@pytest.mark.parametrize("hiccup", [BUSY, LOST, NOT_NOW, GATEWAY_TIMEOUT])
@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.image("abc"),
        lambda client: client.search({"text": "frog"}),
        lambda client: client.prepare_upload({"filename": "a.png"}),
    ],
)
def test_a_hiccup_is_got_over(hiccup: Response, call: Callable[[Client], dict[str, Any]]) -> None:
    answer, asked = answers(hiccup, hiccup, as_json({"fine": True}))

    with client_of(answer, patience=60) as client:
        assert call(client) == {"fine": True}
    assert len(asked) == 3


@pytest.mark.parametrize(
    "call", [lambda client: client.edit("abc", {"tags": []}, if_match='"e"'), lambda client: client.remove("abc")]
)
@pytest.mark.parametrize(("hiccup", "attempts"), [(BUSY, 2), (NOT_NOW, 2), (LOST, 1), (GATEWAY_TIMEOUT, 1)])
def test_a_change_is_made_again_only_where_it_was_surely_not_made(
    call: Callable[[Client], dict[str, Any]], hiccup: Response, attempts: int
) -> None:
    """A second edit of one version would be refused, and look as if the first had failed."""
    answer, asked = answers(hiccup, as_json({}))

    with client_of(answer, patience=60) as client, suppress(ClientError):
        call(client)
    assert len(asked) == attempts


@pytest.mark.parametrize("refusal", [REFUSED, as_json({}, 404), as_json({}, 401), as_json(None, 500)])
def test_what_was_refused_is_not_asked_again(refusal: Response) -> None:
    answer, asked = answers(refusal)

    with client_of(answer, patience=60) as client, pytest.raises(ClientError):
        client.image("abc")
    assert len(asked) == 1


def test_an_api_that_stays_busy_is_given_up_with_its_own_words() -> None:
    answer, asked = answers(BUSY)

    with client_of(answer, patience=60) as client, pytest.raises(ApiProblem, match="Too Many Requests"):
        client.image("abc")
    assert len(asked) > 3


def test_nothing_is_waited_for_once_it_is_stopped() -> None:
    """Given Ctrl-C while a call pauses for a minute, as the API asked, it ends at once with the API's words."""
    answer, asked = answers(as_json({"message": "Too Many Requests"}, 429))
    answer_in_a_minute, _ = answers(
        Response('{"message": "Too Many Requests"}', 429, headers={"Retry-After": "3600"}), as_json({})
    )
    with client_of(answer_in_a_minute, patience=7200) as client:
        threading.Timer(0.2, client.retries.stop.set).start()
        with pytest.raises(ApiProblem, match="Too Many Requests"):
            client.image("abc")
    with client_of(answer, patience=60) as client:
        client.retries.stop.set()
        with pytest.raises(ApiProblem, match="Too Many Requests"):
            client.image("abc")
    assert len(asked) == 1


def test_a_server_that_restarts_is_waited_for_and_a_wrong_address_is_not() -> None:
    """Given one that answered and is gone, the next call waits until something listens there again."""
    application = Request.application(lambda _request: as_json({"fine": True}))
    with serving(LoopbackServer(0), application) as server:
        port = server.port
    again = threading.Event()

    def listening() -> LoopbackServer | None:
        with suppress(PortTaken):  # another program may have it for a moment: it was free
            return LoopbackServer(port)
        return None

    def restart() -> None:
        server = until(listening)
        assert server
        with serving(server, application):
            again.wait()

    restarted = threading.Thread(target=restart)
    with connect(f"http://127.0.0.1:{port}/api") as client:
        with pytest.raises(ApiUnreachable, match="nothing answers"):
            client.health()
        client.retries.answered.set()
        threading.Timer(0.3, restarted.start).start()
        try:
            assert client.health() == {"fine": True}
        finally:
            again.set()
            restarted.join()
