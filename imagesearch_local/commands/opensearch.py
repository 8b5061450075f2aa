"""`imagesearch opensearch`: a real OpenSearch on this machine, without Docker."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.table import Table

from imagesearch_local.commands.common import SET_UP_FIRST, Failure, Json, out, plain, print_json
from imagesearch_local.commands.servers import plan, ready, shown
from imagesearch_local.servers import kept_opensearch
from imagesearch_local.servers import opensearch as server
from imagesearch_local.servers.errors import ServerError, ToolMissing
from imagesearch_local.servers.kept_opensearch import default_data, find
from imagesearch_local.servers.ports import is_free
from model_export.fetch import cache_dir

opensearch = typer.Typer(help="A real OpenSearch on this machine, without Docker (needs Java).", no_args_is_help=True)

Data = Annotated[
    Path | None,
    typer.Option(file_okay=False, help="Folder that keeps its indexes.", show_default="in the cache"),
]
_SMALLEST_HEAP_MIB = 256


@opensearch.command()
def start(
    *,
    data: Data = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=server.PORTS[0],
            max=server.PORTS[-1],
            help=f"Port on this machine, {server.PORTS[0]} to {server.PORTS[-1]}.",
            show_default=f"{server.USUAL_PORT}, or any that is free",
        ),
    ] = None,
    heap: Annotated[
        int, typer.Option(min=_SMALLEST_HEAP_MIB, help="Memory for Java, in MiB. Vectors take about as much again.")
    ] = server.HEAP_MIB,
    as_json: Json = False,
) -> None:
    """Start OpenSearch, which runs until it is stopped; the first time it is fetched (58 MB)."""
    folder = _folder(data)
    with _failures():
        kept = find(folder)
        known = kept is not None
        if kept is None:
            usual = server.USUAL_PORT if is_free(server.USUAL_PORT) else None
            wanted = plan(folder, port or usual, heap)
            with shown("Starting OpenSearch") as waiting:
                kept = kept_opensearch.start(wanted, waiting)
        elif port is not None and not kept.url.endswith(f":{port}"):
            raise Failure(f"OpenSearch runs on {kept.url} with the data in {folder}: stop it first, or take another")
        else:
            kept = ready(folder, kept)
    if as_json:
        print_json({"running": True, **asdict(kept), "data": str(folder)})
        return
    out.print(plain(f"OpenSearch {'runs already' if known else 'runs'} on {kept.url} (process {kept.pid})."))
    out.print(plain(f"Its data is in {folder}. `{_again('stop', data)}` ends it."), soft_wrap=True)


@opensearch.command()
def stop(*, data: Data = None) -> None:
    """Stop OpenSearch; its indexes are kept."""
    with _failures():
        kept = kept_opensearch.stop(_folder(data))
    out.print(plain(f"Stopped process {kept.pid}; the indexes are kept." if kept else "OpenSearch does not run."))


@opensearch.command()
def status(*, data: Data = None, as_json: Json = False) -> None:
    """Say whether OpenSearch runs, where, how it is, and what it holds. Exits with 1 where it does not run."""
    folder = _folder(data)
    kept = find(folder)
    if kept is None:
        if as_json:
            print_json({"running": False, "data": str(folder)})
        raise Failure(f"OpenSearch does not run with the data in {folder}: `{_again('start', data)}`")
    state = server.health(kept.url, kept.cluster)
    if state is None:
        raise Failure(f"OpenSearch (process {kept.pid}) does not answer at {kept.url}: see {folder / server.LOG}")
    with _failures():
        version = server.ask(kept.url, "/")["version"]["number"]
        indexes = server.ask(kept.url, "/_cat/indices?format=json&bytes=b&h=index,health,docs.count,store.size&s=index")
    if as_json:
        holds = [_as_numbers(index) for index in indexes]
        shown = {"running": True, **asdict(kept), "version": version, "health": state, "data": str(folder)}
        print_json({**shown, "indexes": holds})
        return
    out.print(plain(f"OpenSearch {version} on {kept.url}: {state}, process {kept.pid}. Data: {folder}"), soft_wrap=True)
    if indexes:
        out.print(_table(indexes))


def _again(action: str, data: Path | None) -> str:
    """Another command on the same folder."""
    return shlex.join(["imagesearch", "opensearch", action, *(["--data", str(data)] if data else [])])


def _folder(data: Path | None) -> Path:
    return (data or default_data(cache_dir())).expanduser().resolve()


def _table(indexes: list[dict[str, Any]]) -> Table:
    table = Table("index", "health", "documents", "bytes", box=None)
    for row in map(_as_numbers, indexes):
        table.add_row(plain(row["index"]), plain(row["health"]), f"{row['documents']:,}", f"{row['bytes']:,}")
    return table


def _as_numbers(index: dict[str, Any]) -> dict[str, Any]:
    counts = {"documents": int(index["docs.count"] or 0), "bytes": int(index["store.size"] or 0)}
    return {"index": index["index"], "health": index["health"], **counts}


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except ToolMissing as error:
        raise Failure(f"{error}.", SET_UP_FIRST) from error
    except (ServerError, httpx.HTTPError) as error:
        raise Failure(f"{error}.") from error
    except OSError as error:
        raise Failure(f"The folder can't be used: {error}.", SET_UP_FIRST) from error
