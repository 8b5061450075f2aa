"""CloudFormation's end of a custom resource: an address that takes answers, as S3 takes what was presigned."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from imagesearch_local.paths import CHECKOUT

SIGNATURE = "Signature=a-secret-of-ours"


@dataclass
class Answers:
    """What was put there."""

    address: str
    bodies: list[bytes] = field(default_factory=list)
    content_types: list[str | None] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    """How the next ones are answered; 200 where none are left."""

    def only(self) -> dict[str, Any]:
        (body,) = self.bodies
        assert len(body) <= 4096
        answer: dict[str, Any] = json.loads(body)
        return answer

    def event(self, kind: str, **changes: Any) -> dict[str, Any]:
        """The sample event of a kind (`create`, `update`, `delete`), to be answered here."""
        event: dict[str, Any] = json.loads((CHECKOUT / "events" / f"cloudformation_{kind}.json").read_bytes())
        return {**event, "ResponseURL": self.address, **changes}


@contextmanager
def taking_answers() -> Iterator[Answers]:
    class Taking(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            answers.bodies.append(self.rfile.read(int(self.headers["content-length"])))
            answers.content_types.append(self.headers["content-type"])
            self.send_response(answers.statuses.pop(0) if answers.statuses else 200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Taking) as server:
        answers = Answers(f"http://127.0.0.1:{server.server_port}/answer?{SIGNATURE}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield answers
        finally:
            server.shutdown()
            thread.join()
