"""Counting by value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from imagesearch.adapters.facet_names import ATTRIBUTE, TAGS
from imagesearch.adapters.opensearch.client import Json
from imagesearch.adapters.opensearch.tallies import Tally, tally_of, tallying
from imagesearch.spelling import storable

_CAMERA = "camera"
_CAMERAS = 10_000
"""Spellings of cameras: more than there are."""
_TOLD = 4
"""Values told of for each one wanted: the rarer the last of them, the rarer is what may be missing."""


def counting_by(name: str, size: int, of_a_shard: int) -> Json:
    """An aggregation for the `size` most frequent values of a facet, ties by value.

    Several shards must each tell of many more than are wanted, `of_a_shard`: what is frequent in all of them together
    may be rare in one.
    """
    if name == TAGS:
        return _values("tag", size, of_a_shard)
    if name == _CAMERA:
        # By spelling: those that differ in nothing but case are put together in `counted`.
        return tallying(_CAMERA, _CAMERAS, _CAMERAS)
    if not name.startswith(ATTRIBUTE):
        return _values(name, size, of_a_shard)
    named = {"term": {"attribute.name": storable(name.removeprefix(ATTRIBUTE))}}
    shown = {"values": _values("attribute.shown", size, of_a_shard)}
    return {"nested": {"path": "attribute"}, "aggs": {"named": {"filter": named, "aggs": shown}}}


def counted(name: str, answer: Mapping[str, Any], size: int) -> dict[str, int]:
    """What `counting_by` found: by value, most frequent first, ties by value."""
    counts = _tally(name, answer, size).counts
    return _cameras(counts, size) if name == _CAMERA else dict(list(counts.items())[:size])


def is_exact(name: str, answer: Mapping[str, Any], size: int) -> bool:
    """Whether these are the most frequent values of all shards together, and how many images have each."""
    tally = _tally(name, answer, size)
    return tally.unsure is None if name == _CAMERA else tally.is_sure_of(size)


def _values(field: str, size: int, of_a_shard: int) -> Json:
    return tallying(field, size * _TOLD, of_a_shard)


def _tally(name: str, answer: Mapping[str, Any], size: int) -> Tally:
    found = answer["named"]["values"] if "named" in answer else answer
    return tally_of(found, _CAMERAS if name == _CAMERA else size * _TOLD)


def _cameras(counts: Mapping[str, int], size: int) -> dict[str, int]:
    """Together whatever their case, as they are filtered; one spelling is shown."""
    together, shown = Counter[str](), dict[str, str]()
    for camera, count in counts.items():
        if camera:
            together[camera.lower()] += count
            shown[camera.lower()] = min(camera, shown.get(camera.lower(), camera))
    most = sorted(((shown[folded], count) for folded, count in together.items()), key=lambda each: (-each[1], each[0]))
    return dict(most[:size])
