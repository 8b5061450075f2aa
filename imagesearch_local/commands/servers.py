"""Fetching, finding and starting servers, with progress shown."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.progress import Progress, SpinnerColumn, TextColumn

from imagesearch_local.commands.common import bar, err, plain
from imagesearch_local.servers import kept_opensearch, localstack, opensearch
from imagesearch_local.servers.jars import jars
from imagesearch_local.servers.java import find_java
from imagesearch_local.servers.kept_opensearch import Kept
from imagesearch_local.servers.opensearch import Plan, Waiting
from imagesearch_local.servers.revived_opensearch import revived_opensearch
from model_export.fetch import cache_dir

DOCKER_URL = "http://127.0.0.1:9200"
"""Where compose.yaml has OpenSearch."""


@dataclass(frozen=True, slots=True)
class IndexServer:
    """An OpenSearch that holds indexes."""

    url: str
    data: Path | None = None
    """Folder of one that is the data folder's own."""


def plan(data: Path, port: int | None = None, heap: int = opensearch.HEAP_MIB) -> Plan:
    """How to run OpenSearch in this folder; it is fetched where it must be. Raises ServerError."""
    java = find_java()
    chosen = opensearch.choose_port(port)
    with bar("Looking for OpenSearch in the cache") as progress:
        task = progress.add_task("Looking for OpenSearch in the cache", total=None)
        folder = jars(
            cache_dir(), lambda what, done, of: progress.update(task, description=what, completed=done, total=of)
        )
    return Plan(java, folder, data, chosen, heap)


def localstack_plan(folder: Path) -> localstack.Plan:
    """How to run LocalStack in this folder; it is installed where it must be. Raises ServerError."""
    with shown("Looking for LocalStack in the cache, else installing it (a minute)"):
        return localstack.plan(cache_dir(), folder)


@contextmanager
def opensearch_for(data: Path) -> Iterator[IndexServer]:
    """Whichever OpenSearch there is while the block runs. Raises ServerError.

    `$OPENSEARCH_URL`; the one of `imagesearch opensearch start` with `data`, or else with the usual folder; Docker's;
    or one of its own in `data`, which is started again if it dies, and ends with the block.
    """
    data = data.resolve()
    if there := _running(data):
        yield there
        return
    made = plan(data)
    with ExitStack() as running:
        with shown("Starting OpenSearch") as waiting:
            server = running.enter_context(revived_opensearch(made, waiting, _told))
        yield IndexServer(server.url, data)


def _running(data: Path) -> IndexServer | None:
    if url := os.environ.get("OPENSEARCH_URL"):
        return IndexServer(url.rstrip("/"))
    if kept := kept_opensearch.find(data):
        return IndexServer(ready(data, kept).url, data)
    usual = kept_opensearch.default_data(cache_dir())
    if kept := kept_opensearch.find(usual):
        return IndexServer(ready(usual, kept).url)
    return IndexServer(DOCKER_URL) if opensearch.health(DOCKER_URL) else None


def _told(sentence: str) -> None:
    err.print(plain(sentence), soft_wrap=True)


def ready(data: Path, kept: Kept) -> Kept:
    """A server that somebody started, once it can be searched. Raises ServerError."""
    if opensearch.health(kept.url, kept.cluster) in {"yellow", "green"}:
        return kept
    with shown("Waiting for OpenSearch") as waiting:
        return kept_opensearch.ready(data, kept, waiting)


@contextmanager
def shown(what: str) -> Iterator[Waiting]:
    """A line on standard error, with the seconds so far where that is a terminal, while something starts."""
    if not err.is_terminal:
        err.print(f"{what} ...")
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task(f"{what} ...", total=None)
        yield lambda seconds: progress.update(task, description=f"{what} ... {seconds:.0f} s")
