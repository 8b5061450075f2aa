"""An HTTP proxy before a real OpenSearch that now and then does what networks and busy clusters do."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """As the client sent it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """As the client will get it."""

    status: int
    content_type: str
    body: bytes
    sent: int | None = None
    """Bytes of the body after which the connection is cut; None: all of it is sent."""


Upstream = Callable[[Request], Answer]
Fault = Callable[[Request, Upstream], Answer | None]
"""What becomes of a request, instead of passing it on; None cuts the connection without an answer."""


@dataclass(slots=True)
class FaultyProxy:
    """Passes requests on, but for those that meet a fault."""

    url: str
    """Without a slash at its end."""
    requests: list[Request] = field(default_factory=list)
    """All that came, in their order."""
    _faults: list[tuple[str, Fault]] = field(default_factory=list)
    _lasting: list[tuple[str, Fault]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, path: str, *faults: Fault) -> None:
        """The next requests with `path` in theirs meet these faults, one each."""
        with self._lock:
            self._faults += [(path, fault) for fault in faults]

    def always(self, path: str, fault: Fault) -> None:
        """All requests with `path` in theirs meet this fault, but for those that `next` is for."""
        with self._lock:
            self._lasting.append((path, fault))

    def mend(self) -> None:
        """From now on everything is passed on."""
        with self._lock:
            self._faults.clear()
            self._lasting.clear()

    def count(self, path: str) -> int:
        return sum(path in request.path for request in self.requests)

    def _fault(self, request: Request) -> Fault | None:
        with self._lock:
            self.requests.append(request)
            for number, (path, fault) in enumerate(self._faults):
                if path in request.path:
                    del self._faults[number]
                    return fault
            return next((fault for path, fault in self._lasting if path in request.path), None)


@contextmanager
def faulty_proxy(upstream_url: str) -> Iterator[FaultyProxy]:
    """On loopback, on a free port, while the block runs."""
    address = urlsplit(upstream_url)

    def upstream(request: Request) -> Answer:
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=120)
        try:
            headers = {name: value for name, value in request.headers.items() if name != "content-length"}
            connection.request(request.method, request.path, request.body, headers)
            response = connection.getresponse()
            return Answer(response.status, response.headers["content-type"], response.read())
        finally:
            connection.close()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, self.path, headers, self.rfile.read(length))
            fault = proxy._fault(request)
            answer = fault(request, upstream) if fault else upstream(request)
            if answer is None:
                self.close_connection = True
                return
            self.send_response(answer.status)
            self.send_header("content-type", answer.content_type)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body[: answer.sent])
            self.close_connection = answer.sent is not None

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_one  # noqa: N815 - http.server's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that gave up waiting is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    proxy = FaultyProxy(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="faulty-proxy")
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def refused(status: int) -> Fault:
    """The whole request is refused, as a busy cluster or a load balancer before it does."""
    return lambda _request, _upstream: Answer(status, "application/json", _error(status))


def not_opensearch(status: int) -> Fault:
    """A load balancer's own page."""
    return lambda _request, _upstream: Answer(status, "text/html", b"<html>Bad gateway</html>")


def cut(_request: Request, _upstream: Upstream) -> None:
    """The connection ends before OpenSearch hears of it."""
    return


def cut_after(request: Request, upstream: Upstream) -> None:
    """OpenSearch does what it is asked for; its answer gets lost."""
    upstream(request)


def cut_short(request: Request, upstream: Upstream) -> Answer:
    """Half of the answer gets lost."""
    answer = upstream(request)
    return Answer(answer.status, answer.content_type, answer.body, sent=len(answer.body) // 2)


def held_until(event: threading.Event) -> Fault:
    """The request is passed on only then."""

    def hold(request: Request, upstream: Upstream) -> Answer:
        event.wait()
        return upstream(request)

    return hold


def items_refused(status: int, *image_ids: str) -> Fault:
    """Of a bulk request, OpenSearch never hears of these images; their items are answered with this status."""

    def refuse(request: Request, upstream: Upstream) -> Answer:
        lines = request.body.splitlines(keepends=True)
        pairs = [(json.loads(lines[at]), lines[at] + lines[at + 1]) for at in range(0, len(lines), 2)]
        actions = [(kind, header["_id"], body) for action, body in pairs for kind, header in action.items()]
        passed = [body for _, image_id, body in actions if image_id not in image_ids]
        items: Iterator[Json] = iter([])
        if passed:
            kept = Request(request.method, request.path, request.headers, b"".join(passed))
            items = iter(json.loads(upstream(kept).body)["items"])
        error = json.loads(_error(status))
        answered = [
            {kind: {"_id": image_id, **error}} if image_id in image_ids else next(items)
            for kind, image_id, _ in actions
        ]
        body = json.dumps({"took": 1, "errors": True, "items": answered}).encode()
        return Answer(200, "application/json", body)

    return refuse


def _error(status: int) -> bytes:
    kind = {
        429: "rejected_execution_exception",
        503: "cluster_block_exception",
        400: "mapper_parsing_exception",
    }[status]
    error = {"type": kind, "reason": "by the proxy at 127.0.0.1", "root_cause": [{"type": kind, "reason": "same"}]}
    return json.dumps({"error": error, "status": status}).encode()
