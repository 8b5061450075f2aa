"""`imagesearch search`: by words, by picture, or both."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Column, Table

from imagesearch.errors import PictureError
from imagesearch_local.commands.common import Endpoint, Failure, Json, Port, Token, api, out, plain, print_json
from imagesearch_local.query_picture import query_picture
from imagesearch_local.running import DEFAULT_PORT


def search(
    text: Annotated[
        str | None, typer.Argument(help="Words to find; leave them out to search by picture alone.")
    ] = None,
    *,
    image: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Picture to find the like of.")
    ] = None,
    image_id: Annotated[str | None, typer.Option(help="Find the like of an indexed image.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Only images with this tag. Repeat for several.")] = None,
    not_tag: Annotated[list[str] | None, typer.Option(help="No images with this tag. Repeat for several.")] = None,
    prefix: Annotated[str, typer.Option(help="Only images whose key starts so.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100, help="Hits on a page.")] = 20,
    all_pages: Annotated[bool, typer.Option("--all", help="All pages, not only the first.")] = False,
    weight: Annotated[
        list[str] | None, typer.Option(metavar="LEG=NUMBER", help="Weight of a leg: text=1, semantic=0.5, ...")
    ] = None,
    as_json: Json = False,
    port: Port = DEFAULT_PORT,
    endpoint: Endpoint = None,
    token: Token = None,
) -> None:
    """Search by words, by picture, or both; without either, browse from the newest on."""
    query: dict[str, Any] = {"limit": limit}
    if text:
        query["text"] = text
    if image:
        query["image"] = _encoded(image)
    if image_id:
        query["image_id"] = image_id
    if weight:
        query["weights"] = dict(_weight(item) for item in weight)
    if filters := _filters(tag or [], not_tag or [], prefix):
        query["filters"] = filters
    with api(endpoint, token, port) as client:
        first, *others = client.search_all(query) if all_pages else [client.search(query)]
    page = {**first, "hits": [hit for page in (first, *others) for hit in page["hits"]]}
    page["cursor"] = others[-1]["cursor"] if others else first["cursor"]
    if as_json:
        print_json(page)
        return
    _print_table(page)


def _encoded(path: Path) -> str:
    try:
        return base64.b64encode(query_picture(path)).decode()
    except (OSError, PictureError) as error:
        raise Failure(f"{path} can't be searched with: {error}") from error


def _weight(item: str) -> tuple[str, float]:
    leg, _, number = item.partition("=")
    try:
        return leg, float(number)
    except ValueError:
        raise typer.BadParameter(f"{item!r} is not of the form LEG=NUMBER, as text=1", param_hint="--weight") from None


def _filters(tags: list[str], not_tags: list[str], prefix: str) -> dict[str, Any]:
    by_tags = {name: values for name, values in (("all", tags), ("none", not_tags)) if values}
    return {**({"tags": by_tags} if by_tags else {}), **({"prefix": prefix} if prefix else {})}


def _print_table(page: dict[str, Any]) -> None:
    if not page["hits"]:
        out.print("Nothing found.")
        return
    # Keys and ids are there to be copied: whole, even where the terminal must wrap the line.
    image = Column("image", no_wrap=True, overflow="ignore", min_width=max(len(hit["key"]) for hit in page["hits"]))
    table = Table(Column("score", justify="right"), image, "caption", "tags", box=None, pad_edge=False)
    for hit in page["hits"]:
        score = "" if hit["score"] is None else f"{hit['score']:.3f}"
        # The id below the key: side by side they would leave no room for the rest on 80 columns.
        name = plain(hit["key"]).append(f"\n{hit['id']}", style="dim")
        table.add_row(score, name, plain(hit.get("caption") or ""), plain(", ".join(hit.get("tags") or ())))
    out.print(table)
    more = " --all shows the rest." if page["cursor"] else ""
    out.print(f"{len(page['hits'])} shown; {page['total']} match the {page['total_of']}.{more}", style="dim")
