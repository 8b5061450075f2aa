"""Without a live image part a record is never shown."""

from __future__ import annotations

import pytest
from image_indexes import (
    EVERYTHING,
    an_image,
    found_by,
    gone,
    put,
    shown,
    stamp,
    unit,
    words_of,
)

from imagesearch.ports import ImageIndex
from imagesearch.records import (
    ImagePart,
    Words,
)
from imagesearch.retrieval import TextLeg, VectorLeg


class TestLiveness:
    """Without a live image part a record is never shown."""

    @pytest.mark.parametrize(
        "part",
        [
            gone(2),
            ImagePart(stamp(2), "rejected", reason="x"),
            ImagePart(stamp(2), "pending"),
            an_image(2, hidden=True),
        ],
        ids=["removed", "rejected", "pending", "hidden"],
    )
    def test_what_is_not_live_is_found_by_nothing(self, index: ImageIndex, part: ImagePart) -> None:
        put(index, "frog", an_image(1, words=Words(caption="frog", tags=("pond",))))
        put(index, "frog", part)
        (by_text, by_image) = index.retrieve([TextLeg("frog"), VectorLeg("semantic", unit(1, 0, 0))], EVERYTHING, 10)
        assert (by_text.matches, by_image.matches, shown(index)) == ((), (), set())
        assert index.count(EVERYTHING, "frog", ["tags"], 10).total == 0
        assert index.count(EVERYTHING, None, ["tags", "format"], 10).facets == {"tags": {}, "format": {}}
        assert index.suggest("fr", 9) == index.suggest("po", 9) == []

    def test_a_sidecar_alone_is_not_shown_but_waits_for_its_image(self, index: ImageIndex) -> None:
        put(index, "frog", words_of(1, caption="a frog"))
        assert shown(index) == set()
        put(index, "frog", an_image(1))
        assert found_by(index, "frog") == {"frog"}
