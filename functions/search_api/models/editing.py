"""Requests of people who change things."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from imagesearch.words import MAX_ATTRIBUTES, MAX_CAPTION, MAX_TAGS
from search_api.models.fields import AttributeName, AttributeNumber, AttributeText, ContentType, Request, Tag


class WordsEdit(Request):
    """Words to change; those left out stay as they are."""

    caption: str | None = Field(default=None, max_length=MAX_CAPTION, description="What is seen.")
    tags: list[Tag] | None = Field(default=None, max_length=MAX_TAGS, description="All tags that it has from now on.")
    attributes: dict[AttributeName, AttributeText | bool | AttributeNumber] | None = Field(
        default=None, max_length=MAX_ATTRIBUTES, description="All attributes that it has from now on."
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.caption is None and self.tags is None and self.attributes is None:
            raise ValueError("Say at least one of `caption`, `tags`, `attributes`.")
        return self


class UploadRequest(Request):
    """A picture that is about to be uploaded, and its words."""

    filename: str = Field(min_length=1, max_length=255, description="The name of the file; it becomes part of the key.")
    content_type: ContentType = Field(description="Of the picture.")
    # S3 takes 2 KB of metadata in all.
    caption: str | None = Field(default=None, max_length=300, description="What is seen.")
    tags: list[Tag] | None = Field(default=None, max_length=20, description="Tags without commas.")
