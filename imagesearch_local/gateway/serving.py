"""A threaded WSGI server on the loopback interface that keeps connections open.

Werkzeug's own server closes each connection, which costs a page of forty thumbnails forty handshakes, and ends the
process itself where a port is taken. This one reads each body before it calls the application, so that the next
request line is always found.
"""

from __future__ import annotations

import io
import logging
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from werkzeug.test import run_wsgi_app

from imagesearch_local.loopback import LOOPBACK

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

MAX_BODY_BYTES = 10 * 1024 * 1024
"""What API Gateway takes: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html. The application
sees the first byte above it and no more."""
HEADER_LINES = "imagesearch_local.headers"
"""WSGI environment key: the headers as sent, (name, value) by line; WSGI itself joins those that repeat."""

_IDLE_SECONDS = 75
_DRAINED_BYTES = 256 * 1024 * 1024
_log = logging.getLogger(__name__)


class PortTaken(Exception):
    """Something else listens on the port."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is taken by another program: choose another one with --port")


class LoopbackServer(ThreadingMixIn, TCPServer):
    """Bound (raises PortTaken) when made; answers, by an application, once `serving` runs it. Port 0 takes a free one.

    So a port is known, and known to be free, before the long work starts that makes the application.
    """

    daemon_threads = True
    allow_reuse_address = True  # a restart must not wait for the last run's connections to fade
    request_queue_size = 128

    app: WSGIApplication

    def __init__(self, port: int) -> None:
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()
        try:
            super().__init__((LOOPBACK, port), _Connection)
        except (OSError, OverflowError) as error:
            raise PortTaken(port) from error

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changed:
            self._open.add(request)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._changed:
                self._open.discard(request)
                self._changed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base class's signature
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            _log.exception("a request could not be answered")

    def drain(self, seconds: float) -> bool:
        """End idle connections at once, and wait for the requests in flight. Says whether they all ended."""
        with self._changed:
            for connection in self._open:
                # Whoever waits for the next request reads an end; whoever answers one can still write.
                try:
                    connection.shutdown(socket.SHUT_RD)
                except OSError:
                    continue
            return self._changed.wait_for(lambda: not self._open, seconds)


@contextmanager
def serving(server: LoopbackServer, app: WSGIApplication, *, drain_seconds: float = 30) -> Iterator[LoopbackServer]:
    """Answer requests in threads while the block runs; then finish those in flight, and close."""
    server.app = app
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="gateway", daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.socket.close()
        if not server.drain(drain_seconds):
            _log.warning("requests were still running after %s seconds", drain_seconds)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body are two writes: with Nagle's algorithm the second would wait for the client's delayed ACK.
    disable_nagle_algorithm = True
    timeout = _IDLE_SECONDS
    server: LoopbackServer

    def _answer(self) -> None:
        length = self._body_length()
        if length is None:
            self.close_connection = True
            self.send_error(411, explain="Send a body with its Content-Length.")
            return
        body = self.rfile.read(min(length, MAX_BODY_BYTES + 1))
        if len(body) < min(length, MAX_BODY_BYTES + 1):
            self.close_connection = True
            return
        chunks, status, headers = run_wsgi_app(self.server.app, self._environ(body, length), buffered=True)
        whole = length == len(body)
        self.close_connection |= not whole
        self._send(status, list(headers), b"".join(chunks))
        if not whole:
            self._drain(length - len(body))

    # The names are http.server's.
    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer  # noqa: N815

    def _body_length(self) -> int | None:
        if self.headers.get("Transfer-Encoding"):
            return None
        text = self.headers.get("Content-Length", "0").strip()
        return int(text) if text.isascii() and text.isdigit() else None

    def _environ(self, body: bytes, length: int) -> WSGIEnvironment:
        path, _, query = self.path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "RAW_URI": self.path,
            "REQUEST_URI": self.path,
            "REMOTE_ADDR": self.client_address[0],
            "SERVER_NAME": LOOPBACK,
            "SERVER_PORT": str(self.server.port),
            "SERVER_PROTOCOL": self.request_version,
            "CONTENT_LENGTH": str(length),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            HEADER_LINES: list(self.headers.items()),
        }
        for name, value in self.headers.items():
            if "_" in name or name.lower() == "content-length":
                continue
            key = name.upper().replace("-", "_")
            key = key if key == "CONTENT_TYPE" else f"HTTP_{key}"
            environ[key] = f"{environ[key]},{value}" if key in environ else value
        return environ

    def _send(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        code, _, reason = status.partition(" ")
        self.send_response_only(int(code), reason)
        if not any(name.lower() == "date" for name, _ in headers):
            self.send_header("Date", self.date_time_string())
        for name, value in headers:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _drain(self, left: int) -> None:
        """Read on past an answer given early: a connection closed with unread bytes is reset, and the answer lost."""
        self.connection.settimeout(5)
        left = min(left, _DRAINED_BYTES)
        while left > 0 and (chunk := self.rfile.read1(min(left, 1 << 20))):
            left -= len(chunk)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        _log.debug(format, *args)
