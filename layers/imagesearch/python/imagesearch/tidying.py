"""What nobody needs any more: derived data of past content, and old tombstones.

Whoever writes a part of an image tidies up after it at once (`Tidier.tidied`). What a crash leaves behind is found by
looking through everything now and then (`sweep`).

While the model changes, two generations keep their derived data in one bucket. Each hears of every event, but not at
the same time, and what a backfill found has no event: see "Two generations" in docs/indexing.md.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from imagesearch.derived import (
    DERIVED_TYPE,
    THUMBNAILS,
    derived_key,
    shows_content,
    thumbnail_owner,
    thumbnail_prefix,
    thumbnail_sequencer,
)
from imagesearch.errors import ImageSearchError
from imagesearch.outcomes import Outcome, Prepared, reason_of
from imagesearch.ports import ImageIndex, ObjectStore
from imagesearch.records import ImagePart, Written, padded_sequencer

TOMBSTONES_LAST = timedelta(days=30)
"""Longer than the queue and its dead letters together: no event that waits there may meet a tombstone too few."""
_OF_BACKFILL = padded_sequencer("")
_BATCH = 1000
"""Keys looked at together, and of one request that deletes objects."""


@dataclass(frozen=True, slots=True)
class _Left:
    """What is left behind when a change is done."""

    prepared: Prepared
    outcome: Outcome
    past: ImagePart | None = None
    """Whose derived data is needed no more, but for what `now`, another image or another generation needs."""
    now: ImagePart | None = None
    is_second_delivery: bool = False

    @property
    def content(self) -> str:
        """SHA-256 of what the image was before and is no more; empty where it was nothing else."""
        return "" if self.past is None or self._is_current else self.past.sha256 or ""

    @property
    def thumbnails(self) -> list[str]:
        if self.past is None or not self.past.thumbnail or self.past.thumbnail == (self.now and self.now.thumbnail):
            return []
        # A twin that another generation's backfill found has the same name, and may never hear of an event.
        may_be_shared = self._is_current and thumbnail_sequencer(self.past.thumbnail) == _OF_BACKFILL
        return [] if may_be_shared else [self.past.thumbnail]

    @property
    def _is_current(self) -> bool:
        now, past = self.now, self.past
        return now is not None and past is not None and now.state == "indexed" and now.sha256 == past.sha256


@dataclass(frozen=True, slots=True)
class Tidier:
    """Deletes from the derived bucket."""

    index: ImageIndex
    derived: ObjectStore
    space_id: str
    """Of the model whose descriptors are ours to delete."""

    def tidied(self, batch: Iterable[tuple[Prepared, Written | None]]) -> list[Outcome]:
        """Remove what nobody needs any more after a batch of writes, and say what became of each change.

        `Written` is None where nothing was written. The index is asked once for all of them.
        """
        left = [_left_by(prepared, written) for prepared, written in batch]
        contents = {each.content for each in left if each.content}
        try:
            needless = contents - self.index.live_contents(contents) if contents else contents
        except ImageSearchError as error:
            return [_failed(each, error) if each.content else self._tidied(each, set()) for each in left]
        return [self._tidied(each, needless) for each in left]

    def _tidied(self, left: _Left, needless: Collection[str]) -> Outcome:
        part = left.prepared.part
        try:
            self.derived.delete(*left.thumbnails, *self._older_thumbnails(left))
            if left.content in needless:
                self.derived.delete(derived_key(self.space_id, left.content))
            if isinstance(part, ImagePart) and left.now is part:
                self._keep(part, left.prepared.kept)
        except ImageSearchError as error:
            return _failed(left, error)
        return left.outcome

    def _older_thumbnails(self, left: _Left) -> list[str]:
        """Of a second delivery: an image's thumbnails of events up to its own; never one that a newer event is making.

        Those of the content that is current stay, and those that a backfill made: they may be another generation's.
        """
        now = left.now
        if now is None or not left.is_second_delivery:
            return []
        return [
            item.key
            for item in self.derived.listing(thumbnail_prefix(left.prepared.change.image.image_id))
            if _OF_BACKFILL < thumbnail_sequencer(item.key) <= now.sequencer and not _is_current(item.key, now)
        ]

    def _keep(self, part: ImagePart, kept: bytes | None) -> None:
        """Put back what was kept, if it was deleted with the last other image of this content (as a move does)."""
        key = derived_key(self.space_id, part.sha256 or "")
        if kept and not any(item.key == key for item in self.derived.listing(key)):
            self.derived.put(key, kept, content_type=DERIVED_TYPE)


def _left_by(prepared: Prepared, written: Written | None) -> _Left:
    change, part, standing, outcome = prepared.change, prepared.part, prepared.standing, prepared.outcome
    if written is None:
        # An earlier delivery of this very event may have been cut off before it could tidy up.
        if isinstance(standing, ImagePart) and standing.sequencer == change.sequencer:
            return _Left(prepared, outcome, standing, standing, is_second_delivery=True)
        return _Left(prepared, outcome)
    if written.outcome == "failed":
        return _Left(prepared, Outcome(change, "failed", outcome.described, reason=written.reason))
    if written.outcome != "written":
        outcome = replace(outcome, result=written.outcome, reason=None)
    if not isinstance(part, ImagePart):
        return _Left(prepared, outcome)
    other = written.other.image if written.other else None
    past, now = (other, part) if written.outcome == "written" else (part, other)
    return _Left(prepared, outcome, past, now)


def _failed(left: _Left, error: ImageSearchError) -> Outcome:
    return Outcome(left.prepared.change, "failed", reason=reason_of(error))


@dataclass(frozen=True, slots=True)
class Swept:
    """How far a sweep has come."""

    objects: int
    """How many went."""
    after: str | None
    """The key to go on from, where time ran out; None where everything was looked through."""


def sweep(
    generations: Sequence[tuple[ImageIndex, str]],
    derived: ObjectStore,
    *,
    tombstones_before: datetime,
    derived_before: datetime,
    after: str = "",
    deadline: float | None = None,
) -> Swept:
    """Forget old tombstones, and derived data that no image needs; what is younger may still be in the making.

    `generations` are all that there are, each with its model's space; what any of their indexes needs stays.
    Tombstones must outlive every queue in which an event of their image may wait. The indexes must be complete: what
    they have yet to hear of would seem needless, and be computed again.

    At the `deadline` (as `time.monotonic` counts) it stops after the thousand keys it is at, however few those were.
    """
    indexes, spaces = [index for index, _ in generations], {space for _, space in generations}
    if not after:  # else it was done when this sweep began
        for index in indexes:
            index.sweep(tombstones_before)
    listed = derived.listing(after=after)
    swept = 0
    while batch := list(islice(listed, _BATCH)):
        needless = _needless([item.key for item in batch if item.last_modified < derived_before], indexes, spaces)
        derived.delete(*needless)
        swept += len(needless)
        if deadline is not None and time.monotonic() >= deadline:
            return Swept(swept, batch[-1].key)
    return Swept(swept, None)


def _needless(keys: Iterable[str], indexes: Sequence[ImageIndex], spaces: Collection[str]) -> list[str]:
    """Another model's descriptors may be needed again: see `forget_space`."""
    owners, contents = dict[str, str](), dict[str, str]()
    for key in keys:
        space, _, sha256 = key.partition("/")
        if owner := thumbnail_owner(key):
            owners[key] = owner
        elif space in spaces:
            contents[key] = sha256
    live = set[str]().union(*(index.live_contents(set(contents.values())) for index in indexes))
    needless = owners.keys() - _needed_thumbnails(owners, indexes)
    return sorted(needless | {key for key, sha256 in contents.items() if sha256 not in live})


def _needed_thumbnails(owners: Mapping[str, str], indexes: Sequence[ImageIndex]) -> set[str]:
    """`owners`: by thumbnail the id of the image that it is of."""
    needed = set()
    for index in indexes:
        records = index.read(sorted(set(owners.values())))
        parts = {image_id: record.image for image_id, record in records.items() if record.live and record.image}
        needed |= {key for key, owner in owners.items() if owner in parts and _is_current(key, parts[owner])}
    return needed


def forget_space(space_id: str, *, derived: ObjectStore) -> int:
    """Delete the kept descriptors of a model that no generation has any more. Returns how many objects went.

    Thumbnails stay: they are of no model.
    """
    if not space_id or space_id == THUMBNAILS:
        raise ValueError(f"{space_id!r} is no model's space")
    deleted = 0
    listed = derived.listing(f"{space_id}/")
    while keys := [item.key for item in islice(listed, _BATCH)]:
        derived.delete(*keys)
        deleted += len(keys)
    return deleted


def _is_current(thumbnail: str, now: ImagePart) -> bool:
    return thumbnail == now.thumbnail or (now.live and shows_content(thumbnail, now.sha256))
