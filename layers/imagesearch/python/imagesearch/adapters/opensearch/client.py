"""The way to OpenSearch: one client a process, its timeouts and its patience."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import orjson
import urllib3
from opensearchpy import JSONSerializer, NotFoundError, OpenSearch, Urllib3AWSV4SignerAuth
from opensearchpy.exceptions import SerializationError, TransportError

from imagesearch.adapters.opensearch.failures import TOO_SLOW, TRANSIENT, IndexTooSlow, error_of, may_pass, raised_as
from imagesearch.deadlines import seconds_left

Json = dict[str, Any]

CONNECT_SECONDS = 3.0
"""A node that does not even take a connection in this time is down, and another attempt finds another one."""
THREADS = 32
"""Connections kept open: as many threads of a process may ask at once without waiting for each other."""
_SERVER_SHARE = 0.9
"""Of the time that we wait for a search: what OpenSearch may take."""
READ_ATTEMPTS = 3
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0

# The client logs every failed attempt with a stack trace. What failed in the end is raised, and logged by who answers.
logging.getLogger("opensearch").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Connection:
    """OpenSearch, and the alias that is read and written through. Safe to share between threads.

    Every method may raise IndexUnavailable, or IndexMissing where the alias or what is behind it is not there.
    """

    client: OpenSearch
    alias: str
    seconds: float = 10.0
    """How long one request may take, unless it says otherwise."""

    def search(self, body: Mapping[str, Any]) -> Json:
        """One search: all shards answer, or it raises.

        Scores must depend on no statistics of terms: each shard has its own.
        """
        answer = self.request(
            "POST",
            f"/{quoted(self.alias)}/_search",
            self._bounded(body),
            params={"allow_partial_search_results": "false"},
        )
        return _complete(answer)

    def msearch(self, bodies: Sequence[Mapping[str, Any]]) -> list[Json]:
        """Several searches in one request, answered in their order."""
        if not bodies:
            return []
        header = {"allow_partial_search_results": False}
        lines = b"".join(dumped(line) + b"\n" for body in bodies for line in (header, self._bounded(body)))
        for attempt in range(READ_ATTEMPTS):
            answers = self.request("POST", f"/{quoted(self.alias)}/_msearch", lines)["responses"]
            failed = [answer for answer in answers if "error" in answer]
            if not failed:
                break
            if failed[0]["status"] not in TRANSIENT or attempt + 1 == READ_ATTEMPTS:
                raise error_of(failed[0]["status"], failed[0])
            time.sleep(pause(attempt))
        return [_complete(answer) for answer in answers]

    def mget(
        self,
        ids: Sequence[str],
        source: Mapping[str, Any] | Sequence[str] | bool,
        *,
        stored: Sequence[str] = (),
        preference: str | None = None,
    ) -> list[Json]:
        """Documents as they are now, whether searches see them yet or not; those that do not exist are left out.

        Of each what is asked for of its source, and its stored fields. By any copy of its shard, which may not know
        yet of a write that is not answered yet, unless the preference is `_primary`.
        """
        if not ids:
            return []
        # The fields by document: as URL parameters they would be joined with commas.
        wanted = {"_source": source, "stored_fields": list(stored)}
        body = {"docs": [{"_id": image_id, **wanted} for image_id in ids]}
        params = {"preference": preference} if preference else None
        answers = self.request("POST", f"/{quoted(self.alias)}/_mget", body, params=params)["docs"]
        for answer in answers:
            if "error" in answer:
                raise error_of(503, answer)
        return [answer for answer in answers if answer["found"]]

    def refresh(self) -> None:
        """Searches that begin after this see all that was written before."""
        self.request("POST", f"/{quoted(self.alias)}/_refresh")

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | bytes | None = None,
        *,
        params: Mapping[str, str] | None = None,
        attempts: int = READ_ATTEMPTS,
        seconds: float | None = None,
        absent_ok: bool = False,
    ) -> Any:
        """One request: its answer's JSON. `bytes` are sent as they are: lines of JSON.

        With `absent_ok` the answer is None where there is no such thing (status 404).

        What may be better in a moment (too busy, no master, a connection cut) is asked again up to `attempts` times;
        what took too long is not, since it would take as long again. Nor is anything asked past the deadline of what
        it is for (`deadlines`): that raises IndexTooSlow at once.
        """
        kind = "application/x-ndjson" if isinstance(body, bytes) else "application/json"
        for attempt in range(attempts):
            patience = min(seconds or self.seconds, seconds_left())
            if patience <= 0:
                raise IndexTooSlow(TOO_SLOW)
            timeout: Any = urllib3.Timeout(connect=min(CONNECT_SECONDS, patience), read=patience)
            try:
                return self.client.transport.perform_request(
                    method, path, params=dict(params or {}), body=body, timeout=timeout, headers={"content-type": kind}
                )
            except (TransportError, SerializationError) as error:
                if absent_ok and isinstance(error, NotFoundError):
                    return None
                if not may_pass(error) or attempt + 1 == attempts:
                    raise raised_as(error) from error
            time.sleep(pause(attempt))
        raise AssertionError("at least one attempt")

    def _bounded(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """With the time after which OpenSearch itself should give up, and say so before nobody waits any more."""
        patience = min(self.seconds, max(seconds_left(), 0))
        return {"timeout": f"{round(patience * _SERVER_SHARE * 1000)}ms", **body}


def connect(url: str, *, sigv4: bool = False, seconds: float = 10.0) -> Connection:
    """A connection to `http[s]://[user:password@]host[:port][/ALIAS]`. Nothing is sent yet.

    With `sigv4` requests are signed with the credentials of the environment, for Amazon OpenSearch Service; else a
    user in the URL is sent as basic authentication. Raises ValueError where the URL is none.
    """
    parts = urlsplit(url)
    alias = unquote(parts.path.strip("/"))
    if parts.scheme not in {"http", "https"} or not parts.hostname or "/" in alias:
        raise ValueError("The address of OpenSearch must be http[s]://[user:password@]host[:port]/ALIAS.")
    if sigv4:
        login: Any = _signer()
    else:
        login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    client = OpenSearch(
        hosts=[{"host": parts.hostname, "port": parts.port or {"http": 80, "https": 443}[parts.scheme]}],
        use_ssl=parts.scheme == "https",
        http_auth=login,
        serializer=_Orjson(),
        pool_maxsize=THREADS,
        # Not compressed: gzip takes longer for 8 MiB of numbers than a data centre's network does.
        http_compress=False,
        # Each request says how often it may be repeated (`request`): the client would do so at once, without a pause.
        max_retries=0,
    )
    return Connection(client, alias, seconds)


def pause(attempt: int) -> float:
    """Seconds to wait after so many failed attempts (from 0): doubling, with jitter so that callers spread out."""
    longest: float = min(FIRST_PAUSE_SECONDS * 2.0 ** min(attempt, 16), LONGEST_PAUSE_SECONDS)
    return longest * random.uniform(0.5, 1)  # noqa: S311 - nothing secret about it


def quoted(name: str) -> str:
    """A name as a part of a path."""
    return quote(name, safe="")


def dumped(data: Any) -> bytes:
    """As JSON. Arrays of numpy are written directly, float32 with the fewest digits that tell them apart."""
    return orjson.dumps(data, option=orjson.OPT_SERIALIZE_NUMPY)


class _Orjson(JSONSerializer):
    """A fifth of the time that the standard library takes, and vectors without a list of Python's."""

    def loads(self, s: str) -> Any:
        try:
            return orjson.loads(s)
        except ValueError as error:
            raise SerializationError(s, error) from error

    def dumps(self, data: Any) -> Any:
        return data if isinstance(data, bytes | str) else dumped(data)


def _signer() -> Any:
    import boto3  # noqa: PLC0415 - nobody else needs it here, and it takes a quarter of a second

    session = boto3.session.Session()
    return Urllib3AWSV4SignerAuth(session.get_credentials(), session.region_name, "es")


def _complete(answer: Json) -> Json:
    if answer.get("timed_out"):
        raise IndexTooSlow(TOO_SLOW)
    return answer
