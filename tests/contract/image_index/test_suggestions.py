"""How what somebody types might go on."""

from __future__ import annotations

import random

import image_oracle as oracle
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from image_indexes import EVERYTHING, Emptied, NewIndex, an_image, found_by, gone, put, ref, words_of

from imagesearch.ports import ImageIndex
from imagesearch.records import ImagePart, SidecarPart, Words, Write
from imagesearch.retrieval import Filters, Suggestion
from imagesearch.words import cleaned_tags, cleaned_words


def suggested(index: ImageIndex, typed: str, limit: int = 9) -> list[tuple[str, str, int]]:
    return [(each.text, each.kind, each.count) for each in index.suggest(typed, limit)]


def put_captions(index: ImageIndex, *captions: str) -> None:
    for number, caption in enumerate(captions):
        put(index, f"{number}", an_image(words=Words(caption=caption)))


def test_case_and_accents_do_not_matter(index: ImageIndex) -> None:
    put(index, "1", an_image(words=Words("un Éléphant", ("Elephant",))))
    put(index, "2", an_image(words=Words("ELEPHANTS", ())))
    expected = [("elephant", "tag", 1), ("elephants", "words", 1)]
    assert suggested(index, "Éle") == suggested(index, "ele") == suggested(index, "ÉLÉ") == expected


def test_what_most_images_have_comes_first_and_ties_by_text(index: ImageIndex) -> None:
    put_captions(index, "frost", "fruit", "frog", "frog")
    assert suggested(index, "fr") == [("frog", "words", 2), ("frost", "words", 1), ("fruit", "words", 1)]
    assert suggested(index, "fr", limit=2) == [("frog", "words", 2), ("frost", "words", 1)]


def test_they_are_the_most_frequent_of_thousands(index: ImageIndex) -> None:
    """Given 40 images with 90 tags of their own each that begin alike; when that is typed; ties stand by text."""
    tags = {number: [f"x{own:02} a{number:02}" for own in range(90)] for number in range(40)}
    writes = [Write(ref(f"image{number}"), an_image(words=Words(tags=(*own,)))) for number, own in tags.items()]
    index.write(writes, visible=True)
    assert suggested(index, "a", 2) == [("a00", "words", 1), ("a01", "words", 1)]
    assert suggested(index, "x", 92)[88:] == [
        ("x88", "words", 40), ("x89", "words", 40), ("x00 a00", "tag", 1), ("x00 a01", "tag", 1)
    ]  # fmt: skip
    put(index, "one more", an_image(words=Words(tags=("x89 a39",))))
    assert suggested(index, "a39", 2) == [("a39", "words", 2), ("x89 a39", "tag", 2)]


def test_they_are_the_most_frequent_however_images_are_spread(index: ImageIndex) -> None:
    """Given 900 images with 5,000 words and as many tags that begin alike, all about as frequent; when that is typed;
    then of the most frequent none is missing or counted short.
    """  # noqa: D205
    hand = random.Random(7)
    for start in range(0, 900, 450):
        images = range(start, start + 450)
        index.write([Write(ref(f"image{n}"), an_image(words=_words_and_tags(hand))) for n in images], visible=True)
    records = index.read([ref(f"image{number}").image_id for number in range(900)]).values()
    for typed in ("w", "t"):
        expected = oracle.suggestions_of(records, typed)
        for limit in (1, 8, 20):
            assert index.suggest(typed, limit) == expected[:limit]


def _words_and_tags(hand: random.Random) -> Words:
    words, tags = ([f"{letter}{number:04}" for number in hand.sample(range(5_000), 20)] for letter in "wt")
    return Words(" ".join(words), tuple(tags))


def test_of_several_words_the_last_one_is_completed_for_images_that_have_all(index: ImageIndex) -> None:
    put_captions(index, "red flower", "a flower, red", "red flag", "blue flower", "flamingo")
    assert suggested(index, "red fl") == [("red flower", "words", 2), ("red flag", "words", 1)]
    assert suggested(index, "Red, a fl") == [("red a flower", "words", 1)]
    assert suggested(index, "green fl") == []


def test_a_word_typed_in_full_is_its_own_completion(index: ImageIndex) -> None:
    put_captions(index, "frog", "frogs")
    assert suggested(index, "frog") == [("frog", "words", 1), ("frogs", "words", 1)]
    assert suggested(index, "frogs") == [("frogs", "words", 1)]
    assert suggested(index, "frogsx") == []


def test_a_tag_is_suggested_in_whole_from_any_of_its_words(index: ImageIndex) -> None:
    put(index, "1", an_image(words=Words(tags=("Big red flower",))))
    for typed in ("big", "BIG RED", "red", "red fl", "flower"):
        assert ("big red flower", "tag", 1) in suggested(index, typed)
    for typed in ("ig", "big flower", "flower big", "red red"):
        assert ("big red flower", "tag", 1) not in suggested(index, typed)


def test_tags_of_nothing_but_signs_are_suggested_by_how_they_begin(index: ImageIndex) -> None:
    put(index, "1", an_image(words=Words(tags=("🐸🌊", "☆"))))
    assert suggested(index, "🐸") == [("🐸🌊", "tag", 1)]


def test_words_stand_as_they_are_spelled_not_as_they_are_stemmed(index: ImageIndex) -> None:
    put_captions(index, "ponies running happily")
    assert [suggested(index, typed)[0][0] for typed in ("pon", "run", "hap")] == ["ponies", "running", "happily"]


