"""The local gateway is to the search function what CloudFront and API Gateway are on AWS."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import patiently
import pytest
from patience import PATIENCE_SECONDS

from imagesearch_local.gateway.gateway import Gateway
from imagesearch_local.gateway.serving import MAX_BODY_BYTES, LoopbackServer, PortTaken, serving

Event = dict[str, Any]
S3 = "http://127.0.0.1:9999"


@dataclass
class Recorder:
    """A function that keeps its events and answers as told."""

    answer: Callable[[Event], Any] = lambda _event: {"statusCode": 200, "body": "{}"}
    events: list[Event] = field(default_factory=list)
    contexts: list[Any] = field(default_factory=list)

    def __call__(self, event: Event, context: Any) -> Any:
        self.events.append(event)
        self.contexts.append(context)
        return self.answer(event)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def web(tmp_path: Path) -> Path:
    folder = tmp_path / "web"
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html><title>Pictures</title>")
    (folder / "app.js").write_text("export {};")
    (folder / "secret.pem").write_text("not a web file")
    (tmp_path / "outside.html").write_text("outside")
    return folder


@pytest.fixture
def server(recorder: Recorder, web: Path) -> Iterator[LoopbackServer]:
    app = Gateway(recorder, context=object, web=web, status=lambda: {"ready": True}, s3_endpoint=S3)
    with serving(LoopbackServer(0), app, drain_seconds=5) as running:
        yield running


@pytest.fixture
def http(server: LoopbackServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=PATIENCE_SECONDS) as client:
        yield client


def test_a_request_becomes_a_rest_proxy_event(http: httpx.Client, recorder: Recorder) -> None:
    """Given a POST with repeated parameters and headers, the event has them singly (the last) and as lists."""
    http.post(
        "/api/images/a%20b?tag=frog&tag=green&q=%C3%A9t%C3%A9",
        json={"text": "frog"},
        headers=[("X-Twice", "one"), ("X-Twice", "two")],
    )

    [event] = recorder.events
    assert event["httpMethod"] == "POST"
    assert event["path"] == "/images/a%20b"
    assert event["resource"] == "/{proxy+}"
    assert event["pathParameters"] == {"proxy": "images/a%20b"}
    assert event["queryStringParameters"] == {"tag": "green", "q": "été"}
    assert event["multiValueQueryStringParameters"] == {"tag": ["frog", "green"], "q": ["été"]}
    assert event["headers"]["X-Twice"] == "two"
    assert event["multiValueHeaders"]["X-Twice"] == ["one", "two"]
    assert json.loads(event["body"]) == {"text": "frog"}
    assert event["isBase64Encoded"] is False


def test_the_event_says_who_calls_and_from_where(http: httpx.Client, recorder: Recorder) -> None:
    http.get("/api/health", headers={"User-Agent": "curl"})

    context = recorder.events[0]["requestContext"]
    assert context["authorizer"]["claims"]["sub"] == "local"
    assert context["authorizer"]["claims"]["cognito:groups"] == "editors,viewers"
    assert context["identity"] == {"sourceIp": "127.0.0.1", "userAgent": "curl"}
    assert (context["stage"], context["path"]) == ("api", "/api/health")


def test_absent_parts_of_a_request_are_null_in_the_event(http: httpx.Client, recorder: Recorder) -> None:
    http.get("/api")

    [event] = recorder.events
    assert event["path"] == event["resource"] == "/"
    assert event["queryStringParameters"] is event["multiValueQueryStringParameters"] is None
    assert event["pathParameters"] is event["body"] is None
    assert event["isBase64Encoded"] is False


@pytest.mark.parametrize("content_type", ["image/jpeg", "IMAGE/PNG; x=y", "application/octet-stream"])
def test_binary_bodies_arrive_as_base64(http: httpx.Client, recorder: Recorder, content_type: str) -> None:
    http.post("/api/search", content=b"\xff\xd8\x00", headers={"Content-Type": content_type})

    [event] = recorder.events
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == b"\xff\xd8\x00"


def test_each_invocation_has_its_own_context_and_request_id(http: httpx.Client, recorder: Recorder) -> None:
    http.get("/api/health")
    http.get("/api/health")

    assert recorder.contexts[0] is not recorder.contexts[1]
    assert len({event["requestContext"]["requestId"] for event in recorder.events}) == 2


def test_the_functions_answer_goes_out_as_it_is(http: httpx.Client, recorder: Recorder) -> None:
    recorder.answer = lambda _event: {
        "statusCode": 201,
        "headers": {"Content-Type": "image/webp", "ETag": '"overridden"'},
        "multiValueHeaders": {"etag": ['"1"'], "Set-Cookie": ["a=1", "b=2"]},
        "body": base64.b64encode(b"\x00\xff").decode(),
        "isBase64Encoded": True,
    }

    response = http.get("/api/thing")

    assert (response.status_code, response.content) == (201, b"\x00\xff")
    assert response.headers.get_list("etag") == ['"1"']
    assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert response.headers["content-type"] == "image/webp"


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "text",
        {},
        {"statusCode": "two hundred"},
        {"statusCode": 99},
        {"statusCode": 200, "body": {"not": "a string"}},
        {"statusCode": 200, "body": "%%%", "isBase64Encoded": True},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "headers": {"X-Split": "a\r\nSet-Cookie: b"}},
        {"statusCode": 200, "multiValueHeaders": {"X": "not a list"}},
        {"statusCode": 200, "body": b"bytes"},
        {"statusCode": 200, "body": "x" * (6 * 1024 * 1024)},
    ],
)
def test_a_malformed_answer_is_a_502_problem(http: httpx.Client, recorder: Recorder, answer: Any) -> None:
    recorder.answer = lambda _event: answer

    response = http.get("/api/health")

    assert response.status_code == 502
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == "bad-gateway"


def test_a_function_that_raises_leaks_nothing(http: httpx.Client, recorder: Recorder) -> None:
    def fail(_event: Event) -> Any:
        raise RuntimeError("password=hunter2")

    recorder.answer = fail

    response = http.get("/api/health")

    assert response.status_code == 502
    assert "hunter2" not in response.text


@pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, 40 * 1024 * 1024])
def test_a_body_above_the_gateways_limit_is_a_413_problem(http: httpx.Client, recorder: Recorder, size: int) -> None:
    response = http.post("/api/search", content=b"x" * size)

    assert response.status_code == 413
    assert response.json()["code"] == "request-too-large"
    assert recorder.events == []


def test_a_body_above_lambdas_own_limit_is_a_413_problem(http: httpx.Client, recorder: Recorder) -> None:
    """A 5 MiB picture is within the gateway's limit, and above Lambda's once it is base64."""
    response = http.post("/api/search", content=b"x" * (5 << 20), headers={"Content-Type": "image/png"})

    assert response.json()["code"] == "request-too-large"
    assert recorder.events == []


@pytest.mark.parametrize("path", ["/", "/api/health", "/local/status"])
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:1", "localhost.evil.example:80", ""])
def test_foreign_host_names_are_refused(http: httpx.Client, recorder: Recorder, path: str, host: str) -> None:
    """DNS rebinding: a name of the attacker's that resolves to 127.0.0.1."""
    response = http.get(path, headers={"Host": host})

    assert response.status_code == 421
    assert response.json()["code"] == "foreign-host"
    assert recorder.events == []


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_pages_from_elsewhere_can_not_call(http: httpx.Client, recorder: Recorder, origin: str) -> None:
    response = http.post("/api/search", content=b"{}", headers={"Origin": origin, "Content-Type": "text/plain"})

    assert response.json()["code"] == "foreign-origin"
    assert recorder.events == []


