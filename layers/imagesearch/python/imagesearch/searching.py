"""The search use cases: a query becomes a plan, a plan a ranking, a ranking pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from imagesearch.cursors import BrowseCursor, Cursors, RankedCursor
from imagesearch.diversity import diversified
from imagesearch.duplicates import collapsed, look_of
from imagesearch.errors import ImageNotFound, InvalidCursor, NotIndexed
from imagesearch.expansion import followers
from imagesearch.manifest import Manifest
from imagesearch.meanwhile import meanwhile
from imagesearch.paging import browsed, turned
from imagesearch.planning import is_ranked, plan_of, refuse_contradictions, text_of, without
from imagesearch.ports import ImageIndex
from imagesearch.ranking import Plan, ranked, term_shares, text_score
from imagesearch.records import SEMANTIC, Descriptors, Record
from imagesearch.retrieval import Counts, DateOrder, Filters, Matches, TextLeg, TextMatches, VectorLeg, WordsAtLeast
from imagesearch.searches import Page, Query, RankedHit

CANDIDATES = 200
"""For each leg, whatever the page: approximate indexes find the true neighbours only when asked for this many."""
FACET_SIZE = 50
SHARES_OF_LAST = (0.75, 0.25)
"""The nearest are found among images with these shares of the last score by words that was retrieved, or more.

