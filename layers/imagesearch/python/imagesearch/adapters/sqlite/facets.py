"""Counting by value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import apsw

from imagesearch.adapters.facet_names import ATTRIBUTE
from imagesearch.spelling import storable

_COLUMNS = {
    "format": ("r.format", "r.format"),
    "orientation": ("r.orientation", "r.orientation"),
    "year": ("r.year", "r.year"),
    # Cameras count together whatever their case, as they are filtered; one spelling is shown.
    "camera": ("min(r.camera)", "r.camera_folded"),
}
"""What is shown of a group, and what makes it."""


def facet_counts(
    connection: apsw.Connection, name: str, condition: str, parameters: Sequence[Any], size: int
) -> dict[str, int]:
    """By value, how many records that meet the condition have it: the `size` most frequent ones, ties by value."""
    among, values = f"record in (select r.rowid from records r where {condition})", list(parameters)
    if name in _COLUMNS:
        shown, group = _COLUMNS[name]
        source = f"records r where {condition} and {group} is not null"
    elif name == "tags":
        shown = group = "tag"
        source = f"tags where {among}"
    else:
        shown = group = "shown"
        source = f"attributes where {among} and name = ?"
        values.append(storable(name.removeprefix(ATTRIBUTE)))
    rows = connection.execute(
        f"select {shown}, count(*) from {source} group by {group} order by 2 desc, 1 limit ?", [*values, size]
    )
    return dict(rows)