def test_words_come_from_captions_and_tags_once_for_an_image(index: ImageIndex) -> None:
    """... and not from file names, of which machines make most."""
    put(index, "folder/frog_2", an_image(words=Words("frog, frog", ("frogs", "tree frog"), {"place": "frogtown"})))
    words = [each for each in suggested(index, "frog") if each[1] == "words"]
    assert words == [("frog", "words", 1)]
    assert suggested(index, "frog_2") == suggested(index, "folder") == []


def test_suggestions_follow_edits_and_forget_what_is_deleted_or_removed(index: ImageIndex) -> None:
    put(index, "1", an_image(1, words=Words("frog", ("fresh",))))
    put(index, "2", an_image(1, words=Words("frog", ())))
    put(index, "1", words_of(1, caption="fritillary", tags=["French"]))
    assert suggested(index, "fr") == [
        ("french", "tag", 1), ("fritillary", "words", 1), ("frog", "words", 1)
    ]  # fmt: skip
    put(index, "1", an_image(2, hidden=True))
    put(index, "2", gone(2))
    assert suggested(index, "fr") == []
    put(index, "2", an_image(3, words=Words("frog")))
    assert suggested(index, "fr") == [("frog", "words", 1)]


LETTERS = st.text("aAáÁbBÉe  -", max_size=8)
A_TAG = LETTERS.filter(lambda text: bool(text.strip()))
PARTS = st.one_of(
    st.builds(lambda caption, tags: Words(caption, tuple(tags)), LETTERS, st.lists(A_TAG, max_size=3)),
    st.sampled_from(["removed", "hidden", "rejected", "sidecar removed"]),
    st.builds(lambda caption: caption, LETTERS.map(lambda text: "sidecar:" + text)),
)


@settings(max_examples=150, deadline=None)
@given(
    history=st.lists(st.tuples(st.sampled_from(["a", "b ab", "é"]), PARTS), max_size=12),
    typed=st.lists(LETTERS, min_size=1, max_size=4),
    limit=st.integers(1, 20),
)
@example(history=[("a", Words("", ("-", "- b")))], typed=["-", " - ", " "], limit=9)
def test_after_any_history_they_are_those_of_the_records_that_remain(
    *, emptied: Emptied, history: list[tuple[str, Words | str]], typed: list[str], limit: int
) -> None:
    """Given images that came, were edited and went; when something is typed; then plain Python suggests the same."""
    index = emptied("history")
    index.write([Write(ref(name), _part(number, what)) for number, (name, what) in enumerate(history)], visible=True)
    records = index.read([ref(name).image_id for name, _ in history]).values()
    for each in typed:
        assert index.suggest(each, limit) == oracle.suggestions_of(records, each)[:limit]


def _part(number: int, what: Words | str) -> ImagePart | SidecarPart:
    if isinstance(what, Words):
        return an_image(number, words=cleaned_words(what))
    match what:
        case "removed":
            return gone(number)
        case "hidden":
            return an_image(number, hidden=True, words=Words("a aa ab b", ("A b",)))
        case "rejected":
            return an_image(number, state="rejected", words=Words("a aa ab b", ("A b",)))
        case "sidecar removed":
            return SidecarPart(f"{number:064x}", "removed")
    return words_of(number, caption=what.removeprefix("sidecar:"))


@pytest.fixture(scope="module")
def frog(new_index: NewIndex) -> ImageIndex:
    index = new_index()
    put(index, "frog", an_image(words=Words("the green frog", ("pond", "c++"))))
    return index


@pytest.mark.parametrize("typed", ["", " ", "!!!", "\x00", "\ud800", "🐸", "*", "' or 1=1 --", '"', "NEAR(", "%", "_"])
def test_signs_and_operators_suggest_nothing(frog: ImageIndex, typed: str) -> None:
    assert suggested(frog, typed) == []


@pytest.mark.parametrize("typed", ["fro*", '"fro"', "(fro", "\x00fro", "fro;--", "🐸 fro", "fro\ud800"])
def test_signs_beside_words_do_no_harm(frog: ImageIndex, typed: str) -> None:
    assert suggested(frog, typed) == [("frog", "words", 1)]


@settings(max_examples=150, deadline=None)
@given(typed=st.text(st.characters(), max_size=30))
def test_nothing_that_is_typed_can_raise(frog: ImageIndex, typed: str) -> None:
    frog.suggest(typed, 5)


@settings(max_examples=150, deadline=None)
@given(tag=st.text(max_size=12).map(lambda text: (*cleaned_tags([text]), "")[0]).filter(bool))
@example(tag="\U0010ffff")
@example(tag="\u13a0")  # Cherokee has small letters since Unicode 8
@example(tag="İΑΣ ß")
@example(tag="'")
def test_any_tag_is_suggested_filtered_and_counted_by_all_that_it_is(emptied: Emptied, tag: str) -> None:
    index = emptied("history")
    put(index, "x", an_image(words=Words(tag, (tag,), {"tag": tag})))
    assert Suggestion(tag.lower(), "tag", 1) in index.suggest(tag, 100)
    assert index.count(EVERYTHING, None, ["tags", "attributes.tag"], 5).facets == {
        "tags": {tag.lower(): 1},
        "attributes.tag": {tag.lower(): 1},
    }
    assert index.count(Filters(tags_all=(tag,)), None, (), 5).total == 1


@settings(max_examples=100, deadline=None)
@given(caption=st.text("abcéß üſİ'ñ1-🐸", min_size=1, max_size=12), typed=st.text("abcéßu", min_size=1, max_size=2))
def test_a_search_finds_what_is_suggested(emptied: Emptied, caption: str, typed: str) -> None:
    index = emptied("history")
    put(index, "x", an_image(words=Words(caption)))
    for each in index.suggest(typed, 10):
        assert found_by(index, each.text) == {"x"}
