"""What is filtered, counted and searched of a record, made of its parts: the same in every index."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from imagesearch.adapters.times import microseconds, moment
from imagesearch.records import AttributeValue, ImagePart, ImageRef
from imagesearch.retrieval import shown_value
from imagesearch.spelling import words_of

AttributeRow = tuple[str, str, float | None, bool | None]
"""Name, what facets show, and the value as number or truth."""


def image_columns(part: ImagePart) -> dict[str, Any]:
    """What is filtered and counted of an image part; None where it does not say."""
    facts = part.facts
    taken = microseconds(facts.taken) if facts and facts.taken else None
    camera = facts.camera if facts else None
    return {
        "hidden": part.hidden,
        "uploaded": microseconds(part.uploaded) if part.uploaded else None,
        "taken": taken,
        "year": None if taken is None else f"{moment(taken).year:04}",
        "format": facts.format if facts else None,
        "width": facts.width if facts else None,
        "height": facts.height if facts else None,
        "orientation": facts.orientation if facts else None,
        "camera": camera,
        "camera_folded": camera.lower() if camera else None,
        "sha256": part.sha256,
    }


def name_words(ref: ImageRef) -> str:
    """The text of the field `name`: the last part of the key, without its suffix."""
    return PurePosixPath(ref.key).stem


def listed(tags: tuple[str, ...]) -> str:
    """The text of the field `tags`."""
    return ", ".join(tags)


def tails(words: list[str]) -> set[str]:
    """Of `big red flower`: itself, `red flower` and `flower`."""
    return {" ".join(words[start:]) for start in range(len(words))}


def texts_of(attributes: Mapping[str, AttributeValue]) -> str:
    """The text of the field `attributes`."""
    return " ".join(value for value in attributes.values() if isinstance(value, str))


def word_count(*texts: str) -> int:
    """How many words texts have. Of all four fields together: `TextMatch.words`."""
    return sum(len(words_of(text)) for text in texts)


def attribute_rows(attributes: Mapping[str, AttributeValue]) -> list[AttributeRow]:
    return [_attribute_row(name, value) for name, value in attributes.items()]


def _attribute_row(name: str, value: AttributeValue) -> AttributeRow:
    shown = shown_value(value)
    if isinstance(value, str):
        return name, shown, None, None
    if isinstance(value, bool):  # before numbers: Python's truth values are numbers too
        return name, shown, None, value
    return name, shown, float(value) + 0.0, None  # + 0.0 makes -0.0 the 0.0 that it equals
