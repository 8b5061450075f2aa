"""The values of a field that begin so, counted."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from imagesearch.adapters.opensearch.answers import NO_HITS, UNSCORED
from imagesearch.adapters.opensearch.client import Connection, Json

ENOUGH, MOST = 1_000, 50_000
"""Values that are asked for, at first and where so many did not tell which are the most frequent."""
_LONGEST_PATTERN = 400
"""Characters of a beginning, each of which may be escaped: OpenSearch takes patterns of up to 1,000."""
_SYNTAX = re.compile(r'[.?+*|{}\[\]()"\\#@&<>~^$-]')
"""Of Lucene's regular expressions: https://docs.opensearch.org/docs/latest/query-dsl/regex-syntax/."""

Counted = Mapping[str, int]
"""By value, how many images have it; most frequent first, ties by value."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """Values of a keyword field that begin so, of images that meet the conditions."""

    field: str
    prefix: str
    conditions: Sequence[Json] = ()


def counted(
    connection: Connection, beginnings: Sequence[Beginning], is_enough: Callable[[Sequence[Counted]], bool]
) -> list[Counted]:
    """For each beginning the values and how many images have them; up to two requests.

    `is_enough` tells whether the ENOUGH most frequent ones of each, where there are more, answer what is asked.
    """
    found = _asked(connection, beginnings, ENOUGH)
    if all(len(counts) < ENOUGH for counts in found) or is_enough(found):
        return found
    return _asked(connection, beginnings, MOST)


def _asked(connection: Connection, beginnings: Sequence[Beginning], size: int) -> list[Counted]:
    answers = connection.msearch([_search(each, size) for each in beginnings], search_type=UNSCORED)
    return [_read(beginning, answer) for beginning, answer in zip(beginnings, answers, strict=True)]


def _search(beginning: Beginning, size: int) -> Json:
    literal = _SYNTAX.sub(r"\\\g<0>", beginning.prefix[:_LONGEST_PATTERN])
    # In brackets: OpenSearch 2.19 takes a bare `prefix.*` for a range of terms, and fails where that is past the last.
    pattern = f"({literal}.*)"
    values = {"field": beginning.field, "include": pattern, "size": size, "shard_size": size}
    conditions = [{"prefix": {beginning.field: beginning.prefix}}, *beginning.conditions]
    return {"query": {"bool": {"filter": conditions}}, "aggs": {"values": {"terms": values}}, **NO_HITS}


def _read(beginning: Beginning, answer: Json) -> Counted:
    buckets = answer["aggregations"]["values"]["buckets"]
    return {each["key"]: each["doc_count"] for each in buckets if each["key"].startswith(beginning.prefix)}
