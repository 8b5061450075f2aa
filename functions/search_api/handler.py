"""The Lambda function behind API Gateway: search, read, edit, upload."""

from __future__ import annotations

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.utilities.typing import LambdaContext

from imagesearch import bootstrap, telemetry
from imagesearch.deadlines import until
from imagesearch.errors import ImageSearchError
from search_api import measuring
from search_api.app import app
from search_api.problems import problem, problem_of, problem_of_validation, proxy_answer
from search_api.query_strings import json_of_raw_picture, typed_as_json

logger = Logger(service="search_api")
GATEWAY_SECONDS = 29
"""How long API Gateway waits for an answer."""
RESERVE_SECONDS = 2
"""Of that, to answer in, and for what went before: while a function starts, API Gateway waits already."""
_SERVER_ERROR = 500
_TAKE_BODIES = ("POST", "PATCH")


@telemetry.traced("search_api")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of a REST API (Lambda proxy integration), or say in time that it takes too long."""
    left = min(context.get_remaining_time_in_millis() / 1000, GATEWAY_SECONDS) - RESERVE_SECONDS
    with until(time.monotonic() + left):
        answer = _answered(event, context)
    measuring.tell_error(answer)
    return answer


def _answered(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    logger.append_keys(request_id=getattr(context, "aws_request_id", None), path=event.get("path"))
    # The same as in the access log of the API, and as its callers get.
    logger.set_correlation_id((event.get("requestContext") or {}).get("requestId"))
    content_type = _content_type(event)
    if content_type.startswith("image/") and _is_search(event):
        return _resolve_raw_picture(event, context)
    if content_type and event.get("httpMethod") in _TAKE_BODIES:
        if content_type.partition(";")[0].strip() != "application/json":
            return proxy_answer(_unsupported_media_type(content_type))
        # The resolver takes no other spelling of the type, such as with capitals.
        event = typed_as_json(event)
    return app.resolve(event, context)


def _resolve_raw_picture(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    try:
        request = json_of_raw_picture(event)
    except RequestValidationError as error:
        return proxy_answer(problem_of_validation(error.errors()))
    except ImageSearchError as error:
        return proxy_answer(problem_of(error))
    return app.resolve(request, context)


@app.exception_handler(ImageSearchError)
def _known_error(error: ImageSearchError) -> Response[Any]:
    if error.status >= _SERVER_ERROR:
        logger.warning("refused", code=error.code, exc_info=error)
    return problem_of(error)


@app.exception_handler(RequestValidationError)
def _invalid_request(error: RequestValidationError) -> Response[Any]:
    return problem_of_validation(error.errors())


@app.not_found
def _no_such_route(_error: NotFoundError) -> Response[Any]:
    method, path = app.current_event.http_method, app.current_event.path
    return problem(
        HTTPStatus.NOT_FOUND, "no-such-route", "There is no such route", f"There is no {method} {path}: see /docs."
    )


@app.exception_handler(Exception)
def _unknown_error(error: Exception) -> Response[Any]:
    # The log has everything; the caller learns nothing of our insides.
    logger.error("unexpected error", exc_info=error)
    return problem_of(ImageSearchError("Something went wrong on our side. Please try again later."))


def _unsupported_media_type(content_type: str) -> Response[Any]:
    return problem(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        "The body is of a type that is not taken here",
        f"{content_type[:80]} is not taken: send application/json, or to /search a picture with its own type.",
    )


def _content_type(event: Mapping[str, Any]) -> str:
    """Of the body; empty where none is given, which the resolver takes for JSON."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    return str(headers.get("content-type") or "").strip().lower()


def _is_search(event: Mapping[str, Any]) -> bool:
    return event.get("httpMethod") == "POST" and str(event.get("path")).endswith("/search")


bootstrap.start(bootstrap.query_describer)
