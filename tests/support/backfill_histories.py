"""Histories of a bucket, with backfills among them: the same on every kind of index."""

from __future__ import annotations

from typing import Any

from followed_buckets import BUCKET, KEYS, STEPS, Library, NewLibrary, do, state_of
from hypothesis import strategies as st

from imagesearch.records import Change, ImageRef, Record, Words


def events_and_backfills(new_library: NewLibrary, data: Any) -> None:
    """Given a history; when its events come late, shuffled and repeated, and backfills run before, between, within and
    after them; then the end is that of the ordered history.
    """  # noqa: D205
    mixed, ordered = new_library(), new_library()
    steps = data.draw(st.lists(STEPS, min_size=1, max_size=8))
    for step in steps:
        ordered.apply(do(step, ordered))
    waiting: list[Change] = []
    for step in steps:
        waiting.append(do(step, mixed))
        if data.draw(st.booleans()):
            _backfilled(mixed, data, waiting)
    delivery = data.draw(st.permutations(waiting)) + data.draw(st.lists(st.sampled_from(waiting), max_size=3))
    for change in delivery:
        mixed.apply(change)
        if data.draw(st.booleans()):
            _backfilled(mixed, data, waiting)
    assert _all_but_the_derived(mixed) == _all_but_the_derived(ordered)
    assert _needed(mixed) <= set(mixed.derived.objects)


def backfills_alone(new_library: NewLibrary, data: Any) -> None:
    """Given a history of which some events are lost; when backfilled; then the index shows what the bucket holds."""
    library, ordered = new_library(), new_library()
    for step in data.draw(st.lists(STEPS, min_size=1, max_size=8)):
        ordered.apply(do(step, ordered))
        change = do(step, library)
        if data.draw(st.booleans()):
            library.apply(change)
    keys = [name for key in KEYS for name in (key, f"{key}.json")]
    assert "failed" not in library.backfill(*data.draw(st.permutations(keys)))
    assert _content(library) == _content(ordered)
    assert _needed(library) <= set(library.derived.objects)


def _backfilled(library: Library, data: Any, waiting: list[Change]) -> None:
    """Everything, some of it with an event coming in between."""
    describe = library.describer.describe
    if data.draw(st.booleans()):
        event = data.draw(st.sampled_from(waiting))
        library.while_describing(lambda: library.apply(event))
    keys = sorted({change.key for change in waiting})
    assert "failed" not in library.backfill(*keys)
    # Nothing may have been described; the event must not come in at another time then.
    library.describer.describe = describe  # type: ignore[method-assign]


def _all_but_the_derived(library: Library) -> Any:
    # The derived bucket may keep a backfill's thumbnail of the current content: it could be another generation's.
    return state_of(library)[:-1]


def _content(library: Library) -> Any:
    """What is shown of the bucket, whenever and however the index came to know it."""
    return {key: _seen(library.index.read([ref.image_id]).get(ref.image_id)) for key in KEYS for ref in [_ref(key)]}


def _seen(record: Record | None) -> Any:
    if record is None or record.image is None or record.image.state == "removed":
        return None
    said = record.sidecar.words if record.sidecar else Words()
    return record.image.state, record.image.sha256, said


def _needed(library: Library) -> set[str]:
    images = [record.image for record in library.index.listing() if record.image and record.live]
    return {key for image in images for key in (f"{library.space_id}/{image.sha256}", str(image.thumbnail))}


def _ref(key: str) -> ImageRef:
    return ImageRef(BUCKET, key)
