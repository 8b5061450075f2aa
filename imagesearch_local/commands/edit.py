"""`imagesearch edit`: the words of images."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from imagesearch_local.client import ApiProblem, Client
from imagesearch_local.commands import parsing
from imagesearch_local.commands.common import (
    SET_UP_FIRST,
    Bucket,
    Connection,
    Failure,
    Json,
    api,
    bar,
    err,
    id_of,
    report,
)
from imagesearch_local.commands.completing import complete_tag
from imagesearch_local.commands.gathering import gathered

_PANEL = "What to change"
_POLL_SECONDS = 0.3
_PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Changes:
    """Words to change; all others stay."""

    caption: Annotated[str | None, typer.Option(help="The new caption; '' for none.", rich_help_panel=_PANEL)] = None
    tag: Annotated[
        list[str] | None,
        typer.Option(help="These tags instead of all there are. Repeat.", rich_help_panel=_PANEL),
    ] = None
    add_tag: Annotated[list[str] | None, typer.Option(help="One tag more. Repeat.", rich_help_panel=_PANEL)] = None
    remove_tag: Annotated[
        list[str] | None,
        typer.Option(help="One tag less. Repeat.", autocompletion=complete_tag, rich_help_panel=_PANEL),
    ] = None
    attribute: Annotated[
        list[parsing.Attribute] | None,
        typer.Option(
            parser=parsing.attribute,
            metavar="NAME=VALUE",
            help="Set an attribute; numbers, true and false are typed. Repeat.",
            rich_help_panel=_PANEL,
        ),
    ] = None
    remove_attribute: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Drop an attribute. Repeat.", rich_help_panel=_PANEL)
    ] = None


@gathered
def edit(
    images: Annotated[list[str], typer.Argument(metavar="ID|KEY...", help="Image ids, or keys in the bucket.")],
    *,
    changes: Changes,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the new words are searchable.")] = False,
    as_json: Json = False,
    bucket: Bucket = None,
    connection: Connection,
) -> None:
    """Change caption, tags, attributes. What somebody else changes at the same moment is never overwritten."""
    _check(changes, images)
    ids = {name: id_of(name, bucket, connection) for name in images}
    edited: dict[str, dict[str, Any]] = {}
    failed: dict[str, str] = {}
    with api(connection) as client, bar("Editing") as progress:
        for name in progress.track(images, description="Editing"):
            try:
                image, etag = client.image_and_etag(ids[name])
                answer = client.edit(ids[name], edited_words(image, changes), if_match=etag)
                if wait:
                    _wait(client, ids[name], etag, str(answer["etag"]))
                edited[name] = answer
            except ApiProblem as error:
                failed[name] = _reason(error)
    report("edited", edited, failed, as_json=as_json)


def edited_words(image: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """The words to send: only those that change, tags and attributes each as a whole."""
    words: dict[str, Any] = {}
    if changes.caption is not None:
        words["caption"] = changes.caption
    if changes.tag is not None or changes.add_tag or changes.remove_tag:
        dropped = {tag.casefold() for tag in changes.remove_tag or ()}
        tags = [*(image["tags"] if changes.tag is None else changes.tag), *(changes.add_tag or ())]
        words["tags"] = list(dict.fromkeys(tag for tag in tags if tag and tag.casefold() not in dropped))
    if changes.attribute or changes.remove_attribute:
        attributes = {**image["attributes"], **{each.name: each.value for each in changes.attribute or ()}}
        dropped = set(changes.remove_attribute or ())
        words["attributes"] = {name: value for name, value in attributes.items() if name not in dropped}
    return words


def _check(changes: Changes, images: list[str]) -> None:
    if changes == Changes():
        raise Failure("Say what to change: --caption, --tag, --add-tag, --attribute, ... (see --help).", SET_UP_FIRST)
    if changes.caption is not None and len(images) > 1:
        raise Failure("A caption is of one image: name one, or change tags and attributes.", SET_UP_FIRST)


def _reason(error: ApiProblem) -> str:
    if error.code == "edit-conflict":
        return (
            "its words changed in the meantime, by somebody else or by an edit that is not searchable yet (--wait);"
            " nothing was overwritten: look, and edit it again"
        )
    return str(error)


def _wait(client: Client, image_id: str, before: str, after: str) -> None:
    """Until the index has these words, or newer ones."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while before != after and client.image_and_etag(image_id)[1] == before:
        if time.monotonic() > end:
            err.print(f"{image_id} is edited, but its new words are not searchable yet.")
            return
        time.sleep(_POLL_SECONDS)
