"""Counting by value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import apsw

_ATTRIBUTE = "attributes."
_COLUMNS = {
    "format": ("r.format", "r.format"),
    "orientation": ("r.orientation", "r.orientation"),
    "year": ("r.year", "r.year"),
    # Cameras count together whatever their case, as they are filtered; one spelling is shown.
    "camera": ("min(r.camera)", "r.camera_folded"),
}
"""What is shown of a group, and what makes it."""


def check_facets(names: Sequence[str]) -> None:
    """Raises ValueError for what is no facet."""
    for name in names:
        if name not in ("tags", *_COLUMNS) and not name.startswith(_ATTRIBUTE):
            raise ValueError(f"there is no facet {name!r}")


def facet_counts(
    connection: apsw.Connection, name: str, condition: str, parameters: Sequence[Any], size: int
) -> dict[str, int]:
    """By value, how many records that meet the condition have it: the `size` most frequent ones, ties by value."""
    tables, extra = "records r", list[Any]()
    if name == "tags":
        shown = group = "t.tag"
        tables += " join tags t on t.record = r.rowid"
    elif name in _COLUMNS:
        shown, group = _COLUMNS[name]
        condition += f" and {group} is not null"
    else:
        shown = group = "a.shown"
        tables += " join attributes a on a.record = r.rowid"
        condition += " and a.name = ?"
        extra = [name.removeprefix(_ATTRIBUTE)]
    rows = connection.execute(
        f"select {shown}, count(*) from {tables} where {condition} group by {group} order by 2 desc, 1 limit ?",
        [*parameters, *extra, size],
    )
    return dict(rows)
