"""Search by descriptor."""

from __future__ import annotations

import numpy as np
import pytest
from image_indexes import (
    EVERYTHING,
    an_image,
    name_of,
    put,
    ref,
    shown,
    unit,
)

from imagesearch.errors import ModelMismatch
from imagesearch.ports import ImageIndex
from imagesearch.records import (
    Descriptor,
    Words,
    Write,
)
from imagesearch.searches import TextLeg, VectorLeg, VectorMatches


class TestVectors:
    """Search by descriptor."""

    def test_the_nearest_come_first_with_their_cosines(self, index: ImageIndex) -> None:
        put(index, "same", an_image(vector=unit(1, 0, 0)))
        put(index, "near", an_image(vector=unit(1, 1, 0)))
        put(index, "far", an_image(vector=unit(-1, 0, 0)))
        (matches,) = index.retrieve([VectorLeg("semantic", unit(1, 0, 0))], EVERYTHING, 2)
        assert isinstance(matches, VectorMatches)
        assert [name_of(index, match.image_id) for match in matches.matches] == ["same", "near"]
        assert [match.cosine for match in matches.matches] == pytest.approx([1, 0.5**0.5], abs=1e-5)

    def test_ties_stand_in_the_order_of_their_ids(self, index: ImageIndex) -> None:
        for name in "abcdef":
            put(index, name, an_image())
        (matches,) = index.retrieve([VectorLeg("semantic", unit(1, 0, 0))], EVERYTHING, 10)
        ids = [match.image_id for match in matches.matches]
        assert ids == sorted(ids)
        assert len(ids) == 6

    def test_of_several_vectors_the_nearest_counts_and_tells_its_box(self, index: ImageIndex) -> None:
        boxes = np.array([[0, 0, 1, 1], [0.5, 0.25, 1, 0.75]], np.float32)
        regions = Descriptor(np.stack([unit(1, 0, 0), unit(0, 1, 0)]), boxes)
        put(index, "frog", an_image(descriptors={"regions": regions}))
        (matches,) = index.retrieve([VectorLeg("regions", unit(0, 1, 0))], EVERYTHING, 10)
        assert isinstance(matches, VectorMatches)
        (match,) = matches.matches
        assert match.cosine == pytest.approx(1)
        assert match.box == (0.5, 0.25, 1, 0.75)

    def test_descriptors_are_read_back_as_they_were_written(self, index: ImageIndex) -> None:
        put(index, "frog", an_image(vector=unit(3, 4, 0)))
        image_id = ref("frog").image_id
        plain, full = index.read([image_id])[image_id], index.read([image_id], descriptors=True)[image_id]
        assert plain.image
        assert full.image
        assert plain.image.descriptors == {}
        np.testing.assert_allclose(full.image.descriptors["semantic"].vectors, [[0.6, 0.8, 0]], atol=1e-7)

    def test_descriptors_of_another_space_are_refused_and_nothing_of_the_call_is_written(
        self, index: ImageIndex
    ) -> None:
        put(index, "frog", an_image())
        writes = [Write(ref("toad"), an_image()), Write(ref("newt"), an_image(space_id="other"))]
        with pytest.raises(ModelMismatch, match="other"):
            index.write(writes)
        assert shown(index) == {"frog"}
        assert index.status().space_id == "space"

    def test_exact_matches_of_given_images(self, index: ImageIndex) -> None:
        put(index, "near", an_image(vector=unit(1, 1, 0), words=Words(caption="frog")))
        put(index, "far", an_image(vector=unit(-1, 0, 0)))
        ids = [ref("near").image_id, ref("far").image_id, ref("unknown").image_id]
        text, image = index.score([TextLeg("frog"), VectorLeg("semantic", unit(1, 0, 0))], ids)
        assert {match.image_id for match in text.matches} == {ids[0]}
        assert isinstance(image, VectorMatches)
        cosines = {match.image_id: match.cosine for match in image.matches}
        assert cosines == {ids[0]: pytest.approx(0.5**0.5, abs=1e-5), ids[1]: pytest.approx(-1, abs=1e-5)}