An image that is missed has as many nearer ones as a leg retrieves that match less than half of that score worse. The
lower share leaves out what has nothing but words that almost every image has. See docs/decisions/0007.
"""


def search(query: Query, limit: int, *, index: ImageIndex, manifest: Manifest, cursors: Cursors) -> Page:
    """The first page of a search.

    Raises InvalidRequest for weights of unknown legs or such that leave nothing to rank by, for examples that cancel
    each other out, and for options that contradict each other.
    """
    plan = plan_of(query, manifest)
    refuse_contradictions(query, plan)
    if not is_ranked(query, plan):
        start = BrowseCursor(query.filters, text_of(plan.legs), query.sort or DateOrder(), explain=query.explain)
        counts = index.count(query.filters, start.text, query.facets, FACET_SIZE)
        return browsed(start, counts, limit, index=index, cursors=cursors)

    asked = text_of(plan.legs)
    with meanwhile(index.count, query.filters, asked, query.facets, FACET_SIZE) as counted:
        hits, plan = _ranked(query, plan, index=index)
        hits = _arranged(hits, query, index=index, manifest=manifest)
        counts = counted()
    # Words without a single term find nothing, where there is nothing else to search by.
    text = text_of(plan.legs) if plan.legs else asked
    if text != asked:
        counts = index.count(query.filters, text, query.facets, FACET_SIZE)
    why = plan if query.explain else None
    rest = RankedCursor(tuple(hits), counts.total, "text" if text else "filters", text, why)
    return turned(rest, counts, limit, index=index, cursors=cursors)


def next_page(token: str, limit: int, *, index: ImageIndex, cursors: Cursors) -> Page:
    """The page after. Facets stand on the first page only. Raises InvalidCursor."""
    cursor = cursors.read(token)
    if isinstance(cursor, RankedCursor):
        return turned(cursor, Counts(cursor.total), limit, index=index, cursors=cursors)
    if not isinstance(cursor, BrowseCursor):
        raise InvalidCursor
    counts = index.count(cursor.filters, cursor.text, (), FACET_SIZE)
    return browsed(cursor, counts, limit, index=index, cursors=cursors)


def descriptors_of(image_id: str, *, index: ImageIndex) -> Descriptors:
    """The stored descriptors of an image, for 'more like this'. Raises ImageNotFound, NotIndexed."""
    record = index.read([image_id], descriptors=True).get(image_id)
    image = record.existing_image if record else None
    if image is None:
        raise ImageNotFound(f"There is no image with the id {image_id}.")
    if not image.live:
        raise NotIndexed(f"The image {image_id} is {image.state}: it can't be compared.")
    return image.descriptors


def _ranked(query: Query, plan: Plan, *, index: ImageIndex) -> tuple[list[RankedHit], Plan]:
    """The fused list, and the plan less what says nothing."""
    depth = max(CANDIDATES, query.depth)
    retrieved = index.retrieve(plan.legs, query.filters, depth)
    # Words without a single term (only punctuation) say nothing beside a picture: they neither weigh nor count.
    telling = [matches for matches in retrieved if not isinstance(matches, TextMatches) or matches.document_frequency]
    names = {matches.name for matches in telling}
    plan = without(plan, [leg.name for leg in plan.legs if leg.name not in names])
    further = _nearest_with_words(plan, telling, query.filters, depth, index=index)
    rescored = _rescored(plan, telling, further, index=index)
    return ranked(plan, telling, rescored, depth=query.depth), plan


def _nearest_with_words(
    plan: Plan, retrieved: Sequence[Matches], filters: Filters, depth: int, *, index: ImageIndex
) -> list[Matches]:
    """The nearest among the images that match the words well, where more match than the text leg retrieved.

    Words make few different scores: thousands of images may have the last one that was retrieved, and the best of them
    are the nearest. What matches worse can still be the best by words and picture together.
    """
    text = next((leg for leg in plan.legs if isinstance(leg, TextLeg)), None)
    known = next((matches for matches in retrieved if isinstance(matches, TextMatches)), None)
    # By places in lists, an image that no leg has in its own list has nothing to count.
    if text is None or known is None or len(known.matches) < depth or plan.fusion == "rrf":
        return []
    shares = term_shares(known)
    last = text_score(shares, known.matches[-1].fields)
    among = [WordsAtLeast(text.text, shares, score) for score in (last * share for share in SHARES_OF_LAST)]
    legs = [replace(leg, among=each) for leg in plan.legs if isinstance(leg, VectorLeg) for each in among]
    return index.retrieve(legs, filters, depth) if legs else []


def _rescored(
    plan: Plan, retrieved: Sequence[Matches], further: Sequence[Matches], *, index: ImageIndex
) -> list[Matches]:
    """The exact matches, on every leg, of images that not every leg retrieved."""
    found = [{match.image_id for match in matches.matches} for matches in retrieved]
    candidates = {match.image_id for matches in (*retrieved, *further) for match in matches.matches}
    some = sorted(candidates - found[0].intersection(*found)) if found else []
    return index.score(plan.legs, some) if some else []


def _arranged(hits: list[RankedHit], query: Query, *, index: ImageIndex, manifest: Manifest) -> list[RankedHit]:
    """Ranked hits with what else is asked for: followers below, duplicates together, variety, or the order of dates."""
    unrelated = manifest.descriptor(SEMANTIC).unrelated_cosine
    if query.expand_visually:
        room = query.depth - sum(hit.score >= query.min_score for hit in hits)
        behind = followers(query.text or "", hits, query.filters, index=index, unrelated=unrelated, room=room)
        hits = [*hits, *behind]
    # Only now: what stays below must not come back as a follower.
    hits = [hit for hit in hits if hit.score >= query.min_score]
    if query.collapse_duplicates or query.diversity > 0:
        records = index.read([hit.image_id for hit in hits], descriptors=True).values()
        looks = {look.image_id: look for look in map(look_of, records) if look}
        if query.collapse_duplicates:
            hits = collapsed(hits, looks)
        vectors = {image_id: look.vector for image_id, look in looks.items()}
        direct = [hit for hit in hits if hit.exemplar is None]
        varied = diversified(direct, vectors, query.diversity, unrelated=unrelated)
        hits = [*varied, *hits[len(direct) :]]
    return _by_date(hits, query.sort, index=index) if query.sort else hits


def _by_date(hits: Sequence[RankedHit], order: DateOrder, *, index: ImageIndex) -> list[RankedHit]:
    records = index.read([hit.image_id for hit in hits])
    dates = {image_id: date for image_id, record in records.items() if (date := _date(record, order))}
    dated = [hit for hit in hits if hit.image_id in dates]
    return sorted(dated, key=lambda hit: (dates[hit.image_id], hit.image_id), reverse=order.newest_first)


def _date(record: Record, order: DateOrder) -> datetime | None:
    image = record.image
    if image is None:
        return None
    taken = image.facts.taken if image.facts and order.by == "taken" else None
    return taken or image.uploaded
