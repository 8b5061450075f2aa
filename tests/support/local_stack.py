"""`imagesearch up` as a process of its own, and pictures to put into it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patience import until
from PIL import Image

from imagesearch_local.running import fetch_status

_PORTS = 3
"""That are tried: one that was free may be another program's by the time it is taken."""


@dataclass(frozen=True)
class Up:
    """A running `imagesearch up`."""

    process: subprocess.Popen[str]
    status: dict[str, Any]
    port: int

    def settle(self) -> None:
        """Wait until the index has heard of all that happened to the bucket."""
        until(lambda: (status := fetch_status(self.port)) and not status["pending"], "events still wait")

    def run(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return imagesearch(*arguments, "--port", self.port)


def imagesearch(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "imagesearch_local.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def up(data: Path, *more: str) -> Iterator[Up]:
    """Wait for the JSON that says it is ready; in the end make sure that the process is gone. `more` are options."""
    for port in (free_port() for _ in range(_PORTS)):
        options = ["--data", str(data), "--port", str(port), "--no-samples", "--no-browser", "--json", *more]
        command = [sys.executable, "-m", "imagesearch_local.cli", "up", *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                if status := _ready(process, port):
                    yield Up(process, status, port)
                    return
            finally:
                process.kill()
    raise AssertionError(f"others took {_PORTS} free ports before it did")


def _ready(process: subprocess.Popen[str], port: int) -> dict[str, Any] | None:
    """Its status, once it is ready; None where another program has taken its port meanwhile."""
    assert process.stdout
    assert process.stderr
    lines: list[str] = []
    while not lines or lines[-1] != "}\n":
        line = process.stdout.readline()
        if not line:
            said = " ".join(process.stderr.read().split())
            assert f"port {port} is taken" in said, f"ended early: {said}"
            return None
        lines.append(line)
    status: dict[str, Any] = json.loads("".join(lines))
    return status


def picture(path: Path, colour: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.radial_gradient("L").convert("RGB").resize((200, 150)).save(path)
    with Image.open(path) as image:
        Image.blend(image.copy(), Image.new("RGB", image.size, colour), 0.5).save(path)
    return path
