"""Pictures to be like and pictures not to be like: what the docstring of `combined` promises, for all examples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from imagesearch.errors import InvalidRequest
from imagesearch.examples import combined
from imagesearch.ranking import visual_score
from imagesearch.records import Descriptor
from imagesearch.searches import Example

UNRELATED = 0.4


def unit(*numbers: float) -> Any:
    vector = np.array(numbers, np.float64)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def example(vector: Any, weight: float = 1.0) -> Example:
    return Example({"semantic": Descriptor(vector[np.newaxis])}, weight)


vectors = (
    st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda each: np.linalg.norm(each) > 0.1).map(lambda each: unit(*each))
)
weights = st.floats(0.1, 10)
examples = st.lists(st.builds(example, vectors, weights), max_size=3)


def score(like: list[Example], unlike: list[Example], image: Any) -> float:
    vector, calibration = combined(like, unlike, "semantic", UNRELATED)
    return calibration.score(float(vector @ image))


def promised(like: list[Example], unlike: list[Example], image: Any) -> float:
    """The docstring's formula, term by term."""

    def alike(each: Example) -> float:
        cosine = float(each.descriptors["semantic"].vectors[0].astype(np.float64) @ image.astype(np.float64))
        return each.weight * (cosine - UNRELATED) / (1 - UNRELATED)

    wanted, unwanted = sum(map(alike, like)), sum(map(alike, unlike))
    if like:
        return (wanted - unwanted) / sum(each.weight for each in like)
    return 1 - unwanted / sum(each.weight for each in unlike)


@given(examples, examples, vectors)
def test_the_score_is_the_mean_likeness_to_the_wanted_less_that_to_the_unwanted(
    like: list[Example], unlike: list[Example], image: Any
) -> None:
    assume(like or unlike)
    try:
        found = score(like, unlike, image)
    except InvalidRequest:
        return
    assert found == pytest.approx(min(1, max(0, promised(like, unlike, image))), abs=1e-4)


@given(vectors, vectors, weights)
def test_one_picture_scores_as_it_always_did_whatever_its_weight(picture: Any, image: Any, weight: float) -> None:
    found = score([example(picture, weight)], [], image)
    assert found == pytest.approx(visual_score(float(picture @ image), UNRELATED), abs=1e-5)


def test_a_picture_between_two_examples_beats_one_that_is_like_just_one_of_them() -> None:
    like = [example(unit(1, 0, 0)), example(unit(0, 1, 0))]
    assert score(like, [], unit(1, 1, 0)) > score(like, [], unit(1, 0, 0))


def test_what_is_like_the_unwanted_falls() -> None:
    like, unlike = [example(unit(1, 0, 0))], [example(unit(0, 1, 0), 0.5)]
    apart, near = unit(1, 0, 0.5), unit(1, 0.5, 0)
    assert score(like, [], apart) == pytest.approx(score(like, [], near))
    assert score(like, unlike, apart) > score(like, unlike, near)


def test_with_nothing_wanted_the_unwanted_picture_scores_0_and_an_unrelated_one_1() -> None:
    unlike = [example(unit(1, 0))]
    unrelated = unit(UNRELATED, (1 - UNRELATED**2) ** 0.5)
    assert score([], unlike, unit(1, 0)) == pytest.approx(0, abs=1e-6)
    assert score([], unlike, unrelated) == pytest.approx(1)


def test_the_same_picture_wanted_and_unwanted_is_refused_in_words() -> None:
    picture = unit(1, 2, 3)
    with pytest.raises(InvalidRequest, match="cancel each other out"):
        combined([example(picture)], [example(picture)], "semantic", UNRELATED)
