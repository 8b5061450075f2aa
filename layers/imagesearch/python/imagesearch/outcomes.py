"""What becomes of changes on their way into the index. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from imagesearch.errors import ImageSearchError
from imagesearch.records import Change, ImagePart, SidecarPart

Result = Literal[
    "indexed",
    "rejected",
    "removed",
    "words",
    "words-rejected",
    "words-removed",
    "stale",
    "unchanged",
    "conflict",
    "failed",
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one change."""

    change: Change
    result: Result
    """`unchanged`: the index has it already. `conflict`: it was written by somebody else in the meantime."""
    described: bool = False
    """Whether the model ran for it."""
    reason: str | None = None
    """Why it was rejected, or why it failed. What failed must be tried again; all else is done."""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """One change, done but for the writing."""

    change: Change
    part: ImagePart | SidecarPart | None
    """To be written; None where nothing is."""
    outcome: Outcome
    """Should the index take it."""
    if_version: str | None = None
    """As `Write.if_version`."""
    standing: ImagePart | SidecarPart | None = None
    """Of a change that was stale from the start: the part that is at least as new."""
    kept: bytes | None = None
    """Of an image whose content was known: its derived data, as it is kept."""


def reason_of(error: ImageSearchError) -> str:
    """As it is kept with what was rejected, and logged with what failed."""
    return f"{error.code}: {error.detail}"
