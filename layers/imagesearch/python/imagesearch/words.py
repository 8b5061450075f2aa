"""Words as people write them: sidecars and S3 metadata, cleaned. Pure functions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from imagesearch import codec
from imagesearch.errors import InvalidSidecar
from imagesearch.records import AttributeValue, Words

MAX_CAPTION = 2_000
MAX_TAGS = 100
MAX_TAG = 100
MAX_ATTRIBUTES = 50
MAX_ATTRIBUTE = 500
MAX_NUMBER = 1e300
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def cleaned(text: str, limit: int) -> str:
    """Text on one line, without control characters or needless spaces, cut to `limit` characters."""
    return " ".join(_CONTROL.sub(" ", text).split())[:limit].rstrip()


def cleaned_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags cleaned, each once (whatever its case; the first spelling stays), at most MAX_TAGS."""
    by_folded: dict[str, str] = {}
    for tag in (cleaned(tag, MAX_TAG) for tag in tags):
        if tag:
            by_folded.setdefault(tag.lower(), tag)
    return tuple(by_folded.values())[:MAX_TAGS]


def cleaned_words(words: Words) -> Words:
    """Words as they may stand in the index."""
    return Words(
        caption=None if words.caption is None else cleaned(words.caption, MAX_CAPTION),
        tags=None if words.tags is None else cleaned_tags(words.tags),
        attributes=_attributes(words.attributes),
    )


def metadata_words(metadata: Mapping[str, str]) -> Words:
    """Words of `x-amz-meta-caption` and `x-amz-meta-tags` (separated by commas)."""
    caption, tags = metadata.get("caption"), metadata.get("tags")
    return cleaned_words(Words(caption, None if tags is None else tuple(tags.split(","))))


def sidecar_words(body: bytes) -> Words:
    """Words of a sidecar: a JSON object with `caption`, `tags`, `attributes`, each optional; others are left alone.

    Raises InvalidSidecar, which says what is wrong.
    """
    data = sidecar_object(body)
    caption = data.get("caption")
    if not isinstance(caption, str | None):
        raise InvalidSidecar("`caption` is not a text.")
    tags = data.get("tags")
    if tags is not None and not (isinstance(tags, list) and all(isinstance(tag, str) for tag in tags)):
        raise InvalidSidecar("`tags` is not a list of texts.")
    return cleaned_words(Words(caption, None if tags is None else tuple(tags), data.get("attributes")))


def sidecar_object(body: bytes) -> dict[str, Any]:
    """The JSON object that a sidecar is. Raises InvalidSidecar."""
    try:
        data = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidSidecar("The sidecar is not JSON.") from error
    if not isinstance(data, dict):
        raise InvalidSidecar("The sidecar is not a JSON object.")
    return data


def edited_sidecar(body: bytes | None, changes: Words) -> bytes:
    """The sidecar with these words changed and all else as it was. One that was damaged is replaced."""
    try:
        data = sidecar_object(body) if body else {}
    except InvalidSidecar:
        data = {}
    return json.dumps({**data, **codec.words_to_json(changes)}, ensure_ascii=False, indent=1).encode()


def _attributes(value: Any) -> dict[str, AttributeValue] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise InvalidSidecar("`attributes` is not an object.")
    if len(value) > MAX_ATTRIBUTES:
        raise InvalidSidecar(f"There are more than {MAX_ATTRIBUTES} attributes.")
    return {cleaned(name, MAX_TAG): _attribute(name, each) for name, each in value.items()}


def _attribute(name: str, value: Any) -> AttributeValue:
    if isinstance(value, str):
        return cleaned(value, MAX_ATTRIBUTE)
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        if not -MAX_NUMBER <= value <= MAX_NUMBER:
            raise InvalidSidecar(f"The attribute {cleaned(name, MAX_TAG)!r} is too large a number.")
        return float(value)
    raise InvalidSidecar(f"The attribute {cleaned(name, MAX_TAG)!r} is neither text, number nor truth value.")


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
