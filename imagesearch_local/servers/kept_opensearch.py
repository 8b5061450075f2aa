"""The OpenSearch that lives on when the command that started it has ended: one for a data folder."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from imagesearch_local.paths import write_atomically
from imagesearch_local.servers import opensearch, processes
from imagesearch_local.servers.errors import ServerError
from imagesearch_local.servers.opensearch import Plan, Waiting

_MEMORY = "server.json"


@dataclass(frozen=True, slots=True)
class Kept:
    """A server that was started earlier, or by another process."""

    url: str
    pid: int
    cluster: str
    heap_mib: int


def default_data(cache: Path) -> Path:
    return cache / "opensearch" / "data"


def find(data: Path) -> Kept | None:
    """The server of this folder, if it runs."""
    try:
        kept = Kept(**json.loads((data / _MEMORY).read_bytes()))
    except (FileNotFoundError, NotADirectoryError, ValueError, TypeError):
        return None
    return kept if kept.cluster in processes.command_of(kept.pid) else None


def start(plan: Plan, waiting: Waiting = lambda _: None) -> Kept:
    """Start a server that lives on. Raises ServerError, also where another process starts one in this folder."""
    with _starting(plan.data):
        if running := find(plan.data):
            return running
        opensearch.prepare(plan)
        process = processes.detached(plan.command(), plan.log, folder=plan.jars)
        try:
            opensearch.wait_until_ready(plan, process, waiting)
            kept = Kept(plan.url, process.pid, plan.cluster, plan.heap_mib)
            write_atomically(plan.data / _MEMORY, json.dumps(asdict(kept)).encode())
        except BaseException:
            process.stop()
            raise
    return kept


def stop(data: Path) -> Kept | None:
    """Stop the server of this folder and say which it was; None where none runs. Raises ServerError."""
    kept = find(data)
    if kept:
        processes.stop(kept.pid)
    (data / _MEMORY).unlink(missing_ok=True)
    return kept


@contextmanager
def _starting(data: Path) -> Iterator[None]:
    data.mkdir(parents=True, exist_ok=True)
    with (data / "starting.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ServerError(f"Another process is just starting OpenSearch in {data}: wait for it") from error
        yield
