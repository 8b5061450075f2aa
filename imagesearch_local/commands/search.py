"""`imagesearch search`: by words, by picture, or both."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from imagesearch_local.commands.common import Bucket, Connection, Json, api, print_json
from imagesearch_local.commands.filtering import Filtering, filters_of
from imagesearch_local.commands.gathering import gathered
from imagesearch_local.commands.opening import show_page
from imagesearch_local.commands.querying import Examples, Ranking, examples_of, named_as_typed, ranking_of
from imagesearch_local.commands.showing import print_page, reasons
from imagesearch_local.commands.thumbnails import fetched_thumbnails
from imagesearch_local.contact_sheet import Section, contact_sheet

_ANSWER = "What is shown"


@gathered
def search(
    text: Annotated[
        str | None, typer.Argument(help="Words to find; leave them out to search by picture alone.")
    ] = None,
    *,
    examples: Examples,
    ranking: Ranking,
    filtering: Filtering,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Hits on a page.", rich_help_panel=_ANSWER)] = 20,
    all_pages: Annotated[
        bool, typer.Option("--all", help="All pages, not only the first.", rich_help_panel=_ANSWER)
    ] = False,
    facet: Annotated[
        list[str] | None,
        typer.Option(
            help="Count hits by tags, format, orientation, camera, year or attributes.NAME. Repeat.",
            rich_help_panel=_ANSWER,
        ),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say why each hit is here: legs, scores, terms.", rich_help_panel=_ANSWER)
    ] = False,
    open_sheet: Annotated[
        bool,
        typer.Option("--open", help="Write a contact sheet and show it in the browser.", rich_help_panel=_ANSWER),
    ] = False,
    as_json: Json = False,
    bucket: Bucket = None,
    connection: Connection,
) -> None:
    """Search by words, by picture, or both; without either, browse from the newest on.

    Images are named by id, or by their key in the bucket; --like and --unlike take picture files as well.
    """
    query: dict[str, Any] = {
        **({"text": text} if text else {}),
        **examples_of(examples, bucket, connection),
        **ranking_of(ranking),
        **({"filters": filters} if (filters := filters_of(filtering)) else {}),
        **({"facets": facet} if facet else {}),
        **({"explain": True} if explain else {}),
        "limit": limit,
    }
    with named_as_typed(examples, query), api(connection) as client:
        first, *others = client.search_all(query) if all_pages else [client.search(query)]
    page = {**first, "hits": [hit for page in (first, *others) for hit in page["hits"]]}
    page["cursor"] = others[-1]["cursor"] if others else first["cursor"]
    if as_json:
        print_json(page)
    else:
        print_page(page)
    if open_sheet:
        _open(text or "Search", page["hits"])


def _open(title: str, hits: list[dict[str, Any]]) -> None:
    noted = [{**hit, "note": "\n".join(reasons(hit))} for hit in hits]
    show_page(contact_sheet(f"{title}: {len(hits)} hits", [Section("", noted)], fetched_thumbnails(hits)), "search")
