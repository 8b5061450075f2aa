"""Answers of the routes about images and the service, and problems, as the contract (OpenAPI) shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field


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
