"""The most frequent values of a field, and how far what several shards tell of them answers for all.

Each shard tells of its own most frequent values. So a value may be counted short, or be missing, that is frequent in
all shards together but not in each. By how much at the most, OpenSearch tells itself:
https://docs.opensearch.org/docs/latest/aggregations/bucket/terms/.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from imagesearch.adapters.opensearch.client import Json

Place = tuple[int, str]
"""In the order of most frequent first, ties by value: the count, negative, and the value."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Values and how many images have each, as far as the shards told."""

    counts: Mapping[str, int]
    """Most frequent first, ties by value."""
    unsure: Place | None
    """The first place that a value may belong to of which not all was told. None: all was told."""

    def is_sure_of(self, best: int) -> bool:
        """Whether its `best` first values are those of all shards together, with their counts."""
        places = [(-count, value) for value, count in self.counts.items()][:best]
        return is_sure(places, best, self.unsure)


def is_sure(places: list[Place], wanted: int, unsure: Place | None) -> bool:
    """Whether these, of which so many were wanted, stand before all that may be missing or counted short."""
    return unsure is None or (len(places) == wanted and places[-1] <= unsure)


def tallying(field: str, size: int, of_a_shard: int, **options: Any) -> Json:
    """An aggregation that tells of the `size` most frequent values, after each shard told of its own `of_a_shard`."""
    return {
        "terms": {
            "field": field,
            "size": size,
            "shard_size": max(size, of_a_shard),
            "show_term_doc_count_error": True,
            **options,
        }
    }


def tally_of(answer: Mapping[str, Any], size: int) -> Tally:
    """What such an aggregation found."""
    buckets, held_back = answer["buckets"], answer["doc_count_error_upper_bound"]
    unsure = [
        (-bucket["doc_count"] - bucket["doc_count_error_upper_bound"], bucket["key"])
        for bucket in buckets
        if bucket["doc_count_error_upper_bound"]
    ]
    if len(buckets) >= size:  # there may be more, the first of them next to the last one told
        count, value = buckets[-1]["doc_count"], buckets[-1]["key"]
        unsure.append((-count - held_back, "") if held_back else (-count, value))
    return Tally({bucket["key"]: bucket["doc_count"] for bucket in buckets}, min(unsure, default=None))
