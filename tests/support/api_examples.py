"""The examples of docs/api.md: requests, and answers in which `…` stands for anything.

A request is a `curl` in a block of shell, or in a table's column `request` either `GET /path` or the JSON of a
`POST /search`. Its answer is the next block of JSON, or the table's column `answer`: a status and headers (200 and none
where left out), then JSON. `…` stands for the rest of an object, of a list or of a text, or for a whole value; a list
that begins with it has the other items anywhere. A text `"<name>"` in an answer is kept for the requests after it.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

ANYTHING = "…"
SCORE_TOLERANCE = 0.02
"""int8 arithmetic is not the same on every processor: so far may a score be off, and hits so near change places."""

_CODE = re.compile(r"`([^`]+)`")
_DIRECTIVE = re.compile(r"<!-- (.+) -->")
_NAME = re.compile(r"<([\w.-]+)>")
_ELLIPSIS = re.compile(r'"(?:[^"\\]|\\.)*"|(:\s*)…|…(?=\s*\})|…')


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, placeholders and all."""

    method: str
    target: str
    """Path and query string."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    """`@name` for the bytes of a picture."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back, as a pattern."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class Example:
    """A request and its answer."""

    line: int
    request: Request
    answer: Answer


@dataclass(frozen=True, slots=True)
class Directive:
    """A comment that readers of the page don't see: what happens to the library at this place."""

    line: int
    text: str


def examples(page: str) -> Iterator[Example | Directive]:
    """All of a page, in its order. Raises ValueError for a request without an answer, and the other way round."""
    parts = sorted([*_directives(page), *_blocks(page), *_rows(page)], key=lambda part: part[0])
    yield from _paired(parts)


def _directives(page: str) -> Iterator[tuple[int, Directive]]:
    for match in _DIRECTIVE.finditer(page):
        line = _line(page, match.start())
        yield line, Directive(line, match[1])


