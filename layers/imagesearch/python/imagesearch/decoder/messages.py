"""What the two sides say to each other. The product believes nothing of an answer that it has not checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from imagesearch.decoder.checks import is_possible, is_thumbnail
from imagesearch.decoder.wire import Buffer, Garbled
from imagesearch.errors import (
    CorruptImage,
    EmptyFile,
    ImageSearchError,
    ImageTooLarge,
    InvalidRequest,
    NotAnImage,
)
from imagesearch.pictures.sizing import is_target_size
from imagesearch.records import Picture, PictureFacts, QueryPicture
from imagesearch.words import cleaned

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from imagesearch.records import Pixels, Sizing

PICTURE: Final = "picture"
QUERY: Final = "query"
READY: Final = "ready"
OUT_OF_MEMORY: Final = "out-of-memory"
NOT_INSTALLED: Final = "not-installed"
UNEXPECTED: Final = "unexpected"

_ERRORS: Final = {each.code: each for each in (CorruptImage, EmptyFile, ImageTooLarge, InvalidRequest, NotAnImage)}
_CHANNELS: Final = 3
_MAX_DETAIL: Final = 500
_EXTRA: Final = frozenset({"pixels", "max_pixels"})
"""What an error may tell besides: any other name could be one of the problem document's own."""

Answer = tuple[dict[str, Any], list[Buffer]]


def picture_answer(picture: Picture) -> Answer:
    facts = json.loads(json.dumps(asdict(picture.facts), default=datetime.isoformat))
    header, [pixels] = pixels_answer(picture.pixels)
    return {**header, "facts": facts}, [pixels, picture.thumbnail]


def query_answer(picture: QueryPicture) -> Answer:
    header, body = pixels_answer(picture.pixels)
    return {**header, "width": picture.width, "height": picture.height}, body


def pixels_answer(pixels: Pixels) -> Answer:
    return {"shape": pixels.shape}, [np.ascontiguousarray(pixels).data.cast("B")]


def error_answer(error: ImageSearchError) -> Answer:
    return {"error": error.code, "detail": error.detail, "extra": error.extra}, []


def picture_of(
    header: Mapping[str, Any], body: memoryview, *, sizing: Sizing, max_pixels: int, thumbnail_size: int
) -> Picture:
    """Raises Garbled."""
    pixels, rest = _pixels(header, body, sizing)
    try:
        facts = _facts_type().validate_json(json.dumps(header.get("facts")), strict=True)
    except ValueError:  # pydantic's ValidationError is one
        raise Garbled from None
    if not is_possible(facts, max_pixels) or not is_thumbnail(rest, thumbnail_size):
        raise Garbled
    return Picture(facts=facts, pixels=pixels, thumbnail=bytes(rest))


def query_of(header: Mapping[str, Any], body: memoryview, *, sizing: Sizing, max_pixels: int) -> QueryPicture:
    """Raises Garbled."""
    pixels, rest = _pixels(header, body, sizing)
    width, height = header.get("width"), header.get("height")
    if len(rest) or type(width) is not int or type(height) is not int:
        raise Garbled
    if min(width, height) < 1 or width * height > max_pixels:
        raise Garbled
    return QueryPicture(pixels, width, height)


def error_of(header: Mapping[str, Any]) -> ImageSearchError:
    """The error that the process answered with. Raises Garbled where it is none that it may answer with."""
    kind = _ERRORS.get(str(header.get("error")))
    extra = header.get("extra")
    if kind is None or not isinstance(extra, dict):
        raise Garbled
    return kind(
        cleaned(str(header.get("detail", "")), _MAX_DETAIL),
        **{name: value for name, value in extra.items() if name in _EXTRA and type(value) is int},
    )


def _pixels(header: Mapping[str, Any], body: memoryview, sizing: Sizing) -> tuple[Pixels, memoryview]:
    shape = header.get("shape")
    if not isinstance(shape, list) or not all(type(side) is int and side > 0 for side in shape):
        raise Garbled
    if len(shape) != 3 or shape[2] != _CHANNELS or not is_target_size((shape[1], shape[0]), sizing):
        raise Garbled
    size = shape[0] * shape[1] * _CHANNELS
    if size > len(body):
        raise Garbled
    return np.frombuffer(body[:size], np.uint8).reshape(shape), body[size:]


@cache
def _facts_type() -> TypeAdapter[PictureFacts]:
    from pydantic import TypeAdapter  # noqa: PLC0415 - the decoding process imports this module, and no pydantic

    return TypeAdapter(PictureFacts)
