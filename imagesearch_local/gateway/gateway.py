"""What CloudFront and API Gateway are on AWS: the page at `/`, the function at `/api`, and `/local/status`.

Only this machine may call, and only pages that came from here: a foreign Host (DNS rebinding) or a foreign Origin
(a web page that posts to localhost) is refused before anything else happens, unless it was named as one that may.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from werkzeug.wrappers import Request, Response

from imagesearch_local.gateway import cors
from imagesearch_local.gateway.files import file_response
from imagesearch_local.gateway.proxy_event import MAX_PAYLOAD_BYTES, STAGE, MalformedAnswer, proxy_event, proxy_response
from imagesearch_local.gateway.serving import MAX_BODY_BYTES
from imagesearch_local.loopback import LOOPBACK

Handler = Callable[[dict[str, Any], Any], Any]
MIB = 1024 * 1024

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gateway:
    """A WSGI application (call it)."""

    handler: Handler
    """The function behind `/api`. Called from several threads, one at a time."""
    context: Callable[[], Any]
    """Makes the Lambda context of one invocation."""
    web: Path
    """The folder with the page."""
    status: Callable[[], Mapping[str, Any]]
    """What `/local/status` answers."""
    s3_endpoint: str
    """Origin that pictures come from and uploads go to."""
    cors_origins: frozenset[str] = frozenset()
    """Pages of other hosts that may call the API."""
    _turn: threading.Lock = field(default_factory=threading.Lock)
    """A Lambda environment answers one request at a time, and handlers rely on it: Powertools keeps the current event
    in a class attribute, where a second thread would find the first one's."""

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        return self.answer(request)(environ, start_response)

    def answer(self, request: Request) -> Response:
        path = str(request.environ.get("RAW_URI", request.path)).partition("?")[0]
        is_api = path == f"/{STAGE}" or path.startswith(f"/{STAGE}/")
        origin = request.headers.get("Origin", "").lower()
        foreign = is_api and origin in self.cors_origins
        if refusal := _refused(request, origin_may=foreign):
            return refusal
        if foreign and cors.is_preflight(request):
            return cors.share(cors.preflight(), origin)
        if is_api:
            response = self._invoke(request, path.removeprefix(f"/{STAGE}") or "/")
            return cors.share(response, origin) if foreign else response
        if request.method not in ("GET", "HEAD"):
            return problem(405, "method-not-allowed", "This can only be read", f"{path} takes GET and HEAD.")
        if path == "/local/status":
            return _secured(Response(orjson.dumps(dict(self.status())), content_type="application/json"))
        found = file_response(self.web, request, policy=content_security_policy(self.s3_endpoint))
        return found or problem(404, "not-found", "There is nothing here", "The page is at /, the API under /api.")

    def _invoke(self, request: Request, path: str) -> Response:
        if (request.content_length or 0) > MAX_BODY_BYTES:
            return _too_large(f"A request may have {MAX_BODY_BYTES // MIB} MiB.")
        payload = orjson.dumps(proxy_event(request, request.get_data(), path))
        if len(payload) > MAX_PAYLOAD_BYTES:
            return _too_large(f"A request may have {MAX_PAYLOAD_BYTES // MIB} MiB in all, base64 included.")
        try:
            with self._turn:
                answer = self.handler(orjson.loads(payload), self.context())
            return proxy_response(answer)
        except MalformedAnswer:
            _log.exception("search_api gave no proxy response")
        except Exception:  # noqa: BLE001 - a function that fails, however it does, is a 502 to the gateway's callers
            _log.exception("search_api failed")
        return problem(502, "bad-gateway", "The function failed", "The search function gave no proper answer.")


def content_security_policy(s3_endpoint: str) -> str:
    """Nothing inline, nothing from elsewhere but pictures from, and uploads to, the bucket."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src 'self' blob: {s3_endpoint}",
            f"connect-src 'self' {s3_endpoint}",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def problem(status: int, code: str, title: str, detail: str) -> Response:
    """A problem document (RFC 9457), as the gateway responses of the REST API give them."""
    document = {
        "type": f"urn:imagesearch:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
    }
    return _secured(Response(orjson.dumps(document), status, content_type="application/problem+json"))


def _secured(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _too_large(limit: str) -> Response:
    detail = f"{limit} Shrink the picture, or upload it to the bucket."
    return problem(413, "request-too-large", "The request is too large", detail)


def _refused(request: Request, *, origin_may: bool) -> Response | None:
    port = request.environ["SERVER_PORT"]
    names = (LOOPBACK, "localhost")
    hosts = {f"{name}:{port}" for name in names} | (set(names) if port == "80" else set())
    if request.headers.get("Host", "").lower() not in hosts:
        return problem(421, "foreign-host", "Not for this host", f"Call http://{LOOPBACK}:{port}/.")
    origin = request.headers.get("Origin")
    if origin is not None and not origin_may and origin.lower().removeprefix("http://") not in hosts:
        detail = (
            "Only the page served here, and those that `imagesearch up --cors-origin` names, may call the local API."
        )
        return problem(403, "foreign-origin", "Not for this page", detail)
    return None