def test_our_own_page_may_call(http: httpx.Client, server: LoopbackServer, recorder: Recorder) -> None:
    response = http.post("/api/search", json={}, headers={"Origin": f"http://127.0.0.1:{server.port}"})

    assert response.status_code == 200
    assert len(recorder.events) == 1


def test_the_page_is_served_under_a_strict_policy(http: httpx.Client) -> None:
    response = http.get("/")

    policy = response.headers["content-security-policy"]
    assert response.text.startswith("<!doctype html>")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "unsafe" not in policy
    assert "script-src 'self';" in policy
    assert f"img-src 'self' blob: {S3};" in policy
    assert f"connect-src 'self' {S3};" in policy


def test_an_unchanged_file_is_not_sent_again(http: httpx.Client, web: Path) -> None:
    first = http.get("/app.js")
    again = http.get("/app.js", headers={"If-None-Match": first.headers["etag"]})
    (web / "app.js").write_text("export const changed = 1;")
    changed = http.get("/app.js", headers={"If-None-Match": first.headers["etag"]})

    assert first.headers["content-type"] == "text/javascript; charset=utf-8"
    assert (again.status_code, again.content) == (304, b"")
    assert changed.status_code == 200


@pytest.mark.parametrize(
    ("accepted", "encoding"), [("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip")]
)
def test_files_are_compressed_for_who_can_read_that(http: httpx.Client, accepted: str, encoding: str) -> None:
    plain = http.get("/app.js", headers={"Accept-Encoding": "identity"})
    packed = http.get("/app.js", headers={"Accept-Encoding": accepted})

    assert packed.headers["content-encoding"] == encoding
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert packed.headers["etag"] != plain.headers["etag"]
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("path", ["/", "/app.js", "/local/status", "/api/health"])
def test_each_answer_is_dated_once(http: httpx.Client, path: str) -> None:
    assert len(http.get(path).headers.get_list("date")) == 1


