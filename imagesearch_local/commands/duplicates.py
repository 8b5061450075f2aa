"""`imagesearch duplicates`: groups of pictures that show the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Annotated, Any

import typer
from rich.table import Column, Table

from imagesearch.searches import DuplicatePair
from imagesearch_local.client import ApiProblem, Client
from imagesearch_local.commands.common import Connection, Json, api, bar, out, plain, print_json
from imagesearch_local.commands.gathering import gathered
from imagesearch_local.commands.opening import show_page
from imagesearch_local.commands.thumbnails import fetched_thumbnails
from imagesearch_local.contact_sheet import Section, contact_sheet
from imagesearch_local.parallel import in_parallel

_PAGE = 50
_WORKERS = 4
Image = dict[str, Any]


@gathered
def duplicates(
    *,
    open_sheet: Annotated[
        bool, typer.Option("--open", help="Write a contact sheet by group and show it in the browser.")
    ] = False,
    as_json: Json = False,
    connection: Connection,
) -> None:
    """Look through the whole library for pictures that show the same: other sizes, compressions, crops, mirror images.

    Nothing is deleted; the largest picture of each group is marked.
    """
    from imagesearch.duplicates import groups  # noqa: PLC0415 - NumPy takes long to import

    with api(connection) as client:
        pairs, scanned = _found(client)
        found = groups(pairs)
        images = _read(client, [name for group in found for name in group])
    by_group = [_by_size([images[name] for name in group if name in images]) for group in found]
    by_group = [group for group in by_group if len(group) > 1]
    if as_json:
        print_json({"groups": [_as_json(group, pairs) for group in by_group], "scanned": scanned})
    else:
        _print(by_group, scanned)
    if open_sheet:
        _open(by_group)


def _found(client: Client) -> tuple[list[DuplicatePair], int]:
    """All pairs, and how many images were looked at."""
    pairs: dict[tuple[str, str], DuplicatePair] = {}
    scanned = 0
    with bar("Looking for duplicates") as progress:
        task = progress.add_task("Looking for duplicates", total=None)
        for page in client.duplicates(limit=_PAGE):
            scanned += int(page["scanned"])
            progress.update(task, total=page["total"], completed=scanned)
            for each in page["pairs"]:
                first, second = sorted(each["ids"])
                pair = DuplicatePair(first, second, each["cosine"], each["distance"], each["mirrored"])
                pairs[first, second] = pair
    return list(pairs.values()), scanned


def _read(client: Client, names: Sequence[str]) -> dict[str, Image]:
    """By id; those that were removed in the meantime are left out."""

    def read(name: str) -> Image | None:
        try:
            return client.image(name)
        except ApiProblem as error:
            if error.code == "image-not-found":
                return None
            raise

    images: dict[str, Image] = {}
    with bar("Reading") as progress, closing(in_parallel(read, names, _WORKERS)) as found:
        task = progress.add_task("Reading", total=len(names))
        for image in found:
            progress.advance(task)
            if image:
                images[str(image["id"])] = image
    return images


def _by_size(group: Sequence[Image]) -> list[Image]:
    """Largest first: by pixels, then by bytes."""
    return sorted(group, key=lambda image: (-_pixels(image), -(image["size"] or 0), image["key"]))


def _pixels(image: Image) -> int:
    return (image["width"] or 0) * (image["height"] or 0)


def _as_json(group: Sequence[Image], pairs: Sequence[DuplicatePair]) -> dict[str, Any]:
    ids = {image["id"] for image in group}
    fields = ("id", "key", "width", "height", "size")
    return {
        "largest": group[0]["id"],
        "images": [{name: image[name] for name in fields} for image in group],
        "pairs": [
            {
                "ids": [pair.first, pair.second],
                "cosine": pair.cosine,
                "distance": pair.distance,
                "mirrored": pair.mirrored,
            }
            for pair in pairs
            if pair.first in ids and pair.second in ids
        ],
    }


def _print(by_group: Sequence[Sequence[Image]], scanned: int) -> None:
    for number, group in enumerate(by_group, 1):
        image = Column("", no_wrap=True, overflow="ignore", min_width=max(len(image["key"]) for image in group))
        table = Table(f"{number}", image, Column("pixels", justify="right"), Column("bytes", justify="right"), box=None)
        for place, each in enumerate(group):
            name = plain(each["key"]).append(f"\n{each['id']}", style="dim")
            table.add_row("" if place else "largest", name, _shown_size(each), f"{each['size'] or 0:,}")
        out.print(table)
    count = sum(len(group) for group in by_group)
    out.print(
        f"{len(by_group)} groups of {count} images in all, among {scanned:,}. Nothing was deleted.",
        style="dim",
    )


def _shown_size(image: Mapping[str, Any]) -> str:
    return f"{image['width'] or '?'} x {image['height'] or '?'}"


def _open(by_group: Sequence[Sequence[Image]]) -> None:
    sections = [Section(f"{number}", _noted(group)) for number, group in enumerate(by_group, 1)]
    thumbnails = fetched_thumbnails([image for group in by_group for image in group])
    show_page(contact_sheet(f"{len(by_group)} groups of duplicates", sections, thumbnails), "duplicates")


def _noted(group: Sequence[Image]) -> list[Image]:
    return [{**each, "note": _shown_size(each) + ("" if place else ", largest")} for place, each in enumerate(group)]
