"""What API Gateway refuses by itself, told as the function tells its own errors: problem documents (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from aws_cdk import aws_apigateway as apigateway

CONTENT_TYPE = "application/problem+json"
RETRY = {"Retry-After": "5"}


@dataclass(frozen=True, slots=True)
class Problem:
    """One of the gateway's own answers. `detail` None: what the gateway says."""

    status: int
    code: str
    title: str
    detail: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


_SIGN_IN = Problem(
    401,
    "not-signed-in",
    "You have to sign in",
    "Send an ID token of the user pool as `Authorization: Bearer TOKEN`; it works for an hour.",
    {"WWW-Authenticate": "Bearer"},
)
_FORBIDDEN = Problem(403, "forbidden", "You are not allowed to do this")
_INTERNAL = Problem(
    500, "internal-error", "Something went wrong", "Something went wrong on our side. Please try again later."
)
_UNAVAILABLE = Problem(
    503, "unavailable", "The service is not available right now", "Please try again in a moment.", RETRY
)
_SLOW = Problem(
    504, "too-slow", "The answer took too long", "The service did not answer in time. Please try again.", RETRY
)
_BUSY = Problem(429, "too-many-requests", "There are too many requests", "Please wait a moment.", RETRY)
_UNREADABLE = Problem(400, "bad-request", "The request can't be read")

PROBLEMS: Mapping[str, Problem] = {
    "DEFAULT_4XX": _UNREADABLE,
    "DEFAULT_5XX": _UNAVAILABLE,
    "ACCESS_DENIED": _FORBIDDEN,
    "API_CONFIGURATION_ERROR": _INTERNAL,
    "AUTHORIZER_CONFIGURATION_ERROR": _INTERNAL,
    "AUTHORIZER_FAILURE": _INTERNAL,
    "BAD_REQUEST_BODY": _UNREADABLE,
    "BAD_REQUEST_PARAMETERS": _UNREADABLE,
    "EXPIRED_TOKEN": _SIGN_IN,
    "INTEGRATION_FAILURE": _UNAVAILABLE,
    "INTEGRATION_TIMEOUT": _SLOW,
    "INVALID_API_KEY": _FORBIDDEN,
    "INVALID_SIGNATURE": _FORBIDDEN,
    # The gateway's words for a path or method that it does not have.
    "MISSING_AUTHENTICATION_TOKEN": Problem(404, "no-such-route", "There is no such route", "See /docs."),
    "QUOTA_EXCEEDED": _BUSY,
    # The gateway takes 10 MB, and Lambda 6 MiB of them; only a picture is as large.
    "REQUEST_TOO_LARGE": Problem(
        413,
        "query-image-too-large",
        "The query picture is too large",
        "All pictures of a request together may have 4 MiB: shrink them before you send them.",
    ),
    "RESOURCE_NOT_FOUND": Problem(404, "no-such-route", "There is no such route", "See /docs."),
    "THROTTLED": _BUSY,
    "UNAUTHORIZED": _SIGN_IN,
    "UNSUPPORTED_MEDIA_TYPE": Problem(
        415,
        "unsupported-media-type",
        "The body is of a type that is not taken here",
        "Send application/json, or to /search a picture with its own type.",
    ),
    "WAF_FILTERED": Problem(
        403, "filtered", "The request was filtered out", "It looks like an attack, or there were too many of them."
    ),
}
"""By the gateway's name of the answer: all that there are."""


def add_problems(api: apigateway.RestApi) -> None:
    for name, problem in PROBLEMS.items():
        api.add_gateway_response(
            name,
            type=apigateway.ResponseType.of(name),
            status_code=str(problem.status),
            # Values are in quotes: without, they would name a part of the request.
            response_headers={
                header: f"'{value}'" for header, value in {"Content-Type": CONTENT_TYPE, **problem.headers}.items()
            },
            templates={"application/json": _template(problem)},
        )


def document(problem: Problem) -> dict[str, str | int | None]:
    """What is told of it; `detail` is None where the gateway puts in its own message."""
    return {
        "type": f"urn:imagesearch:problem:{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
    }


def _template(problem: Problem) -> str:
    """The JSON, in which the gateway may put its own message, quotes and all."""
    return json.dumps(document(problem)).replace('"detail": null', '"detail": $context.error.messageString')
