"""Answers of the routes that search, as the contract (OpenAPI) shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field


class BoxAnswer(BaseModel):
    """A rectangle of the upright picture, as shares of its width and height."""

    left: float
    top: float
    right: float
    bottom: float


class TermAnswer(BaseModel):
    """One term of the query, in one image."""

    term: str = Field(description="As it was searched for: without its ending.")
    word: str = Field(description="The first word of `text` that gave it, as it was typed.")
    fields: list[Literal["caption", "tags", "attributes", "name"]] = Field(description="Where the image has it.")
    share: float = Field(description="How much of the query it is: rare terms are more. All shares add up to 1.")
    counted: float = Field(description="What it adds to the leg's score: its share times the weight of its best field.")


class LegAnswer(BaseModel):
    """How one leg came to its score."""

    leg: str = Field(description="`text`, or a descriptor's name.")
    weight: float
    score: float = Field(description="0 to 1.")
    rank: int | None = Field(description="From 1; null where the leg did not find the image by itself.")
    counted: float = Field(
        description="What it adds to the hit's score. (That of what `expand_visually` found is another hit's, times the"
        " similarity.)"
    )
    terms: list[TermAnswer] = Field(description="Of the leg `text`.")
    cosine: float | None = Field(description="Of the image's descriptor and the query's.")
    l2: float | None = Field(description="The Euclidean distance of the same two, which have length 1.")
    box: BoxAnswer | None = Field(description="The part of the image that matched; null for the whole.")


class ExplanationAnswer(BaseModel):
    """How a hit came to its score."""

    fusion: Literal["weighted", "rrf"]
    legs: list[LegAnswer]


class ExpandedFromAnswer(BaseModel):
    """The hit by words that a hit of `expand_visually` looks like."""

    id: str
    similarity: float = Field(description="0 to 1.")


class HitAnswer(BaseModel):
    """One image found."""

    id: str
    key: str
    score: float | None = Field(description="0 to 1; null when browsing, where nothing is compared.")
    scores: dict[str, float] = Field(description="By leg, 0 to 1: `text`, or a descriptor's name.")
    ranks: dict[str, int] = Field(description="By leg that found the image by itself, from 1; may be empty.")
    url: str
    thumbnail_url: str | None
    width: int | None
    height: int | None
    caption: str | None
    tags: list[str]
    attributes: dict[str, str | bool | float]
    highlights: dict[str, str] = Field(description="By field: escaped HTML with the words found in <em>.")
    uploaded: datetime | None
    taken: datetime | None
    duplicates: list[str] = Field(description="Ids of its near-duplicates, which `collapse_duplicates` left out.")
    expanded_from: ExpandedFromAnswer | None = Field(description="Where nothing but `expand_visually` found the image.")
    explanation: ExplanationAnswer | None = Field(description="Where `explain` asked for it.")


class FacetValue(BaseModel):
    """How many of the images counted have this value."""

    value: str
    count: int


TotalOf = Literal["text", "filters"]
TOTAL_OF = "What `total` and `facets` count: images that match filters and text, or the filters alone."


class SearchAnswer(BaseModel):
    """A page of images."""

    hits: list[HitAnswer]
    total: int
    total_of: TotalOf = Field(description=TOTAL_OF)
    facets: dict[str, list[FacetValue]]
    cursor: str | None = Field(description="For the next page; null on the last one.")


class FacetsAnswer(BaseModel):
    """How the images fall into groups."""

    total: int
    total_of: TotalOf = Field(description=TOTAL_OF)
    facets: dict[str, list[FacetValue]]


class SuggestionAnswer(BaseModel):
    """How what is typed might go on."""

    text: str
    kind: Literal["tag", "words"] = Field(description="A whole tag, or the words typed with the last one completed.")
    count: int = Field(description="Images with this tag; or with all of these words, spelled so, in caption or tags.")


class SuggestAnswer(BaseModel):
    """How what is typed might go on, most images first."""

    suggestions: list[SuggestionAnswer]
