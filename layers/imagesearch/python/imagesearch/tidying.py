"""What nobody needs any more: derived data of past content, and old tombstones.

Whoever writes a part of an image tidies up after it at once (`forget`). What a crash leaves behind is found by looking
through everything now and then (`sweep`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from imagesearch.derived import derived_key, thumbnail_owner, thumbnail_prefix, thumbnail_sequencer
from imagesearch.ports import ImageIndex, ObjectStore
from imagesearch.records import ImagePart


@dataclass(frozen=True, slots=True)
class Tidier:
    """Deletes from the derived bucket."""

    index: ImageIndex
    derived: ObjectStore
    space_id: str
    """Of the model whose descriptors are ours to delete."""

    def forget(self, past: ImagePart | None, now: ImagePart | None, image_id: str) -> None:
        """Delete what was derived for `past`, but for what `now` or another image needs."""
        if past is None:
            return
        if past.thumbnail and not (now and now.thumbnail == past.thumbnail):
            self.derived.delete(past.thumbnail)
        is_current = now and now.state == "indexed" and now.sha256 == past.sha256
        if past.sha256 and not is_current and not self.index.has_content(past.sha256, besides=image_id):
            self.derived.delete(derived_key(self.space_id, past.sha256))

    def forget_older_thumbnails(self, now: ImagePart, image_id: str) -> None:
        """Delete an image's thumbnails of events up to this part's; never one that a newer event is making."""
        listed = [item.key for item in self.derived.listing(thumbnail_prefix(image_id))]
        self.derived.delete(
            *[key for key in listed if key != now.thumbnail and thumbnail_sequencer(key) <= now.sequencer]
        )

    def sweep(self, *, tombstones_before: datetime, derived_before: datetime) -> int:
        """Forget old tombstones, and derived data that no image needs; what is younger may still be in the making.

        Tombstones must outlive every queue in which an event of their image may wait. The index must be complete: what
        it has yet to hear of would seem needless, and be computed again. Returns how many objects went.
        """
        self.index.sweep(tombstones_before)
        swept = 0
        for item in self.derived.listing():
            if item.last_modified < derived_before and not self._is_needed(item.key):
                self.derived.delete(item.key)
                swept += 1
        return swept

    def _is_needed(self, key: str) -> bool:
        if image_id := thumbnail_owner(key):
            record = self.index.read([image_id]).get(image_id)
            return bool(record and record.live and record.image and record.image.thumbnail == key)
        space, _, sha256 = key.partition("/")
        # Another model's may be needed again.
        return space != self.space_id or self.index.has_content(sha256, besides="")
