"""What is asked of an index, and what it answers. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from imagesearch.records import AttributeValue, Orientation, Position, TextField

if TYPE_CHECKING:
    from imagesearch.records import Vectors

Capability = Literal["fuzzy"]
"""What an index may be able to do: forgive slips of the fingers in what is typed."""
TEXT = "text"
"""The leg of words; the others bear the names of descriptors."""


@dataclass(frozen=True, slots=True)
class NumberRange:
    """From a smallest to a largest number, both included; None where there is no such end."""

    smallest: float | None = None
    largest: float | None = None


def shown_value(value: AttributeValue) -> str:
    """An attribute's value as facets show it: texts in lower case, `true` and `false`, and numbers in short.

    Numbers are shown with the fewest digits that tell them apart, without `.0`: `4`, `2.5`, `1e+300`.
    """
    if isinstance(value, str):
        return value.lower()
    if isinstance(value, bool):  # before numbers: Python's truth values are numbers too
        return "true" if value else "false"
    return repr(float(value) + 0.0).removesuffix(".0")  # + 0.0 makes -0.0 the 0.0 that it equals


@dataclass(frozen=True, slots=True)
class AttributeFilter:
    """What one attribute must be: one of some values, or a number within a range.

    A text, in any case, finds every value that `shown_value` shows so, of whatever type: `"4"` finds 4, too. Numbers
    and truth values find none but their like.
    """

    name: str
    any_of: tuple[AttributeValue, ...] = ()
    within: NumberRange | None = None


@dataclass(frozen=True, slots=True)
class Near:
    """Within so many kilometres of a place, along the great circle."""

    position: Position
    kilometres: float


@dataclass(frozen=True, slots=True)
class Filters:
    """Which images may be found at all. Empty fields do not filter."""

    tags_all: tuple[str, ...] = ()
    tags_any: tuple[str, ...] = ()
    tags_none: tuple[str, ...] = ()
    key_prefix: str = ""
    uploaded_from: datetime | None = None
    uploaded_to: datetime | None = None
    """Ranges include their start and exclude their end."""
    taken_from: datetime | None = None
    taken_to: datetime | None = None
    tagged: bool | None = None
    """Only images with tags, or only those without."""
    width: NumberRange = NumberRange()
    """Pixels, upright."""
    height: NumberRange = NumberRange()
    orientations: tuple[Orientation, ...] = ()
    """Any of these, as with formats and cameras."""
    formats: tuple[str, ...] = ()
    """Pillow's names: JPEG, PNG, ..."""
    cameras: tuple[str, ...] = ()
    """As `PictureFacts.camera` has them, in any case."""
    attributes: tuple[AttributeFilter, ...] = ()
    near: Near | None = None
    excluded_ids: tuple[str, ...] = ()
    """Never among the answers: the example itself in 'more like this'."""


@dataclass(frozen=True, slots=True)
class DateOrder:
    """An order by date and, within a moment, by id."""

    by: Literal["uploaded", "taken"] = "uploaded"
    """`taken` is the capture time, or where a picture has none the time of its upload."""
    newest_first: bool = True


@dataclass(frozen=True, slots=True)
class TextLeg:
    """Search by words."""

    text: str
    name: str = "text"


@dataclass(frozen=True, slots=True, eq=False)
class WordsAtLeast:
    """Images that match some words so well or better."""

    text: str
    shares: Mapping[str, float]
    """Of all of the text's terms, also of those that no image has: `ranking.term_shares`."""
    score: float
    """The least `ranking.text_score` by these shares, above 0."""


@dataclass(frozen=True, slots=True, eq=False)
class VectorLeg:
    """Search by one descriptor."""

    name: str
    """The descriptor's name."""
    vector: Vectors
    """D float32, of length 1."""
    among: WordsAtLeast | None = None
    """Only these images are found."""


Leg = TextLeg | VectorLeg


@dataclass(frozen=True, slots=True)
class TextMatch:
    """Which of the query's terms one image has, and where."""

    image_id: str
    fields: Mapping[str, frozenset[TextField]]
    """By term, as the index's analyser made it of the query."""
    words: int
    """In all fields, as `spelling.words_of` counts: of equal scores the fewest come first."""


@dataclass(frozen=True, slots=True)
class TextMatches:
    """The text leg's answer, with what it takes to score it."""

    documents: int
    """Live images in the index."""
    document_frequency: Mapping[str, int]
    """By term of the query: how many live images have it."""
    matches: tuple[TextMatch, ...]
    name: str = "text"
    words: Mapping[str, str] = field(default_factory=dict)
    """By term: the query's first word that gave it, as it was typed."""


@dataclass(frozen=True, slots=True)
class VectorMatch:
    """How near one image is."""

    image_id: str
    cosine: float
    """Of its nearest vector."""
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class VectorMatches:
    """A descriptor leg's answer."""

    name: str
    matches: tuple[VectorMatch, ...]


Matches = TextMatches | VectorMatches


@dataclass(frozen=True, slots=True)
class Counts:
    """How many images match, and how they fall into groups."""

    total: int
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """By facet name, then by value; most frequent first, ties by value."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """How what somebody types might go on."""

    text: str
    kind: Literal["tag", "words"]
    """A whole tag, or the words typed with the last one completed."""
    count: int
    """Live images with this tag; or with all of these words, spelled so, in caption or tags."""
