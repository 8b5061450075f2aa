"""Fixtures to run the command line as a user does, against a real gateway with a function that answers as told."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from imagesearch.records import image_id
from imagesearch_local.cli import main
from imagesearch_local.gateway.gateway import Gateway
from imagesearch_local.gateway.serving import LoopbackServer, serving

FROG: dict[str, Any] = {
    "id": image_id("images", "animals/frog.png"),
    "key": "animals/frog.png",
    "score": 0.91234,
    "caption": "A [red]frog[/red].\x1b[2J",
    "tags": ["animals", "amphibian"],
}
NOTHING: dict[str, Any] = {"hits": [], "total": 0, "total_of": "filters", "facets": {}, "cursor": None}

Event = dict[str, Any]
Answer = tuple[int, Any] | tuple[int, Any, Mapping[str, str]]
"""Status, body and further headers."""


@dataclass
class Api:
    """What the function answers by route, and what it was asked."""

    answers: dict[str, Answer | Callable[[Event], Answer]] = field(default_factory=dict)
    asked: list[Any] = field(default_factory=list)
    """The bodies."""
    events: list[Event] = field(default_factory=list)
    status: dict[str, Any] = field(default_factory=dict)
    port: int = 0

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __call__(self, event: Event, _context: Any) -> Any:
        self.events.append(event)
        self.asked.append(json.loads(event["body"]) if event["body"] else None)
        answer = self.answers[f"{event['httpMethod']} {event['path']}"]
        status, body, *headers = answer(event) if callable(answer) else answer
        return {"statusCode": status, "body": json.dumps(body), "headers": dict(*headers)}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    api = Api()
    with serving(LoopbackServer(0), Gateway(api, object, tmp_path, lambda: api.status, "http://127.0.0.1:1")) as server:
        api.port = server.port
        s3 = {"endpoint": "http://127.0.0.1:1", "bucket": "images", "access_key": "AK", "secret_key": "SK"}
        counts = {"images": 1234, "pending": 0, "rejected": 2}
        places = {"api": f"{api.root}/api", "page": f"{api.root}/", "s3": s3}
        api.status = {"ready": True, **places, **counts, "model": {"name": "m"}}
        yield api


@pytest.fixture
def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "200")
    for name in (
        "IMAGESEARCH_ENDPOINT",
        "IMAGESEARCH_TOKEN",
        "IMAGESEARCH_TOKEN_FILE",
        "IMAGESEARCH_PORT",
        "IMAGESEARCH_BUCKET",
        "BROWSER",
    ):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: object) -> Ran:
        capsys.readouterr()
        try:
            main([str(argument) for argument in arguments])
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return call
