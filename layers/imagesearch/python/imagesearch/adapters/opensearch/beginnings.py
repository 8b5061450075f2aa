"""The values of a field that begin so, counted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from imagesearch.adapters.opensearch.answers import NO_HITS
from imagesearch.adapters.opensearch.client import Connection, Json
from imagesearch.adapters.opensearch.tallies import Tally, tally_of, tallying

SIZES = (1_000, 50_000)
"""Values that are asked for, at first and where so many did not tell which are the most frequent."""
_LONGEST_PATTERN = 400
"""Characters of a beginning, each of which may be escaped: OpenSearch takes patterns of up to 1,000."""
_SYNTAX = re.compile(r'[.?+*|{}\[\]()"\\#@&<>~^$-]')
"""Of Lucene's regular expressions: https://docs.opensearch.org/docs/latest/query-dsl/regex-syntax/."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """Values of a keyword field that begin so, of images that meet the conditions."""

    field: str
    prefix: str
    conditions: Sequence[Json] = ()


def tallies(connection: Connection, beginnings: Sequence[Beginning], size: int) -> list[Tally]:
    """For each beginning its `size` most frequent values."""
    answers = connection.msearch([_search(each, size) for each in beginnings])
    return [_read(beginning, answer, size) for beginning, answer in zip(beginnings, answers, strict=True)]


def _search(beginning: Beginning, size: int) -> Json:
    literal = _SYNTAX.sub(r"\\\g<0>", beginning.prefix[:_LONGEST_PATTERN])
    # In brackets: OpenSearch 2.19 takes a bare `prefix.*` for a range of terms, and fails where that is past the last.
    pattern = f"({literal}.*)"
    values = tallying(beginning.field, size, size, include=pattern)
    conditions = [{"prefix": {beginning.field: beginning.prefix}}, *beginning.conditions]
    return {"query": {"bool": {"filter": conditions}}, "aggs": {"values": values}, **NO_HITS}


def _read(beginning: Beginning, answer: Json, size: int) -> Tally:
    tally = tally_of(answer["aggregations"]["values"], size)
    # Of a long beginning the pattern has not all.
    begun = {value: count for value, count in tally.counts.items() if value.startswith(beginning.prefix)}
    return replace(tally, counts=begun)
