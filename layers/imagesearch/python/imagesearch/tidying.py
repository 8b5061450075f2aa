"""What nobody needs any more: derived data of past content, and old tombstones.

Whoever writes a part of an image tidies up after it at once (`Tidier.tidied`). What a crash leaves behind is found by
looking through everything now and then (`Tidier.sweep`).

While the model changes, two generations keep their derived data in one bucket. Each hears of every event, but not at
the same time, and what a backfill found has no event: see "Two generations" in docs/indexing.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
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

_OF_BACKFILL = padded_sequencer("")
_NOBODY = "none"
"""The id of no image."""
_BATCH = 1000
"""Keys of one request that deletes objects."""


@dataclass(frozen=True, slots=True)
class Tidier:
    """Deletes from the derived bucket."""

    index: ImageIndex
    derived: ObjectStore
    space_id: str
    """Of the model whose descriptors are ours to delete."""

    def tidied(self, prepared: Prepared, written: Written | None) -> Outcome:
        """Remove what nobody needs any more after a write (None: there was none), and say what became of the change."""
        change, part = prepared.change, prepared.part
        if written is not None and written.outcome == "failed":
            return Outcome(change, "failed", prepared.outcome.described, reason=written.reason)
        image_id = change.image.image_id
        outcome = prepared.outcome
        if written is not None and written.outcome != "written":
            outcome = replace(outcome, result=written.outcome, reason=None)
        other = written.other.image if written and written.other else None
        try:
            if isinstance(part, ImagePart) and outcome is not prepared.outcome:
                self.forget(part, other, image_id)
            elif isinstance(part, ImagePart):
                self.forget(other, part, image_id)
                self._keep(part, prepared.kept)
            elif isinstance(prepared.standing, ImagePart) and prepared.standing.sequencer == change.sequencer:
                # An earlier delivery of this very event may have been cut off before it could tidy up.
                self.forget_older_thumbnails(prepared.standing, image_id)
                self.forget(prepared.standing, prepared.standing, image_id)
        except ImageSearchError as error:
            return Outcome(change, "failed", reason=reason_of(error))
        return outcome

    def forget(self, past: ImagePart | None, now: ImagePart | None, image_id: str) -> None:
        """Delete what was derived for `past`, but for what `now`, another image or another generation needs."""
        if past is None:
            return
        is_current = now is not None and now.state == "indexed" and now.sha256 == past.sha256
        # A twin that another generation's backfill found has the same name, and may never hear of an event.
        may_be_shared = is_current and thumbnail_sequencer(past.thumbnail or "") == _OF_BACKFILL
        if past.thumbnail and past.thumbnail != (now and now.thumbnail) and not may_be_shared:
            self.derived.delete(past.thumbnail)
        if past.sha256 and not is_current and not self.index.has_content(past.sha256, besides=image_id):
            self.derived.delete(derived_key(self.space_id, past.sha256))

    def forget_older_thumbnails(self, now: ImagePart, image_id: str) -> None:
        """Delete an image's thumbnails of events up to this part's; never one that a newer event is making.

        Those of the content that is current stay, and those that a backfill made: they may be another generation's.
        """
        past = [
            item.key
            for item in self.derived.listing(thumbnail_prefix(image_id))
            if _OF_BACKFILL < thumbnail_sequencer(item.key) <= now.sequencer and not _is_current(item.key, now)
        ]
        self.derived.delete(*past)

    def _keep(self, part: ImagePart, kept: bytes | None) -> None:
        """Put back what was kept, if it was deleted with the last other image of this content (as a move does)."""
        key = derived_key(self.space_id, part.sha256 or "")
        if kept and not any(item.key == key for item in self.derived.listing(key)):
            self.derived.put(key, kept, content_type=DERIVED_TYPE)

    def sweep(self, *, tombstones_before: datetime, derived_before: datetime, others: Sequence[ImageIndex] = ()) -> int:
        """Forget old tombstones, and derived data that no image needs; what is younger may still be in the making.

        Tombstones must outlive every queue in which an event of their image may wait. The index must be complete: what
        it has yet to hear of would seem needless, and be computed again. What `others`, the indexes of other
        generations, need stays. Returns how many objects went.
        """
        self.index.sweep(tombstones_before)
        indexes = (self.index, *others)
        listed = (item.key for item in self.derived.listing() if item.last_modified < derived_before)
        swept = 0
        while keys := list(islice(listed, _BATCH)):
            needless = sorted(set(keys) - _needed_thumbnails(keys, indexes) - self._needed_descriptors(keys, indexes))
            self.derived.delete(*needless)
            swept += len(needless)
        return swept

    def _needed_descriptors(self, keys: Iterable[str], indexes: Sequence[ImageIndex]) -> set[str]:
        """Another model's may be needed again: see `forget_space`."""
        ours = f"{self.space_id}/"
        return {
            key
            for key in keys
            if thumbnail_owner(key) is None
            and (
                not key.startswith(ours)
                or any(index.has_content(key.removeprefix(ours), besides=_NOBODY) for index in indexes)
            )
        }


def _needed_thumbnails(keys: Iterable[str], indexes: Sequence[ImageIndex]) -> set[str]:
    owners = {key: owner for key in keys if (owner := thumbnail_owner(key))}
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
