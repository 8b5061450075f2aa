"""Near-duplicates: the nearer by descriptor, the more bits hashes may differ in; the best of them is shown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagesearch.duplicates import BITS_PER_COSINE, MIN_COSINE, Look, collapsed, duplicate_pair, groups
from imagesearch.searches import DuplicatePair, RankedHit

FLOWER, ITS_MIRROR, OTHER = "ff00ff00ff00ff00", "00ff00ff00ff00ff", "f0f0f0f00f0f0f0f"


def look(name: str, angle: float = 0, perceptual_hash: str = FLOWER, mirrored_hash: str = ITS_MIRROR) -> Look:
    vector = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))], np.float32)
    return Look(name, vector, perceptual_hash, mirrored_hash)


def changed(perceptual_hash: str, bits: int) -> str:
    """The hash with so many bits turned."""
    return f"{int(perceptual_hash, 16) ^ ((1 << bits) - 1):016x}"


def hits(*names: str) -> list[RankedHit]:
    return [RankedHit(name, 1 - number / 100, {"text": 1.0}) for number, name in enumerate(names)]


def degrees(cosine: float) -> float:
    return float(np.degrees(np.arccos(cosine)))


JUST_NEAR = degrees(MIN_COSINE) - 0.01
TOO_FAR = JUST_NEAR + 0.02
MOST_BITS = int(BITS_PER_COSINE * (1 - MIN_COSINE))


class TestPairs:
    def test_the_same_picture_is_its_own_double(self) -> None:
        assert duplicate_pair(look("b"), look("a")) == DuplicatePair("a", "b", 1.0, 0, mirrored=False)

    def test_its_mirror_image_is_one_and_known_as_such(self) -> None:
        pair = duplicate_pair(look("a"), look("b", 1, ITS_MIRROR, FLOWER))
        assert pair
        assert (pair.distance, pair.mirrored) == (0, True)

    @pytest.mark.parametrize("bits", [0, 1, 8, 14, MOST_BITS - 1])
    def test_the_more_bits_hashes_differ_in_the_nearer_descriptors_must_be(self, bits: int) -> None:
        least = MIN_COSINE + bits / BITS_PER_COSINE
        assert duplicate_pair(look("a"), look("b", degrees(least) - 0.01, changed(FLOWER, bits), OTHER))
        assert not duplicate_pair(look("a"), look("b", degrees(least) + 0.01, changed(FLOWER, bits), OTHER))

    def test_hashes_that_differ_too_much_are_not_made_up_for_by_equal_descriptors(self) -> None:
        assert not duplicate_pair(look("a"), look("b", 0, changed(FLOWER, MOST_BITS + 1), OTHER))

    @pytest.mark.parametrize(("angle", "is_one"), [(JUST_NEAR, True), (TOO_FAR, False)])
    def test_equal_hashes_of_pictures_that_do_not_look_alike_are_chance(self, angle: float, is_one: bool) -> None:
        assert bool(duplicate_pair(look("a"), look("b", angle))) == is_one

    @given(st.floats(0, 60), st.floats(0, 1), st.integers(0, 32), st.integers(0, 32))
    def test_what_is_more_alike_by_either_witness_stays_a_pair(
        self, angle: float, share: float, bits: int, fewer: int
    ) -> None:
        pair = duplicate_pair(look("a"), look("b", angle, changed(FLOWER, bits), OTHER))
        nearer = duplicate_pair(look("a"), look("b", angle * share, changed(FLOWER, min(bits, fewer)), OTHER))
        assert nearer or not pair

    @given(st.floats(0, 40), st.integers(0, 64), st.integers(0, 64))
    def test_neither_of_two_comes_first(self, angle: float, bits: int, mirrored_bits: int) -> None:
        one, other = look("a"), look("b", angle, changed(FLOWER, bits), changed(ITS_MIRROR, mirrored_bits))
        assert duplicate_pair(one, other) == duplicate_pair(other, one)


class TestCollapsing:
    def test_doubles_go_with_the_best_of_them(self) -> None:
        looks = {"a": look("a"), "b": look("b", 80, OTHER), "c": look("c", 1)}
        found = collapsed(hits("a", "b", "c"), looks)
        assert [(hit.image_id, hit.duplicates) for hit in found] == [("a", ("c",)), ("b", ())]

    def test_a_chain_is_not_followed(self) -> None:
        """Given c like b and b like a, but c not like a: c is shown."""
        step = JUST_NEAR * 0.9
        looks = {"a": look("a"), "b": look("b", step), "c": look("c", 2 * step)}
        found = collapsed(hits("a", "b", "c"), looks)
        assert [(hit.image_id, hit.duplicates) for hit in found] == [("a", ("b",)), ("c", ())]

    def test_a_hit_of_which_nothing_is_known_is_shown(self) -> None:
        assert collapsed(hits("a", "b"), {"b": look("b")}) == hits("a", "b")

    @given(st.lists(st.tuples(st.floats(0, 90), st.sampled_from([FLOWER, OTHER])), max_size=10))
    def test_every_hit_is_shown_or_with_one_that_is_and_the_order_stays(self, some: list[tuple[float, str]]) -> None:
        names = [str(number) for number in range(len(some))]
        looks = {name: look(name, angle, shape) for name, (angle, shape) in zip(names, some, strict=True)}
        found = collapsed(hits(*names), looks)
        everything = [name for hit in found for name in (hit.image_id, *hit.duplicates)]
        assert sorted(everything) == sorted(names)
        assert [hit.image_id for hit in found] == [name for name in names if name in {h.image_id for h in found}]
        assert all(duplicate_pair(looks[hit.image_id], looks[other]) for hit in found for other in hit.duplicates)


def test_groups_are_what_pairs_connect() -> None:
    pairs = [DuplicatePair(one, other, 1.0, 0, mirrored=False) for one, other in ("ab", "cd", "bc", "xy")]
    assert groups(pairs) == [("a", "b", "c", "d"), ("x", "y")]


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh")), max_size=12))
def test_whatever_is_connected_is_in_one_group(some: list[tuple[str, str]]) -> None:
    found = groups(DuplicatePair(one, other, 1.0, 0, mirrored=False) for one, other in some)
    of = {name: number for number, group in enumerate(found) for name in group}
    assert all(of[one] == of[other] for one, other in some)
    assert sorted(name for group in found for name in group) == sorted({name for pair in some for name in pair})
