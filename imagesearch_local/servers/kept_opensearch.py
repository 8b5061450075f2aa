"""The OpenSearch that lives on when the command that started it has ended: one for a data folder."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
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
            return ready(plan.data, running, waiting)
        opensearch.prepare(plan)
        said = processes.size_of(plan.log)
        process = processes.detached(plan.command(), plan.log, folder=plan.jars)
        try:
            # Before it is ready: it is found and stopped even if this process is killed while it waits.
            kept = _noted(plan.data, Kept(plan.url, process.pid, plan.cluster, plan.heap_mib))
            return ready(plan.data, kept, waiting, process.ending, said=said)
        except BaseException:
            process.stop()
            (plan.data / _MEMORY).unlink(missing_ok=True)
            raise


def ready(
    data: Path, kept: Kept, waiting: Waiting, ending: Callable[[], str] | None = None, *, said: int | None = None
) -> Kept:
    """The server of this folder once it can be searched, and where. Raises ServerError.

    `said` is how long its log was before it was started, now where nobody knows.
    """
    port = int(kept.url.rpartition(":")[2])
    how = ending or (lambda: "" if processes.alive(kept.pid) else "unseen")
    log = data / opensearch.LOG
    since = processes.size_of(log) if said is None else said
    url = opensearch.wait_until_ready(port, kept.cluster, log, how, waiting, said=since)
    return kept if url == kept.url else _noted(data, replace(kept, url=url))


def _noted(data: Path, kept: Kept) -> Kept:
    write_atomically(data / _MEMORY, json.dumps(asdict(kept)).encode())
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
