"""What is asked of a search, and what it answers. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from imagesearch.records import Record, TextField
from imagesearch.retrieval import Counts, DateOrder, Filters

if TYPE_CHECKING:
    from imagesearch.records import Descriptors

Fusion = Literal["weighted", "rrf"]
TotalOf = Literal["text", "filters"]


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
    word: str
    """The query's first word that gave it, as it was typed."""
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
