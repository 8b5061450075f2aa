"""The sidecar's words count, then the image's own, field by field."""

from __future__ import annotations

from collections.abc import Sequence

import image_library
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_indexes import (
    EVERYTHING,
    NewIndex,
    an_image,
    found_by,
    name_of,
    put,
    ref,
    stamp,
    words_of,
)

from imagesearch import spelling
from imagesearch.ports import ImageIndex
from imagesearch.ranking import text_scores
from imagesearch.records import (
    Record,
    SidecarPart,
    Words,
    Write,
)
from imagesearch.retrieval import Filters, TextLeg, TextMatch, TextMatches


class TestWords:
    """The sidecar's words count, then the image's own, field by field."""

    def test_a_sidecar_overrides_only_what_it_says(self, index: ImageIndex) -> None:
        put(index, "frog", an_image(1, words=Words(caption="amphibian", tags=("pond",))))
        put(index, "frog", words_of(1, caption="toad"))
        assert found_by(index, "amphibian") == set()
        assert found_by(index, "toad") == found_by(index, "pond") == {"frog"}

    def test_removing_the_sidecar_brings_the_images_own_words_back(self, index: ImageIndex) -> None:
        put(index, "frog", an_image(1, words=Words(caption="amphibian")))
        put(index, "frog", words_of(1, caption="toad"))
        put(index, "frog", SidecarPart(stamp(2), "removed"))
        assert (found_by(index, "toad"), found_by(index, "amphibian")) == (set(), {"frog"})

    def test_words_of_the_file_name_and_attributes_are_found_too(self, index: ImageIndex) -> None:
        put(index, "holiday_frog-2", an_image(1))
        put(index, "toad", an_image(1, words=Words(attributes={"place": "Holiday Inn", "stars": 3.0})))
        assert found_by(index, "holiday") == {"holiday_frog-2", "toad"}

    @pytest.mark.parametrize("query", ["FROGS", "frog's", "a green frog!", "frög", '"frog', "frog NOT frog", "frog*"])
    def test_case_endings_accents_and_syntax_do_not_matter(self, index: ImageIndex, query: str) -> None:
        put(index, "x", an_image(1, words=Words(caption="The frog")))
        assert found_by(index, query) == {"x"}

    @pytest.mark.parametrize("query", ["οδος", "ΟΔΟΣ", "οδοσ"])
    def test_a_final_sigma_is_a_sigma(self, index: ImageIndex, query: str) -> None:
        put(index, "street", an_image(1, words=Words(caption="ΟΔΟΣ")))
        put(index, "road", an_image(1, words=Words(caption="οδος")))
        assert found_by(index, query) == {"street", "road"}

    def test_of_a_very_long_query_the_first_terms_count(self, index: ImageIndex) -> None:
        put(index, "first", an_image(1, words=Words(caption="word0")))
        put(index, "last", an_image(1, words=Words(caption="word99")))
        assert found_by(index, " ".join(f"word{number}" for number in range(100))) == {"first"}

    @pytest.mark.parametrize("query", ["", "!!!", "c++ can't", "\U0001f438", "NEAR(", "caption:", "\x00"])
    def test_odd_queries_find_nothing_and_raise_nothing(self, index: ImageIndex, query: str) -> None:
        put(index, "x", an_image(1, words=Words(caption="The frog")))
        assert found_by(index, query) == set()

    @settings(max_examples=100, deadline=None)
    @given(query=st.text(max_size=60))
    def test_no_query_can_raise(self, new_index_with_a_frog: ImageIndex, query: str) -> None:
        new_index_with_a_frog.retrieve([TextLeg(query)], EVERYTHING, 5)
        new_index_with_a_frog.count(EVERYTHING, query, ["tags"], 5)
        new_index_with_a_frog.highlights(query, [ref("frog").image_id])

    def test_a_match_says_which_terms_it_has_in_which_fields(self, index: ImageIndex) -> None:
        put(index, "one", an_image(1, words=Words(caption="frogs and ponds", tags=("frog",))))
        put(index, "two", an_image(1, words=Words(caption="pond")))
        (matches,) = index.retrieve([TextLeg("frog ponds heron")], EVERYTHING, 10)
        assert isinstance(matches, TextMatches)
        assert (matches.documents, matches.document_frequency) == (2, {"frog": 1, "pond": 2, "heron": 0})
        by_name = {name_of(index, match.image_id): match.fields for match in matches.matches}
        assert by_name == {"one": {"frog": {"caption", "tags"}, "pond": {"caption"}}, "two": {"pond": {"caption"}}}

    @pytest.mark.parametrize(
        ("query", "words"),
        [
            ("Frogs ponds frog heron", ["Frogs", "ponds", "heron"]),
            ("city citizen", ["city", "citizen"]),
            ("running runner skiing skier", ["running", "runner", "skiing", "skier"]),
            ("\U0001f438 Cafés! in ΟΔΟΣ,字", ["Cafés", "in", "ΟΔΟΣ", "字"]),
            ("cafe\u0301s naïve", ["cafe\u0301s", "naïve"]),
            ("मछली", ["मछल"]),  # both indexes take a vowel sign for the end of a word
        ],
    )
    def test_a_term_bears_the_first_word_that_gave_it(
        self, index: ImageIndex, query: str, words: Sequence[str]
    ) -> None:
        put(index, "one", an_image(1, words=Words(caption="frog")))
        (matches,) = index.score([TextLeg(query)], [ref("one").image_id])
        assert isinstance(matches, TextMatches)
        assert [matches.words[term] for term in matches.document_frequency] == words

    def test_a_text_score_does_not_depend_on_the_filters_or_on_how_it_was_asked_for(self, index: ImageIndex) -> None:
        put(index, "one", an_image(1, words=Words(caption="frog pond", tags=("a",))))
        put(index, "two", an_image(1, words=Words(caption="frog", tags=("b",))))
        leg = TextLeg("frog pond")
        scores = [
            text_scores(matches)[ref("two").image_id]
            for (matches,) in (
                index.retrieve([leg], EVERYTHING, 10),
                index.retrieve([leg], Filters(tags_all=("b",)), 10),
                index.score([leg], [ref("two").image_id]),
            )
            if isinstance(matches, TextMatches)
        ]
        assert scores == [scores[0]] * 3

    def test_who_has_the_whole_query_is_retrieved_though_many_have_a_part_of_it_in_fewer_words(
        self, index: ImageIndex
    ) -> None:
        """Given 480 short captions with half of the query and 3 long ones with all of it."""
        long = "a red flower " + " ".join(f"word{number}" for number in range(62))
        captions = {f"{half}{number}": half for half in ("red car", "a flower") for number in range(240)}
        captions |= {f"long{number}": long for number in range(3)}
        index.write(
            [Write(ref(name), an_image(words=Words(caption))) for name, caption in captions.items()], visible=True
        )
        (matches,) = index.retrieve([TextLeg("red flower")], EVERYTHING, 200)
        assert isinstance(matches, TextMatches)
        assert len(matches.matches) == 200
        assert {name_of(index, match.image_id) for match in matches.matches[:3]} == {"long0", "long1", "long2"}
        assert [*text_scores(matches).values()][:4] == pytest.approx([1, 1, 1, 0.5], abs=0.01)

    @settings(max_examples=100, deadline=None)
    @given(text=image_library.texts, filters=image_library.filters, depth=st.integers(1, 40))
    def test_the_best_by_score_are_retrieved_then_by_fewer_words_then_by_id(
        self, library: ImageIndex, text: str, filters: Filters, depth: int
    ) -> None:
        best, everyone = (library.retrieve([TextLeg(text)], filters, size)[0] for size in (depth, 1000))
        assert isinstance(best, TextMatches)
        assert isinstance(everyone, TextMatches)
        scores, records = text_scores(everyone), library.read([match.image_id for match in everyone.matches])
        assert {match.image_id: match.words for match in everyone.matches} == {
            image_id: words_searched(record) for image_id, record in records.items()
        }

        def place(match: TextMatch) -> tuple[float, int, str]:
            return -scores[match.image_id], match.words, match.image_id

        assert list(best.matches) == sorted(everyone.matches, key=place)[:depth]

    def test_of_equal_scores_the_fewest_words_in_all_fields_come_first(self, index: ImageIndex) -> None:
        """Given captions, tags, attributes and names of other lengths, and words that a person changed since."""
        put(index, "6 of them by name", an_image(1, words=Words("frog")))
        put(index, "tags", an_image(1, words=Words("frog", ("a big pond", "x-y"))))
        put(index, "attributes", an_image(1, words=Words("Frog's", attributes={"at": "pond", "stars": 3.0})))
        put(index, "edited", an_image(1, words=Words("frog " * 9)))
        put(index, "edited", words_of(1, caption="a frog"))
        (matches,) = index.retrieve([TextLeg("frog")], EVERYTHING, 10)
        assert isinstance(matches, TextMatches)
        assert [(name_of(index, match.image_id), match.words) for match in matches.matches] == [
            ("edited", 3),
            ("attributes", 4),
            ("6 of them by name", 6),
            ("tags", 7),
        ]

    def test_highlights_mark_the_words_found_and_escape_the_rest(self, index: ImageIndex) -> None:
        put(index, "x", an_image(1, words=Words(caption="<b>Frogs</b> & co", tags=("frog", "pond"))))
        marked = index.highlights("frog", [ref("x").image_id, ref("unknown").image_id])
        assert marked == {
            ref("x").image_id: {"caption": "&lt;b&gt;<em>Frogs</em>&lt;/b&gt; &amp; co", "tags": "<em>frog</em>, pond"}
        }


def words_searched(record: Record) -> int:
    """How many words are in caption, tags, attributes and file name."""
    words = record.words
    values = [value for value in (words.attributes or {}).values() if isinstance(value, str)]
    return len(spelling.words_of(" ".join([words.caption or "", *(words.tags or ()), *values, name_of_file(record)])))


def name_of_file(record: Record) -> str:
    return record.ref.key.rpartition("/")[2].partition(".")[0]


@pytest.fixture(scope="module")
def new_index_with_a_frog(new_index: NewIndex) -> ImageIndex:
    index = new_index()
    put(index, "frog", an_image(1, words=Words(caption="The green frog", tags=("pond",))))
    return index
