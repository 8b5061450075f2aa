"""The search use cases: a query becomes legs, legs become a ranking, a ranking becomes pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from imagesearch.cursors import BrowseCursor, Cursors, RankedCursor, TotalOf
from imagesearch.errors import ImageNotFound, InvalidRequest, NotIndexed
from imagesearch.manifest import Manifest
from imagesearch.ports import ImageIndex
from imagesearch.ranking import RankedHit, ranked
from imagesearch.records import (
    Counts,
    Descriptors,
    Filters,
    Leg,
    Matches,
    Record,
    TextField,
    TextLeg,
    TextMatches,
    VectorLeg,
)

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
    """By leg; 1 where none is given."""
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
    """The first page of a search. Raises InvalidRequest for weights that leave nothing to rank by."""
    legs = _legs(query)
    text = next((leg.text for leg in legs if isinstance(leg, TextLeg)), None)
    counts = index.count(query.filters, text, query.facets, FACET_SIZE)
    if not legs:
        return _browsed(BrowseCursor(query.filters), counts, limit, index=index, cursors=cursors)
    hits = _ranked_hits(query, legs, index=index, manifest=manifest)
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
    if record is None or record.image is None or record.image.hidden or record.image.state == "removed":
        raise ImageNotFound(f"There is no image with the id {image_id}.")
    if not record.live:
        raise NotIndexed(f"The image {image_id} is {record.image.state}: it can't be compared.")
    return record.image.descriptors


def similar(
    image_id: str, query: Query, limit: int, *, index: ImageIndex, manifest: Manifest, cursors: Cursors
) -> Page:
    """Images like a stored one, itself left out, computing nothing. Raises ImageNotFound, NotIndexed."""
    descriptors = descriptors_of(image_id, index=index)
    filters = replace(query.filters, excluded_ids=(*query.filters.excluded_ids, image_id))
    like = replace(query, descriptors=descriptors, filters=filters)
    return search(like, limit, index=index, manifest=manifest, cursors=cursors)


def _legs(query: Query) -> list[Leg]:
    text = (query.text or "").strip()
    legs: list[Leg] = [TextLeg(text)] if text else []
    # A query is its whole picture: the first vector of each descriptor.
    legs += [VectorLeg(name, descriptor.vectors[0]) for name, descriptor in query.descriptors.items()]
    weighty = [leg for leg in legs if query.weights.get(leg.name, 1.0) > 0]
    if legs and not weighty:
        raise InvalidRequest("All weights are 0: give at least one of them some weight.")
    return weighty


def _ranked_hits(query: Query, legs: Sequence[Leg], *, index: ImageIndex, manifest: Manifest) -> list[RankedHit]:
    retrieved = index.retrieve(legs, query.filters, max(CANDIDATES, query.depth))
    # Words without a single term (only punctuation) say nothing, so they don't weigh either.
    telling = [matches for matches in retrieved if not isinstance(matches, TextMatches) or matches.document_frequency]
    if not telling:
        return []
    names = {matches.name for matches in telling}
    return ranked(
        telling,
        _rescored([leg for leg in legs if leg.name in names], telling, index=index),
        weights={name: query.weights.get(name, 1.0) for name in names},
        unrelated={spec.name: spec.unrelated_cosine for spec in manifest.descriptors},
        depth=query.depth,
    )


def _rescored(legs: Sequence[Leg], retrieved: Sequence[Matches], *, index: ImageIndex) -> list[Matches]:
    """The exact matches of images that another leg retrieved."""
    found = {matches.name: {match.image_id for match in matches.matches} for matches in retrieved}
    everything = set().union(*found.values())
    missing = {leg.name: sorted(everything - found[leg.name]) for leg in legs}
    return [matches for leg in legs if missing[leg.name] for matches in index.score([leg], missing[leg.name])]


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
        hits=tuple(Hit(records[image_id], None) for _, image_id in places if image_id in records),
        counts=counts,
        total_of="filters",
        cursor=cursors.write(replace(start, after=places[-1])) if len(found) > limit else None,
    )
