"""The pictures of a request as descriptors: those sent along are described at once, the library's are looked up."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imagesearch import bootstrap
from imagesearch.editing import read_image
from imagesearch.errors import ImageNotFound, InvalidRequest, PictureError, QueryImageTooLarge
from imagesearch.records import Descriptors
from imagesearch.searches import Example
from imagesearch.searching import descriptors_of
from search_api.models.search import LIKE_WEIGHT, UNLIKE_WEIGHT, Crop, ExamplePicture, SearchRequest

if TYPE_CHECKING:
    from imagesearch.ports import QueryReader
    from imagesearch.records import Pixels


@dataclass(frozen=True, slots=True)
class _Given:
    """One picture of a request: sent along, or of the library."""

    at: str
    """Where it stands, for messages."""
    weight: float
    image: str | None
    """In base64."""
    image_id: str | None
    crop: Crop | None = None


def examples_of(request: SearchRequest) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """What hits should look like, the query picture first, and what they should not look like.

    Raises InvalidRequest, QueryImageTooLarge, PictureError, ImageNotFound, NotIndexed, ModelMissing.
    """
    like = [*_query_picture(request), *_given("like", request.like, LIKE_WEIGHT)]
    given = [*like, *_given("unlike", request.unlike, UNLIKE_WEIGHT)]
    described = zip(_descriptors(given), given, strict=True)
    examples = tuple(Example(descriptors, each.weight) for descriptors, each in described)
    return examples[: len(like)], examples[len(like) :]


def _query_picture(request: SearchRequest) -> list[_Given]:
    if request.image is not None:
        return [_Given("image", LIKE_WEIGHT, request.image, None, request.crop)]
    if request.image_id is not None:
        return [_Given("image_id", LIKE_WEIGHT, None, request.image_id, request.crop)]
    return []


def _given(name: str, pictures: Sequence[ExamplePicture], usual: float) -> list[_Given]:
    return [
        _Given(
            f"{name}.{number}.image" if each.image_id is None else f"{name}.{number}.image_id",
            usual if each.weight is None else each.weight,
            each.image,
            each.image_id,
        )
        for number, each in enumerate(pictures)
    ]


def _descriptors(given: Sequence[_Given]) -> list[Descriptors]:
    """In their order. What costs least is checked first, and all pixels are described in one call."""
    sent = _sent(given)
    ids = {each.image_id for each in given if each.image_id is not None}
    stored = {image_id: descriptors_of(image_id, index=bootstrap.index()) for image_id in sorted(ids)}
    read = bootstrap.query_reader()
    pixels = {
        each.at: _pixels(read, each, sent[each.at] if each.image_id is None else _stored(each.image_id))
        for each in given
        if each.image_id is None or each.crop
    }
    described = (
        dict(zip(pixels, bootstrap.query_describer().describe(list(pixels.values())), strict=True)) if pixels else {}
    )
    # Of the library's images only those with a crop are described anew.
    return [stored[each.image_id] if each.image_id and not each.crop else described[each.at] for each in given]


def _sent(given: Sequence[_Given]) -> dict[str, bytes]:
    """By place, the pictures that were sent along."""
    limit = bootstrap.settings().max_query_image_bytes
    texts = {each.at: each.image for each in given if each.image is not None}
    # Four characters stand for three bytes, or for one or two at the end: what can't fit is not decoded at all.
    if sum(len(text) * 3 // 4 - 2 for text in texts.values()) > limit:
        raise _too_large(limit)
    sent = {at: _bytes(text, at) for at, text in texts.items()}
    if sum(map(len, sent.values())) > limit:
        raise _too_large(limit)
    return sent


def _bytes(text: str, at: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        told = {"at": f"body.{at}", "message": "This is not base64."}
        raise InvalidRequest(f"`{at}` is not base64.", errors=[told]) from error


def _too_large(limit: int) -> QueryImageTooLarge:
    return QueryImageTooLarge(
        f"The query picture, or all pictures of a request together, may have {limit:,} bytes: shrink them before you"
        " send them."
    )


def _stored(image_id: str) -> bytes:
    """The file of an image of the library."""
    ref = read_image(image_id, index=bootstrap.index()).ref
    found = bootstrap.image_store().get(ref.key, max_bytes=bootstrap.settings().max_image_bytes)
    if found is None:
        raise ImageNotFound(f"The file of the image {image_id} is gone.")
    return found.body


def _pixels(read: QueryReader, each: _Given, data: bytes) -> Pixels:
    box = (each.crop.left, each.crop.top, each.crop.right, each.crop.bottom) if each.crop else None
    try:
        return read(data, crop=box, stored=each.image_id is not None)
    except PictureError as error:
        raise type(error)(f"`{each.at}`: {error.detail}", **error.extra) from error