def _blocks(page: str) -> Iterator[tuple[int, Request | Answer]]:
    for match in re.finditer(r"^```(sh|json|http)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        yield _line(page, match.start()), curl(match[2]) if match[1] == "sh" else answer(match[2])


def _rows(page: str) -> Iterator[tuple[int, Example]]:
    columns: list[str] = []
    for (number, line), (_, following) in pairwise(enumerate([*page.splitlines(), ""], 1)):
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            columns = []
        elif following.startswith("|--"):
            columns = cells
        elif {"request", "answer"} <= set(columns) and not line.startswith("|--"):
            request, told = (_code(cells[columns.index(name)], number) for name in ("request", "answer"))
            yield number, Example(number, short_request(request), answer(told))


def _paired(parts: list[tuple[int, Request | Answer | Example | Directive]]) -> Iterator[Example | Directive]:
    waiting: tuple[int, Request] | None = None
    for line, part in parts:
        if isinstance(part, Answer):
            if waiting is None:
                raise ValueError(f"line {line}: an answer without a request")
            yield Example(*waiting, part)
            waiting = None
        elif waiting is not None:
            break
        elif isinstance(part, Request):
            waiting = line, part
        else:
            yield part
    if waiting is not None:
        raise ValueError(f"line {waiting[0]}: a request without an answer")


def _line(page: str, position: int) -> int:
    return page.count("\n", 0, position) + 1


def _code(cell: str, line: int) -> str:
    found = _CODE.search(cell)
    if not found:
        raise ValueError(f"line {line}: neither a request nor an answer: {cell!r}")
    return found[1]


def curl(command: str) -> Request:
    """The request of a `curl` command, of whose options it knows those that the page uses."""
    parser = argparse.ArgumentParser("curl", exit_on_error=False, allow_abbrev=False)
    parser.add_argument("url")
    parser.add_argument("-X", dest="method")
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("--json")
    parser.add_argument("--data-binary", dest="data")
    parser.add_argument("-i", action="store_true")
    program, *arguments = shlex.split(command.replace("\\\n", " "))
    if program != "curl":
        raise ValueError(f"not curl: {command!r}")
    said = parser.parse_args(arguments)
    headers = dict(line.split(": ", 1) for line in said.headers)
    if said.json is not None:
        headers["Content-Type"] = "application/json"
    body = said.json or said.data or ""
    return Request(said.method or ("POST" if body else "GET"), said.url.removeprefix("$API"), headers, body)


def short_request(text: str) -> Request:
    """`GET /path?query`, or the JSON of a `POST /search`."""
    if text.startswith("{"):
        return Request("POST", "/search", {"Content-Type": "application/json"}, text)
    method, target = text.split(" ", 1)
    return Request(method, target)


def answer(text: str) -> Answer:
    """Status and headers, where given, and a pattern of JSON."""
    head, brace, tail = text.partition("{")
    first, *lines = head.split("\n") if head.strip() else ["200"]
    headers = dict(line.split(": ", 1) for line in lines if line.strip())
    return Answer(int(first), headers, pattern(brace + tail))


def pattern(text: str) -> Any:
    """JSON in which `…` stands for anything."""

    def spelt_out(match: re.Match[str]) -> str:
        if match[1]:
            return f'{match[1]}"{ANYTHING}"'
        if match[0] != ANYTHING:
            return match[0]
        is_member = match.string[match.end() :].lstrip().startswith("}")
        return f'"{ANYTHING}": "{ANYTHING}"' if is_member else f'"{ANYTHING}"'

    return json.loads(_ELLIPSIS.sub(spelt_out, text))


def filled(text: str, known: Mapping[str, str]) -> str:
    """A request's text with the values of its placeholders. Raises KeyError for one that no answer gave."""
    return _NAME.sub(lambda match: known[match[1]], text)


def differences(expected: Any, actual: Any, known: dict[str, str], at: str = "") -> list[str]:
    """Where an answer is not as the page has it; empty where it is. Named texts are put into `known`."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return _differing_members(expected, actual, known, at)
    if isinstance(expected, list) and isinstance(actual, list):
        return _differing_items(expected, actual, known, at)
    return [] if _fits(expected, actual, known) else [f"{at}: {actual!r} is not {expected!r}"]


def _fits(expected: Any, actual: Any, known: dict[str, str]) -> bool:
    if expected == ANYTHING:
        return True
    if isinstance(expected, str) and isinstance(actual, str):
        if name := _NAME.fullmatch(expected):
            known[name[1]] = actual
            return True
        parts = map(re.escape, expected.split(ANYTHING))
        return re.fullmatch(".*".join(parts), actual, re.DOTALL) is not None
    if isinstance(expected, float) and type(actual) in (float, int):
        return bool(abs(expected - actual) <= SCORE_TOLERANCE)
    return type(expected) is type(actual) and bool(expected == actual)


def _differing_members(expected: dict[str, Any], actual: dict[str, Any], known: dict[str, str], at: str) -> list[str]:
    named = [name for name in expected if name != ANYTHING]
    missing = [f"{at}.{name} is not there" for name in named if name not in actual]
    more = [] if ANYTHING in expected else [f"{at}.{name} is not told" for name in actual if name not in expected]
    return [
        *missing,
        *more,
        *(
            each
            for name in named
            if name in actual
            for each in differences(expected[name], actual[name], known, f"{at}.{name}")
        ),
    ]


def _differing_items(expected: list[Any], actual: list[Any], known: dict[str, str], at: str) -> list[str]:
    told = [item for item in expected if item != ANYTHING]
    if len(actual) < len(told) or (len(actual) > len(told) and ANYTHING not in expected):
        return [f"{at}: {len(actual)} items, not {len(told)}"]
    anywhere = expected[:1] == [ANYTHING]
    left = list(actual)
    found = []
    for number, item in enumerate(told):
        candidates = left if anywhere else _as_good(left)
        chosen = next((other for other in candidates if not differences(item, other, dict(known))), left[0])
        found += differences(item, chosen, known, f"{at}[{number}]")
        left.remove(chosen)
    return found


def _as_good(left: list[Any]) -> list[Any]:
    """The next item, and those that may as well stand at its place: with a score that is as good as its own."""
    first = left[0]
    if not isinstance(first, dict) or not isinstance(first.get("score"), float):
        return [first]
    return [other for other in left if abs(other["score"] - first["score"]) <= SCORE_TOLERANCE]
