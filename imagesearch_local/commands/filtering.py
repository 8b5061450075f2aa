"""Options that say which images may be found at all, and what they are in a request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import typer

from imagesearch.retrieval import shown_value
from imagesearch_local.commands import parsing
from imagesearch_local.commands.completing import complete_tag

_PANEL = "Only images ..."
_SAME_IN_BOTH = (
    *("min_width", "max_width", "min_height", "max_height"),
    *("taken_from", "taken_to", "uploaded_from", "uploaded_to"),
)


class Lying(StrEnum):
    """Which way a picture lies. Typer takes lists of enumerations, but not of literals."""

    LANDSCAPE = "landscape"
    PORTRAIT = "portrait"
    SQUARE = "square"


def _tags(help_text: str) -> Any:
    return typer.Option(help=help_text, autocompletion=complete_tag, rich_help_panel=_PANEL)


def _pixels(help_text: str) -> Any:
    return typer.Option(help=help_text, min=1, metavar="PIXELS", rich_help_panel=_PANEL)


def _moment(help_text: str) -> Any:
    return typer.Option(help=help_text, parser=parsing.moment, metavar="DATE", rich_help_panel=_PANEL)


@dataclass(frozen=True, slots=True)
class Filtering:
    """Which images may be found; the names are those of the parameters of GET /search."""

    tag: Annotated[list[str] | None, _tags("with this tag. Repeat for several: all of them.")] = None
    any_tag: Annotated[list[str] | None, _tags("with at least one of these tags. Repeat.")] = None
    not_tag: Annotated[list[str] | None, _tags("without this tag. Repeat for several.")] = None
    tagged: Annotated[
        bool | None,
        typer.Option("--tagged/--untagged", help="with tags at all, or without.", rich_help_panel=_PANEL),
    ] = None
    prefix: Annotated[str, typer.Option(help="whose key starts so.", rich_help_panel=_PANEL)] = ""
    orientation: Annotated[list[Lying] | None, typer.Option(help="that lie so. Repeat.", rich_help_panel=_PANEL)] = None
    format: Annotated[
        list[str] | None, typer.Option(help="of this format, as JPEG. Repeat.", rich_help_panel=_PANEL)
    ] = None
    camera: Annotated[list[str] | None, typer.Option(help="of this camera. Repeat.", rich_help_panel=_PANEL)] = None
    min_width: Annotated[int | None, _pixels("this wide at least.")] = None
    max_width: Annotated[int | None, _pixels("this wide at most.")] = None
    min_height: Annotated[int | None, _pixels("this high at least.")] = None
    max_height: Annotated[int | None, _pixels("this high at most.")] = None
    taken_from: Annotated[str | None, _moment("taken then or later: 2024, 2024-06, 2024-06-30T18:00, ...")] = None
    taken_to: Annotated[str | None, _moment("taken before then.")] = None
    uploaded_from: Annotated[str | None, _moment("uploaded then or later.")] = None
    uploaded_to: Annotated[str | None, _moment("uploaded before then.")] = None
    near: Annotated[
        Any | None,
        typer.Option(
            parser=parsing.place, metavar="LAT,LON,KM", help="taken within so many kilometres.", rich_help_panel=_PANEL
        ),
    ] = None
    attribute: Annotated[
        list[parsing.Attribute] | None,
        typer.Option(
            parser=parsing.attribute,
            metavar="NAME=VALUE",
            help="with this attribute: a value or a range, legs=4 or legs=2..6. Repeat a name: any of its values.",
            rich_help_panel=_PANEL,
        ),
    ] = None


def filters_of(given: Filtering) -> dict[str, Any]:
    """`filters` of POST /search."""
    filters = {
        "tags": _present(all=given.tag, any=given.any_tag, none=given.not_tag),
        "tagged": given.tagged,
        "prefix": given.prefix,
        "orientation": given.orientation,
        "format": _formats(given),
        "camera": given.camera,
        "width": _present(min=given.min_width, max=given.max_width),
        "height": _present(min=given.min_height, max=given.max_height),
        "taken": _present(**{"from": given.taken_from, "to": given.taken_to}),
        "uploaded": _present(**{"from": given.uploaded_from, "to": given.uploaded_to}),
        "near": given.near,
        "attributes": parsing.attribute_values(given.attribute or ()),
    }
    return _present(**filters)


def parameters_of(given: Filtering) -> Iterator[tuple[str, str | int | bool]]:
    """The same as the query string of GET takes it. Raises typer.BadParameter for a range of an attribute."""
    several: dict[str, Any] = {
        "tag": given.tag,
        "any_tag": given.any_tag,
        "not_tag": given.not_tag,
        "orientation": given.orientation,
        "format": _formats(given),
        "camera": given.camera,
    }
    for name, values in several.items():
        yield from ((name, value) for value in values or ())
    if given.tagged is not None:
        yield "tagged", "true" if given.tagged else "false"
    for name in _SAME_IN_BOTH:
        if (value := getattr(given, name)) is not None:
            yield name, value
    if given.prefix:
        yield "prefix", given.prefix
    if given.near:
        yield "near", ",".join(str(given.near[name]) for name in ("latitude", "longitude", "kilometres"))
    for each in given.attribute or ():
        if each.bounds is not None:
            raise typer.BadParameter(f"{each.name}: ranges are for `search`", param_hint="--attribute")
        # There it is always a text, which finds what is shown so; quotes as typed here would be part of it.
        yield "attribute", f"{each.name}:{shown_value(each.value)}"


def _formats(given: Filtering) -> list[str]:
    """Names as Pillow has them, whatever people call JPEG."""
    names = [name.upper() for name in given.format or ()]
    return [{"JPG": "JPEG", "TIF": "TIFF", "HEIC": "HEIF"}.get(name, name) for name in names]


def _present(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [], (), {})}
