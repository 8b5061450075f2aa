"""The request of a search."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator
from pydantic.config import JsonDict

from search_api.models.fields import (
    DEFAULT_LIMIT,
    CursorText,
    Facets,
    FusionName,
    ImageId,
    LegName,
    Limit,
    Request,
    Share,
    Sort,
    Text,
    Weight,
)
from search_api.models.filters import SearchFilters

MAX_EXAMPLES = 10
LIKE_WEIGHT = 1.0
UNLIKE_WEIGHT = 0.5
_BASE64: JsonDict = {"contentEncoding": "base64"}


class Crop(Request):
    """A rectangle of the upright query picture, as shares of its width and height."""

    left: float = Field(ge=0, le=1, description="Where it begins, from the left edge.")
    top: float = Field(ge=0, le=1, description="Where it begins, from the top edge.")
    right: float = Field(ge=0, le=1, description="Where it ends, from the left edge.")
    bottom: float = Field(ge=0, le=1, description="Where it ends, from the top edge.")

    @model_validator(mode="after")
    def _has_an_area(self) -> Self:
        if self.left >= self.right:
            raise ValueError("`left` must be less than `right`.")
        if self.top >= self.bottom:
            raise ValueError("`top` must be less than `bottom`.")
        return self


class ExamplePicture(Request):
    """A picture, or an image of the library, that hits should look like, or not: one of the two."""

    image: str | None = Field(default=None, description="A picture, in base64.", json_schema_extra=_BASE64)
    image_id: ImageId | None = Field(default=None, description="An image of the library.")
    weight: float | None = Field(
        default=None, gt=0, le=1000, description="How much it counts: 1 in `like` and 0.5 in `unlike` where not said."
    )

    @model_validator(mode="after")
    def _is_one_picture(self) -> Self:
        if (self.image is None) == (self.image_id is None):
            raise ValueError("Give `image` or `image_id`: one of them, not both.")
        return self


class SearchRequest(Request):
    """What to search for: any of text, a picture, stored images. Nothing at all: all images, newest first."""

    text: Text | None = Field(
        default=None, description="Words; images with any of them are found, with all of them first."
    )
    image: str | None = Field(default=None, description="A picture, in base64.", json_schema_extra=_BASE64)
    image_id: ImageId | None = Field(default=None, description="An image of the library, instead of a picture.")
    crop: Crop | None = Field(
        default=None, description="Only this part of `image`, or of the image `image_id`, counts."
    )
    like: list[ExamplePicture] = Field(
        default=[], max_length=MAX_EXAMPLES, description="Pictures that hits should look like as well, on the whole."
    )
    unlike: list[ExamplePicture] = Field(
        default=[], max_length=MAX_EXAMPLES, description="Pictures that hits should not look like."
    )
    weights: dict[LegName, Weight] = Field(
        default={},
        max_length=20,
        description="By leg: `text`, or a descriptor's name. Words weigh 1 and pictures 1 where nothing else is said;"
        " what weighs 0 is left out.",
        json_schema_extra={"additionalProperties": False},
    )
    fusion: FusionName = Field(
        default="weighted",
        description="How legs become one score: their weighted mean, or reciprocal-rank fusion, which asks for places"
        " alone.",
    )
    min_score: Share = Field(default=0.0, description="Hits with a lower score are left out.")
    collapse_duplicates: bool = Field(default=False, description="Show near-duplicates once: the best of them.")
    diversity: Share = Field(
        default=0.0, description="0 ranks by score alone, 1 makes each hit as unlike those before it as can be."
    )
    expand_visually: bool = Field(
        default=False,
        description="Let images that look like the best hits by words follow below these, whatever their own words.",
    )
    explain: bool = Field(default=False, description="Say of every hit how it came to its score.")
    sort: Sort = Field(
        default="relevance",
        description="By score, or by the time of the upload or of the capture (the upload where that is unknown).",
    )
    filters: SearchFilters = Field(default=SearchFilters(), description="What images must be or have to be found.")
    facets: Facets = Field(
        default=[],
        description="Counts by value to return: `tags`, `format`, `orientation`, `camera`, `year` of capture, or"
        " `attributes.` and a name.",
    )
    limit: Limit = Field(default=DEFAULT_LIMIT, description="Hits on a page.")
    cursor: CursorText | None = Field(
        default=None, description="Of the page before. It carries the search: send only `limit` with it."
    )

    @model_validator(mode="after")
    def _no_contradictions(self) -> Self:
        if self.cursor is not None and (others := self.model_fields_set - {"cursor", "limit"}):
            raise ValueError(f"`cursor` carries its search: send it with `limit` alone, without `{min(others)}`.")
        if self.image is not None and self.image_id is not None:
            raise ValueError("Give `image` or `image_id`, not both.")
        if self.crop is not None and self.image is None and self.image_id is None:
            raise ValueError("`crop` is a part of `image` or `image_id`: give one of them with it.")
        return self
