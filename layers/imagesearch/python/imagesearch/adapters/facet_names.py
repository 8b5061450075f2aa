"""What can be counted by."""

from __future__ import annotations

from collections.abc import Iterable

COLUMNS = ("format", "orientation", "year", "camera")
"""Facets of what an image has one of."""
TAGS = "tags"
ATTRIBUTE = "attributes."
"""What the name of an attribute's facet begins with."""


def check_facets(names: Iterable[str]) -> None:
    """Raises ValueError for what is no facet."""
    for name in names:
        if name not in (TAGS, *COLUMNS) and not name.startswith(ATTRIBUTE):
            raise ValueError(f"there is no facet {name!r}")
