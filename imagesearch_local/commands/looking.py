"""`imagesearch suggest`, `facets` and `rejected`: what the library holds."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Column, Table

from imagesearch_local.commands.common import Connection, Json, api, out, plain, print_json
from imagesearch_local.commands.filtering import Filtering, parameters_of
from imagesearch_local.commands.gathering import gathered
from imagesearch_local.commands.showing import print_facets


@gathered
def suggest(
    text: Annotated[str, typer.Argument(help="What somebody has typed so far.")],
    *,
    limit: Annotated[int, typer.Option(min=1, max=20, help="Suggestions at most.")] = 8,
    as_json: Json = False,
    connection: Connection,
) -> None:
    """Say how what is being typed might go on: tags, and words of captions."""
    with api(connection) as client:
        answer = client.suggest(text, limit=limit)
    if as_json:
        print_json(answer)
        return
    table = Table("suggestion", "kind", Column("images", justify="right"), box=None, pad_edge=False)
    for each in answer["suggestions"]:
        table.add_row(plain(each["text"]), each["kind"], f"{each['count']:,}")
    out.print(table if answer["suggestions"] else "Nothing begins so.")


@gathered
def facets(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME...",
            help="Any of tags, format, orientation, camera, year, attributes.NAME.",
            show_default="tags",
        ),
    ] = None,
    *,
    text: Annotated[str | None, typer.Option(help="Only images that these words find.")] = None,
    filtering: Filtering,
    as_json: Json = False,
    connection: Connection,
) -> None:
    """Count images by tag, format, year, ..."""
    parameters = [("facet", name) for name in names or ["tags"]]
    with api(connection) as client:
        answer = client.facets([*parameters, *([("q", text)] if text else []), *parameters_of(filtering)])
    if as_json:
        print_json(answer)
        return
    print_facets(answer["facets"])
    out.print(f"{answer['total']:,} images match the {answer['total_of']}.", style="dim")


@gathered
def rejected(
    *,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Images on a page.")] = 20,
    all_pages: Annotated[bool, typer.Option("--all", help="All pages, not only the first.")] = False,
    as_json: Json = False,
    connection: Connection,
) -> None:
    """List what could not be indexed, and why."""
    images, cursor = [], None
    with api(connection) as client:
        while True:
            page = client.rejected(limit=limit, cursor=cursor)
            images += page["images"]
            cursor = page["cursor"]
            if not (all_pages and cursor):
                break
    if as_json:
        print_json({"images": images, "cursor": cursor})
        return
    for image in images:
        out.print(plain(image["key"]).append(f"\n  {plain(image['reason'])}", style="dim"), soft_wrap=True)
    more = " --all shows the rest." if cursor else ""
    out.print(f"{len(images)} rejected images shown.{more}" if images else "Nothing was rejected.", style="dim")
