"""The notation of docs/api.md: what an example says, and that an answer which is not as told is noticed."""

from __future__ import annotations

from typing import Any

import pytest
from api_examples import Answer, Directive, Example, Request, curl, differences, examples, filled, pattern

PAGE = """
Words.
```sh
curl "$API/search?q=frog"
```
More words.
```json
{"total": 2, …}
```
<!-- add frog.jpg -->

| option | request | answer |
|---|---|---|
| `text` | `{"text": "frog"}` | `{"total": 2, …}`: both |
| none | `GET /nothing` | `404 {"code": "no-such-route", …}` |

| route | does |
|---|---|
| `GET /search` | searches |
"""


def test_blocks_and_tables_of_a_page_are_examples_in_its_order() -> None:
    json_type = {"Content-Type": "application/json"}

    assert list(examples(PAGE)) == [
        Example(3, Request("GET", "/search?q=frog"), Answer(200, {}, {"total": 2, "…": "…"})),
        Directive(10, "add frog.jpg"),
        Example(14, Request("POST", "/search", json_type, '{"text": "frog"}'), Answer(200, {}, {"total": 2, "…": "…"})),
        Example(15, Request("GET", "/nothing"), Answer(404, {}, {"code": "no-such-route", "…": "…"})),
    ]


@pytest.mark.parametrize(
    "page",
    ["```sh\ncurl $API/health\n```\n", "```json\n{}\n```\n", "```sh\ncurl $API/a\n```\n```sh\ncurl $API/b\n```\n"],
    ids=["request alone", "answer alone", "two requests"],
)
def test_a_request_and_its_answer_must_stand_together(page: str) -> None:
    with pytest.raises(ValueError, match="line 1: a"):
        list(examples(page))


def test_a_curl_command_is_read_as_curl_does() -> None:
    command = 'curl -i -X PATCH "$API/images/x" -H \'If-Match: "1"\' \\\n  --json \'{"caption": "A frog"}\''

    assert curl(command) == Request(
        "PATCH", "/images/x", {"If-Match": '"1"', "Content-Type": "application/json"}, '{"caption": "A frog"}'
    )


def test_an_ellipsis_in_a_text_stays_in_it() -> None:
    assert pattern('{"a": …, "b": ["x…", …], "c": {…}, …}') == {
        "a": "…",
        "b": ["x…", "…"],
        "c": {"…": "…"},
        "…": "…",
    }


@pytest.mark.parametrize(
    ("told", "actual"),
    [
        ('{"a": 1, …}', {"a": 1, "b": 2}),
        ('{"a": …}', {"a": None}),
        ('{"a": [1, …]}', {"a": [1, 2]}),
        ('{"a": […]}', {"a": []}),
        ('{"a": […, 2, …]}', {"a": [1, 2, 3]}),
        ('{"a": "x…z"}', {"a": "xyz"}),
        ('{"a": 0.5}', {"a": 0.51}),
        ('{"a": 1.0}', {"a": 1}),
        ('{"hits": [{"id": "b", "score": 0.8}, …]}', {"hits": [{"id": "a", "score": 0.81}, {"id": "b", "score": 0.8}]}),
    ],
    ids=str,
)
def test_what_is_as_told_does_not_differ(told: str, actual: Any) -> None:
    assert differences(pattern(told), actual, {}) == []


@pytest.mark.parametrize(
    ("told", "actual"),
    [
        ('{"a": 1}', {"a": 1, "b": 2}),
        ('{"a": 1, …}', {"b": 2}),
        ('{"a": 1}', {"a": True}),
        ('{"a": 1}', {"a": 1.0}),
        ('{"a": 1}', {"a": 2}),
        ('{"a": 0.5}', {"a": 0.53}),
        ('{"a": 0.5}', {"a": None}),
        ('{"a": "x…z"}', {"a": "xy"}),
        ('{"a": null}', {"a": ""}),
        ('{"a": [1, …]}', {"a": []}),
        ('{"a": [1]}', {"a": [1, 2]}),
        ('{"a": [2, …]}', {"a": [1, 2]}),
        ('{"a": […, 4, …]}', {"a": [1, 2, 3]}),
        ('{"a": {"b": [{"c": 1}]}}', {"a": {"b": [{"c": 2}]}}),
        ('{"hits": [{"id": "b", "score": 0.8}, …]}', {"hits": [{"id": "a", "score": 0.9}, {"id": "b", "score": 0.8}]}),
        (
            '{"hits": [{"id": "a", …}, {"id": "a", …}]}',
            {"hits": [{"id": "a", "score": 0.8}, {"id": "b", "score": 0.8}]},
        ),
    ],
    ids=str,
)
def test_what_is_not_as_told_differs(told: str, actual: Any) -> None:
    assert differences(pattern(told), actual, {})


def test_a_named_text_is_kept_for_later_requests() -> None:
    known: dict[str, str] = {}

    assert differences(pattern('{"cursor": "<next>"}'), {"cursor": "abc"}, known) == []
    assert filled('{"cursor": "<next>"}', known) == '{"cursor": "abc"}'
    with pytest.raises(KeyError):
        filled("<other>", known)
