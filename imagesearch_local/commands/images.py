"""`imagesearch show` and `imagesearch remove`: one image, by id or key."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Column, Table

from imagesearch_local.client import ApiProblem
from imagesearch_local.commands.common import Bucket, Connection, Json, Yes, api, id_of, out, plain, print_json, report
from imagesearch_local.commands.gathering import gathered


@gathered
def show(
    image: Annotated[str, typer.Argument(metavar="ID|KEY", help="Image id, or key in the bucket.")],
    *,
    bucket: Bucket = None,
    as_json: Json = False,
    connection: Connection,
) -> None:
    """Show what is known of one image: words, state, size, links."""
    with api(connection) as client:
        found = client.image(id_of(image, bucket, connection))
    if as_json:
        print_json(found)
        return
    table = Table("", Column("", overflow="fold"), box=None, show_header=False, pad_edge=False)
    for name, value in found.items():
        if value not in (None, [], {}):
            table.add_row(name, plain(_shown(value)))
    out.print(table)


@gathered
def remove(
    images: Annotated[list[str], typer.Argument(metavar="ID|KEY...", help="Image ids, or keys in the bucket.")],
    *,
    yes: Yes = False,
    bucket: Bucket = None,
    as_json: Json = False,
    connection: Connection,
) -> None:
    """Delete images for good: picture, words and thumbnail."""
    ids = {name: id_of(name, bucket, connection) for name in images}
    if not yes:
        typer.confirm(f"Delete {', '.join(map(str, map(plain, images)))} for good?", abort=True, err=True)
    removed, failed = [], {}
    with api(connection) as client:
        for name, image_id in ids.items():
            try:
                client.remove(image_id)
                removed.append(name)
            except ApiProblem as error:
                failed[name] = str(error)
    report("removed", removed, failed, as_json=as_json)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    if isinstance(value, dict) and value.keys() == {"tag", "confidence"}:
        return f"{value['tag']} {value['confidence']:.2f}"
    if isinstance(value, dict):
        return ", ".join(f"{key}={_shown(item)}" for key, item in value.items())
    if isinstance(value, bool):
        return str(value).lower()
    # Whole numbers as people wrote them: attributes come back as 4.0.
    return f"{value:.15g}" if isinstance(value, float) else str(value)
