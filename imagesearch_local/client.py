"""The HTTP API as functions of a thin client. Knows routes and errors, nothing of what the answers mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote

import httpx

from imagesearch_local.retries import BUSY, LOST, Retries

# A first search by picture loads the model; the gateway itself gives up after 29 seconds.
_TIMEOUT = httpx.Timeout(60, connect=5)
Parameters = Iterable[tuple[str, str | int | float | bool]]
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+")  # RFC 6750


class ClientError(Exception):
    """A call that failed; the message is one sentence for people."""


class ApiUnreachable(ClientError):
    """Nothing, or something else, answers at the endpoint."""


class NoAddress(ApiUnreachable):
    """What was named is no address."""


class ApiProblem(ClientError):
    """The API refused: its problem document (RFC 9457)."""

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(document.get("code") or "unknown")
        self.title = str(document.get("title") or document.get("message") or "the request failed")
        self.detail = str(document.get("detail") or self.title)
        super().__init__(f"{self.detail} ({self.code}, HTTP {status})")


def is_no_answer(error: Exception | None) -> bool:
    """Whether the API did not say anything to the matter; later it may."""
    return isinstance(error, ApiUnreachable) or (isinstance(error, ApiProblem) and error.status in BUSY | LOST)


@contextmanager
def suppress_not_found() -> Iterator[None]:
    """Whoever removed an image was faster."""
    try:
        yield
    except ApiProblem as error:
        if error.status != httpx.codes.NOT_FOUND:
            raise


@dataclass(frozen=True, slots=True)
class Client:
    """Methods answer with the decoded JSON. Each raises ApiProblem, or ApiUnreachable, where retries do not help."""

    http: httpx.Client
    retries: Retries = field(default_factory=Retries)

    def health(self) -> dict[str, Any]:
        return self._call("GET", "/health")

    def search(self, query: Mapping[str, Any]) -> dict[str, Any]:
        """One page: `query` is the body of POST /search."""
        return self._call("POST", "/search", json=dict(query))

    def search_all(self, query: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """All pages, by cursor."""
        page = self.search(query)
        yield page
        limit = {"limit": query["limit"]} if "limit" in query else {}
        while cursor := page.get("cursor"):
            page = self.search({"cursor": cursor, **limit})
            yield page

    def suggest(self, typed: str, *, limit: int = 8) -> dict[str, Any]:
        return self._call("GET", "/suggest", params={"q": typed, "limit": limit})

    def facets(self, parameters: Parameters) -> dict[str, Any]:
        """Counts by value: `parameters` are `facet`, `q` and the filters of GET /search."""
        return self._call("GET", "/facets", params=list(parameters))

    def rejected(self, *, limit: int, cursor: str | None = None) -> dict[str, Any]:
        return self._call("GET", "/rejected", params=_page(limit, cursor))

    def duplicates(self, *, limit: int) -> Iterator[dict[str, Any]]:
        """Pairs, page by page; `limit` is how many images each page looks at."""
        page = self._call("GET", "/duplicates", params=_page(limit, None))
        yield page
        while cursor := page.get("cursor"):
            page = self._call("GET", "/duplicates", params=_page(limit, cursor))
            yield page

    def similar(self, image_id: str, *, limit: int = 20) -> dict[str, Any]:
        return self._call("GET", f"{_image(image_id)}/similar", params={"limit": limit})

    def image(self, image_id: str) -> dict[str, Any]:
        return self._call("GET", _image(image_id))

    def image_and_etag(self, image_id: str) -> tuple[dict[str, Any], str]:
        """An image, and the entity tag of its words: for `edit`."""
        response = self._sent("GET", _image(image_id))
        return _decoded(response), response.headers.get("ETag", "")

    def edit(self, image_id: str, words: Mapping[str, Any], *, if_match: str) -> dict[str, Any]:
        """Change words; those left out stay. ApiProblem with the code `edit-conflict` where they were not as read."""
        return self._call("PATCH", _image(image_id), json=dict(words), headers={"If-Match": if_match})

    def prepare_upload(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Where to POST a picture, with which fields."""
        return self._call("POST", "/uploads", json=dict(request))

    def remove(self, image_id: str) -> dict[str, Any]:
        return self._call("DELETE", _image(image_id))

    def _call(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        return _decoded(self._sent(method, path, **arguments))

    def _sent(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        # What is asked for by POST here changes nothing that is there. An edit or a removal that was done and whose
        # answer was lost would be refused the second time, and look as if it had failed.
        repeatable = method in {"GET", "POST"}
        try:
            return self.retries.sent(lambda: self.http.request(method, path, **arguments), repeatable=repeatable)
        except httpx.TimeoutException as error:
            raise ApiUnreachable(f"{self.http.base_url} took too long to answer") from error
        except (httpx.TransportError, httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise ApiUnreachable(f"nothing answers at {self.http.base_url}: {error}") from error


@contextmanager
def connect(endpoint: str, token: str | None = None) -> Iterator[Client]:
    """A client of the API at `endpoint` (as `http://127.0.0.1:8000/api`), with a bearer token where one is needed.

    Raises ClientError for what is no token, and for a token that anybody on the way could read; NoAddress for
    what is no address.
    """
    if token and not _TOKEN.fullmatch(token):
        raise ClientError("The token holds characters that no token has: check IMAGESEARCH_TOKEN or --token-file")
    try:
        url = httpx.URL(endpoint)
    except httpx.InvalidURL as error:
        raise NoAddress(f"{endpoint} is no address of an API: {error}") from error
    if token and not (url.scheme == "https" or _is_here(url)):
        raise ClientError("A token is only sent over https://, or to this machine: check --endpoint")
    if url.scheme not in {"http", "https"} or not url.host:
        raise NoAddress(f"{endpoint} is no address of an API")
    headers = {"Accept": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    # A proxy of the environment has no business between this machine and itself; elsewhere it is wanted.
    with httpx.Client(base_url=url, headers=headers, timeout=_TIMEOUT, trust_env=not _is_here(url)) as http:
        yield Client(http)


def _is_here(url: httpx.URL) -> bool:
    """Whether what is sent there never leaves this machine."""
    try:
        return url.host == "localhost" or ip_address(url.host).is_loopback
    except ValueError:
        return False


def _image(image_id: str) -> str:
    return f"/images/{quote(image_id, safe='')}"


def _page(limit: int, cursor: str | None) -> dict[str, str | int]:
    return {"limit": limit, **({"cursor": cursor} if cursor else {})}


def said_by(response: httpx.Response) -> str:
    """Why a call failed, in a sentence for people."""
    try:
        _decoded(response)
    except ClientError as error:
        return str(error)
    return f"HTTP {response.status_code}"


def _decoded(response: httpx.Response) -> dict[str, Any]:
    try:
        document = response.json() if response.content else {}
    except ValueError:
        document = None
    if response.is_success and isinstance(document, dict):
        return document
    if isinstance(document, dict) and not response.is_success:
        raise ApiProblem(response.status_code, document)
    raise ApiUnreachable(f"what answers at {response.url} is no imagesearch API (HTTP {response.status_code})")
