"""The backfilling use case: bring into the index what is already in a bucket.

There is no event to stamp a part with. So the object is read as it is now, and the part is written only if the record
is still as it was before (compare and set), under the stamp of the part that it replaces: any event that is still on
its way is newer, and one that came in between is never overwritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from imagesearch.indexing import Indexer
from imagesearch.outcomes import Outcome, Prepared
from imagesearch.records import Change, ImagePart, Record, SidecarPart, padded_sequencer

ATTEMPTS = 5
_BEFORE_ANY_EVENT = padded_sequencer("")


def backfill(
    keys: Iterable[str],
    *,
    indexer: Indexer,
    bucket: str,
    etags: Mapping[str, str] | None = None,
    deadline: float | None = None,
) -> list[Outcome]:
    """Bring the index in line with these objects, images and sidecars, gone or not. Nothing is raised.

    `etags`, by key as a listing told them, save reading what the index has already. Answers stand in the order of the
    keys, one for each; `failed` is what must be tried again. The `deadline` is as `Indexer.apply` has it.
    """
    changes = {key: Change(bucket, key, _BEFORE_ANY_EVENT, "Backfill") for key in keys}
    outcomes = {key: Outcome(change, "unchanged") for key, change in changes.items()}
    # 'Folders', which consoles make, are no images.
    objects = [change for key, change in changes.items() if not key.endswith("/")]
    work = _Backfill(indexer, etags or {}, deadline)
    # One after the other: an image and its sidecar are parts of one record, and would be in each other's way.
    for some in ([each for each in objects if not each.is_sidecar], [each for each in objects if each.is_sidecar]):
        outcomes |= {outcome.change.key: outcome for outcome in work.carry_out(some)}
    return list(outcomes.values())


@dataclass(frozen=True, slots=True)
class _Backfill:
    indexer: Indexer
    etags: Mapping[str, str]
    deadline: float | None

    def carry_out(self, changes: Sequence[Change]) -> list[Outcome]:
        done: list[Outcome] = []
        for _ in range(ATTEMPTS):
            if not changes:
                return done
            outcomes = self.indexer.carry_out(changes, self._prepared, self.deadline)
            done += [outcome for outcome in outcomes if outcome.result != "conflict"]
            changes = [outcome.change for outcome in outcomes if outcome.result == "conflict"]
        reason = f"conflict: events changed the image {ATTEMPTS} times while it was read"
        return [*done, *(Outcome(change, "failed", reason=reason) for change in changes)]

    def _prepared(self, change: Change, record: Record | None) -> Prepared:
        part = _part(change, record)
        is_known = part is not None and part.state not in {"removed", "pending"}
        # What a person has deleted is as good as gone: should it be there all the same, it is indexed again.
        is_hidden = isinstance(part, ImagePart) and part.hidden
        etag = part.etag if part and is_known and not is_hidden else None
        unchanged = Prepared(change, None, Outcome(change, "unchanged"))
        if etag and self.etags.get(change.key) == etag:
            return unchanged
        stamped = replace(change, sequencer=part.sequencer if part else _BEFORE_ANY_EVENT)
        prepared = self.indexer.prepare(stamped, record, unless_etag=etag)
        if prepared.part and prepared.part.state == "removed" and not is_known:
            return unchanged
        return replace(prepared, if_version=record.version if record else "")


def _part(change: Change, record: Record | None) -> ImagePart | SidecarPart | None:
    if record is None:
        return None
    return record.sidecar if change.is_sidecar else record.image
