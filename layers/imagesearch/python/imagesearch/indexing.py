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
from typing import Literal

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
from imagesearch.ports import Describer, ImageIndex, ObjectStore, PictureReader
from imagesearch.records import Change, ImagePart, Record, SidecarPart, StoredObject, Write, Written
from imagesearch.tidying import Tidier
from imagesearch.words import cleaned_words, metadata_words, sidecar_words

logger = logging.getLogger(__name__)
MAX_DERIVED_BYTES = 32 * 1024 * 1024

Result = Literal["indexed", "rejected", "removed", "words", "words-rejected", "words-removed", "stale", "failed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one change."""

    change: Change
    result: Result
    described: bool = False
    """Whether the model ran for it."""
    reason: str | None = None
    """Why it was rejected, or why it failed. What failed must be tried again; all else is done."""


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
        try:
            outcomes = self._applied(newest, deadline)
        except ImageSearchError as error:
            outcomes = {change: Outcome(change, "failed", reason=_reason(error)) for change in newest}
        except Exception as error:  # whatever it is, the objects stay in the queue
            logger.exception("unexpected error")
            outcomes = {change: Outcome(change, "failed", reason=type(error).__name__) for change in newest}
        # An older event of the same object has nothing to add: the newest one read the object as it is now.
        return [outcomes.get(change, Outcome(change, "stale")) for change in changes]

    def _applied(self, changes: Sequence[Change], deadline: float | None) -> dict[Change, Outcome]:
        known = self.index.read([change.image.image_id for change in changes])
        with ThreadPoolExecutor(self.workers, "picture") as pool:
            records = (known.get(change.image.image_id) for change in changes)
            prepared = list(pool.map(self._prepared, changes, records))
        writes = {each.change: Write(each.change.image, each.part) for each in prepared if each.part}
        answers = self.index.write(list(writes.values()), deadline=deadline) if writes else []
        written = dict(zip(writes, answers, strict=True))
        return {each.change: self._tidied(each, written.get(each.change)) for each in prepared}

    def _prepared(self, change: Change, record: Record | None) -> _Prepared:
        """Everything but the writing. Raises nothing: one bad object must not hold up the others."""
        part = record and (record.sidecar if change.is_sidecar else record.image)
        if part and part.sequencer >= change.sequencer:
            return _Prepared(change, None, Outcome(change, "stale"), standing=part)
        try:
            return self._sidecar(change) if change.is_sidecar else self._image(change, record)
        except ImageSearchError as error:
            return _Prepared(change, None, Outcome(change, "failed", reason=_reason(error)))
        except Exception as error:  # whatever it is, the object stays in the queue and the others go on
            logger.exception("unexpected error on %s", change.key)
            return _Prepared(change, None, Outcome(change, "failed", reason=type(error).__name__))

    def _image(self, change: Change, record: Record | None) -> _Prepared:
        try:
            found = self.images.get(change.key, max_bytes=self.max_image_bytes)
        except ObjectTooLarge as error:
            reason = _reason(error)
            part = ImagePart(change.sequencer, "rejected", reason=reason, etag=error.etag, size=error.size)
            return _Prepared(change, part, Outcome(change, "rejected", reason=reason))
        if found is None:
            # The tombstone remembers the content, so that a second delivery can finish tidying up after it.
            content = record.image.sha256 if record and record.image else None
            part = ImagePart(change.sequencer, "removed", sha256=content)
            return _Prepared(change, part, Outcome(change, "removed"))

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
            part = replace(part, state="rejected", reason=_reason(error))
            return _Prepared(change, part, Outcome(change, "rejected", reason=part.reason))

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
        return _Prepared(change, part, Outcome(change, "indexed", described=kept is None), kept=kept)

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

    def _sidecar(self, change: Change) -> _Prepared:
        try:
            found = self.images.get(change.key, max_bytes=self.max_sidecar_bytes)
        except ObjectTooLarge as error:
            return _rejected_sidecar(change, InvalidSidecar(error.detail), error.etag)
        if found is None:
            return _Prepared(change, SidecarPart(change.sequencer, "removed"), Outcome(change, "words-removed"))
        try:
            part = SidecarPart(change.sequencer, "present", sidecar_words(found.body), found.etag)
        except InvalidSidecar as error:
            return _rejected_sidecar(change, error, found.etag)
        return _Prepared(change, part, Outcome(change, "words"))

    def _tidied(self, prepared: _Prepared, written: Written | None) -> Outcome:
        """Remove what nobody needs any more from the derived bucket, and say what became of the change."""
        change, part = prepared.change, prepared.part
        if written is not None and written.outcome == "failed":
            return Outcome(change, "failed", prepared.outcome.described, reason=written.reason)
        image_id = change.image.image_id
        is_stale = written is not None and written.outcome == "stale"
        outcome = replace(prepared.outcome, result="stale", reason=None) if is_stale else prepared.outcome
        other = written.other.image if written and written.other else None
        tidier = Tidier(self.index, self.derived, self.space_id)
        try:
            if isinstance(part, ImagePart) and is_stale:
                tidier.forget(part, other, image_id)
            elif isinstance(part, ImagePart):
                tidier.forget(other, part, image_id)
                self._keep(part, prepared.kept)
            elif isinstance(prepared.standing, ImagePart) and prepared.standing.sequencer == change.sequencer:
                # An earlier delivery of this very event may have been cut off before it could tidy up.
                tidier.forget_older_thumbnails(prepared.standing, image_id)
                tidier.forget(prepared.standing, prepared.standing, image_id)
        except ImageSearchError as error:
            return Outcome(change, "failed", reason=_reason(error))
        return outcome

    def _keep(self, part: ImagePart, kept: bytes | None) -> None:
        """Put back what was kept, if it was deleted with the last other image of this content (as a move does)."""
        key = derived_key(self.space_id, part.sha256 or "")
        if kept and not any(item.key == key for item in self.derived.listing(key)):
            self.derived.put(key, kept, content_type=DERIVED_TYPE)


@dataclass(frozen=True, slots=True, eq=False)
class _Prepared:
    change: Change
    part: ImagePart | SidecarPart | None
    """To be written; None where nothing is."""
    outcome: Outcome
    standing: ImagePart | SidecarPart | None = None
    """Of a change that was stale from the start: the part that is at least as new."""
    kept: bytes | None = None
    """Of an image whose content was known: its derived data, as it is kept."""


def _rejected_sidecar(change: Change, error: ImageSearchError, etag: str) -> _Prepared:
    part = SidecarPart(change.sequencer, "rejected", etag=etag, reason=_reason(error))
    return _Prepared(change, part, Outcome(change, "words-rejected", reason=part.reason))


def _object_of(change: Change) -> tuple[str, str]:
    return change.bucket, change.key


def _reason(error: ImageSearchError) -> str:
    return f"{error.code}: {error.detail}"
