"""What fuzzing holds against an answer: each way of breaking the contract is noticed, and keeping it is not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fuzzing import ELSEWHERE, Contract, Watch, codes_of_guide, report
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response

PROBLEM = {"type": "urn:imagesearch:problem:gone", "title": "Gone", "status": 404, "detail": "No x.", "code": "gone"}
CONTRACT = Contract(
    {
        "paths": {
            "/things/{id}": {
                "get": {
                    "responses": {
                        "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                        "404": {"content": {"application/problem+json": {"schema": {"type": "object"}}}},
                    }
                }
            }
        },
        "components": {
            "schemas": {"Thing": {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}}
        },
    },
    {"gone": frozenset({404})},
)
ROUTE = "GET /things/{id}"


def violations(
    answer: Any, status: int = 200, content_type: str = "application/json", asked: str = "GET /x"
) -> list[str]:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return list(CONTRACT.violations(ROUTE, asked, status, Headers({"Content-Type": content_type}), body))


def problem(asked: str = "GET /x", **changes: Any) -> list[str]:
    document = {**PROBLEM, **changes}
    return violations(document, 404, "application/problem+json", asked)


def test_answers_that_keep_the_contract_break_nothing() -> None:
    assert violations({"n": 1}) == []
    assert problem() == []


@pytest.mark.parametrize(
    ("answer", "status", "content_type", "told"),
    [
        ({"n": 1}, 500, "application/json", "status 500"),
        ({"n": 1}, 201, "application/json", "does not tell"),
        ({"n": "1"}, 200, "application/json", "schema"),
        ({}, 200, "application/json", "schema"),
        (b"", 200, "application/json", "no JSON"),
        (b'{"n": NaN}', 200, "application/json", "no JSON"),
        ({"n": 1}, 200, "text/plain", "content type"),
        (b"<p>", 404, "text/html", "HTML"),
        (PROBLEM, 404, "application/json", "a problem of type"),
    ],
)
def test_an_answer_that_breaks_it_is_noticed(answer: Any, status: int, content_type: str, told: str) -> None:
    assert any(told in each for each in violations(answer, status, content_type))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"status": 400}, "with status 400 under 404"),
        ({"code": "lost", "type": "lost"}, "which the guide does not tell"),
        ({"detail": ""}, "without"),
        ({"type": "about:blank"}, "without"),
        ({"detail": "In /var/task/x"}, "'/var/'"),
        ({"detail": "KeyError: x"}, "tells 'KeyError'"),
        ({"detail": "sqlite3 said no"}, "tells 'sqlite'"),
    ],
)
def test_a_problem_that_is_none_or_tells_too_much_is_noticed(changes: dict[str, Any], told: str) -> None:
    assert any(told in each for each in problem(**changes))


def test_what_was_asked_may_be_said_again() -> None:
    assert problem(asked="GET /sqlite", detail="There is no /sqlite.") == []


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("GET", "/things/1", ROUTE),
        ("GET", "/things/1/2", ELSEWHERE),
        ("PUT", "/things/1", ELSEWHERE),
        ("GET", "/", ELSEWHERE),
    ],
)
def test_a_request_is_of_the_route_that_its_path_fits(method: str, path: str, route: str) -> None:
    assert CONTRACT.route(method, path) == route


def test_codes_and_their_statuses_are_those_of_the_guides_table() -> None:
    page = "| status | `code` | when |\n|---|---|---|\n| 412, 428 | `conflict`, `required` | see `above` |\n"

    assert codes_of_guide(page) == {"conflict": {412, 428}, "required": {412, 428}}


def test_findings_are_kept_with_their_shortest_request_and_reported() -> None:
    watch = Watch(Response(b"{}", 503, content_type="application/json"), CONTRACT, "api", collect=True)

    for name in ("long", "x"):
        watch.send("GET", f"/api/things/{name}", {}, b"")

    assert watch.counts == {(ROUTE, 503, ""): 2}
    told = report(watch, seed=1, seconds=60)
    assert "curl -X GET /api/things/x" in told
    assert "things/long" not in told
    assert f"| `{ROUTE}` | 503 |  | 2 |" in told


def test_a_watch_that_does_not_collect_fails_at_once() -> None:
    watch = Watch(Response(b"{}", 503, content_type="application/json"), CONTRACT, "api")

    with pytest.raises(AssertionError, match="status 503"):
        watch.send("GET", "/api/things/x", {}, b"")
