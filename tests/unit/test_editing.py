"""People who change things, where the index refuses what must not wait. (What they do else: tests/integration.)"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from fakes import CLOCK, MemoryStore
from image_indexes import BUCKET, an_image, put, ref

from imagesearch.adapters.sqlite.index import SqliteIndex
from imagesearch.editing import prepare_upload, remove_image
from imagesearch.errors import IndexUnavailable
from imagesearch.records import Words, Write, Written


class Overloaded(SqliteIndex):
    """Real, but for writes: it refuses them, as a busy OpenSearch does in the end."""

    refuses = False

    def write(self, writes: Sequence[Write], *, visible: bool = False, deadline: float | None = None) -> list[Written]:
        if self.refuses:
            return [Written("failed", None, "index-unavailable: The index is overloaded right now.")] * len(writes)
        return super().write(writes, visible=visible, deadline=deadline)


@pytest.fixture
def index(tmp_path: Path) -> Overloaded:
    return Overloaded(tmp_path / "index.sqlite")


def test_who_deletes_what_can_not_be_hidden_is_told_and_may_try_again(index: Overloaded) -> None:
    put(index, "frog", an_image())
    frog = ref("frog").image_id
    index.refuses = True
    with pytest.raises(IndexUnavailable, match=r"^The index is overloaded right now\.$"):
        remove_image(frog, index=index, images=MemoryStore(), derived=MemoryStore())
    index.refuses = False
    remove_image(frog, index=index, images=MemoryStore(), derived=MemoryStore())
    assert not index.read([frog])[frog].live


def test_no_form_is_given_for_an_upload_that_nobody_could_ask_after(index: Overloaded) -> None:
    index.refuses = True
    with pytest.raises(IndexUnavailable, match="overloaded"):
        prepare_upload(
            "frog.png",
            "image/png",
            Words(),
            bucket=BUCKET,
            now=CLOCK,
            expires=timedelta(minutes=1),
            max_bytes=1000,
            index=index,
            images=MemoryStore(),
        )
