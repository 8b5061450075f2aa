"""Scores mean something: 0 to 1, more for more, the same in every order of arrival."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagesearch.ranking import (
    FIELD_WEIGHT,
    Plan,
    calibration,
    inverse_document_frequency,
    ranked,
    text_scores,
    visual_score,
)
from imagesearch.records import TextField
from imagesearch.retrieval import Matches, TextMatch, TextMatches, VectorMatch, VectorMatches
from imagesearch.searches import Fusion, RankedHit

FIELDS = sorted(FIELD_WEIGHT)
TERMS = ["frog", "green", "pond"]
CALIBRATIONS = {"semantic": calibration(0.4)}


def text_leg(*matches: TextMatch, documents: int = 100, **frequency: int) -> TextMatches:
    return TextMatches(documents, frequency or dict.fromkeys(TERMS, 10), matches)


def has(image_id: str, words: int = 1, **terms: TextField) -> TextMatch:
    return TextMatch(image_id, {term: frozenset([field]) for term, field in terms.items()}, words)


def semantic(**cosines: float) -> VectorMatches:
    return VectorMatches("semantic", tuple(VectorMatch(image_id, cosine) for image_id, cosine in cosines.items()))


def fused(
    *legs: Matches,
    rescored: tuple[Matches, ...] = (),
    depth: int = 200,
    fusion: Fusion = "weighted",
    **weights: float,
) -> list[RankedHit]:
    plan = Plan((), {leg.name: weights.get(leg.name, 1.0) for leg in legs}, CALIBRATIONS, fusion)
    return ranked(plan, legs, rescored, depth=depth)


fields: st.SearchStrategy[frozenset[Any]] = st.frozensets(st.sampled_from(FIELDS), min_size=1)
term_fields = st.dictionaries(st.sampled_from(TERMS), fields, min_size=1)


@st.composite
def text_matches(draw: st.DrawFn) -> TextMatches:
    documents = draw(st.integers(1, 10**7))
    frequency = {term: draw(st.integers(0, documents)) for term in TERMS}
    found: Mapping[str, Any] = draw(st.dictionaries(st.sampled_from("abcdefgh"), term_fields, max_size=8))
    words = st.integers(1, 50)
    return TextMatches(
        documents, frequency, tuple(TextMatch(name, terms, draw(words)) for name, terms in found.items())
    )


@st.composite
def vector_matches(draw: st.DrawFn) -> VectorMatches:
    return semantic(**draw(st.dictionaries(st.sampled_from("abcdefgh"), st.floats(-1.0001, 1.0001), max_size=8)))


class TestWords:
    @given(text_matches())
    def test_scores_are_above_0_and_at_most_1(self, matches: TextMatches) -> None:
        assert all(0 < score <= 1 + 1e-12 for score in text_scores(matches).values())

    def test_all_terms_in_the_caption_score_1(self) -> None:
        whole = has("a", frog="caption", green="caption", pond="caption")

        assert text_scores(text_leg(whole)) == {"a": pytest.approx(1)}

    @given(text_matches(), st.sampled_from(TERMS), fields)
    def test_one_more_term_never_lowers_the_score(
        self, matches: TextMatches, term: str, where: frozenset[TextField]
    ) -> None:
        more = TextMatches(
            matches.documents,
            matches.document_frequency,
            tuple(TextMatch(m.image_id, {term: where, **m.fields}, m.words) for m in matches.matches),
        )

        before, after = text_scores(matches), text_scores(more)

        for match in matches.matches:
            assert after[match.image_id] >= before[match.image_id]
            if term not in match.fields:
                assert after[match.image_id] > before[match.image_id]

    @given(st.integers(1, 10**7), st.data())
    def test_a_rarer_term_tells_more(self, documents: int, data: st.DataObject) -> None:
        rare = data.draw(st.integers(0, documents))
        common = data.draw(st.integers(rare, documents))

        assert inverse_document_frequency(documents, rare) >= inverse_document_frequency(documents, common) > 0

    @given(text_matches(), st.randoms(use_true_random=False))
    def test_the_order_of_the_terms_does_not_matter(self, matches: TextMatches, random: Any) -> None:
        def shuffled(by_term: Mapping[str, Any]) -> dict[str, Any]:
            return dict(random.sample(list(by_term.items()), len(by_term)))

        other = TextMatches(
            matches.documents,
            shuffled(matches.document_frequency),
            tuple(TextMatch(m.image_id, shuffled(m.fields), m.words) for m in matches.matches),
        )

        assert text_scores(other) == text_scores(matches)

    def test_the_best_field_counts(self) -> None:
        both = TextMatch("both", {"frog": frozenset(["name", "caption"])}, 1)
        scores = text_scores(text_leg(both, has("name", frog="name"), has("caption", frog="caption"), frog=1))

        assert scores == {"both": 1.0, "name": FIELD_WEIGHT["name"], "caption": 1.0}

    def test_a_word_that_no_image_has_lowers_all_scores_alike(self) -> None:
        match = has("a", frog="caption")

        alone = text_scores(text_leg(match, frog=10))
        with_another = text_scores(text_leg(match, frog=10, unicorn=0))

        assert alone == {"a": 1.0}
        assert 0 < with_another["a"] < 0.5  # nothing is rarer, so nothing weighs more


class TestPictures:
    @given(st.floats(-1.5, 1.5), st.floats(0, 0.99))
    def test_scores_are_0_to_1(self, cosine: float, unrelated: float) -> None:
        assert 0 <= visual_score(cosine, unrelated) <= 1

    @given(st.floats(-1, 1), st.floats(-1, 1), st.floats(0, 0.99))
    def test_nearer_is_never_less(self, one: float, other: float, unrelated: float) -> None:
        near, far = max(one, other), min(one, other)

        assert visual_score(near, unrelated) >= visual_score(far, unrelated)

    def test_unrelated_pictures_score_0_and_the_same_one_1(self) -> None:
        assert visual_score(0.4, 0.4) == 0
        assert visual_score(1.0, 0.4) == 1
        assert visual_score(0.7, 0.4) == pytest.approx(0.5)


class TestFusion:
    @given(text_matches(), vector_matches(), st.floats(0, 1000), st.floats(0.001, 1000))
    def test_all_scores_are_0_to_1_and_best_first(
        self, words: TextMatches, pictures: VectorMatches, text: float, visual: float
    ) -> None:
        hits = fused(words, pictures, text=text, semantic=visual)

        assert all(0 <= score <= 1 for hit in hits for score in (hit.score, *hit.scores.values()))
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)

    @given(text_matches(), vector_matches(), st.randoms(use_true_random=False))
    def test_the_order_in_which_an_index_answers_does_not_matter(
        self, words: TextMatches, pictures: VectorMatches, random: Any
    ) -> None:
        shuffled = [*words.matches], [*pictures.matches]
        for matches in shuffled:
            random.shuffle(matches)
        other_words = TextMatches(words.documents, words.document_frequency, tuple(shuffled[0]))
        other_pictures = VectorMatches("semantic", tuple(shuffled[1]))

        assert fused(other_words, other_pictures) == fused(words, pictures)

    @given(text_matches(), vector_matches())
    def test_each_image_stands_once_and_none_is_lost(self, words: TextMatches, pictures: VectorMatches) -> None:
        hits = [hit.image_id for hit in fused(words, pictures)]

        assert sorted(hits) == sorted({match.image_id for leg in (words, pictures) for match in leg.matches})

    def test_ties_stand_by_fewer_words_and_then_by_id(self) -> None:
        leg = text_leg(has("c", 2, frog="caption"), has("b", 1, frog="caption"), has("a", 2, frog="caption"))

        assert [hit.image_id for hit in fused(leg)] == ["b", "a", "c"]

    def test_of_equal_scores_what_words_found_comes_before_what_they_did_not(self) -> None:
        hits = fused(text_leg(has("b", 50, frog="caption"), frog=1), semantic(a=1.0, b=0.1))

        assert [(hit.image_id, hit.score) for hit in hits] == [("b", 0.5), ("a", 0.5)]

    def test_ties_of_pictures_stand_by_id(self) -> None:
        assert [hit.image_id for hit in fused(semantic(c=0.9, a=0.9, b=0.9))] == ["a", "b", "c"]

    def test_scores_that_differ_only_past_the_digits_shown_are_ties(self) -> None:
        assert [hit.image_id for hit in fused(semantic(b=0.900001, a=0.9))] == ["a", "b"]

    def test_what_another_leg_retrieved_has_its_exact_score_here_and_no_rank(self) -> None:
        words, pictures = text_leg(has("a", frog="caption"), frog=1), semantic(b=1.0)

        hits = fused(words, pictures, rescored=(semantic(a=0.7),))

        assert hits == [
            RankedHit("a", 0.75, {"text": 1.0, "semantic": 0.5}, {"text": 1}),
            RankedHit("b", 0.5, {"text": 0.0, "semantic": 1.0}, {"semantic": 1}),
        ]

    def test_weights_are_relative(self) -> None:
        words, pictures = text_leg(has("a", frog="caption"), frog=1), semantic(a=0.7)

        assert fused(words, pictures, text=1, semantic=3) == fused(words, pictures, text=10, semantic=30)
        assert fused(words, pictures, text=1, semantic=3)[0].score == pytest.approx(0.625)

    @given(vector_matches(), st.integers(0, 8))
    def test_no_more_than_the_depth_are_kept_and_they_are_the_best(self, pictures: VectorMatches, depth: int) -> None:
        assert fused(pictures, depth=depth) == fused(pictures)[:depth]

    def test_pictures_whose_score_is_cut_to_0_stand_by_their_cosine(self) -> None:
        assert [hit.image_id for hit in fused(semantic(a=0.1, b=0.3, c=0.2))] == ["b", "c", "a"]


class TestFusionByRank:
    def test_who_is_first_on_every_leg_scores_1(self) -> None:
        words = text_leg(has("a", frog="caption"), has("b", frog="name"), frog=1)

        first, second = fused(words, semantic(a=0.9, b=0.8), fusion="rrf")

        assert (first.image_id, first.score) == ("a", 1.0)
        assert (second.image_id, second.score) == ("b", round(61 / 62, 4))

    def test_whom_a_leg_did_not_retrieve_gets_nothing_from_it_but_its_exact_score_is_told(self) -> None:
        words, pictures = text_leg(has("a", frog="caption"), frog=1), semantic(b=1.0)

        hits = fused(words, pictures, rescored=(semantic(a=0.7),), fusion="rrf")

        assert [(hit.image_id, hit.score, hit.scores["semantic"]) for hit in hits] == [("a", 0.5, 0.5), ("b", 0.5, 1.0)]

    @given(text_matches(), vector_matches(), st.floats(0, 1000), st.floats(0.001, 1000))
    def test_the_same_images_are_found_and_all_scores_are_0_to_1(
        self, words: TextMatches, pictures: VectorMatches, text: float, visual: float
    ) -> None:
        by_rank = fused(words, pictures, fusion="rrf", text=text, semantic=visual)

        assert {hit.image_id for hit in by_rank} == {hit.image_id for hit in fused(words, pictures)}
        assert all(0 <= hit.score <= 1 for hit in by_rank)

    @given(vector_matches())
    def test_one_leg_alone_keeps_its_order(self, pictures: VectorMatches) -> None:
        by_rank, by_score = fused(pictures, fusion="rrf"), fused(pictures)

        assert [hit.image_id for hit in by_rank] == [hit.image_id for hit in by_score]
