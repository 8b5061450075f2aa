"""`imagesearch export`: the library as lines of JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from imagesearch_local.client import Client
from imagesearch_local.commands.common import Connection, Failure, api, bar, err, plain
from imagesearch_local.commands.filtering import Filtering, filters_of
from imagesearch_local.commands.gathering import gathered
from imagesearch_local.exporting import line_of, replaced

_PAGE = 100


@gathered
def export(
    file: Annotated[
        Path | None,
        typer.Argument(
            dir_okay=False,
            help="File to write, or -; it takes its place when complete.",
            show_default="stdout",
        ),
    ] = None,
    *,
    filtering: Filtering,
    connection: Connection,
) -> None:
    """Write key, id, words, size and dates of every image as JSON lines; oldest first.

    `imagesearch add FILE` takes it again: it gives the words back to the pictures of the library.
    """
    file = None if file == Path("-") else file
    # Oldest first: what is added meanwhile comes at the end, and is not missed.
    query = {"limit": _PAGE, "sort": "oldest", **({"filters": kept} if (kept := filters_of(filtering)) else {})}
    try:
        target = replaced(file) if file else nullcontext(sys.stdout)
        with api(connection, patient=True) as client, target as written:
            count = 0
            for hit in _hits(client, query):
                written.write(line_of(hit, written.encoding))
                count += 1
    except OSError as error:
        if file is None:  # the reader of the pipe has enough
            raise
        raise Failure(f"{file} can't be written: {error}.") from error
    if file:
        err.print(plain(f"{count:,} images in {file}"), soft_wrap=True)


def _hits(client: Client, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
    with bar("Exporting") as progress:
        task = progress.add_task("Exporting", total=None)
        for page in client.search_all(query):
            progress.update(task, total=page["total"])
            for hit in page["hits"]:
                yield hit
                progress.advance(task)
