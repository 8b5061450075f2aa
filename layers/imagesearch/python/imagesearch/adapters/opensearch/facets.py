"""Counting by value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from imagesearch.adapters.facet_names import ATTRIBUTE, TAGS
from imagesearch.adapters.opensearch.client import Json
from imagesearch.spelling import storable

_CAMERA = "camera"
_CAMERAS = 10_000
"""Spellings of cameras: more than there are."""


def counting_by(name: str, size: int, of_a_shard: int) -> Json:
    """An aggregation for the `size` most frequent values of a facet, ties by value.

    Several shards must each tell of many more than are wanted, `of_a_shard`: what is frequent in all of them together
    may be rare in one.
    """
    if name == TAGS:
        return _values("tag", size, of_a_shard)
    if name == _CAMERA:
        # By spelling: those that differ in nothing but case are put together in `counted`.
        return _values(_CAMERA, _CAMERAS, _CAMERAS)
    if not name.startswith(ATTRIBUTE):
        return _values(name, size, of_a_shard)
    named = {"term": {"attribute.name": storable(name.removeprefix(ATTRIBUTE))}}
    shown = {"values": _values("attribute.shown", size, of_a_shard)}
    return {"nested": {"path": "attribute"}, "aggs": {"named": {"filter": named, "aggs": shown}}}


def counted(name: str, answer: Mapping[str, Any], size: int) -> dict[str, int]:
    """What `counting_by` found: by value, most frequent first, ties by value."""
    counts = {bucket["key"]: bucket["doc_count"] for bucket in _terms(answer)["buckets"]}
    return _cameras(counts, size) if name == _CAMERA else counts


def is_exact(answer: Mapping[str, Any]) -> bool:
    """Whether no shard kept a value back that might have counted."""
    return not _terms(answer)["doc_count_error_upper_bound"]


def _values(field: str, size: int, of_a_shard: int) -> Json:
    return {"terms": {"field": field, "size": size, "shard_size": max(size, of_a_shard)}}


def _terms(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = answer["named"]["values"] if "named" in answer else answer
    return found


def _cameras(counts: Mapping[str, int], size: int) -> dict[str, int]:
    """Together whatever their case, as they are filtered; one spelling is shown."""
    together, shown = Counter[str](), dict[str, str]()
    for camera, count in counts.items():
        if camera:
            together[camera.lower()] += count
            shown[camera.lower()] = min(camera, shown.get(camera.lower(), camera))
    most = sorted(((shown[folded], count) for folded, count in together.items()), key=lambda each: (-each[1], each[0]))
    return dict(most[:size])
