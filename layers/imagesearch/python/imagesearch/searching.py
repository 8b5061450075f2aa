"""The search use cases: a query becomes legs, legs become a ranking, a ranking becomes pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from imagesearch.cursors import BrowseCursor, Cursors, RankedCursor, TotalOf
from imagesearch.errors import ImageNotFound, InvalidRequest, NotIndexed
from imagesearch.manifest import Manifest
from imagesearch.ports import ImageIndex
from imagesearch.ranking import RankedHit, ranked
from imagesearch.records import Descriptors, Record, TextField
from imagesearch.searches import Counts, Filters, Leg, Matches, TextLeg, TextMatches, VectorLeg

TEXT = "text"
"""The leg of words; the others bear the names of descriptors."""
CANDIDATES = 200
"""For each leg, whatever the page: approximate indexes find the true neighbours only when asked for this many."""
FACET_SIZE = 50


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """What is asked for. Nothing asked: browse, newest first."""

    text: str | None = None
    descriptors: Descriptors = field(default_factory=dict)
    """Of the query picture."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """By leg, where others than the usual ones are wanted."""
    filters: Filters = field(default_factory=Filters)
    facets: tuple[str, ...] = ()
    depth: int = CANDIDATES
    """How many hits a ranked search has in all its pages."""


@dataclass(frozen=True, slots=True, eq=False)
class Hit:
    """One answer."""

    record: Record
    ranking: RankedHit | None
    """None when browsing: nothing was compared."""
    highlights: Mapping[TextField, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """Some answers, and where to go on."""

    hits: tuple[Hit, ...]
    counts: Counts
    total_of: TotalOf
    """What the counts are of: filters and text, or the filters alone."""
    cursor: str | None


def search(query: Query, limit: int, *, index: ImageIndex, manifest: Manifest, cursors: Cursors) -> Page:
    """The first page of a search.

    Raises InvalidRequest for weights of unknown legs, or such that leave nothing to rank by.
    """
    weights = _weights(query, manifest)
    legs = _legs(query, weights)
    if not legs:
        counts = index.count(query.filters, None, query.facets, FACET_SIZE)
        return _browsed(BrowseCursor(query.filters), counts, limit, index=index, cursors=cursors)

    retrieved = index.retrieve(legs, query.filters, max(CANDIDATES, query.depth))
    # Words without a single term (only punctuation) say nothing beside a picture: they neither weigh nor count.
    telling = [matches for matches in retrieved if not isinstance(matches, TextMatches) or matches.document_frequency]
    legs = [leg for leg in legs if leg.name in {matches.name for matches in telling}] or legs
    text = next((leg.text for leg in legs if isinstance(leg, TextLeg)), None)
    hits = ranked(
        telling,
        _rescored(legs, telling, index=index),
        weights=weights,
        unrelated={spec.name: spec.unrelated_cosine for spec in manifest.descriptors},
        depth=query.depth,
    )
    counts = index.count(query.filters, text, query.facets, FACET_SIZE)
    rest = RankedCursor(tuple(hits), counts.total, "text" if text else "filters", text)
    return _turned(rest, counts, limit, index=index, cursors=cursors)


def next_page(token: str, limit: int, *, index: ImageIndex, cursors: Cursors) -> Page:
    """The page after. Facets stand on the first page only. Raises InvalidCursor."""
    cursor = cursors.read(token)
    if isinstance(cursor, RankedCursor):
        return _turned(cursor, Counts(cursor.total), limit, index=index, cursors=cursors)
    counts = index.count(cursor.filters, None, (), FACET_SIZE)
    return _browsed(cursor, counts, limit, index=index, cursors=cursors)


def descriptors_of(image_id: str, *, index: ImageIndex) -> Descriptors:
    """The stored descriptors of an image, for 'more like this'. Raises ImageNotFound, NotIndexed."""
    record = index.read([image_id], descriptors=True).get(image_id)
    image = record.existing_image if record else None
    if image is None:
        raise ImageNotFound(f"There is no image with the id {image_id}.")
    if not image.live:
        raise NotIndexed(f"The image {image_id} is {image.state}: it can't be compared.")
    return image.descriptors


def _weights(query: Query, manifest: Manifest) -> dict[str, float]:
    """By leg. Words weigh 1 and all of a picture's descriptors together 1, unless the query says otherwise."""
    legs = {TEXT: 1.0, **{spec.name: 1 / max(1, len(query.descriptors)) for spec in manifest.descriptors}}
    if unknown := sorted(set(query.weights) - set(legs)):
        raise InvalidRequest(f"There is no {unknown[0]!r} to weigh: give weights for any of {', '.join(legs)}.")
    return {**legs, **query.weights}


def _legs(query: Query, weights: Mapping[str, float]) -> list[Leg]:
    text = (query.text or "").strip()
    legs: list[Leg] = [TextLeg(text, TEXT)] if text else []
    # A query is its whole picture: the first vector of each descriptor.
    legs += [VectorLeg(name, descriptor.vectors[0]) for name, descriptor in query.descriptors.items()]
    weighty = [leg for leg in legs if weights[leg.name] > 0]
    if legs and not weighty:
        raise InvalidRequest("All weights are 0: give at least one of them some weight.")
    return weighty


def _rescored(legs: Sequence[Leg], retrieved: Sequence[Matches], *, index: ImageIndex) -> list[Matches]:
    """The exact matches, on every leg, of images that not every leg retrieved."""
    found = [{match.image_id for match in matches.matches} for matches in retrieved]
    some = sorted(found[0].union(*found) - found[0].intersection(*found)) if found else []
    return index.score(legs, some) if some else []


def _turned(rest: RankedCursor, counts: Counts, limit: int, *, index: ImageIndex, cursors: Cursors) -> Page:
    """The next `limit` hits that are still there, and a cursor for what remains."""
    waiting = list(rest.hits)
    shown: list[tuple[Record, RankedHit]] = []
    while waiting and len(shown) < limit:
        batch = waiting[: limit - len(shown)]
        del waiting[: len(batch)]
        records = index.read([hit.image_id for hit in batch])
        shown += [
            (records[hit.image_id], hit) for hit in batch if hit.image_id in records and records[hit.image_id].live
        ]
    highlights = index.highlights(rest.text, [record.image_id for record, _ in shown]) if rest.text and shown else {}
    return Page(
        hits=tuple(Hit(record, ranking, highlights.get(record.image_id, {})) for record, ranking in shown),
        counts=counts,
        total_of=rest.total_of,
        cursor=cursors.write(replace(rest, hits=tuple(waiting))) if waiting else None,
    )


def _browsed(start: BrowseCursor, counts: Counts, limit: int, *, index: ImageIndex, cursors: Cursors) -> Page:
    """The next `limit` images by date, and a cursor for the place that they reach."""
    # One more than asked for tells whether there is a page after this one.
    found = index.browse(start.filters, newest_first=start.newest_first, after=start.after, limit=limit + 1)
    places = found[:limit]
    records = index.read([image_id for _, image_id in places])
    return Page(
        hits=tuple(
            Hit(records[image_id], None) for _, image_id in places if image_id in records and records[image_id].live
        ),
        counts=counts,
        total_of="filters",
        cursor=cursors.write(replace(start, after=places[-1])) if len(found) > limit else None,
    )
