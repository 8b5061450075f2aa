"""Query strings: each model lists the parameters of a route. All their values come as texts."""

from __future__ import annotations

import re
from typing import Annotated

import orjson
from pydantic import BeforeValidator, Field, StringConstraints

from search_api.models.fields import (
    ATTRIBUTE,
    DEFAULT_LIMIT,
    DEFAULT_SCANNED,
    DEFAULT_SUGGESTIONS,
    MAX_SCANNED,
    MAX_SUGGESTIONS,
    MAX_VALUES,
    NEAR,
    Cameras,
    CursorText,
    Facets,
    Formats,
    FusionName,
    Limit,
    Moment,
    Orientations,
    Pixels,
    Prefix,
    Request,
    Share,
    Sort,
    Tags,
    Text,
)

_NUMBER = re.compile(r"-?\d{1,17}(\.\d{1,17})?([eE][+-]?\d{1,3})?", re.ASCII)


def _read(value: object) -> object:
    """A number or truth value, written as in JSON."""
    if isinstance(value, str) and (value in {"true", "false"} or _NUMBER.fullmatch(value)):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:  # such as 007
            return value
    return value


_WRITTEN = BeforeValidator(_read)
Near = Annotated[str, StringConstraints(pattern=NEAR)]
Attribute = Annotated[str, StringConstraints(pattern=ATTRIBUTE)]


class FilterParameters(Request):
    """Which images may be found at all."""

    tag: Tags = Field(default=[], description="A tag that images must have; may be repeated.")
    any_tag: Tags = Field(default=[], description="Images have one of these at least; may be repeated.")
    not_tag: Tags = Field(default=[], description="A tag that images must not have; may be repeated.")
    tagged: Annotated[bool | None, _WRITTEN] = Field(
        default=None, description="true: only images with tags; false: only those without."
    )
    prefix: Prefix = Field(default="", description="What the key begins with.")
    orientation: Orientations = Field(
        default=[], description="Which way the image lies; may be repeated: any of these."
    )
    format: Formats = Field(default=[], description="The format of the file; may be repeated: any of these.")
    camera: Cameras = Field(default=[], description="What it was taken with; may be repeated: any of these.")
    min_width: Annotated[Pixels | None, _WRITTEN] = Field(default=None, description="The smallest width, upright.")
    max_width: Annotated[Pixels | None, _WRITTEN] = Field(default=None, description="The largest width, upright.")
    min_height: Annotated[Pixels | None, _WRITTEN] = Field(default=None, description="The smallest height, upright.")
    max_height: Annotated[Pixels | None, _WRITTEN] = Field(default=None, description="The largest height, upright.")
    taken_from: Moment | None = Field(default=None, description="Taken at this time or later.")
    taken_to: Moment | None = Field(default=None, description="Taken before this time.")
    uploaded_from: Moment | None = Field(default=None, description="Uploaded at this time or later.")
    uploaded_to: Moment | None = Field(default=None, description="Uploaded before this time.")
    near: Near | None = Field(
        default=None,
        description="LATITUDE,LONGITUDE,KILOMETRES: taken within so many kilometres of there; only where the service"
        " keeps positions.",
    )
    attribute: Annotated[list[Attribute], Field(max_length=MAX_VALUES)] = Field(
        default=[],
        description="NAME:VALUE, an attribute that images must have; may be repeated: any of the values of one name.",
    )


class FacetParameters(FilterParameters):
    """How images fall into groups."""

    facet: Facets = Field(
        default=["tags"],
        description="What to count by: tags, format, orientation, camera, year of capture, or attributes.NAME; may be"
        " repeated.",
    )
    q: Text | None = Field(default=None, description="Words: only images with any of them count.")


class SearchParameters(FilterParameters):
    """A search by words, or the options of one by a raw picture."""

    q: Text | None = Field(default=None, description="Words.", examples=["frog"])
    facet: Facets = Field(
        default=[],
        description="Counts to return: tags, format, orientation, camera, year of capture, or attributes.NAME; may be"
        " repeated.",
    )
    sort: Sort = Field(default="relevance", description="By score, or by the time of the upload or of the capture.")
    fusion: FusionName = Field(default="weighted", description="How words and picture become one score.")
    min_score: Annotated[Share, _WRITTEN] = Field(default=0.0, description="Hits with a lower score are left out.")
    collapse_duplicates: Annotated[bool, _WRITTEN] = Field(default=False, description="Show near-duplicates once.")
    diversity: Annotated[Share, _WRITTEN] = Field(
        default=0.0, description="0 ranks by score alone, 1 makes each hit as unlike those before it as can be."
    )
    expand_visually: Annotated[bool, _WRITTEN] = Field(
        default=False, description="Let images that look like the best hits by words follow below."
    )
    explain: Annotated[bool, _WRITTEN] = Field(default=False, description="Say of every hit how it came to its score.")
    limit: Annotated[Limit, _WRITTEN] = Field(default=DEFAULT_LIMIT, description="Hits on a page.")
    cursor: CursorText | None = Field(
        default=None, description="Of the page before; with `limit` alone. Long ones fit into `POST /search` only."
    )


class NoParameters(Request):
    """Options of a JSON request stand in its body: in the query string they would do nothing."""


class SimilarParameters(Request):
    """How many."""

    limit: Annotated[Limit, _WRITTEN] = Field(default=DEFAULT_LIMIT, description="Hits on a page.")


class SuggestParameters(Request):
    """What is typed."""

    q: Text = Field(description="What is typed so far.")
    limit: Annotated[int, Field(ge=1, le=MAX_SUGGESTIONS), _WRITTEN] = Field(
        default=DEFAULT_SUGGESTIONS, description="Suggestions at the most."
    )
    fuzzy: Annotated[bool | None, _WRITTEN] = Field(
        default=None,
        description="true: forgive slips of the fingers, or say that the index can't; false: never. Unless said, only"
        " where nothing goes on as typed.",
    )


class RejectedParameters(Request):
    """Which page."""

    limit: Annotated[Limit, _WRITTEN] = Field(default=DEFAULT_LIMIT, description="Images on a page.")
    cursor: CursorText | None = Field(default=None, description="Of the page before.")


class DuplicatesParameters(Request):
    """Which page."""

    limit: Annotated[int, Field(ge=1, le=MAX_SCANNED), _WRITTEN] = Field(
        default=DEFAULT_SCANNED, description="Images looked at on a page."
    )
    cursor: CursorText | None = Field(default=None, description="Of the page before.")
