"""Search by descriptor among the images that some words match well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import opensearch_indexes
import pytest
from image_indexes import EVERYTHING, NewIndex, an_image, ref

from imagesearch.ports import ImageIndex
from imagesearch.ranking import term_shares, text_scores
from imagesearch.records import Descriptor, Words, Write
from imagesearch.retrieval import Filters, TextLeg, TextMatches, VectorLeg, VectorMatches, WordsAtLeast

ALL = 1000
VOCABULARY = ("a", "red", "frogs", "relational", "pond")
"""`relational` is stemmed to `relat`, and a stem may have a stem of its own: `relate` finds it, too."""
NAMES = ("semantic", "regions")


def directions(chance: np.random.Generator, count: int) -> Any:
    vectors = chance.standard_normal((count, 3)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def worded(new_index: NewIndex) -> ImageIndex:
    """300 images with some of five words in captions, tags and names, a vector each, and up to three regions."""
    chance = np.random.default_rng(7)
    index = new_index()

    def some() -> list[str]:
        return [*chance.permutation(VOCABULARY)[: chance.integers(0, 4)]]

    index.write(
        [
            Write(
                ref(f"{''.join(some()[:1])}/{number}"),
                an_image(
                    words=Words(" ".join(some()), tuple(some())),
                    descriptors={
                        "semantic": Descriptor(directions(chance, 1)),
                        "regions": Descriptor(
                            directions(chance, number % 3 + 1), np.array([[0, 0, 1, 1]] * (number % 3 + 1), np.float32)
                        ),
                    },
                ),
            )
            for number in range(300)
        ],
        visible=True,
    )
    return index


def by_words(index: ImageIndex, text: str, filters: Filters = EVERYTHING) -> tuple[Mapping[str, float], TextMatches]:
    """Scores of all images that match, and what they come from."""
    (matches,) = index.retrieve([TextLeg(text)], filters, ALL)
    assert isinstance(matches, TextMatches)
    return text_scores(matches), matches


def nearest(index: ImageIndex, legs: Sequence[VectorLeg], filters: Filters = EVERYTHING) -> list[VectorMatches]:
    found = index.retrieve(legs, filters, ALL)
    assert all(isinstance(matches, VectorMatches) for matches in found)
    return found  # type: ignore[return-value]  # as was just seen


@pytest.mark.parametrize("filters", [EVERYTHING, Filters(tags_any=("red", "pond"))], ids=["all", "filtered"])
@pytest.mark.parametrize("text", ["frog", "a red frog", "pond relational nothing", "relate"])
def test_those_that_match_so_well_are_found_as_without_words_and_no_others(
    worded: ImageIndex, text: str, filters: Filters
) -> None:
    """Just below each score that any image has: what all images give, less those that score less."""
    scores, matches = by_words(worded, text, filters)
    levels = sorted({round(score, 4) - 1e-3 for score in scores.values()})
    assert levels
    for name in NAMES:
        leg = VectorLeg(name, directions(np.random.default_rng(1), 1)[0])
        (every,) = nearest(worded, [leg], filters)
        legs = [replace(leg, among=WordsAtLeast(text, term_shares(matches), level)) for level in levels]
        for level, found in zip(levels, nearest(worded, legs, filters), strict=True):
            wanted = [match for match in every.matches if scores.get(match.image_id, 0.0) >= level]
            assert [match.image_id for match in found.matches] == [match.image_id for match in wanted]
            cosines = [match.cosine for match in wanted]
            assert [match.cosine for match in found.matches] == pytest.approx(cosines, abs=1e-6)


def test_an_image_with_exactly_the_least_score_is_among_them(worded: ImageIndex) -> None:
    scores, matches = by_words(worded, "a red frog pond")
    for least in set(scores.values()):
        among = WordsAtLeast("a red frog pond", term_shares(matches), least)
        (found,) = nearest(worded, [VectorLeg("semantic", directions(np.random.default_rng(1), 1)[0], among)])
        exactly = {image_id for image_id, score in scores.items() if score == least}
        assert exactly <= {match.image_id for match in found.matches}


def test_a_narrow_choice_among_many_nearer_ones_is_as_deep_as_it_is_asked_for(worded: ImageIndex) -> None:
    """Of few that match, some far away: the depth counts those that match, not those that are near.

    Nor do the candidates that an approximate index looks for: here they are as few.
    """
    scores, matches = by_words(worded, "red frog pond")
    least = sorted(scores.values())[-12]
    leg = VectorLeg("semantic", directions(np.random.default_rng(1), 1)[0])
    among = replace(leg, among=WordsAtLeast("red frog pond", term_shares(matches), least))
    (found,) = opensearch_indexes.looking_for(5, worded).retrieve([among], EVERYTHING, 5)
    (every,) = nearest(worded, [leg])
    wanted = [match.image_id for match in every.matches if scores.get(match.image_id, 0.0) >= least - 1e-5]
    assert [match.image_id for match in found.matches] == wanted[:5]


@pytest.mark.parametrize("name", NAMES)
def test_exact_matches_are_of_those_that_match_so_well_too(worded: ImageIndex, name: str) -> None:
    scores, matches = by_words(worded, "red frog")
    least = max(scores.values()) / 2
    among = WordsAtLeast("red frog", term_shares(matches), least)
    leg = VectorLeg(name, directions(np.random.default_rng(1), 1)[0], among)
    (found,) = worded.score([leg], [match.image_id for match in nearest(worded, [replace(leg, among=None)])[0].matches])
    wanted = {image_id for image_id, score in scores.items() if score >= least}
    assert {match.image_id for match in found.matches} == wanted


@pytest.mark.parametrize("text", ["", "!!!"])
def test_no_image_matches_a_text_without_a_term(worded: ImageIndex, text: str) -> None:
    (found,) = nearest(
        worded, [VectorLeg("semantic", directions(np.random.default_rng(1), 1)[0], WordsAtLeast(text, {}, 0.1))]
    )
    assert found.matches == ()
