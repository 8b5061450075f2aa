"""Search by descriptor."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pytest
from image_indexes import (
    EVERYTHING,
    NewIndex,
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
from imagesearch.retrieval import Filters, TextLeg, TextMatches, VectorLeg, VectorMatches


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

    def test_several_legs_in_one_call_find_what_each_finds_alone(self, crowd: ImageIndex, crowded: Crowd) -> None:
        """Among 300 images with up to 4 regions each, some of them the same, within filters and without."""
        legs: list[VectorLeg | TextLeg] = [VectorLeg("regions", vectors[0]) for vectors in [*crowded.values()][::9]]
        legs[5:5] = [TextLeg("frog"), VectorLeg("semantic", unit(1, 0, 0))]
        for filters in (EVERYTHING, Filters(key_prefix="image1"), Filters(key_prefix="nothing")):
            for depth in (1, 20, 1000):
                apart = [crowd.retrieve([leg], filters, depth)[0] for leg in legs]
                assert crowd.retrieve(legs, filters, depth) == apart
                ids = [match.image_id for match in apart[0].matches]
                assert crowd.score(legs, ids) == [crowd.score([leg], ids)[0] for leg in legs]

    def test_cosines_are_those_of_the_nearest_vectors_within_a_millionth(
        self, crowd: ImageIndex, crowded: Crowd
    ) -> None:
        legs = [VectorLeg("regions", vectors[-1]) for vectors in [*crowded.values()][:3]]
        for leg, matches in zip(legs, crowd.retrieve(legs, EVERYTHING, 1000), strict=True):
            assert isinstance(matches, VectorMatches)
            exact = {
                ref(name).image_id: float((vectors.astype(np.float64) @ leg.vector.astype(np.float64)).max())
                for name, vectors in crowded.items()
            }
            assert {match.image_id: match.cosine for match in matches.matches} == pytest.approx(exact, abs=1e-6)

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

    def test_exact_matches_of_more_images_than_one_answer_can_hold(self, index: ImageIndex) -> None:
        """Several deep legs together retrieve more than the 10,000 that OpenSearch gives in one answer."""
        put(index, "first", an_image(vector=unit(1, 1, 0), words=Words(caption="frog")))
        put(index, "last", an_image(vector=unit(1, 0, 0), words=Words(caption="frog")))
        first, last = ref("first").image_id, ref("last").image_id
        ids = [first, *(f"unknown{number}" for number in range(10_000)), last]

        text, image = index.score([TextLeg("frog"), VectorLeg("semantic", unit(1, 0, 0))], ids)

        assert isinstance(text, TextMatches)
        assert (text.documents, dict(text.document_frequency)) == (2, {"frog": 2})
        assert {match.image_id for match in text.matches} == {first, last}
        assert isinstance(image, VectorMatches)
        assert {match.image_id: match.cosine for match in image.matches} == {
            first: pytest.approx(0.5**0.5, abs=1e-5),
            last: pytest.approx(1, abs=1e-5),
        }


Crowd = Mapping[str, npt.NDArray[np.float32]]
"""Region vectors by name."""


@pytest.fixture(scope="module")
def crowded() -> Crowd:
    chance = np.random.default_rng(4)
    images = {}
    for number in range(300):
        vectors = chance.standard_normal((1 + number % 4, 512)).astype(np.float32)
        images[f"image{number}"] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return images | {f"copy{number}": images[f"image{number}"] for number in range(0, 300, 3)}


@pytest.fixture(scope="module")
def crowd(new_index: NewIndex, crowded: Crowd) -> ImageIndex:
    index = new_index(regions=512)
    index.write(
        [
            Write(
                ref(name),
                an_image(
                    words=Words("frog"),
                    descriptors={
                        "semantic": Descriptor(np.stack([unit(1, 0, 0)])),
                        "regions": Descriptor(vectors, np.tile(np.array([0, 0, 1, 1], np.float32), (len(vectors), 1))),
                    },
                ),
            )
            for name, vectors in crowded.items()
        ],
        visible=True,
    )
    return index
