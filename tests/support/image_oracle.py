"""What an image index should find, in plain Python."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from imagesearch.records import AttributeValue, PictureFacts, Position, Record
from imagesearch.retrieval import AttributeFilter, Filters, Near, NumberRange, Suggestion

EARTH_RADIUS = 6371.0088
"""Kilometres."""


def facts_of(record: Record) -> PictureFacts:
    assert record.image
    assert record.image.facts
    return record.image.facts


def uploaded_of(record: Record) -> datetime:
    assert record.image
    assert record.image.uploaded
    return record.image.uploaded


def tags_of(record: Record) -> set[str]:
    return {tag.lower() for tag in record.words.tags or ()}


def is_within(record: Record, filters: Filters) -> bool:
    """Whether a live record meets the filters."""
    return record.live and all(_tests(record, filters))


def _tests(record: Record, filters: Filters) -> Iterator[bool]:
    facts, tags = facts_of(record), tags_of(record)
    yield {tag.lower() for tag in filters.tags_all} <= tags
    yield not filters.tags_any or bool({tag.lower() for tag in filters.tags_any} & tags)
    yield not {tag.lower() for tag in filters.tags_none} & tags
    yield filters.tagged in (None, bool(tags))
    yield record.ref.key.startswith(filters.key_prefix)
    yield _between(uploaded_of(record), filters.uploaded_from, filters.uploaded_to)
    yield _between(facts.taken, filters.taken_from, filters.taken_to)
    yield _in_range(facts.width, filters.width)
    yield _in_range(facts.height, filters.height)
    yield not filters.orientations or facts.orientation in filters.orientations
    yield not filters.formats or facts.format in filters.formats
    yield not filters.cameras or (facts.camera or "").lower() in {camera.lower() for camera in filters.cameras}
    yield all(_has_attribute(record, attribute) for attribute in filters.attributes)
    yield filters.near is None or is_near(facts.position, filters.near)
    yield record.image_id not in filters.excluded_ids


def _between(time: datetime | None, start: datetime | None, end: datetime | None) -> bool:
    if time is None:
        return start is None and end is None
    return (start is None or start <= time) and (end is None or time < end)


def _in_range(number: float, numbers: NumberRange) -> bool:
    at_least = -math.inf if numbers.smallest is None else numbers.smallest
    return at_least <= number <= (math.inf if numbers.largest is None else numbers.largest)


def _has_attribute(record: Record, wanted: AttributeFilter) -> bool:
    value = (record.words.attributes or {}).get(wanted.name)
    if value is None:
        return False
    if any(_same(value, choice) for choice in wanted.any_of):
        return True
    is_number = isinstance(value, float) and not isinstance(value, bool)
    return wanted.within is not None and is_number and _in_range(float(value), wanted.within)


def _same(value: AttributeValue, choice: AttributeValue) -> bool:
    if isinstance(choice, str):
        return shown_as(value) == choice.lower()
    if isinstance(value, str):
        return False
    return isinstance(value, bool) == isinstance(choice, bool) and value == choice


def shown_as(value: AttributeValue) -> str:
    """An attribute's value as facets show it. Holds for numbers below 1e15 with up to 6 digits."""
    if isinstance(value, float) and not isinstance(value, bool):
        return str(int(value)) if value.is_integer() else f"{value:g}"
    return str(value).lower()


def is_near(position: Position | None, near: Near) -> bool:
    return position is not None and kilometres_between(position, near.position) <= near.kilometres


def kilometres_between(one: Position, other: Position) -> float:
    """By the angle of two vectors, which is another formula than the haversine."""
    a, b = _vector(one), _vector(other)
    return EARTH_RADIUS * math.atan2(float(np.linalg.norm(np.cross(a, b))), float(a @ b))


def _vector(position: Position) -> Any:
    latitude, longitude = math.radians(position.latitude), math.radians(position.longitude)
    return np.array(
        [math.cos(latitude) * math.cos(longitude), math.cos(latitude) * math.sin(longitude), math.sin(latitude)]
    )


def folded(text: str) -> list[str]:
    """Words in lower case and without accents. Holds for letters, digits, spaces and hyphens."""
    plain = "".join(
        character for character in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(character)
    )
    return re.findall(r"[^\W_]+", plain)


def spellings_of(record: Record) -> set[str]:
    """Words that are suggested."""
    words = record.words
    return set(folded(" ".join([words.caption or "", *(words.tags or ())])))


def has_any_word(record: Record, text: str) -> bool:
    """Whether a search by these words finds it. Holds for words of one form, which stemming leaves apart."""
    attributes = (record.words.attributes or {}).values()
    named = [PurePosixPath(record.ref.key).stem, *(value for value in attributes if isinstance(value, str))]
    own = spellings_of(record) | set(folded(" ".join(named)))
    return bool(own & set(folded(text)))


def suggestions_of(records: Iterable[Record], typed: str) -> list[Suggestion]:
    """All of them, as `ports.ImageIndex.suggest` says."""
    words = folded(typed)
    if not words:
        return _suggestions_of_signs(records, typed.strip().lower())
    *complete, begun = words
    tags, spelled = Counter[str](), Counter[str]()
    for record in records:
        if not record.live:
            continue
        tags.update(tag for tag in tags_of(record) if any(tail.startswith(" ".join(words)) for tail in _tails(tag)))
        own = spellings_of(record)
        if own.issuperset(complete):
            spelled.update(" ".join([*complete, word]) for word in own if word.startswith(begun))
    found = [Suggestion(text, "tag", count) for text, count in tags.items()]
    found += [Suggestion(text, "words", count) for text, count in spelled.items() if text not in tags]
    return sorted(found, key=lambda each: (-each.count, each.text, each.kind))


def _suggestions_of_signs(records: Iterable[Record], signs: str) -> list[Suggestion]:
    counts = Counter(tag for record in records if record.live for tag in tags_of(record) if tag.startswith(signs))
    found = [Suggestion(text, "tag", count) for text, count in counts.items() if signs]
    return sorted(found, key=lambda each: (-each.count, each.text))


def _tails(tag: str) -> list[str]:
    words = folded(tag)
    return [" ".join(words[start:]) for start in range(len(words))]
