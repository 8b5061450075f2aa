"""`imagesearch tags suggest`: tags for images that have none, from those that look like them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from rich.table import Column, Table

from imagesearch_local.client import ApiProblem, Client
from imagesearch_local.commands.common import Connection, Failure, Json, Yes, api, bar, out, plain, print_json
from imagesearch_local.commands.gathering import gathered
from imagesearch_local.parallel import in_parallel

tags = typer.Typer(help="Tags of the library.", no_args_is_help=True)

_WORKERS = 4
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Suggested:
    """Tags for one image."""

    image_id: str
    key: str
    etag: str
    tags: tuple[tuple[str, float], ...]
    """With confidence, highest first."""


@tags.callback()
def _tags() -> None:
    """Tags of the library."""  # Typer makes a group only of what has a callback, or several commands


@tags.command()
@gathered
def suggest(
    *,
    min_confidence: Annotated[
        float, typer.Option(min=0, max=1, help="Leave out what is right less often than that.")
    ] = 0.5,
    limit: Annotated[int, typer.Option(min=1, help="For how many images at most.")] = 50,
    accept: Annotated[bool, typer.Option("--accept", help="Write these tags to the images, after asking.")] = False,
    yes: Yes = False,
    as_json: Json = False,
    connection: Connection,
) -> None:
    """Suggest tags for images that have none; --accept writes them.

    With --accept run it again for the next ones: images that got tags are not suggested for any more.
    """
    with api(connection) as client:
        found = _collected(client, min_confidence, limit)
        if not as_json:
            _print(found)
        accepted, failed = _accepted(client, found, yes=yes) if accept and found else ([], {})
    if as_json:
        print_json({"suggestions": [_as_json(each) for each in found], "accepted": accepted, "failed": failed})
    elif accept:
        out.print(f"{len(accepted)} images tagged.")
    if failed:
        raise Failure("; ".join(f"{plain(name)}: {reason}" for name, reason in failed.items()))


def _collected(client: Client, min_confidence: float, limit: int) -> list[Suggested]:
    """All before anything is written: what is written changes which images have no tags."""
    found: list[Suggested] = []
    with bar("Looking at images without tags") as progress:
        task = progress.add_task("Looking at images without tags", total=None)
        for suggested, looked_at, of in _suggested(client, min_confidence):
            progress.update(task, completed=looked_at, total=of)
            if suggested.tags:
                found.append(suggested)
            if len(found) == limit:
                break
    return found


def _suggested(client: Client, min_confidence: float) -> Iterator[tuple[Suggested, int, int]]:
    """Each image without tags, how many those were, and of how many."""

    def read(hit: dict[str, Any]) -> Suggested | None:
        try:
            image, etag = client.image_and_etag(hit["id"])
        except ApiProblem as error:
            if error.code == "image-not-found":  # removed since it was listed
                return None
            raise
        sure = [each for each in image["suggested_tags"] if each["confidence"] >= min_confidence]
        ranked = sorted(((str(each["tag"]), float(each["confidence"])) for each in sure), key=lambda pair: -pair[1])
        return Suggested(image["id"], image["key"], etag, tuple(ranked))

    looked_at = 0
    for page in client.search_all({"filters": {"tagged": False}, "limit": _PAGE}):
        with closing(in_parallel(read, page["hits"], _WORKERS)) as images:
            for image in images:
                looked_at += 1
                if image:
                    yield image, looked_at, int(page["total"])


def _accepted(client: Client, found: list[Suggested], *, yes: bool) -> tuple[list[str], dict[str, str]]:
    """Ids of the images that have their tags now, and by key why others have not."""
    count = sum(len(each.tags) for each in found)
    if not yes:
        typer.confirm(f"Write {count} tags to {len(found)} images?", abort=True, err=True)
    accepted, failed = [], {}
    with bar("Tagging") as progress:
        for each in progress.track(found, description="Tagging"):
            try:
                client.edit(each.image_id, {"tags": [tag for tag, _ in each.tags]}, if_match=each.etag)
                accepted.append(each.image_id)
            except ApiProblem as error:
                failed[each.key] = str(error)
    return accepted, failed


def _as_json(each: Suggested) -> dict[str, Any]:
    suggestions = [{"tag": tag, "confidence": confidence} for tag, confidence in each.tags]
    return {"id": each.image_id, "key": each.key, "tags": suggestions}


def _print(found: list[Suggested]) -> None:
    if not found:
        out.print("No image without tags has suggestions of that confidence.")
        return
    image = Column("image", no_wrap=True, overflow="ignore", min_width=max(len(each.key) for each in found))
    table = Table(image, "suggested tags", box=None, pad_edge=False)
    for each in found:
        table.add_row(plain(each.key), plain(", ".join(f"{tag} {confidence:.2f}" for tag, confidence in each.tags)))
    out.print(table)
