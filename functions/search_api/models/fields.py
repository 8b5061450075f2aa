"""What requests are made of: types that mean the same wherever they stand, in a body or in a query string."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, StringConstraints
from pydantic_core import CoreSchema, core_schema

from imagesearch.formats import CONTENT_TYPES

MAX_TEXT = 1_000
MAX_LIMIT = 100
DEFAULT_LIMIT = 20
MAX_SUGGESTIONS = 20
DEFAULT_SUGGESTIONS = 8
MAX_SCANNED = 50
DEFAULT_SCANNED = 20
MAX_FACETS = 20
MAX_VALUES = 50
MAX_PIXELS = 1_000_000_000
HALF_AROUND_THE_EARTH = 20_038
"""Kilometres: no two places are farther apart."""

IMAGE_ID = "^[a-z2-7]{26}$"
LEG = "^[a-z][a-z0-9_]{0,39}$"
FACET = r"^(tags|format|orientation|camera|year|attributes\.[^\n\r]{1,100})$"
_DEGREES = r"-?\d{1,3}(\.\d{1,15})?"
NEAR = rf"^{_DEGREES},{_DEGREES},\d{{1,5}}(\.\d{{1,15}})?$"
ATTRIBUTE = r"^[^:]{1,100}:[^\n\r]{0,500}$"
FORMS = {
    IMAGE_ID: "This is no image id: those have 26 letters and digits.",
    LEG: "This is no leg: give `text` or the name of a descriptor.",
    FACET: "Give tags, format, orientation, camera, year or attributes.NAME.",
    NEAR: "Give LATITUDE,LONGITUDE,KILOMETRES, such as 48.85,2.35,10.",
    ATTRIBUTE: "Give NAME:VALUE, such as legs:4.",
}
"""By regular expression, what is told people instead of it."""

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class Request(BaseModel):
    """Types are JSON's own (no "1" for 1), and unknown fields are refused: a misspelt option must not do nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class OneOf:
    """In an annotation: the text must be one of these, which the contract lists."""

    names: tuple[str, ...]

    def __get_pydantic_core_schema__(self, _source: Any, _handler: Any) -> CoreSchema:
        return core_schema.literal_schema(list(self.names))


def _moment(value: object) -> datetime:
    # pydantic would also take numbers, dates alone, and times without a zone.
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
        raise ValueError("Give a time with its zone, such as 2026-01-31T12:00:00Z.")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("There is no such time.") from error


Text = Annotated[str, StringConstraints(max_length=MAX_TEXT)]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Tags = Annotated[list[Tag], Field(max_length=MAX_VALUES)]
Prefix = Annotated[str, StringConstraints(max_length=1024)]
ImageId = Annotated[str, StringConstraints(pattern=IMAGE_ID)]
Moment = Annotated[AwareDatetime, BeforeValidator(_moment, json_schema_input_type=AwareDatetime), Field(strict=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Pixels = Annotated[int, Field(ge=0, le=MAX_PIXELS)]
Orientations = Annotated[list[Literal["landscape", "portrait", "square"]], Field(max_length=3)]
Formats = Annotated[list[Annotated[str, OneOf(tuple(CONTENT_TYPES))]], Field(max_length=MAX_VALUES)]
Cameras = Annotated[list[Annotated[str, StringConstraints(min_length=1, max_length=200)]], Field(max_length=MAX_VALUES)]
ContentType = Annotated[str, OneOf(tuple(dict.fromkeys(CONTENT_TYPES.values())))]
LegName = Annotated[str, StringConstraints(pattern=LEG)]
Weight = Annotated[float, Field(ge=0, le=1000)]
AttributeName = Annotated[str, StringConstraints(min_length=1, max_length=100)]
AttributeText = Annotated[str, StringConstraints(max_length=500)]
AttributeNumber = FiniteFloat
FacetName = Annotated[str, StringConstraints(pattern=FACET)]
Facets = Annotated[list[FacetName], Field(max_length=MAX_FACETS)]
FusionName = Literal["weighted", "rrf"]
Sort = Literal["relevance", "newest", "oldest", "taken_newest", "taken_oldest"]
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT)]
CursorText = Annotated[str, StringConstraints(min_length=1, max_length=100_000)]
