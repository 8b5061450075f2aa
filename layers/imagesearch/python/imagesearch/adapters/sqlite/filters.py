"""Filters as SQL over `records r`."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from imagesearch.searches import Filters

Where = tuple[str, list[Any]]


def microseconds(time: datetime) -> int:
    """Microseconds since the epoch: what the index keeps, since floats do not compare well."""
    return round(time.timestamp() * 1_000_000)


def where(filters: Filters) -> Where:
    """A condition that live records within the filters meet, and its parameters."""
    conditions, parameters = ["r.live"], list[Any]()

    def add(condition: str, *values: Any) -> None:
        conditions.append(condition)
        parameters.extend(values)

    for tag in filters.tags_all:
        add("exists (select 1 from tags t where t.record = r.rowid and t.tag = ?)", tag.lower())
    if filters.tags_any:
        add(f"exists ({_HAS_ONE_OF})", _lower(filters.tags_any))
    if filters.tags_none:
        add(f"not exists ({_HAS_ONE_OF})", _lower(filters.tags_none))
    if filters.key_prefix:
        add("substr(r.key, 1, length(?)) = ?", filters.key_prefix, filters.key_prefix)
    for column, comparison, time in (
        ("uploaded", ">=", filters.uploaded_from),
        ("uploaded", "<", filters.uploaded_to),
        ("taken", ">=", filters.taken_from),
        ("taken", "<", filters.taken_to),
    ):
        if time:
            add(f"r.{column} {comparison} ?", microseconds(time))
    if filters.excluded_ids:
        add("r.id not in (select value from json_each(?))", json.dumps(filters.excluded_ids))
    return " and ".join(conditions), parameters


_HAS_ONE_OF = "select 1 from tags t where t.record = r.rowid and t.tag in (select value from json_each(?))"


def _lower(tags: tuple[str, ...]) -> str:
    return json.dumps([tag.lower() for tag in tags])
