"""Batches of a Distributed Map of Step Functions over the objects of a bucket.

The map lists with ListObjectsV2 and hands on batches, each with the input that all of them share:
https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html and .../input-output-itembatcher.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from imagesearch.errors import InvalidRequest


class Item(BaseModel):
    """An object, as a listing shows it; the map tells more of it."""

    model_config = ConfigDict(frozen=True)

    key: str = Field(alias="Key", min_length=1)
    etag: str = Field(default="", alias="Etag")

    @property
    def quoted_etag(self) -> str:
        """As HTTP and the index have it, whichever way the map writes it; empty where it does not tell."""
        bare = self.etag.strip('"')
        return f'"{bare}"' if bare else ""


class BatchInput(BaseModel):
    """What all batches share."""

    model_config = ConfigDict(frozen=True)

    bucket: str


class Batch(BaseModel):
    """The event."""

    model_config = ConfigDict(frozen=True)

    items: tuple[Item, ...] = Field(alias="Items")
    shared: BatchInput = Field(alias="BatchInput")


def etags_of(event: Mapping[str, Any], *, bucket: str) -> dict[str, str]:
    """Keys in their order, with their ETags. Raises InvalidRequest, also where they are of another bucket."""
    try:
        batch = Batch.model_validate(event)
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, each['loc'])) or 'event'}: {each['msg']}" for each in error.errors())
        raise InvalidRequest("; ".join(wrong)) from error
    if batch.shared.bucket != bucket:
        raise InvalidRequest(f"BatchInput.bucket: {batch.shared.bucket!r} is not the image bucket, {bucket!r}.")
    return {item.key: item.quoted_etag for item in batch.items}
