"""HTTP to Lambda and back, as a REST API's Lambda proxy integration does it (payload version 1).

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import orjson
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request, Response

from imagesearch_local.gateway.serving import HEADER_LINES

STAGE = "api"
MAX_PAYLOAD_BYTES = 6 * 1024 * 1024
"""A Lambda event, and a Lambda response: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

CLAIMS: Mapping[str, str] = {
    "sub": "local",
    "cognito:username": "local",
    "cognito:groups": "editors,viewers",
    "token_use": "id",
    "iss": "https://localhost/local",
}
"""As a Cognito user-pool authorizer hands them on in REST APIs: every value is a string, groups joined by commas."""

_HOP_BY_HOP = frozenset(
    ("connection", "content-length", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "date", "server")
)


class MalformedAnswer(ValueError):
    """What the function returned is no proxy response."""


def is_binary(content_type: str) -> bool:
    """Whether a body of this type reaches the function as base64: the API's `binaryMediaTypes`."""
    mime = content_type.partition(";")[0].strip().lower()
    return mime.startswith("image/") or mime == "application/octet-stream"


def proxy_event(request: Request, body: bytes, path: str) -> dict[str, Any]:
    """The event for a request. `path` is what is left of the raw path after the stage's."""
    lines: list[tuple[str, str]] = request.environ.get(HEADER_LINES) or list(request.headers.items())
    query = parse_qsl(request.query_string.decode("latin-1"), keep_blank_values=True)
    binary = is_binary(request.headers.get("Content-Type", ""))
    text = base64.b64encode(body).decode() if binary else body.decode("utf-8", "replace")
    resource = "/" if path == "/" else "/{proxy+}"
    return {
        "resource": resource,
        "path": path,
        "httpMethod": request.method,
        "headers": dict(lines) or None,
        "multiValueHeaders": _by_name(lines),
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": _by_name(query),
        "pathParameters": None if path == "/" else {"proxy": path.lstrip("/")},
        "stageVariables": None,
        "requestContext": _context(request, resource, path),
        "body": text if body else None,
        "isBase64Encoded": binary and bool(body),
    }


def _by_name(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]] | None:
    by_name: dict[str, list[str]] = {}
    for name, value in pairs:
        by_name.setdefault(name, []).append(value)
    return by_name or None


def _context(request: Request, resource: str, path: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    host = request.headers.get("Host", "")
    return {
        "accountId": "000000000000",
        "apiId": "local",
        "authorizer": {"claims": dict(CLAIMS)},
        "domainName": host,
        "domainPrefix": host.partition(".")[0],
        "extendedRequestId": uuid.uuid4().hex,
        "httpMethod": request.method,
        "identity": {"sourceIp": request.remote_addr, "userAgent": request.headers.get("User-Agent")},
        "path": f"/{STAGE}{path}",
        "protocol": request.environ.get("SERVER_PROTOCOL", "HTTP/1.1"),
        "requestId": str(uuid.uuid4()),
        "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "requestTimeEpoch": int(now.timestamp() * 1000),
        "resourceId": "local",
        "resourcePath": resource,
        "stage": STAGE,
    }


def proxy_response(answer: object) -> Response:
    """The HTTP answer that a function's answer stands for. Raises MalformedAnswer where API Gateway would say 502."""
    if not isinstance(answer, dict):
        raise MalformedAnswer(f"a {type(answer).__name__} is no proxy response")
    try:
        size = len(orjson.dumps(answer))
    except TypeError as error:
        raise MalformedAnswer(f"not JSON: {error}") from error
    if size > MAX_PAYLOAD_BYTES:
        raise MalformedAnswer(f"{size:,} bytes, above Lambda's limit")
    return Response(_body(answer), _status(answer), _headers(answer))


def _status(answer: dict[str, Any]) -> int:
    code = answer.get("statusCode")
    if not str(code).isdecimal() or not 200 <= int(str(code)) <= 599:
        raise MalformedAnswer(f"statusCode {code!r}")
    return int(str(code))


def _body(answer: dict[str, Any]) -> bytes:
    body = answer.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise MalformedAnswer(f"the body is a {type(body).__name__}, not a string")
    if not answer.get("isBase64Encoded"):
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise MalformedAnswer(f"the body is no base64: {error}") from error


def _headers(answer: dict[str, Any]) -> Headers:
    """Both maps; `multiValueHeaders` wins where a name is in both, and the case of names does not matter."""
    single, multiple = answer.get("headers") or {}, answer.get("multiValueHeaders") or {}
    if not isinstance(single, dict) or not isinstance(multiple, dict):
        raise MalformedAnswer("headers are no map")
    headers = Headers()
    for name, value in single.items():
        headers.set(name, _scalar(name, value))
    for name, values in multiple.items():
        if not isinstance(values, list):
            raise MalformedAnswer(f"multiValueHeaders of {name} are no list")
        headers.setlist(name, [_scalar(name, value) for value in values])
    for name in _HOP_BY_HOP:
        headers.remove(name)
    if "Content-Type" not in headers:
        headers.set("Content-Type", "application/json")
    return headers


def _scalar(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise MalformedAnswer(f"the value of header {name} is a {type(value).__name__}")
    if "\r" in (text := str(value)) or "\n" in text:
        raise MalformedAnswer(f"the value of header {name} breaks the line")
    return text
