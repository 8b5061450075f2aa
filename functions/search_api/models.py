"""Requests and answers of the API, as the contract (OpenAPI) shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, FiniteFloat, StringConstraints, model_validator

MAX_TEXT = 1_000
MAX_LIMIT = 100
DEFAULT_LIMIT = 20

Tag = Annotated[str, StringConstraints(min_length=1, max_length=100)]
WEIGHTS = "By leg: `text`, or a descriptor's name. Words weigh 1 and a picture 1 where nothing else is said."
ImageId = Annotated[str, StringConstraints(pattern="^[a-z2-7]{26}$")]
FacetName = Literal["tags"]
LegName = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]{0,39}$")]
Weight = Annotated[FiniteFloat, Field(ge=0, le=1000, strict=True)]
AttributeText = Annotated[str, StringConstraints(max_length=500)]
AttributeName = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class _Request(BaseModel):
    """Unknown fields are refused: a misspelt option should not be silently without effect."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TagFilter(_Request):
    """Which tags an image must have. Case does not matter."""

    all: list[Tag] = Field(default=[], max_length=50)
    any: list[Tag] = Field(default=[], max_length=50)
    none: list[Tag] = Field(default=[], max_length=50)


class TimeRange(_Request):
    """From this time on, up to but not including that time."""

    # `from` is a keyword of Python.
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    start: AwareDatetime | None = Field(default=None, alias="from")
    end: AwareDatetime | None = Field(default=None, alias="to")


class SearchFilters(_Request):
    """Which images may be found at all."""

    tags: TagFilter = TagFilter()
    prefix: str = Field(default="", max_length=1024, description="What the key must begin with.")
    uploaded: TimeRange = TimeRange()
    taken: TimeRange = TimeRange(start=None)


class SearchRequest(_Request):
    """What to search for: any of text, a picture, a stored image. Nothing at all: all images, newest first."""

    text: str | None = Field(default=None, max_length=MAX_TEXT)
    image: str | None = Field(default=None, description="A picture, in base64.")
    image_id: ImageId | None = Field(default=None, description="An image of the library, instead of a picture.")
    weights: dict[LegName, Weight] = Field(
        default={},
        max_length=20,
        description=WEIGHTS,
    )
    filters: SearchFilters = SearchFilters()
    facets: list[FacetName] = Field(default=[], description="Counts by value to return.")
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, strict=True)
    cursor: str | None = Field(
        default=None,
        max_length=100_000,
        description="Of the page before. It carries the search: send only `limit` with it.",
    )

    @model_validator(mode="after")
    def _no_contradictions(self) -> SearchRequest:
        if self.cursor is not None and self.model_fields_set - {"cursor", "limit"}:
            raise ValueError("A cursor carries its search: send it with `limit` alone.")
        if self.image is not None and self.image_id is not None:
            raise ValueError("Give `image` or `image_id`, not both.")
        return self


class WordsEdit(_Request):
    """Words to change; those left out stay as they are."""

    caption: str | None = Field(default=None, max_length=2_000)
    tags: list[Tag] | None = Field(default=None, max_length=100)
    attributes: dict[AttributeName, AttributeText | bool | FiniteFloat] | None = Field(default=None, max_length=50)

    @model_validator(mode="after")
    def _says_something(self) -> WordsEdit:
        if self.caption is None and self.tags is None and self.attributes is None:
            raise ValueError("Say at least one of `caption`, `tags`, `attributes`.")
        return self


ContentType = Literal["image/jpeg", "image/png", "image/webp", "image/gif", "image/avif", "image/tiff", "image/bmp"]


class UploadRequest(_Request):
    """A picture that is about to be uploaded, and its words."""

    filename: str = Field(min_length=1, max_length=255)
    content_type: ContentType
    # S3 takes 2 KB of metadata in all.
    caption: str | None = Field(default=None, max_length=300)
    tags: list[Tag] | None = Field(default=None, max_length=20)


class HitAnswer(BaseModel):
    """One image found."""

    id: str
    key: str
    score: float | None = Field(description="0 to 1; null when browsing, where nothing is compared.")
    scores: dict[str, float] = Field(description="By leg, 0 to 1: `text`, or a descriptor's name.")
    ranks: dict[str, int] = Field(description="By leg that found the image itself, from 1.")
    url: str
    thumbnail_url: str | None
    width: int | None
    height: int | None
    caption: str | None
    tags: list[str]
    highlights: dict[str, str] = Field(description="By field: escaped HTML with the words found in <em>.")
    uploaded: datetime | None
    taken: datetime | None


class FacetValue(BaseModel):
    """How many of the images counted have this value."""

    value: str
    count: int


class SearchAnswer(BaseModel):
    """A page of images."""

    hits: list[HitAnswer]
    total: int
    total_of: Literal["text", "filters"] = Field(
        description="What `total` and `facets` count: images that match filters and text, or the filters alone."
    )
    facets: dict[str, list[FacetValue]]
    cursor: str | None = Field(description="For the next page; null on the last one.")


class ImageAnswer(BaseModel):
    """All that may be told of an image."""

    id: str
    key: str
    state: Literal["pending", "indexed", "rejected"]
    reason: str | None = Field(description="Why a rejected image was rejected, as `code: sentence`.")
    caption: str | None
    tags: list[str]
    attributes: dict[str, str | bool | float]
    sidecar: Literal["present", "rejected"] | None = Field(
        description="State of the sidecar; null where there is none."
    )
    sidecar_reason: str | None
    format: str | None
    frames: int | None
    width: int | None
    height: int | None
    size: int | None = Field(description="Bytes.")
    content_type: str | None
    uploaded: datetime | None
    taken: datetime | None
    url: str | None
    thumbnail_url: str | None


class EditAnswer(BaseModel):
    """The edit is stored; the index follows in seconds."""

    id: str
    state: Literal["accepted"] = "accepted"
    etag: str = Field(description="The words' new entity tag: for the next edit's If-Match.")


class RemoveAnswer(BaseModel):
    """The image is gone."""

    id: str
    state: Literal["accepted"] = "accepted"


class UploadAnswer(BaseModel):
    """Where to send the picture: a POST of `fields` and then the file, as multipart/form-data, to `url`."""

    id: str
    key: str
    url: str
    fields: dict[str, str]
    max_bytes: int
    expires: datetime


class HealthAnswer(BaseModel):
    """Searches can be answered, and by what."""

    status: Literal["ok"] = "ok"
    model: dict[str, Any]
    index: dict[str, Any]


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable: for programs.")
