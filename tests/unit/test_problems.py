"""Errors are problem documents (RFC 9457) with a stable code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated, Any

import pytest
from aws_lambda_powertools.event_handler import Response
from pydantic import StringConstraints, TypeAdapter, ValidationError

from imagesearch.errors import EditConflict, ImageSearchError, StoreUnavailable, Unavailable
from search_api.models.fields import FORMS
from search_api.models.search import SearchRequest
from search_api.problems import CONTENT_TYPE, problem_of, problem_of_validation, proxy_answer


def every(error: type[ImageSearchError] = ImageSearchError) -> Iterator[type[ImageSearchError]]:
    yield error
    for each in error.__subclasses__():
        yield from every(each)


def body_of(response: Response[Any]) -> dict[str, Any]:
    assert response.body is not None
    body: dict[str, Any] = json.loads(response.body)
    return body


ERRORS = [pytest.param(error, id=error.__name__) for error in every()]


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_is_a_problem_that_explains_itself(error: type[ImageSearchError]) -> None:
    answer = problem_of(error())
    body = body_of(answer)

    assert answer.headers["Content-Type"] == CONTENT_TYPE
    assert answer.status_code == body["status"] == error.status
    assert body["code"] == error.code
    assert body["type"].endswith(":" + error.code)
    assert body["title"]
    assert body["detail"]
    assert error.__name__ not in json.dumps(body)
    HTTPStatus(error.status)


def test_codes_are_stable_names_of_one_error_each() -> None:
    codes = [error.code for error in every() if "code" in vars(error)]

    assert len(set(codes)) == len(codes)
    assert all(code == code.lower() and code.replace("-", "").isalpha() for code in codes)


@pytest.mark.parametrize("error", ERRORS)
def test_what_may_be_tried_again_says_when(error: type[ImageSearchError]) -> None:
    told = "Retry-After" in problem_of(error()).headers

    assert told == issubclass(error, Unavailable)


def test_an_error_may_tell_more_than_its_title() -> None:
    body = body_of(problem_of(EditConflict("The words are at 2 now.", current="2")))

    assert (body["detail"], body["current"]) == ("The words are at 2 now.", "2")


def test_the_cause_of_an_error_stays_inside() -> None:
    error = StoreUnavailable()
    error.__cause__ = RuntimeError("password=secret")

    assert "secret" not in json.dumps(body_of(problem_of(error)))


def test_a_request_that_makes_no_sense_says_where_without_repeating_it() -> None:
    with pytest.raises(ValidationError) as caught:
        SearchRequest.model_validate({"text": ["secret"], "limit": "secret"})

    body = body_of(problem_of_validation(caught.value.errors()))

    assert [error["at"] for error in body["errors"]] == ["text", "limit"]
    assert body["detail"].startswith("text: ")
    assert "secret" not in json.dumps(body)
    assert "pydantic" not in json.dumps(body)


def test_our_own_complaints_are_told_as_they_are_written() -> None:
    with pytest.raises(ValidationError) as caught:
        SearchRequest.model_validate({"cursor": "x", "text": "frog"})

    body = body_of(problem_of_validation(caught.value.errors()))

    sentence = "`cursor` carries its search: send it with `limit` alone, without `text`."
    assert body["errors"] == [{"at": "", "message": sentence}]


def test_a_hundred_complaints_are_listed_but_not_all_in_the_sentence() -> None:
    complaints = [{"type": "x", "loc": ("body", number), "msg": "is wrong"} for number in range(101)]

    body = body_of(problem_of_validation(complaints))

    assert len(body["errors"]) == 100
    assert body["detail"].count("is wrong") == 5


def test_names_of_the_caller_s_are_cut() -> None:
    body = body_of(problem_of_validation([{"type": "x", "loc": ("body", "x" * 10_000), "msg": "is wrong"}]))

    assert len(json.dumps(body)) < 1_000


def test_a_problem_can_be_answered_without_the_resolver() -> None:
    answer = proxy_answer(problem_of(EditConflict()))

    assert answer["statusCode"] == 412
    assert answer["headers"] == {"Content-Type": CONTENT_TYPE}
    assert json.loads(answer["body"])["code"] == "edit-conflict"
    assert answer["isBase64Encoded"] is False


@pytest.mark.parametrize("pattern", FORMS)
def test_a_text_of_the_wrong_form_is_answered_in_words_not_in_a_regular_expression(pattern: str) -> None:
    adapter = TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)])
    with pytest.raises(ValidationError) as raised:
        adapter.validate_python("\n")
    answer = problem_of_validation(raised.value.errors())
    assert FORMS[pattern] in str(answer.body)
    assert "pattern" not in str(answer.body)