def test_only_documents_carry_the_policy_for_documents(http: httpx.Client) -> None:
    """Browsers read it there alone, and there are dozens of scripts."""
    assert "content-security-policy" in http.get("/").headers
    assert "content-security-policy" not in http.get("/app.js").headers
    assert http.get("/app.js").headers["x-content-type-options"] == "nosniff"


def test_what_is_compressed_already_is_sent_as_it_is(http: httpx.Client, web: Path) -> None:
    (web / "picture.webp").write_bytes(b"RIFF")

    response = http.get("/picture.webp", headers={"Accept-Encoding": "br, gzip"})

    assert response.content == b"RIFF"
    assert "content-encoding" not in response.headers


@pytest.mark.parametrize("path", ["/nothing.html", "/secret.pem", "/%2e%2e/outside.html", "/..%2foutside.html", "/%00"])
def test_only_web_files_inside_the_folder_are_served(http: httpx.Client, path: str) -> None:
    assert http.get(path).status_code == 404


def test_status_is_served_and_not_kept(http: httpx.Client) -> None:
    response = http.get("/local/status")

    assert response.json() == {"ready": True}
    assert response.headers["cache-control"] == "no-store"


def test_what_is_not_the_api_can_only_be_read(http: httpx.Client) -> None:
    assert http.delete("/").status_code == 405


def test_a_connection_serves_many_requests(server: LoopbackServer) -> None:
    """Including after HEAD, an empty body and a 304: each answer's end is where the next one starts."""
    request = "{} {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Length: {}\r\n\r\n{}"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw, raw.makefile("rb") as answers:
        for method, path, body in [("HEAD", "/", ""), ("POST", "/api/x", "{}"), ("GET", "/app.js", "")]:
            raw.sendall(request.format(method, path, server.port, len(body), body).encode())
            assert answers.readline() == b"HTTP/1.1 200 OK\r\n"
            length = 0
            while (line := answers.readline()) != b"\r\n":
                name, _, value = line.decode().partition(":")
                length = int(value) if name.lower() == "content-length" else length
            assert method == "HEAD" or len(answers.read(length)) == length > 0


def test_the_function_is_called_by_one_request_at_a_time(http: httpx.Client, recorder: Recorder) -> None:
    """As in a Lambda environment. Given eight callers at once, no call begins before the one before it has ended."""
    inside = threading.Semaphore(1)
    overlaps: list[Event] = []

    def alone(event: Event) -> Any:
        if not inside.acquire(blocking=False):
            overlaps.append(event)
            return {"statusCode": 500}
        threading.Event().wait(0.01)
        inside.release()
        return {"statusCode": 200, "body": "{}"}

    recorder.answer = alone
    with ThreadPoolExecutor(8) as callers:
        statuses = list(callers.map(lambda _n: http.get("/api/health").status_code, range(24)))

    assert statuses == [200] * 24
    assert overlaps == []


def test_a_slow_call_keeps_neither_page_nor_status_waiting(http: httpx.Client, recorder: Recorder) -> None:
    go_on = threading.Event()
    called = threading.Event()

    def slow(_event: Event) -> Any:
        called.set()
        go_on.wait(timeout=30)
        return {"statusCode": 200, "body": "{}"}

    recorder.answer = slow
    with ThreadPoolExecutor(1) as caller:
        answer = caller.submit(http.get, "/api/health")
        called.wait(timeout=30)
        assert http.get("/").status_code == http.get("/local/status").status_code == 200
        assert not answer.done()
        go_on.set()
        assert answer.result().status_code == 200


def test_stopping_lets_the_request_in_flight_finish(web: Path) -> None:
    inside, go_on = threading.Event(), threading.Event()
    answered: list[int] = []

    def slow(_event: Event, _context: Any) -> Any:
        inside.set()
        go_on.wait(timeout=30)
        return {"statusCode": 200, "body": "{}"}

    server = LoopbackServer(0)
    url = f"http://127.0.0.1:{server.port}/api/health"
    caller = threading.Thread(target=lambda: answered.append(patiently.get(url).status_code))
    with ExitStack() as running:
        running.enter_context(serving(server, Gateway(slow, object, web, dict, S3)))
        caller.start()
        inside.wait(timeout=30)
        threading.Timer(0.2, go_on.set).start()
    caller.join()

    assert answered == [200]


def test_a_taken_port_is_a_clear_error(server: LoopbackServer) -> None:
    with pytest.raises(PortTaken, match=f"port {server.port} is taken .* --port"):
        LoopbackServer(server.port)
