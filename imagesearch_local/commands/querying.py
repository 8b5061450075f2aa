"""Options that say what to search for and how to rank it, and what they are in a request."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from imagesearch.errors import PictureError
from imagesearch_local.client import ApiProblem
from imagesearch_local.commands import parsing
from imagesearch_local.commands.common import Connection, Failure, id_of, is_image_id
from imagesearch_local.query_picture import query_picture

_WHAT = "What to search for"
_HOW = "How hits are ranked"
_Examples = list[parsing.Weighted] | None
_Sort = Literal["relevance", "newest", "oldest", "taken_newest", "taken_oldest"]
_Fusion = Literal["weighted", "rrf"]


def _example(help_text: str) -> Any:
    return typer.Option(parser=parsing.example, metavar="ID|KEY|FILE[=WEIGHT]", help=help_text, rich_help_panel=_WHAT)


def _yes(help_text: str) -> Any:
    return typer.Option(help=help_text, rich_help_panel=_HOW)


@dataclass(frozen=True, slots=True)
class Examples:
    """Pictures to search by."""

    image: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Picture to find the like of.", rich_help_panel=_WHAT),
    ] = None
    image_id: Annotated[
        str | None, typer.Option(metavar="ID|KEY", help="Find the like of an indexed image.", rich_help_panel=_WHAT)
    ] = None
    crop: Annotated[
        Any | None,
        typer.Option(
            parser=parsing.crop,
            metavar="L,T,R,B",
            help="Search by this part of --image or --image-id, in shares of its sides: 0.1,0.2,0.6,0.9.",
            rich_help_panel=_WHAT,
        ),
    ] = None
    like: Annotated[list[parsing.Weighted] | None, _example("Hits should look like this, too; weight 1. Repeat.")] = (
        None
    )
    unlike: Annotated[
        list[parsing.Weighted] | None, _example("Hits should not look like this; weight 0.5. Repeat.")
    ] = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """How what is found is put in order."""

    weight: Annotated[
        list[parsing.Weighted] | None,
        typer.Option(
            parser=parsing.leg_weight,
            metavar="LEG=NUMBER",
            help="Weight of a leg: text=1, semantic=0.5. Repeat.",
            rich_help_panel=_HOW,
        ),
    ] = None
    fusion: Annotated[
        _Fusion | None, _yes("Fuse legs by weighted scores, or by reciprocal ranks. Weighted where not given.")
    ] = None
    min_score: Annotated[
        float | None, typer.Option(min=0, max=1, help="Leave hits below this score out.", rich_help_panel=_HOW)
    ] = None
    collapse_duplicates: Annotated[
        bool, typer.Option("--collapse-duplicates", help="Show near-duplicates once.", rich_help_panel=_HOW)
    ] = False
    diversity: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="0: by score alone; 1: each hit unlike those above.", rich_help_panel=_HOW),
    ] = None
    expand_visually: Annotated[
        bool,
        typer.Option(
            "--expand-visually", help="Let what looks like the best hits by words follow below.", rich_help_panel=_HOW
        ),
    ] = False
    sort: Annotated[_Sort | None, _yes("By score, or by a date. By score where not given.")] = None


def examples_of(given: Examples, bucket: str | None, connection: Connection) -> dict[str, Any]:
    """Fields of POST /search. Raises Failure where a file is no readable picture, or a key needs its bucket."""

    def each(item: parsing.Weighted) -> dict[str, Any]:
        weight = {} if item.weight is None else {"weight": item.weight}
        if not is_image_id(item.name) and (path := Path(item.name)).is_file():
            return {"image": _encoded(path), **weight}
        return {"image_id": id_of(item.name, bucket, connection), **weight}

    fields: dict[str, Any] = {}
    if given.image:
        fields["image"] = _encoded(given.image)
    if given.image_id:
        fields["image_id"] = id_of(given.image_id, bucket, connection)
    if given.crop:
        fields["crop"] = given.crop
    for name, items in (("like", given.like), ("unlike", given.unlike)):
        if items:
            fields[name] = [each(item) for item in items]
    return fields


@contextmanager
def named_as_typed(given: Examples, fields: Mapping[str, Any]) -> Iterator[None]:
    """Raises Failure with what was typed for an image that the API does not find by its id."""
    try:
        yield
    except ApiProblem as error:
        for typed, image_id in _typed(given, fields):
            if error.code == "image-not-found" and image_id in error.detail:
                raise Failure(_not_there(typed)) from error
        raise


def _typed(given: Examples, fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Names with the ids that they became."""
    if given.image_id:
        yield given.image_id, fields["image_id"]
    for name, items in (("like", given.like), ("unlike", given.unlike)):
        for item, field in zip(items or (), fields.get(name, ()), strict=True):
            if "image_id" in field:
                yield item.name, field["image_id"]


def _not_there(typed: str) -> str:
    name, _, weight = typed.rpartition("=")
    no_weight = f"; {weight} is no number, and so no weight" if name else ""
    return f"{typed}: there is no such file, key or id{no_weight}."


def ranking_of(given: Ranking) -> dict[str, Any]:
    """Fields of POST /search."""
    fields = {
        "weights": {each.name: each.weight for each in given.weight or ()} or None,
        "fusion": given.fusion,
        "min_score": given.min_score,
        "collapse_duplicates": given.collapse_duplicates or None,
        "diversity": given.diversity,
        "expand_visually": given.expand_visually or None,
        "sort": given.sort,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _encoded(path: Path) -> str:
    try:
        return base64.b64encode(query_picture(path)).decode()
    except (OSError, PictureError) as error:
        raise Failure(f"{path} can't be searched with: {error}") from error
