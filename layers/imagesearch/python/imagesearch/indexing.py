"""The indexing use case: objects changed; bring the index in line with what they are now.

An event is only a hint. The object is read as it is now, and the part written is stamped with the event's sequencer;
the index refuses what is not newer than what it has. So any shuffled and repeated delivery ends in the same state.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace

from imagesearch.derived import (
    DERIVED_TYPE,
    THUMBNAIL_TYPE,
    Derived,
    derived_from_bytes,
    derived_key,
    derived_to_bytes,
    thumbnail_key,
)
from imagesearch.errors import ImageSearchError, InvalidSidecar, ObjectTooLarge, PictureError
from imagesearch.outcomes import Outcome, Prepared, reason_of
from imagesearch.ports import Describer, ImageIndex, ObjectStore, PictureReader
from imagesearch.records import Change, ImagePart, Record, SidecarPart, StoredObject, Write, Written
from imagesearch.tidying import Tidier
from imagesearch.words import cleaned_words, metadata_words, sidecar_words

logger = logging.getLogger(__name__)
MAX_DERIVED_BYTES = 32 * 1024 * 1024

Prepare = Callable[[Change, Record | None], Prepared]
"""Does everything for one change but the writing. May raise what it likes."""


@dataclass(frozen=True, slots=True)
class Indexer:
    """The use case with all it needs of the world. May be called from several threads at once."""

    index: ImageIndex
    images: ObjectStore
    derived: ObjectStore
    space_id: str
    recipe: str
    """Of derived data: the settings that decide it."""
    describer: Callable[[], Describer]
    """Called when the first picture needs it: loading a model takes time."""
    read_picture: PictureReader
    max_image_bytes: int
    max_sidecar_bytes: int
    workers: int
    """Pictures handled at a time: most of them wait for a bucket."""
    computing: Executor
    """Decodes and describes: a thread for each core, however many pictures wait. (The model keeps memory for every
    thread that ever called it.)"""

    def apply(self, changes: Sequence[Change], *, deadline: float | None = None) -> list[Outcome]:
        """Bring the index in line with objects that changed. The answers stand in their order; nothing is raised.

        What the index refuses for the moment is tried again until the `deadline` (as `time.monotonic` counts).
        """
        by_age = sorted(changes, key=lambda change: change.sequencer)
        newest = list({_object_of(change): change for change in by_age}.values())
        outcomes = dict(zip(newest, self.carry_out(newest, self._of_event, deadline), strict=True))
        # An older event of the same object has nothing to add: the newest one read the object as it is now.
        return [outcomes.get(change, Outcome(change, "stale")) for change in changes]

    def carry_out(self, changes: Sequence[Change], prepare: Prepare, deadline: float | None) -> list[Outcome]:
        """Prepare and write changes of different objects, and tidy up. Answers as `apply`."""
        try:
            return self._carried_out(changes, prepare, deadline)
        except ImageSearchError as error:
            return [Outcome(change, "failed", reason=reason_of(error)) for change in changes]
        except Exception as error:  # whatever it is, the objects stay in the queue
            logger.exception("unexpected error")
            return [Outcome(change, "failed", reason=type(error).__name__) for change in changes]

    def _carried_out(self, changes: Sequence[Change], prepare: Prepare, deadline: float | None) -> list[Outcome]:
        known = self.index.read([change.image.image_id for change in changes])

        def prepared_safely(change: Change) -> Prepared:
            """Raises nothing: one bad object must not hold up the others."""
            try:
                return prepare(change, known.get(change.image.image_id))
            except ImageSearchError as error:
                return Prepared(change, None, Outcome(change, "failed", reason=reason_of(error)))
            except Exception as error:  # whatever it is, the object stays in the queue and the others go on
                logger.exception("unexpected error on %s", change.key)
                return Prepared(change, None, Outcome(change, "failed", reason=type(error).__name__))

        with ThreadPoolExecutor(self.workers, "picture") as pool:
            prepared = list(pool.map(prepared_safely, changes))
        written = self._written(prepared, deadline)
        tidier = Tidier(self.index, self.derived, self.space_id)
        return tidier.tidied((each, written.get(each)) for each in prepared)

    def _written(self, prepared: Sequence[Prepared], deadline: float | None) -> dict[Prepared, Written]:
        """What became of each part that there was to write. An index that takes none fails these changes alone."""
        writes = {each: Write(each.change.image, each.part, each.if_version) for each in prepared if each.part}
        if not writes:
            return {}
        try:
            answers = self.index.write(list(writes.values()), deadline=deadline)
        except ImageSearchError as error:
            answers = [Written("failed", None, reason_of(error))] * len(writes)
        return dict(zip(writes, answers, strict=True))

    def _of_event(self, change: Change, record: Record | None) -> Prepared:
        part = record and (record.sidecar if change.is_sidecar else record.image)
        if part and part.sequencer >= change.sequencer:
            return Prepared(change, None, Outcome(change, "stale"), standing=part)
        return self.prepare(change, record)

    def prepare(self, change: Change, record: Record | None, *, unless_etag: str | None = None) -> Prepared:
        """Read the object as it is now, and make the part that says so; none where the object has that ETag.

        Raises ImageSearchError.
        """
        found: StoredObject | ObjectTooLarge | None
        try:
            limit = self.max_sidecar_bytes if change.is_sidecar else self.max_image_bytes
            found = self.images.get(change.key, max_bytes=limit)
        except ObjectTooLarge as error:
            found = error
        if found and unless_etag and found.etag == unless_etag:
            return Prepared(change, None, Outcome(change, "unchanged"))
        return _sidecar(change, found) if change.is_sidecar else self._image(change, found, record)

    def _image(self, change: Change, found: StoredObject | ObjectTooLarge | None, record: Record | None) -> Prepared:
        if found is None:
            # The tombstone remembers the content, so that a second delivery can finish tidying up after it.
            content = record.image.sha256 if record and record.image else None
            part = ImagePart(change.sequencer, "removed", sha256=content)
            return Prepared(change, part, Outcome(change, "removed"))
        if isinstance(found, ObjectTooLarge):
            reason = reason_of(found)
            part = ImagePart(change.sequencer, "rejected", reason=reason, etag=found.etag, size=found.size)
            return Prepared(change, part, Outcome(change, "rejected", reason=reason))

        sha256 = hashlib.sha256(found.body).hexdigest()
        part = ImagePart(
            sequencer=change.sequencer,
            state="indexed",
            uploaded=found.last_modified,
            etag=found.etag,
            size=found.size,
            content_type=found.content_type,
            sha256=sha256,
            words=metadata_words(found.metadata),
        )
        try:
            derived, kept = self._derived(found, sha256)
        except PictureError as error:
            part = replace(part, state="rejected", reason=reason_of(error))
            return Prepared(change, part, Outcome(change, "rejected", reason=part.reason))

        thumbnail = thumbnail_key(change.image.image_id, change.sequencer, sha256)
        self.derived.put(thumbnail, derived.thumbnail, content_type=THUMBNAIL_TYPE)
        part = replace(
            part,
            facts=derived.facts,
            words=part.words.over(cleaned_words(derived.facts.words)),
            thumbnail=thumbnail,
            space_id=self.space_id,
            descriptors=derived.descriptors,
        )
        return Prepared(change, part, Outcome(change, "indexed", described=kept is None), kept=kept)

    def _derived(self, found: StoredObject, sha256: str) -> tuple[Derived, bytes | None]:
        """What is computed from these bytes, and how it was kept if it had not to be computed. Raises PictureError."""
        key = derived_key(self.space_id, sha256)
        kept = self.derived.get(key, max_bytes=MAX_DERIVED_BYTES)
        if kept and (derived := derived_from_bytes(kept.body, self.recipe)):
            return derived, kept.body
        derived = self.computing.submit(self._computed, found.body).result()
        self.derived.put(key, derived_to_bytes(derived, self.recipe), content_type=DERIVED_TYPE)
        return derived, None

    def _computed(self, body: bytes) -> Derived:
        picture = self.read_picture(body)
        (descriptors,) = self.describer().describe([picture.pixels])
        return Derived(picture.facts, descriptors, picture.thumbnail)


def _sidecar(change: Change, found: StoredObject | ObjectTooLarge | None) -> Prepared:
    if found is None:
        return Prepared(change, SidecarPart(change.sequencer, "removed"), Outcome(change, "words-removed"))
    if isinstance(found, ObjectTooLarge):
        return _rejected_sidecar(change, InvalidSidecar(found.detail), found.etag)
    try:
        part = SidecarPart(change.sequencer, "present", sidecar_words(found.body), found.etag)
    except InvalidSidecar as error:
        return _rejected_sidecar(change, error, found.etag)
    return Prepared(change, part, Outcome(change, "words"))


def _rejected_sidecar(change: Change, error: InvalidSidecar, etag: str) -> Prepared:
    part = SidecarPart(change.sequencer, "rejected", etag=etag, reason=reason_of(error))
    return Prepared(change, part, Outcome(change, "words-rejected", reason=part.reason))


def _object_of(change: Change) -> tuple[str, str]:
    return change.bucket, change.key
