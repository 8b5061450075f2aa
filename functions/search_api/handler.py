"""The Lambda function behind API Gateway: search, read, edit, upload."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import ValidationError

from imagesearch import bootstrap
from imagesearch.errors import ImageSearchError
from search_api.problems import problem, problem_of, problem_of_validation
from search_api.queries import json_of_raw_picture
from search_api.routes import app

logger = Logger(service="search_api")
_SERVER_ERROR = 500


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of a REST API (Lambda proxy integration)."""
    logger.append_keys(request_id=getattr(context, "aws_request_id", None), path=event.get("path"))
    return app.resolve(json_of_raw_picture(event) if _is_raw_picture(event) else event, context)


@app.exception_handler(ImageSearchError)
def _known_error(error: ImageSearchError) -> Response[Any]:
    if error.status >= _SERVER_ERROR:
        logger.warning("refused", code=error.code, exc_info=error)
    return problem_of(error)


@app.exception_handler(RequestValidationError)
def _invalid_request(error: RequestValidationError) -> Response[Any]:
    return problem_of_validation(list(error.errors()))


@app.exception_handler(ValidationError)
def _invalid_parameters(error: ValidationError) -> Response[Any]:
    return problem_of_validation(list(error.errors()))


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


def _is_raw_picture(event: Mapping[str, Any]) -> bool:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    return event.get("httpMethod") == "POST" and str(headers.get("content-type") or "").lower().startswith("image/")


bootstrap.start()
