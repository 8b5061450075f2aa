"""`imagesearch status`: what the local server says of itself."""

from __future__ import annotations

import typer
from rich.table import Table

from imagesearch_local import running
from imagesearch_local.commands.common import Json, Port, out, plain, print_json
from imagesearch_local.running import DEFAULT_PORT


def status(*, as_json: Json = False, port: Port = DEFAULT_PORT) -> None:
    """Say whether the local server is ready, where it is, and what it holds. Exits with 1 while it is not ready."""
    found = running.fetch_status(port)
    shown = found or running.absent(port)
    if as_json:
        print_json(shown)
    elif found is None:
        out.print(f"No imagesearch runs on port {port}: start it with `imagesearch up`, or name its --port.")
    else:
        out.print(_table(found))
    if not shown["ready"]:
        raise typer.Exit(1)


def _readiness(found: running.Status) -> str:
    if trouble := running.trouble(found):
        return f"no: {trouble} The counts below are the last ones that it gave."
    return "yes" if found["ready"] else "not yet: the samples are being added"


def _table(found: running.Status) -> Table:
    s3, model = found["s3"], found["model"] or {}
    failing = f" ({found['failing']:,} of them failed before)" if running.failing(found) else ""
    rows = {
        "ready": _readiness(found),
        "page": found["page"],
        "api": found["api"],
        "bucket": f"{s3['bucket']} at {s3['endpoint']}",
        "keys": f"{s3['access_key']} / {s3['secret_key']}",
        "index": running.index_place(found),
        "images": f"{found['images']:,}, {found['pending']:,} pending{failing}, {found['rejected']:,} rejected",
        "model": f"{model.get('name', '')} {model.get('precision', '')}",
    }
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in rows.items():
        table.add_row(name, plain(value))
    return table
