"""The use cases of people who look after a library: what is in it, what is not, what it has twice, what lacks words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from imagesearch.cursors import Cursors, DuplicatesCursor, RejectedCursor
from imagesearch.duplicates import Look, duplicate_pair, look_of
from imagesearch.errors import InvalidCursor
from imagesearch.manifest import Manifest
from imagesearch.ports import ImageIndex
from imagesearch.ranking import visual_score
from imagesearch.records import SEMANTIC, Record
from imagesearch.retrieval import Counts, DateOrder, Filters, Suggestion, VectorLeg, VectorMatches
from imagesearch.searches import DuplicatePair, SuggestedTag
from imagesearch.searching import FACET_SIZE
from imagesearch.tagging import NEIGHBOURS
from imagesearch.tagging import suggested_tags as voted_tags

ALIKE = 20
"""Pictures that each is compared with when duplicates are looked for..."""
ALIKE_OF_MANY = 200
"""... and those whose neighbours are all doubles of it."""


@dataclass(frozen=True, slots=True, eq=False)
class RejectedPage:
    """Some images that could not be indexed."""

    records: tuple[Record, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class DuplicatesPage:
    """The near-duplicates of some images."""

    pairs: tuple[DuplicatePair, ...]
    scanned: int
    """Images looked at on this page."""
    total: int
    """Images in the library."""
    cursor: str | None


def suggest(typed: str, limit: int, *, index: ImageIndex, fuzzy: bool | None = None) -> list[Suggestion]:
    """How what is typed might go on, most images first.

    `fuzzy`: slips of the fingers are forgiven; by default only where nothing goes on as typed, and the index can do it.
    Raises NotSupported where it must and can't.
    """
    if fuzzy is not None:
        return index.suggest(typed, limit, fuzzy=fuzzy)
    found = index.suggest(typed, limit)
    if not found and "fuzzy" in index.capabilities:
        return index.suggest(typed, limit, fuzzy=True)
    return found


def count(filters: Filters, text: str | None, facets: Sequence[str], *, index: ImageIndex) -> Counts:
    """How many images match, and how they fall into groups."""
    return index.count(filters, (text or "").strip() or None, facets, FACET_SIZE)


def rejected(token: str | None, limit: int, *, index: ImageIndex, cursors: Cursors) -> RejectedPage:
    """Images that could not be indexed, by key. Raises InvalidCursor."""
    cursor = cursors.read(token) if token else None
    if not isinstance(cursor, RejectedCursor | None):
        raise InvalidCursor
    found = index.rejected(after=cursor.after if cursor else None, limit=limit + 1)
    shown = tuple(found[:limit])
    more = cursors.write(RejectedCursor(shown[-1].ref.key)) if len(found) > limit else None
    return RejectedPage(shown, more)


def duplicates(token: str | None, limit: int, *, index: ImageIndex, cursors: Cursors) -> DuplicatesPage:
    """The pairs of near-duplicates that the next `limit` images, oldest first, are part of.

    Both ends of a pair may report it. Raises InvalidCursor.
    """
    cursor = cursors.read(token) if token else None
    if not isinstance(cursor, DuplicatesCursor | None):
        raise InvalidCursor
    order = DateOrder(newest_first=False)
    found = index.browse(Filters(), order, after=cursor.after if cursor else None, limit=limit + 1)
    places = found[:limit]
    return DuplicatesPage(
        pairs=_pairs_of([image_id for _, image_id in places], index=index),
        scanned=len(places),
        total=index.count(Filters(), None, (), FACET_SIZE).total,
        cursor=cursors.write(DuplicatesCursor(places[-1])) if len(found) > limit else None,
    )


def suggested_tags(image_id: str, *, index: ImageIndex, manifest: Manifest) -> tuple[SuggestedTag, ...]:
    """Tags that an image without any may deserve, best first; none for others."""
    record = index.read([image_id], descriptors=True).get(image_id)
    look = look_of(record) if record and record.live and not record.words.tags else None
    if look is None:
        return ()
    tagged = Filters(tagged=True, excluded_ids=(image_id,))
    (matches,) = index.retrieve([VectorLeg(SEMANTIC, look.vector)], tagged, NEIGHBOURS)
    unrelated = manifest.descriptor(SEMANTIC).unrelated_cosine
    cosines = {match.image_id: match.cosine for match in matches.matches} if isinstance(matches, VectorMatches) else {}
    neighbours = index.read(list(cosines))
    return voted_tags(
        [(each.words.tags or (), visual_score(cosines[name], unrelated)) for name, each in neighbours.items()]
    )


def _pairs_of(image_ids: Sequence[str], *, index: ImageIndex) -> tuple[DuplicatePair, ...]:
    read = index.read(image_ids, descriptors=True)
    looks = [look for image_id in image_ids if image_id in read and (look := look_of(read[image_id]))]
    by_look = _doubles(looks, ALIKE, index=index)
    many = [look for look, pairs in zip(looks, by_look, strict=True) if len(pairs) >= ALIKE]
    pairs = {pair for found in (*by_look, *_doubles(many, ALIKE_OF_MANY, index=index)) for pair in found}
    return tuple(sorted(pairs, key=lambda pair: (pair.first, pair.second)))


def _doubles(looks: Sequence[Look], depth: int, *, index: ImageIndex) -> list[list[DuplicatePair]]:
    """For each its pairs with any of its nearest `depth`."""
    if not looks:
        return []
    # One more: the nearest picture of each is itself.
    found = index.retrieve([VectorLeg(SEMANTIC, look.vector) for look in looks], Filters(), depth + 1)
    near = {match.image_id for matches in found for match in matches.matches}
    others = index.read(sorted(near), descriptors=True)
    known = {name: other for name, record in others.items() if (other := look_of(record))}
    return [
        [
            pair
            for match in matches.matches
            if match.image_id != look.image_id
            and match.image_id in known
            and (pair := duplicate_pair(look, known[match.image_id]))
        ]
        for look, matches in zip(looks, found, strict=True)
    ]
