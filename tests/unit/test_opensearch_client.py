"""The way to OpenSearch: addresses, who asks, and what answers mean. (How it fares with a real one: integration.)"""

from __future__ import annotations

import hashlib
import json
import math
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from faulty_proxy import Answer, FaultyProxy, Request, Upstream, faulty_proxy, held_until
from hypothesis import given
from hypothesis import strategies as st
from opensearchpy.exceptions import SSLError

from imagesearch.adapters.opensearch.client import LONGEST_PAUSE_SECONDS, READ_ATTEMPTS, connect, pause
from imagesearch.adapters.opensearch.failures import (
    CredentialsRefused,
    IndexConflict,
    IndexRefused,
    IndexTooSlow,
    error_of,
)
from imagesearch.deadlines import seconds_left, until
from imagesearch.errors import ImageSearchError, IndexMissing, IndexUnavailable


def nothing_found(_request: Request, _upstream: Upstream) -> Answer:
    return Answer(200, "application/json", b'{"hits": {"hits": []}}')


@pytest.fixture
def server() -> Iterator[FaultyProxy]:
    """Answers every search with nothing; shows what it was asked."""
    with faulty_proxy("http://127.0.0.1:9") as proxy:
        proxy.always("/", nothing_found)
        yield proxy


class TestAddresses:
    @pytest.mark.parametrize(
        "url", ["", "localhost:9200/images", "ftp://host/images", "http:///images", "http://host/images/more"]
    )
    def test_what_is_no_address_is_refused_without_repeating_it(self, url: str) -> None:
        with pytest.raises(ValueError, match="must be http") as raised:
            connect(url)
        assert not url or url not in str(raised.value)

    def test_the_alias_is_the_path(self) -> None:
        assert connect("https://host/images-g1").alias == "images-g1"
        assert connect("https://host:9200/").alias == ""

    def test_a_password_is_in_no_representation(self) -> None:
        assert "secret" not in repr(connect("https://somebody:secret@host/images-g1"))


