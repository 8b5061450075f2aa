"""Errors as problem documents (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from aws_lambda_powertools.event_handler import Response

from imagesearch.errors import ImageSearchError, Unavailable
from search_api.models.fields import FORMS

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5
_MAX_TOLD = 100
_MAX_PLACE = 200
"""Characters. Unknown names are the caller's, and may be of any number and length."""


def problem(status: int, code: str, title: str, detail: str, **extra: Any) -> Response[Any]:
    body = {
        "type": f"urn:imagesearch:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        **extra,
    }
    return Response(status, CONTENT_TYPE, orjson.dumps(body).decode())


def proxy_answer(response: Response[Any]) -> dict[str, Any]:
    """A problem as the answer to API Gateway, for what is refused before the resolver sees it."""
    return {
        "statusCode": response.status_code,
        "headers": {"Content-Type": CONTENT_TYPE},
        "body": response.body,
        "isBase64Encoded": False,
    }


def problem_of(error: ImageSearchError) -> Response[Any]:
    answer = problem(error.status, error.code, error.title, error.detail, **error.extra)
    if isinstance(error, Unavailable):
        answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer


def problem_of_validation(errors: Sequence[Mapping[str, Any]]) -> Response[Any]:
    """What pydantic found wrong, without its internals: where, and what."""
    if any(error["type"] == "json_invalid" for error in errors):
        return problem(HTTPStatus.BAD_REQUEST, "invalid-json", "The body is not JSON", "The body is not valid JSON.")
    told = [{"at": ".".join(map(str, error["loc"]))[:_MAX_PLACE], "message": _sentence(error)} for error in errors]
    told = told[:_MAX_TOLD]
    detail = "; ".join(f"{each['at']}: {each['message']}" for each in told[:5])
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-request", "The request can't be understood", detail, errors=told
    )


def _sentence(error: Mapping[str, Any]) -> str:
    if error["type"] == "string_pattern_mismatch":
        return FORMS[error["ctx"]["pattern"]]
    # pydantic puts this before the messages of our own validators
    return str(error.get("msg", error["type"])).removeprefix("Value error, ")
