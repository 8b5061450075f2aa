"""Searches for pictures that lost their words: queries, splits of the development set, and how an answer is judged."""

from __future__ import annotations

import re
import statistics
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from development import Sample, filled_index, halves, record_of
from retrieval_quality import SMALLEST_CLASS
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from imagesearch.records import Record
from imagesearch.retrieval import Filters, TextLeg, TextMatches
from imagesearch.searches import RankedHit

if TYPE_CHECKING:
    from imagesearch.manifest import Manifest

FIRST = 20
SHARED_BY = 3
"""Captions that have a word that is a query."""
NOT_THINGS = frozenset(
    {"ahead", "big", "blue", "brown", "electric", "green", "lands", "means", "middle", "old", "red", "solar", "stands"}
    | {"stop", "traditional", "united", "used", "white", "yellow", "yum"}
)
"""Words that captions of the samples share without naming a thing."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The development set after half of it has lost its words."""

    seed: int
    names_kept: bool
    records: Sequence[Record]
    hidden: frozenset[str]
    """Ids of those without words."""
    relevant: dict[str, frozenset[str]]
    """By query, the ids of all that had the word: of queries that lost one at least."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How one query fared."""

    query: str
    without: float
    """recall@20 of what lost the word, as it is without `expand_visually`."""
    expanded: float
    """... and with it."""
    same: bool
    """Whether the direct hits are the very same, with the same scores, in the same order."""
    followers: int
    """Pictures that follow, 20 at most."""
    right: int
    """Of these, pictures that had the word."""


def queries_of(samples: Sequence[Sample]) -> tuple[list[str], list[str]]:
    """Classes, and further words of captions, in order."""
    sizes = Counter(sample.path.parent.name for sample in samples)
    classes = sorted(name for name, size in sizes.items() if size >= SMALLEST_CLASS)
    captions = [set(re.findall(r"[^\W\d_]{3,}", (sample.words.caption or "").lower())) for sample in samples]
    shared = Counter(word for words in captions for word in words)
    common = {word for word, count in shared.items() if count >= SHARED_BY}
    return classes, sorted(common - ENGLISH_STOP_WORDS - NOT_THINGS - set(classes))


def relevant_samples(samples: Sequence[Sample], queries: Sequence[str], manifest: Manifest) -> dict[str, list[int]]:
    """By query the numbers of the samples that have it in caption or tags, as the index understands words."""
    records = [record_of(sample, manifest) for sample in samples]
    number = {record.image_id: index for index, record in enumerate(records)}
    with tempfile.TemporaryDirectory() as folder:
        index = filled_index(Path(folder) / "index.sqlite", records)
        found = index.retrieve([TextLeg(query) for query in queries], Filters(), len(samples))
    return {
        query: [
            number[match.image_id]
            for match in matches.matches
            if any({"caption", "tags"} & fields for fields in match.fields.values())
        ]
        for query, matches in zip(queries, found, strict=True)
        if isinstance(matches, TextMatches)
    }


def split_of(
    samples: Sequence[Sample], relevant: dict[str, list[int]], seed: int, manifest: Manifest, *, names_kept: bool
) -> Split:
    wordless = set(halves(len(samples), seed)[0])
    records = [
        record_of(sample, manifest)
        if number not in wordless
        else record_of(sample, manifest, key=None if names_kept else f"IMG_{number:04d}.png", words=False)
        for number, sample in enumerate(samples)
    ]
    ids = {
        query: frozenset(records[number].image_id for number in numbers)
        for query, numbers in relevant.items()
        if wordless & set(numbers)
    }
    return Split(seed, names_kept, records, frozenset(records[number].image_id for number in wordless), ids)


def answer_of(split: Split, query: str, direct: Sequence[RankedHit], expanded: Sequence[RankedHit]) -> Answer:
    relevant = split.relevant[query]
    lost = relevant & split.hidden
    followers = expanded[len(direct) :][:FIRST]
    return Answer(
        query,
        len(lost & {hit.image_id for hit in direct[:FIRST]}) / len(lost),
        len(lost & {hit.image_id for hit in expanded[:FIRST]}) / len(lost),
        list(expanded[: len(direct)]) == list(direct) and all(hit.exemplar for hit in expanded[len(direct) :]),
        len(followers),
        len(relevant & {hit.image_id for hit in followers}),
    )


def precision(every: Sequence[Answer]) -> float:
    """Of the first 20 followers the share that had the word, the mean over queries with any."""
    return statistics.fmean(one.right / one.followers for one in every if one.followers)
