"""What is asked of an index and what it answers; what is asked of a search and what that answers. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from imagesearch.records import AttributeValue, Orientation, Position, Record, TextField

if TYPE_CHECKING:
    from imagesearch.records import Descriptors, Vectors

TEXT = "text"
"""The leg of words; the others bear the names of descriptors."""

Fusion = Literal["weighted", "rrf"]
TotalOf = Literal["text", "filters"]


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
class VectorLeg:
    """Search by one descriptor."""

    name: str
    """The descriptor's name."""
    vector: Vectors
    """D float32, of length 1."""


Leg = TextLeg | VectorLeg


@dataclass(frozen=True, slots=True)
class TextMatch:
    """Which of the query's terms one image has, and where."""

    image_id: str
    fields: Mapping[str, frozenset[TextField]]
    """By term, as the index's analyser made it of the query."""
    bm25: float
    """Higher is better. Breaks ties only: it means different things in different indexes."""


@dataclass(frozen=True, slots=True)
class TextMatches:
    """The text leg's answer, with what it takes to score it."""

    documents: int
    """Live images in the index."""
    document_frequency: Mapping[str, int]
    """By term of the query: how many live images have it."""
    matches: tuple[TextMatch, ...]
    name: str = "text"


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


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A picture that the hits should look like, or not."""

    descriptors: Descriptors
    weight: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """What is asked for. Nothing asked: browse, newest first."""

    text: str | None = None
    like: tuple[Example, ...] = ()
    """The query picture and further ones: hits should look like them on the whole."""
    unlike: tuple[Example, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    """By leg, where others than the usual ones are wanted."""
    fusion: Fusion = "weighted"
    min_score: float = 0.0
    """Fused; hits below are left out."""
    collapse_duplicates: bool = False
    """Show near-duplicates once, the best of them."""
    diversity: float = 0.0
    """0: by score alone; 1: each hit as unlike those before it as can be."""
    expand_visually: bool = False
    """Let pictures that look like the best hits by words follow below."""
    sort: DateOrder | None = None
    """By date; None by score, or newest first where nothing is compared."""
    explain: bool = False
    filters: Filters = field(default_factory=Filters)
    facets: tuple[str, ...] = ()
    depth: int = 200
    """How many hits a ranked search has in all its pages."""


@dataclass(frozen=True, slots=True)
class RankedHit:
    """One image in a ranked list. Scores are 0 to 1."""

    image_id: str
    score: float
    scores: Mapping[str, float]
    """By leg; exact, whether the leg retrieved the image or not."""
    ranks: Mapping[str, int] = field(default_factory=dict)
    """By leg, from 1, where the leg retrieved the image."""
    duplicates: tuple[str, ...] = ()
    """Near-duplicates of it that are shown with it, not by themselves."""
    exemplar: str | None = None
    """Of an image that nothing but `expand_visually` found: the hit that it looks like."""
    similarity: float | None = None
    """... and how much."""


@dataclass(frozen=True, slots=True)
class TermExplanation:
    """One term of the query, in one image."""

    term: str
    """As the index's analyser made it."""
    fields: tuple[TextField, ...]
    """Where the image has it; empty where it hasn't."""
    share: float
    """How much of the query it is, by its inverse document frequency. The shares of all terms add up to 1."""
    counted: float
    """What it adds to the leg's score: the share times the weight of its best field."""


@dataclass(frozen=True, slots=True)
class LegExplanation:
    """How one leg came to its score."""

    leg: str
    weight: float
    score: float
    rank: int | None
    """None where the leg did not retrieve the image by itself."""
    counted: float
    """What it adds to the fused score, but for followers of `expand_visually`: theirs is their exemplar's."""
    terms: tuple[TermExplanation, ...] = ()
    cosine: float | None = None
    """To the query's vector, of the nearest one of the image."""
    l2: float | None = None
    """The Euclidean distance of the same two unit vectors."""
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a hit came to its score."""

    fusion: Fusion
    legs: tuple[LegExplanation, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Hit:
    """One answer."""

    record: Record
    ranking: RankedHit | None
    """None when browsing: nothing was compared."""
    highlights: Mapping[TextField, str] = field(default_factory=dict)
    explanation: Explanation | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """Some answers, and where to go on."""

    hits: tuple[Hit, ...]
    counts: Counts
    total_of: TotalOf
    """What the counts are of: filters and text, or the filters alone."""
    cursor: str | None


@dataclass(frozen=True, slots=True)
class SuggestedTag:
    """A tag that an image may deserve."""

    tag: str
    confidence: float
    """0 to 1: in how many cases of such a confidence the tag is right."""


@dataclass(frozen=True, slots=True)
class DuplicatePair:
    """Two images that show the same picture."""

    first: str
    second: str
    """Ids; the first one is the smaller."""
    cosine: float
    distance: int
    """Bits in which the perceptual hashes differ: the least, of image and mirror image."""
    mirrored: bool
    """Whether one is the other's mirror image."""
