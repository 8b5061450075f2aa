"""What holds for every answer of the API, whatever was asked; and a tally of what was asked and answered."""

from __future__ import annotations

import io
import json
import os
import platform
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import jsonschema_rs
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, run_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

PROBLEM = "application/problem+json"
ELSEWHERE = "(no such route)"
_INSIDES = re.compile(
    r"Traceback|[A-Za-z]+Error\b|Exception\b|/var/|/home/|/tmp|/opt|/layers|\.py\b|<class|0x[0-9a-f]{8}"
    r"|sqlite|apsw|boto|botocore|pydantic|orjson|PIL\b|numpy|onnx|model\.json",
    re.ASCII,
)
"""Paths, modules, classes, objects: nothing that a caller should read."""


@dataclass(frozen=True, slots=True)
class Contract:
    """What the API promises: its OpenAPI document, and the codes of problems that its guide explains."""

    document: Mapping[str, Any]
    codes: Mapping[str, frozenset[int]]
    """By code, the statuses that it comes with."""

    def route(self, method: str, path: str) -> str:
        """`GET /images/{image_id}`, or ELSEWHERE."""
        for template, operations in self.document["paths"].items():
            if method.lower() in operations and re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)), path):
                return f"{method} {template}"
        return ELSEWHERE

    def answers(self, route: str) -> Mapping[str, Any]:
        """By status, those of the document."""
        method, template = route.split(" ", 1)
        answers: Mapping[str, Any] = self.document["paths"][template][method.lower()]["responses"]
        return answers

    def violations(self, route: str, asked: str, status: int, headers: Headers, body: bytes) -> Iterator[str]:
        """What an answer does that none may do. `asked` is the request as text: what it says may be said again."""
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            yield f"status {status}"
        content_type = headers.get("Content-Type", "")
        if asked.startswith("HEAD "):
            return
        if content_type.startswith("text/html"):
            if status != HTTPStatus.OK:
                yield f"HTML with status {status}"
            return
        try:
            answer = json.loads(body, parse_constant=_no_constant)
        except ValueError as error:
            yield f"no JSON: {error}"
            return
        if status >= HTTPStatus.BAD_REQUEST:
            yield from self._violations_of_problem(status, content_type, answer)
            yield from (f"tells {match!r}" for match in _INSIDES.findall(body.decode()) if match not in asked)
        elif content_type != "application/json":
            yield f"content type {content_type!r}"
        if route != ELSEWHERE:
            yield from self._violations_of_document(route, status, answer)

    def _violations_of_problem(self, status: int, content_type: str, answer: Any) -> Iterator[str]:
        if content_type != PROBLEM:
            yield f"a problem of type {content_type!r}"
        if answer.get("status") != status:
            yield f"a problem with status {answer.get('status')} under {status}"
        if status not in self.codes.get(answer.get("code"), ()):
            yield f"status {status} with the code {answer.get('code')!r}, which the guide does not tell"
        if not (answer.get("title") and answer.get("detail") and answer.get("type", "").endswith(answer["code"])):
            yield "a problem without title, detail or type"

    def _violations_of_document(self, route: str, status: int, answer: Any) -> Iterator[str]:
        told = self.answers(route).get(str(status))
        if told is None:
            yield f"status {status}, which the document does not tell"
            return
        [content] = told["content"].values()
        schema = {**content["schema"], "components": self.document["components"]}
        for error in jsonschema_rs.validator_for(schema).iter_errors(answer):
            yield f"not the document's schema: {error.message} at {list(error.instance_path)}"


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


@dataclass(frozen=True, slots=True)
class Finding:
    """A request whose answer breaks the contract."""

    violation: str
    curl: str


