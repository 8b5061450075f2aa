"""Answers as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Column, Table
from rich.text import Text

from imagesearch_local.commands.common import out, plain


def print_page(page: Mapping[str, Any], *, cut_short: str = "--all shows the rest.") -> None:
    """Hits, what counts were asked for, and how many there are."""
    if page["hits"]:
        out.print(hits_table(page["hits"]))
    else:
        out.print("Nothing found.")
    if page["facets"]:
        out.print()
        print_facets(page["facets"])
        out.print()
    if page["hits"]:
        more = f" {cut_short}" if page["cursor"] else ""
        out.print(f"{len(page['hits'])} shown; {page['total']} match the {page['total_of']}.{more}", style="dim")


def hits_table(hits: Sequence[Mapping[str, Any]]) -> Table:
    # Keys and ids are there to be copied: whole, even where the terminal must wrap the line.
    image = Column("image", no_wrap=True, overflow="ignore", min_width=max(len(hit["key"]) for hit in hits))
    table = Table(Column("score", justify="right"), image, "caption", "tags", box=None, pad_edge=False)
    for hit in hits:
        score = "" if hit["score"] is None else f"{hit['score']:.3f}"
        # The id below the key: side by side they would leave no room for the rest on 80 columns.
        name = plain(hit["key"]).append(f"\n{hit['id']}", style="dim")
        table.add_row(score, name, _caption(hit), plain(", ".join(hit.get("tags") or ())))
    return table


def print_facets(facets: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    for number, (name, values) in enumerate(facets.items()):
        if number:
            out.print()
        table = Table(Column(plain(name)), Column("images", justify="right"), box=None, pad_edge=False)
        for value in values:
            table.add_row(plain(value["value"]), f"{value['count']:,}")
        out.print(table)


def _caption(hit: Mapping[str, Any]) -> Text:
    text = plain(hit.get("caption") or "")
    for line in reasons(hit):
        text.append("\n" if text else "").append_text(plain(line).copy()).stylize("dim", len(text) - len(line))
    return text


def reasons(hit: Mapping[str, Any]) -> Iterator[str]:
    """Why a hit is here, a line a reason; without `explain` only what would surprise otherwise."""
    if origin := hit.get("expanded_from"):
        yield f"looks like {origin['id']} ({origin['similarity']:.3f})"
    if others := hit.get("duplicates"):
        yield f"and near-duplicates: {', '.join(others)}"
    for leg in (hit.get("explanation") or {}).get("legs", ()):
        found = f"rank {leg['rank']}" if leg["rank"] else "not retrieved"
        yield f"{leg['leg']} {leg['score']:.3f} x {leg['weight']:g}, {found}{''.join(_because(leg))}"


def _because(leg: Mapping[str, Any]) -> Iterator[str]:
    for term in leg.get("terms") or ():
        where = f"in {', '.join(term['fields'])}" if term["fields"] else "missing"
        yield f"; {term['word']} {term['counted']:.3f} of {term['share']:.3f} {where}"
    if leg.get("cosine") is not None:
        yield f"; cosine {leg['cosine']:.3f}, L2 {leg['l2']:.3f}"
    if box := leg.get("box"):
        yield f"; at {', '.join(f'{box[side]:.2f}' for side in ('left', 'top', 'right', 'bottom'))}"
