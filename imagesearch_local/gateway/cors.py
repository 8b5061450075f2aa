"""Pages of other hosts that may call the API, answered as API Gateway and CloudFront answer them on AWS.

Here, too, an origin is named one by one: whoever opens any other page must not have the library read by it.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

HEADERS = ("Authorization", "Content-Type", "If-Match")
METHODS = ("GET", "POST", "PATCH", "DELETE", "OPTIONS")
EXPOSED = ("ETag", "Retry-After")
MAX_AGE_SECONDS = 3600
"""As the deployment has them, which a test holds against these."""


def check_origin(origin: str) -> str:
    """The origin as browsers write it. Raises ValueError for what is none."""
    parts = urlsplit(origin)
    if parts.scheme not in {"https", "http"} or not parts.hostname or f"{parts.scheme}://{parts.netloc}" != origin:
        raise ValueError(f"{origin!r} is no origin: give scheme, host and port alone, such as http://localhost:3000")
    if "@" in parts.netloc or "*" in parts.netloc:
        raise ValueError(f"{origin!r} is no origin: name one host, without a user")
    return origin.lower()


def is_preflight(request: Request) -> bool:
    """Whether a browser asks what a page may do, before it does it."""
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers


def preflight() -> Response:
    """What it is told."""
    allowed = {
        "Access-Control-Allow-Headers": ",".join(HEADERS),
        "Access-Control-Allow-Methods": ",".join(METHODS),
        "Access-Control-Max-Age": str(MAX_AGE_SECONDS),
    }
    return Response(status=204, headers=allowed)


def share(response: Response, origin: str) -> Response:
    """Let a page of this origin read the answer."""
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Expose-Headers"] = ", ".join(EXPOSED)
    response.vary.add("Origin")
    return response
