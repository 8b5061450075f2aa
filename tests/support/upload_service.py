"""An API that takes uploads, with its bucket, that answers as told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from queue import Queue
from threading import Event, Lock
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from imagesearch_local.gateway.serving import LoopbackServer, serving


@dataclass
class Service:
    """API and bucket in one; what it answers instead may be told by `METHOD /path`, once for each answer."""

    instead: dict[str, list[Response]] = field(default_factory=dict)
    seen: list[tuple[str, str]] = field(default_factory=list)
    pictures: list[bytes] = field(default_factory=list)
    words: list[Any] = field(default_factory=list)
    images: dict[str, Any] = field(default_factory=lambda: {"caption": "before"})
    """What is said of each image."""
    states: dict[str, str] = field(default_factory=dict)
    """By id. What was prepared is pending until it arrives; all other ids are those of indexed images."""
    max_bytes: int = 1000
    max_pictures: int | None = None
    """When it has as many, it answers with nonsense."""
    root: str = ""
    indexed_a_question: int = 0
    """How many of those pending are indexed, in their order, whenever one is asked after."""
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    arrived: Queue[str] = field(default_factory=Queue)
    """Routes, when they are asked for."""
    one_at_a_time: Lock = field(default_factory=Lock)
    bucket_open: Event = field(default_factory=Event)
    """While it is not set, whoever sends a picture waits."""

    def __post_init__(self) -> None:
        self.bucket_open.set()

    def answer(self, request: Request) -> Response:
        route = f"{request.method} {request.path}"
        self.seen.append((route, request.headers.get("Authorization", "")))
        self.arrived.put(route)
        if route == "POST /bucket":
            self.bucket_open.wait()
        if told := self.instead.get(route):
            return told.pop(0)
        with self.one_at_a_time:
            if route == "POST /api/uploads" and len(self.states) == self.max_pictures:
                return Response("<html>")
            return self._usual(request, route)

    def _usual(self, request: Request, route: str) -> Response:
        match route:
            case "POST /api/uploads":
                self.words.append(request.get_json())
                name = f"id-{next(self.numbers)}"
                self.states[name] = "pending"
                form = {"id": name, "key": name, "url": f"{self.root}/bucket", "fields": {"policy": "p", "key": name}}
                return as_json({**form, "max_bytes": self.max_bytes}, 201)
            case "POST /bucket":
                self.pictures.append(request.files["file"].read())
                assert request.form["policy"] == "p"
                self.states[request.form["key"]] = "indexed"
                return Response(status=204)
            case _ if self.states.get(name := request.path.rpartition("/")[2]) == "removed":
                return as_json({"code": "image-not-found", "detail": "There is no such image."}, 404)
            case _ if request.method == "GET":
                state = self.states.get(name, "indexed")
                pending = (other for other, state in self.states.items() if state == "pending")
                for other in list(islice(pending, self.indexed_a_question)):
                    self.states[other] = "indexed"
                return as_json({"id": name, "state": state, **self.images}, 200, ETag='"e"')
            case _ if request.method == "DELETE":
                self.states[name] = "removed"
                return as_json({}, 202)
            case _:
                self.words.append((request.headers.get("If-Match"), request.get_json(silent=True)))
                return as_json({"etag": '"e2"'}, 202)


def as_json(data: Any, status: int, **headers: str) -> Response:
    return Response(
        json.dumps(data), status, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    with serving(LoopbackServer(0), Request.application(service.answer)) as server:
        service.root = f"http://127.0.0.1:{server.port}"
        yield service
