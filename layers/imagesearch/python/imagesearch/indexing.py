"""The indexing use case: objects changed; bring the index in line with what they are now.

An event is only a hint. The object is read as it is now, and the part written is stamped with the event's sequencer;
the index refuses what is not newer than what it has. So any shuffled and repeated delivery ends in the same state.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
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
    thumbnail_prefix,
    thumbnail_sequencer,
)
from imagesearch.errors import ImageSearchError, ImageTooLarge, InvalidSidecar, PictureError
from imagesearch.ports import Describer, ImageIndex, ObjectStore, PictureReader
from imagesearch.records import Change, ImagePart, Record, SidecarPart, StoredObject, Write, WriteOutcome
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

    def apply(self, changes: Sequence[Change]) -> list[Outcome]:
        """Bring the index in line with objects that changed. The answers stand in their order; nothing is raised."""
        by_age = sorted(changes, key=lambda change: change.sequencer)
        newest = list({_object_of(change): change for change in by_age}.values())
        try:
            known = self.index.read([change.image.image_id for change in newest])
            with ThreadPoolExecutor(self.workers, "picture") as pool:
                prepared = list(pool.map(lambda change: self._prepared(change, known), newest))
            outcomes = self._written(prepared, known)
        except ImageSearchError as error:
            outcomes = {change: Outcome(change, "failed", reason=_reason(error)) for change in newest}
        # An older event of the same object has nothing to add: the newest one read the object as it is now.
        return [outcomes.get(change, Outcome(change, "stale")) for change in changes]

    def _prepared(self, change: Change, known: Mapping[str, Record]) -> _Prepared:
        """Everything but the writing. Raises nothing: one bad object must not hold up the others."""
        record = known.get(change.image.image_id)
        if _is_stale(change, record):
            return _Prepared(change, None, Outcome(change, "stale"))
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
        except ImageTooLarge as error:
            part = ImagePart(change.sequencer, "rejected", reason=_reason(error))
            return _Prepared(change, part, Outcome(change, "rejected", reason=part.reason))
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
            derived, described = self._derived(found, sha256)
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
        return _Prepared(change, part, Outcome(change, "indexed", described=described))

    def _derived(self, found: StoredObject, sha256: str) -> tuple[Derived, bool]:
        """What is computed from these bytes, and whether it had to be. Raises PictureError."""
        key = derived_key(self.space_id, sha256)
        kept = self.derived.get(key, max_bytes=MAX_DERIVED_BYTES)
        if kept and (derived := derived_from_bytes(kept.body)):
            return derived, False
        derived = self.computing.submit(self._computed, found.body).result()
        self.derived.put(key, derived_to_bytes(derived), content_type=DERIVED_TYPE)
        return derived, True

    def _computed(self, body: bytes) -> Derived:
        picture = self.read_picture(body)
        (descriptors,) = self.describer().describe([picture.pixels])
        return Derived(picture.facts, descriptors, picture.thumbnail)

    def _sidecar(self, change: Change) -> _Prepared:
        try:
            found = self.images.get(change.key, max_bytes=self.max_sidecar_bytes)
            if found is None:
                return _Prepared(change, SidecarPart(change.sequencer, "removed"), Outcome(change, "words-removed"))
            part = SidecarPart(change.sequencer, "present", sidecar_words(found.body), found.etag)
        except (ImageTooLarge, InvalidSidecar) as error:
            part = SidecarPart(change.sequencer, "rejected", reason=_reason(error))
            return _Prepared(change, part, Outcome(change, "words-rejected", reason=part.reason))
        return _Prepared(change, part, Outcome(change, "words"))

    def _written(self, prepared: Sequence[_Prepared], known: Mapping[str, Record]) -> dict[Change, Outcome]:
        """Write all parts at once, then tidy up. Raises ImageSearchError where the index refuses them all."""
        writes = {each.change: Write(each.change.image, each.part) for each in prepared if each.part}
        written = dict(zip(writes, self.index.write(list(writes.values())), strict=True)) if writes else {}
        return {each.change: self._tidied(each, written.get(each.change), known) for each in prepared}

    def _tidied(self, prepared: _Prepared, written: WriteOutcome | None, known: Mapping[str, Record]) -> Outcome:
        """Remove what nobody needs any more from the derived bucket, and say what became of the change."""
        change, part, outcome = prepared.change, prepared.part, prepared.outcome
        if written == "stale":
            outcome = Outcome(change, "stale", described=outcome.described)
        if change.is_sidecar or outcome.result == "failed":
            return outcome
        record = known.get(change.image.image_id)
        before = record.image if record else None
        try:
            if written == "written" and isinstance(part, ImagePart):
                self._forget(change, before, part)
            elif isinstance(part, ImagePart) and part.thumbnail:
                self.derived.delete(part.thumbnail)
            elif before and before.state == "removed":
                self._forget(change, before, before)  # an earlier delivery may have been cut off before it could
        except ImageSearchError as error:
            return Outcome(change, "failed", reason=_reason(error))
        return outcome

    def _forget(self, change: Change, before: ImagePart | None, now: ImagePart) -> None:
        """Delete what was derived from an image's earlier content."""
        image_id = change.image.image_id
        content = before.sha256 if before else None
        is_past = content != now.sha256 or now.state == "removed"
        if content and is_past and not self.index.has_content(content, besides=image_id):
            self.derived.delete(derived_key(self.space_id, content))
        if now.state == "removed":
            thumbnails = [item.key for item in self.derived.keys(thumbnail_prefix(image_id))]
            self.derived.delete(*[key for key in thumbnails if thumbnail_sequencer(key) <= now.sequencer])
        elif before and before.thumbnail and before.thumbnail != now.thumbnail:
            self.derived.delete(before.thumbnail)


@dataclass(frozen=True, slots=True, eq=False)
class _Prepared:
    change: Change
    part: ImagePart | SidecarPart | None
    """To be written; None where nothing is."""
    outcome: Outcome


def _object_of(change: Change) -> tuple[str, str]:
    return change.bucket, change.key


def _is_stale(change: Change, record: Record | None) -> bool:
    part = record and (record.sidecar if change.is_sidecar else record.image)
    return bool(part and part.sequencer >= change.sequencer)


def _reason(error: ImageSearchError) -> str:
    return f"{error.code}: {error.detail}"