@dataclass
class Watch:
    """A WSGI application in front of the gateway: counts what it answers, and holds it to the contract."""

    app: WSGIApplication
    contract: Contract
    stage: str
    collect: bool = False
    """Keep findings and go on, rather than fail at the first."""
    counts: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    """By route, status and code."""
    findings: dict[tuple[str, str], Finding] = field(default_factory=dict)
    """By route and violation, the shortest request."""

    def __call__(self, environ: WSGIEnvironment, start_response: Any) -> Iterable[bytes]:
        sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(sent)
        chunks, line, headers = run_wsgi_app(self.app, environ, buffered=True)
        body = b"".join(chunks)
        status = int(line.partition(" ")[0])
        path = environ["RAW_URI"].partition("?")[0].removeprefix(f"/{self.stage}")
        route = self.contract.route(environ["REQUEST_METHOD"], path)
        self.counts[route, status, _code(headers, body)] += 1
        asked = f"{environ['REQUEST_METHOD']} {environ['RAW_URI']} {sent.decode('utf-8', 'replace')}"
        for violation in self.contract.violations(route, asked, status, headers, body):
            self.report(route, violation, _curl(environ, sent))
        start_response(line, list(headers))
        return [body]

    def report(self, route: str, violation: str, curl: str) -> None:
        """Raises AssertionError unless findings are collected."""
        if not self.collect:
            raise AssertionError(f"{route}: {violation}\n{curl}")
        known = self.findings.get((route, violation))
        if known is None or len(curl) < len(known.curl):
            self.findings[route, violation] = Finding(violation, curl)

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """`target` (path and query) goes out as it is. Returns status and body."""
        environ = EnvironBuilder(method="POST", path="/", headers=list(headers.items()), data=body).get_environ()
        environ |= {"REQUEST_METHOD": method, "RAW_URI": target, "QUERY_STRING": target.partition("?")[2]}
        chunks, line, _ = run_wsgi_app(self, environ, buffered=True)
        return int(line.partition(" ")[0]), b"".join(chunks)


def _code(headers: Headers, body: bytes) -> str:
    if headers.get("Content-Type") != PROBLEM or not body:  # an answer to HEAD has none
        return ""
    return str(json.loads(body).get("code"))


def _curl(environ: WSGIEnvironment, body: bytes) -> str:
    """The request as a command, a body that is no text as Python writes it."""
    text = body.decode("utf-8", "backslashreplace")
    data = ["--data-binary", text if len(text) < 2_000 else f"{text[:2_000]}…"] if body else []
    headers = ["-H", f"Content-Type: {environ['CONTENT_TYPE']}"] if environ.get("CONTENT_TYPE") else []
    headers += [
        part
        for name, value in environ.items()
        if name.startswith("HTTP_") and name != "HTTP_HOST"
        for part in ("-H", f"{name[5:].replace('_', '-').title()}: {value}")
    ]
    return shlex.join(["curl", "-X", environ["REQUEST_METHOD"], environ["RAW_URI"], *headers, *data])


def codes_of_guide(page: str) -> dict[str, frozenset[int]]:
    """By code, its statuses, from the table `status | code | when` of docs/api.md."""
    found: dict[str, set[int]] = {}
    for row in re.findall(r"^\| (\d{3}(?:, \d{3})*) \| ([^|]+) \|", page, re.MULTILINE):
        for code in re.findall(r"`([a-z-]+)`", row[1]):
            found.setdefault(code, set()).update(map(int, row[0].split(", ")))
    return {code: frozenset(statuses) for code, statuses in found.items()}


def report(watch: Watch, *, seed: int | None, seconds: float) -> str:
    """What was asked and answered, as Markdown."""
    total = sum(watch.counts.values())
    rows = [
        f"| `{route}` | {status} | {f'`{code}`' if code else ''} | {count:,} |"
        for (route, status, code), count in sorted(watch.counts.items())
    ]
    found = "".join(
        f"### `{route}`: {finding.violation}\n\n```sh\n{finding.curl}\n```\n\n"
        for (route, _), finding in sorted(watch.findings.items())
    )
    versions = ", ".join(f"{name} {version(name)}" for name in ("schemathesis", "hypothesis"))
    return f"""# Fuzzing

`make fuzz` sends odd requests to the real functions over a small real library, and holds every answer to the contract:
a status, a content type and a body that [openapi.json](openapi.json) tells; below 500; a problem document whose
code [the guide](api.md#errors) explains; nothing of our insides. `make test` sends some 500, always the same ones.

Last run: {datetime.now(UTC):%d %B %Y}, {total:,} requests in {seconds:,.0f} seconds, seed {seed}, Python
{platform.python_version()} on {platform.system()} {platform.machine()} with {os.cpu_count()} cores; {versions}.

**{len(watch.findings)} findings.**

{found}| route | status | code | answers |
|---|---|---|---|
{chr(10).join(rows)}
"""
