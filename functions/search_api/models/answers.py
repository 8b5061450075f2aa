"""Answers of the API, as the contract (OpenAPI) shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field


class BoxAnswer(BaseModel):
    """A rectangle of the upright picture, as shares of its width and height."""

    left: float
    top: float
    right: float
    bottom: float


class TermAnswer(BaseModel):
    """One term of the query, in one image."""

    term: str = Field(description="As it was searched for: without its ending.")
    fields: list[Literal["caption", "tags", "attributes", "name"]] = Field(description="Where the image has it.")
    share: float = Field(description="How much of the query it is: rare terms are more. All shares add up to 1.")
    counted: float = Field(description="What it adds to the leg's score: its share times the weight of its best field.")


class LegAnswer(BaseModel):
    """How one leg came to its score."""

    leg: str = Field(description="`text`, or a descriptor's name.")
    weight: float
    score: float = Field(description="0 to 1.")
    rank: int | None = Field(description="From 1; null where the leg did not find the image by itself.")
    terms: list[TermAnswer] = Field(description="Of the leg `text`.")
    cosine: float | None = Field(description="Of the image's descriptor and the query's.")
    l2: float | None = Field(description="The Euclidean distance of the same two, which have length 1.")
    box: BoxAnswer | None = Field(description="The part of the image that matched; null for the whole.")


class ExplanationAnswer(BaseModel):
    """How a hit came to its score."""

    fusion: Literal["weighted", "rrf"]
    legs: list[LegAnswer]


class ExpandedFromAnswer(BaseModel):
    """The hit by words that a hit of `expand_visually` looks like."""

    id: str
    similarity: float = Field(description="0 to 1.")


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
    attributes: dict[str, str | bool | float]
    highlights: dict[str, str] = Field(description="By field: escaped HTML with the words found in <em>.")
    uploaded: datetime | None
    taken: datetime | None
    duplicates: list[str] = Field(description="Ids of its near-duplicates, which `collapse_duplicates` left out.")
    expanded_from: ExpandedFromAnswer | None = Field(description="Where nothing but `expand_visually` found the image.")
    explanation: ExplanationAnswer | None = Field(description="Where `explain` asked for it.")


class FacetValue(BaseModel):
    """How many of the images counted have this value."""

    value: str
    count: int


TotalOf = Literal["text", "filters"]
TOTAL_OF = "What `total` and `facets` count: images that match filters and text, or the filters alone."


class SearchAnswer(BaseModel):
    """A page of images."""

    hits: list[HitAnswer]
    total: int
    total_of: TotalOf = Field(description=TOTAL_OF)
    facets: dict[str, list[FacetValue]]
    cursor: str | None = Field(description="For the next page; null on the last one.")


class FacetsAnswer(BaseModel):
    """How the images fall into groups."""

    total: int
    total_of: TotalOf = Field(description=TOTAL_OF)
    facets: dict[str, list[FacetValue]]


class SuggestionAnswer(BaseModel):
    """How what is typed might go on."""

    text: str
    kind: Literal["tag", "words"] = Field(description="A whole tag, or the words typed with the last one completed.")
    count: int = Field(description="Images that it finds.")


class SuggestAnswer(BaseModel):
    """How what is typed might go on, most images first."""

    suggestions: list[SuggestionAnswer]


class PositionAnswer(BaseModel):
    """A place on Earth (WGS 84)."""

    latitude: float
    longitude: float


class SuggestedTagAnswer(BaseModel):
    """A tag that the image may deserve."""

    tag: str
    confidence: float = Field(description="0 to 1: in how many such cases the tag is right.")


class ImageAnswer(BaseModel):
    """All that may be told of an image."""

    id: str
    key: str
    state: Literal["pending", "indexed", "rejected"]
    reason: str | None = Field(description="Why a rejected image was rejected, as `code: sentence`.")
    caption: str | None
    tags: list[str]
    attributes: dict[str, str | bool | float]
    suggested_tags: list[SuggestedTagAnswer] = Field(
        description="For an indexed image without tags; accept them by PATCH."
    )
    sidecar: Literal["present", "rejected"] | None = Field(
        description="State of the sidecar; null where there is none."
    )
    sidecar_reason: str | None
    format: str | None
    frames: int | None
    width: int | None
    height: int | None
    orientation: Literal["landscape", "portrait", "square"] | None
    camera: str | None
    position: PositionAnswer | None = Field(description="Where it was taken; only where the service keeps positions.")
    size: int | None = Field(description="Bytes.")
    content_type: str | None
    uploaded: datetime | None
    taken: datetime | None
    url: str | None
    thumbnail_url: str | None


class RejectedAnswer(BaseModel):
    """Images that could not be indexed, by key."""

    images: list[ImageAnswer]
    cursor: str | None = Field(description="For the next page; null on the last one.")


class DuplicatePairAnswer(BaseModel):
    """Two images that show the same picture."""

    ids: tuple[str, str]
    cosine: float = Field(description="Of their descriptors.")
    distance: int = Field(description="Bits of 64 in which their perceptual hashes differ.")
    mirrored: bool = Field(description="Whether one is the other's mirror image.")


class DuplicatesAnswer(BaseModel):
    """The pairs of near-duplicates that the images looked at on this page are part of."""

    pairs: list[DuplicatePairAnswer]
    scanned: int = Field(description="Images looked at on this page.")
    total: int = Field(description="Images in the library.")
    cursor: str | None = Field(description="For the next page; null on the last one.")


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


class ProblemPart(BaseModel):
    """One thing that is wrong."""

    at: str = Field(description="Such as `body.filters.width.min`.")
    message: str


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable: for programs.")
    errors: list[ProblemPart] = Field(default=[], description="Of a request that can't be understood: where, and what.")
