"""Fetching and starting servers, with progress shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import Progress, SpinnerColumn, TextColumn

from imagesearch_local.commands.common import bar, err
from imagesearch_local.servers import opensearch
from imagesearch_local.servers.jars import jars
from imagesearch_local.servers.java import find_java
from imagesearch_local.servers.opensearch import Plan, Waiting
from model_export.fetch import cache_dir


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


@contextmanager
def shown(what: str) -> Iterator[Waiting]:
    """A line on standard error, with the seconds so far where that is a terminal, while something starts."""
    if not err.is_terminal:
        err.print(f"{what} ...")
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task(f"{what} ...", total=None)
        yield lambda seconds: progress.update(task, description=f"{what} ... {seconds:.0f} s")