class TestWhoAsks:
    def test_nobody_where_the_address_has_no_user(self, server: FaultyProxy) -> None:
        connect(f"{server.url}/images").search({})
        assert "authorization" not in server.requests[0].headers

    def test_a_user_of_the_address_with_any_sign_in_the_password(self, server: FaultyProxy) -> None:
        address = server.url.removeprefix("http://")
        connect(f"http://some%20body:p%40ss%3A@{address}/images").search({})
        # base64 of `some body:p@ss:`
        assert server.requests[0].headers["authorization"] == "Basic c29tZSBib2R5OnBAc3M6"

    def test_a_function_of_aws_signs_what_it_sends(self, server: FaultyProxy, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in (("ACCESS_KEY_ID", "key"), ("SECRET_ACCESS_KEY", "secret"), ("DEFAULT_REGION", "eu-west-1")):
            monkeypatch.setenv(f"AWS_{name}", value)
        connect(f"{server.url}/images", sigv4=True).search({"query": {"match_all": {}}})
        (request,) = server.requests
        assert re.match(
            r"AWS4-HMAC-SHA256 Credential=key/\d{8}/eu-west-1/es/aws4_request, SignedHeaders=",
            request.headers["authorization"],
        )
        assert request.headers["x-amz-content-sha256"] == hashlib.sha256(request.body).hexdigest()


class TestSearches:
    def test_all_shards_must_answer_and_opensearch_gives_up_before_we_do(self, server: FaultyProxy) -> None:
        connect(f"{server.url}/images", seconds=2).search({"size": 3})
        (request,) = server.requests
        assert request.path == "/images/_search?allow_partial_search_results=false"
        assert json.loads(request.body) == {"timeout": "1800ms", "size": 3}

    def test_several_searches_are_one_request(self, server: FaultyProxy) -> None:
        server.next("_msearch", lambda *_: Answer(200, "application/json", b'{"responses": [{"a": 1}, {"b": 2}]}'))
        assert connect(f"{server.url}/images").msearch([{"size": 1}, {"size": 2}]) == [{"a": 1}, {"b": 2}]
        (request,) = server.requests
        lines = [json.loads(line) for line in request.body.splitlines()]
        assert [line.get("size") for line in lines] == [None, 1, None, 2]
        assert all(header["allow_partial_search_results"] is False for header in lines[::2])

    def test_nothing_is_asked_about_nothing(self, server: FaultyProxy) -> None:
        connection = connect(f"{server.url}/images")
        assert (connection.msearch([]), connection.mget([], True), server.requests) == ([], [], [])

    def test_one_search_of_several_that_fails_is_an_error(self, server: FaultyProxy) -> None:
        body = json.dumps({"responses": [{"hits": {}}, {"error": an_error("parsing_exception"), "status": 400}]})
        server.next("_msearch", lambda *_: Answer(200, "application/json", body.encode()))
        with pytest.raises(IndexRefused, match="parsing_exception"):
            connect(f"{server.url}/images").msearch([{}, {}])

    def test_half_an_answer_because_time_was_up_is_an_error(self, server: FaultyProxy) -> None:
        server.next("_search", lambda *_: Answer(200, "application/json", b'{"timed_out": true, "hits": {}}'))
        with pytest.raises(IndexUnavailable, match="in time"):
            connect(f"{server.url}/images").search({})


class TestDeadlines:
    def test_nothing_is_asked_once_it_has_passed(self, server: FaultyProxy) -> None:
        connection = connect(f"{server.url}/images")
        with until(time.monotonic()):
            for ask in (connection.refresh, lambda: connection.search({}), lambda: connection.msearch([{}])):
                with pytest.raises(IndexTooSlow):
                    ask()
        assert server.requests == []
        connection.refresh()
        assert len(server.requests) == 1

    def test_a_request_may_take_no_longer_than_is_left(self, server: FaultyProxy) -> None:
        """Given a search that is held up, with little time left of much; then both sides stop waiting."""
        end = threading.Event()
        server.next("_search", held_until(end))
        try:
            with until(time.monotonic() + 0.5), pytest.raises(IndexTooSlow):
                connect(f"{server.url}/images", seconds=30).search({})
        finally:
            end.set()
        (request,) = server.requests
        assert int(json.loads(request.body)["timeout"].removesuffix("ms")) <= 450

    def test_the_nearer_one_holds(self) -> None:
        now = time.monotonic()
        with until(now - 1), until(now + 100):
            assert seconds_left() < 0
        assert seconds_left() == math.inf


class TestTrust:
    """Over TLS, on loopback: real handshakes."""

    def test_a_certificate_that_nobody_trusts_is_named_and_not_tried_again(self, tmp_path: Path) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(a_certificate(tmp_path))
        with (
            handshakes(lambda peer: context.wrap_socket(peer, server_side=True)) as (port, seen),
            pytest.raises(IndexRefused, match="certificate is not trusted"),
        ):
            connect(f"https://127.0.0.1:{port}/images").search({})
        assert len(seen) == 1

    def test_a_handshake_that_is_cut_is_tried_again(self) -> None:
        """... as where a node is starting anew: that says nothing of its certificate."""
        with (
            handshakes(lambda peer: peer.recv(65_536)) as (port, seen),
            pytest.raises(IndexUnavailable, match=r"can't be reached\.$") as raised,
        ):
            connect(f"https://127.0.0.1:{port}/images").search({})
        assert type(raised.value) is IndexUnavailable
        assert type(raised.value.__cause__) is SSLError
        assert len(seen) == READ_ATTEMPTS

    def test_a_peer_that_speaks_no_tls_is_tried_again(self) -> None:
        """... as a load balancer whose nodes are all starting."""
        with (
            handshakes(lambda peer: peer.sendall(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")) as (port, seen),
            pytest.raises(IndexUnavailable, match=r"can't be reached\.$"),
        ):
            connect(f"https://127.0.0.1:{port}/images").search({})
        assert len(seen) == READ_ATTEMPTS


@contextmanager
def handshakes(answer: Callable[[socket.socket], Any]) -> Iterator[tuple[int, list[Any]]]:
    """A server on loopback that meets each connection so, and then ends it; its port, and who came."""
    seen = list[Any]()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                peer, address = server.accept()
                if done.is_set():
                    return peer.close()
                seen.append(address)
                with peer, suppress(OSError):
                    answer(peer)

        done, thread = threading.Event(), threading.Thread(target=serve)
        thread.start()
        port = server.getsockname()[1]
        try:
            yield port, seen
        finally:
            done.set()
            socket.create_connection(("127.0.0.1", port)).close()
            thread.join()


def a_certificate(folder: Path) -> Path:
    """Of nobody in particular, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=36_500))
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    plain = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "certificate.pem"
    file.write_bytes(made.public_bytes(encoding) + plain)
    return file


def an_error(kind: str, *causes: str) -> dict[str, Any]:
    return {
        "type": kind,
        "reason": "[10.0.0.7:9300] of user somebody",
        "root_cause": [
            {"type": cause, "reason": "Time exceeded" if cause == TIME_EXCEEDED else "at 10.0.0.7"} for cause in causes
        ],
    }


TIME_EXCEEDED = "query_phase_execution_exception"


@pytest.mark.parametrize(
    ("status", "error", "expected", "words"),
    [
        (404, an_error("index_not_found_exception"), IndexMissing, "run manage_index"),
        (404, an_error("aliases_not_found_exception"), IndexMissing, "run manage_index"),
        (429, an_error("rejected_execution_exception"), IndexUnavailable, "overloaded"),
        (503, an_error("search_phase_execution_exception", "no_shard_available_action_exception"), None, "is red"),
        (503, an_error("unavailable_shards_exception"), IndexUnavailable, "is red"),
        (503, an_error("cluster_block_exception"), IndexUnavailable, "not available right now"),
        (403, an_error("cluster_block_exception"), IndexUnavailable, "blocked: it is out of space or memory"),
        (429, an_error("cluster_block_exception"), IndexUnavailable, "blocked: it is out of space or memory"),
        (500, an_error("search_phase_execution_exception", TIME_EXCEEDED), IndexTooSlow, "in time"),
        (502, None, IndexUnavailable, "not available right now"),
        (401, "Unauthorized", CredentialsRefused, "credentials"),
        (403, an_error("security_exception"), CredentialsRefused, "credentials"),
        (409, {"status": "CONFLICT"}, IndexConflict, "same time"),
        (400, an_error("parsing_exception"), IndexRefused, "parsing_exception"),
        (413, None, IndexRefused, "status 413"),
    ],
)
def test_what_an_answer_means_is_a_sentence_that_tells_no_address(
    status: int, error: Any, expected: type[ImageSearchError] | None, words: str
) -> None:
    meant = error_of(status, {"error": error} if error else {})
    assert type(meant) is (expected or IndexUnavailable)
    assert words in meant.detail
    assert not [leak for leak in ("10.0.0.7", "somebody") if leak in str(meant)]


@given(attempt=st.integers(0, 1000))
def test_pauses_double_up_to_a_limit_with_jitter(attempt: int) -> None:
    full = min(0.1 * 2 ** min(attempt, 20), LONGEST_PAUSE_SECONDS)
    assert full / 2 <= pause(attempt) <= full
