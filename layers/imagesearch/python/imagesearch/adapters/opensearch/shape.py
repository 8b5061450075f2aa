"""What an index was made for: read from its mapping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from imagesearch.adapters.opensearch.client import Connection, quoted
from imagesearch.errors import IndexMissing

MAKE_ANOTHER = (
    'make a new generation with manage_index {"action": "create", "generation": NUMBER}'
    " (locally: imagesearch index add)"
)
"""What to do about an index that can't be used any more."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What can't change of a physical index."""

    index: str
    """Its own name, behind the alias."""
    space_id: str
    """Whose descriptors it holds."""
    schema: int
    created: str
    """When, as ISO 8601."""
    single: frozenset[str]
    """Names of the descriptors of which an image has one vector ..."""
    several: frozenset[str]
    """... and of those of which it may have several."""


def read_shape(connection: Connection) -> Shape:
    """Of the index behind the connection's alias. Raises IndexMissing, IndexUnavailable."""
    answer = connection.request("GET", f"/{quoted(connection.alias)}/_mapping")
    (shape, *others) = [shape_of(index, each["mappings"]) for index, each in answer.items()] or [None]
    if shape is None or others:
        raise IndexMissing("The alias stands on no index, or on several: run manage_index (imagesearch index list).")
    return shape


def shape_of(index: str, mappings: dict[str, Any]) -> Shape | None:
    """The shape that a mapping has; None where it is not one of ours."""
    meta = mappings.get("_meta", {})
    if not {"space_id", "schema"} <= meta.keys():
        return None
    fields = mappings.get("properties", {})
    return Shape(
        index=index,
        space_id=meta["space_id"],
        schema=meta["schema"],
        created=meta.get("created", ""),
        single=frozenset(fields.get("descriptor", {}).get("properties", {})),
        several=frozenset(fields.get("regions", {}).get("properties", {})),
    )
