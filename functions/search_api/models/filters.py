"""Filters of a request: which images may be found at all."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Discriminator, Field, Tag, model_validator

from search_api.models.fields import (
    HALF_AROUND_THE_EARTH,
    MAX_VALUES,
    AttributeName,
    AttributeNumber,
    AttributeText,
    Cameras,
    Formats,
    Moment,
    Orientations,
    Pixels,
    Prefix,
    Request,
    Tags,
)

MAX_FILTERS_BYTES = 30_000
"""As JSON in UTF-8: a cursor carries them."""


def _check_order(smallest: float | None, largest: float | None) -> None:
    if smallest is not None and largest is not None and smallest > largest:
        raise ValueError("`min` must not be above `max`.")


class TagFilter(Request):
    """Which tags an image must have. Case does not matter."""

    all: Tags = Field(default=[], description="It has all of these.")
    any: Tags = Field(default=[], description="It has at least one of these.")
    none: Tags = Field(default=[], description="It has none of these.")


class TimeRange(Request):
    """From this time on, up to but not including that time."""

    # `from` is a keyword of Python.
    start: Moment | None = Field(default=None, alias="from", description="The first moment (RFC 3339, with a zone).")
    end: Moment | None = Field(default=None, alias="to", description="The moment after the last one.")

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise ValueError("`from` must be before `to`.")
        return self


class PixelRange(Request):
    """From a smallest to a largest number of pixels, both included."""

    min: Pixels | None = Field(default=None, description="The smallest.")
    max: Pixels | None = Field(default=None, description="The largest.")

    @model_validator(mode="after")
    def _runs_upward(self) -> Self:
        _check_order(self.min, self.max)
        return self


class NumberRange(Request):
    """From a smallest to a largest number, both included; at least one of them."""

    min: AttributeNumber | None = Field(default=None, description="The smallest.")
    max: AttributeNumber | None = Field(default=None, description="The largest.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("Say `min`, `max` or both.")
        _check_order(self.min, self.max)
        return self


class NearFilter(Request):
    """Within so many kilometres of a place (WGS 84, along the great circle)."""

    latitude: float = Field(ge=-90, le=90, description="Degrees, north of the equator.")
    longitude: float = Field(ge=-180, le=180, description="Degrees, east of Greenwich.")
    kilometres: float = Field(gt=0, le=HALF_AROUND_THE_EARTH, description="How far from there at the most.")


def _kind(value: object) -> str | None:
    kinds: dict[type, str] = {str: "text", bool: "truth", int: "number", float: "number", list: "list", dict: "range"}
    return "range" if isinstance(value, NumberRange) else kinds.get(type(value))


def _one_kind(*kinds: str) -> Discriminator:
    return Discriminator(
        _kind, custom_error_type="attribute", custom_error_message=f"Give a {', a '.join(kinds[:-1])} or a {kinds[-1]}."
    )


AttributeOne = Annotated[
    Annotated[AttributeText, Tag("text")] | Annotated[bool, Tag("truth")] | Annotated[AttributeNumber, Tag("number")],
    _one_kind("text", "number", "truth value"),
]
AttributeCondition = Annotated[
    Annotated[AttributeText, Tag("text")]
    | Annotated[bool, Tag("truth")]
    | Annotated[AttributeNumber, Tag("number")]
    | Annotated[list[AttributeOne], Field(min_length=1, max_length=MAX_VALUES), Tag("list")]
    | Annotated[NumberRange, Tag("range")],
    _one_kind("text", "number", "truth value", "list of these", "range"),
]


class SearchFilters(Request):
    """Which images may be found at all."""

    tags: TagFilter = Field(default=TagFilter(), description="Tags that it has, or hasn't.")
    tagged: bool | None = Field(default=None, description="true: only images with tags; false: only those without.")
    prefix: Prefix = Field(default="", description="What its key begins with.")
    uploaded: TimeRange = Field(default=TimeRange(), description="When it was uploaded.")
    taken: TimeRange = Field(default=TimeRange(), description="When it was taken, for images that say so.")
    width: PixelRange = Field(default=PixelRange(), description="Its width, upright.")
    height: PixelRange = Field(default=PixelRange(), description="Its height, upright.")
    orientation: Orientations = Field(
        default=[], description="Which way it lies: any of these; sides that differ by 5 % at most make a square."
    )
    format: Formats = Field(default=[], description="The format of its file: any of these.")
    camera: Cameras = Field(default=[], description="What it was taken with: any of these, in any case.")
    attributes: dict[AttributeName, AttributeCondition] = Field(
        default={},
        max_length=MAX_VALUES,
        description="What each of these attributes is: a value, any of several values, or a number in a range. A text,"
        " in any case, finds what facets show so; all attributes must fit.",
    )
    near: NearFilter | None = Field(
        default=None, description="Where it was taken; only where the service keeps positions."
    )

    @model_validator(mode="after")
    def _fits_into_a_cursor(self) -> Self:
        if len(self.model_dump_json(exclude_defaults=True).encode()) > MAX_FILTERS_BYTES:
            raise ValueError(f"All filters together may take {MAX_FILTERS_BYTES:,} bytes.")
        return self
