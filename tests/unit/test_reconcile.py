"""What the index missed is announced again: exactly the differences between bucket and index."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from imagesearch.adapters.sqlite.index import SqliteIndex
from imagesearch.records import ImagePart, ImageRef, ImageState, SidecarPart, Write, padded_sequencer
from imagesearch_local.relay.reconcile import known_etags, missed

etags = st.dictionaries(st.sampled_from(["a.png", "a.png.json", "b.png", "ü.png", "dir/"]), st.sampled_from("12"))


@given(etags, etags)
def test_what_is_announced_turns_what_is_known_into_what_is_there(
    present: dict[str, str], known: dict[str, str]
) -> None:
    after = dict(known)
    for event, key in missed(present, known):
        if event == "ObjectCreated:Put":
            after[key] = present[key]
        else:
            del after[key]
    assert after == present


@given(etags)
def test_nothing_is_announced_where_nothing_differs(present: dict[str, str]) -> None:
    assert missed(present, dict(present)) == []


@given(etags, etags)
def test_each_key_is_announced_at_most_once(present: dict[str, str], known: dict[str, str]) -> None:
    keys = [key for _, key in missed(present, known)]
    assert keys == sorted(set(keys))


def test_the_index_tells_what_it_knows_of_present_and_of_vanished_objects(tmp_path: Path) -> None:
    """Pictures, sidecars, rejected pictures; not what was removed, nor what another bucket holds."""
    index = SqliteIndex(tmp_path / "index.sqlite")
    uploaded = datetime(2026, 1, 1, tzinfo=UTC)

    def image(key: str, state: ImageState, etag: str, bucket: str = "images") -> Write:
        part = ImagePart(sequencer=padded_sequencer("1"), state=state, etag=etag, uploaded=uploaded)
        return Write(ImageRef(bucket, key), part)

    index.write(
        [
            image("here.png", "indexed", '"1"'),
            Write(ImageRef("images", "here.png"), SidecarPart(padded_sequencer("1"), "present", etag='"2"')),
            image("vanished.png", "indexed", '"3"'),
            image("rejected.png", "rejected", '"4"'),
            image("removed.png", "removed", '"5"'),
            image("elsewhere.png", "indexed", '"6"', bucket="other"),
        ]
    )
    assert known_etags(index, "images") == {
        "here.png": '"1"',
        "here.png.json": '"2"',
        "vanished.png": '"3"',
        "rejected.png": '"4"',
    }
