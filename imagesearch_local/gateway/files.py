"""The page's files as CloudFront serves them: compressed, revalidated at each use, under a strict policy."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

import brotli
from werkzeug.security import safe_join
from werkzeug.wrappers import Request, Response

_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
    ".webmanifest": "application/manifest+json",
}
_DOCUMENTS: Final = frozenset((".html", ".svg"))
"""What a browser shows by itself: a policy means nothing for other files, and is sent with each."""
_TEXTS: Final = frozenset((".html", ".js", ".css", ".json", ".svg", ".webmanifest"))
_ENCODINGS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "br": brotli.compress,
    "gzip": lambda content: gzip.compress(content, mtime=0),
}
"""Best first: the page weighs a third."""


def file_response(web: Path, request: Request, *, policy: str) -> Response | None:
    """The file of the folder that is asked for; None where there is none that a page may have.

    `policy` is the Content-Security-Policy of documents.
    """
    found = safe_join(str(web), request.path.lstrip("/") or "index.html")
    if found is None or not (path := Path(found)).is_file() or path.suffix not in _TYPES:
        return None
    content = path.read_bytes()
    etag = hashlib.sha256(content).hexdigest()[:16]
    response = Response(content, content_type=_TYPES[path.suffix])
    if path.suffix in _TEXTS:
        response.vary.add("Accept-Encoding")
        if encoding := next(filter(request.accept_encodings.quality, _ENCODINGS), None):
            response.set_data(_packed(content, encoding))
            response.headers["Content-Encoding"] = encoding
            etag += f"-{encoding}"
    response.set_etag(etag)
    response.headers["Cache-Control"] = "no-cache"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if path.suffix in _DOCUMENTS:
        response.headers["Content-Security-Policy"] = policy
        response.headers["Referrer-Policy"] = "no-referrer"
    response.make_conditional(request)
    return response


@lru_cache(maxsize=256)
def _packed(content: bytes, encoding: str) -> bytes:
    """Once for each file, however often it is asked for."""
    return _ENCODINGS[encoding](content)
