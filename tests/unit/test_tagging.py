"""Tags suggested by those of pictures that look alike."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from imagesearch.tagging import MAX_SUGGESTIONS, MIN_CONFIDENCE, suggested_tags, votes_for

neighbours = st.lists(
    st.tuples(
        st.lists(st.sampled_from(["frog", "Frog", "toad", "car", *"abcdefghijklmnop"]), max_size=14), st.floats(0, 1)
    ),
    max_size=10,
)


@given(neighbours)
def test_confidences_are_0_to_1_best_first_and_few(some: list[tuple[list[str], float]]) -> None:
    found = suggested_tags(some)
    assert all(MIN_CONFIDENCE <= each.confidence <= 1 for each in found)
    assert [each.confidence for each in found] == sorted((each.confidence for each in found), reverse=True)
    assert len(found) <= MAX_SUGGESTIONS
    assert len({each.tag for each in found}) == len(found)


@given(neighbours)
def test_only_tags_of_neighbours_are_suggested(some: list[tuple[list[str], float]]) -> None:
    assert {each.tag for each in suggested_tags(some)} <= {tag.lower() for tags, _ in some for tag in tags}


def test_a_tag_that_all_neighbours_have_is_surer_than_one_that_a_single_one_has() -> None:
    some = [(("frog", "green"), 0.8), (("frog",), 0.8), (("frog",), 0.8)]
    tags = {each.tag: each.confidence for each in suggested_tags(some)}
    assert tags["frog"] > tags.get("green", 0)


def test_the_nearest_count_more() -> None:
    votes = votes_for([(("frog",), 0.9), (("car",), 0.3)])
    assert votes["frog"][0] > 0.9


def test_case_does_not_part_a_tag() -> None:
    assert votes_for([(("Frog",), 0.5), (("frog", "FROG"), 0.5)]) == {"frog": (1.0, 0.5)}


def test_neighbours_that_look_like_nothing_of_it_say_nothing() -> None:
    assert suggested_tags([(("frog",), 0.0)]) == ()
    assert suggested_tags([]) == ()
