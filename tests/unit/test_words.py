"""Words as people write them, made safe to keep and to search."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagesearch.errors import InvalidSidecar
from imagesearch.records import Words
from imagesearch.words import (
    MAX_ATTRIBUTES,
    MAX_CAPTION,
    MAX_TAGS,
    cleaned,
    cleaned_tags,
    cleaned_words,
    edited_sidecar,
    metadata_words,
    sidecar_words,
)

any_text = st.text(st.characters(), max_size=60)  # lone surrogates too: file names and broken tools give them
attributes = st.dictionaries(any_text, any_text | st.booleans() | st.floats(-1e300, 1e300), max_size=4)
words = st.builds(Words, st.none() | any_text, st.none() | st.lists(any_text, max_size=5).map(tuple), attributes)
json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text(max_size=9),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=9), children, max_size=3),
    max_leaves=9,
)


class TestCleaning:
    @given(any_text, st.integers(0, 70))
    def test_cleaning_twice_is_cleaning_once(self, text: str, limit: int) -> None:
        once = cleaned(text, limit)

        assert cleaned(once, limit) == once

    @given(any_text, st.integers(0, 70))
    def test_clean_text_is_one_short_line_that_utf8_can_carry(self, text: str, limit: int) -> None:
        clean = cleaned(text, limit)

        assert len(clean) <= limit
        assert clean == clean.strip()
        assert len(clean.splitlines()) <= 1
        assert clean.encode().decode() == clean

    @given(words)
    def test_cleaning_words_twice_is_cleaning_once(self, said: Words) -> None:
        once = cleaned_words(said)

        assert cleaned_words(once) == once

    @given(st.lists(any_text))
    def test_each_tag_stands_once_whatever_its_case(self, tags: list[str]) -> None:
        folded = [tag.lower() for tag in cleaned_tags(tags)]

        assert len(set(folded)) == len(folded)
        assert "" not in folded

    def test_the_first_spelling_of_a_tag_stays(self) -> None:
        assert cleaned_tags(["Frog", " frog ", "FROG", "Pond"]) == ("Frog", "Pond")

    def test_there_is_an_end_to_tags_and_captions(self) -> None:
        clean = cleaned_words(Words("x" * 10_000, tuple(map(str, range(1_000)))))

        assert clean.caption is not None
        assert clean.tags is not None
        assert (len(clean.caption), len(clean.tags)) == (MAX_CAPTION, MAX_TAGS)

    def test_saying_nothing_and_saying_that_there_is_nothing_differ(self) -> None:
        assert cleaned_words(Words()) == Words(None, None, None)
        assert cleaned_words(Words("", (), {})) == Words("", (), {})


class TestMetadata:
    def test_tags_are_separated_by_commas(self) -> None:
        assert metadata_words({"caption": " A frog ", "tags": "frog, pond ,,green"}) == Words(
            "A frog", ("frog", "pond", "green")
        )

    def test_other_metadata_says_nothing(self) -> None:
        assert metadata_words({"mtime": "0"}) == Words()


class TestSidecars:
    def test_a_sidecar_gives_caption_tags_and_attributes(self) -> None:
        body = json.dumps({"caption": "A frog.", "tags": ["a"], "attributes": {"f": 2, "raw": True}, "more": [1]})

        assert sidecar_words(body.encode()) == Words("A frog.", ("a",), {"f": 2.0, "raw": True})

    def test_all_is_optional_and_null_says_nothing(self) -> None:
        assert sidecar_words(b"{}") == sidecar_words(b'{"caption": null, "tags": null}') == Words()

    @pytest.mark.parametrize(
        ("body", "complaint"),
        [
            (b"", "not JSON"),
            (b"\xff\xfe", "not JSON"),
            (b"{'caption': 'x'}", "not JSON"),
            (b'{"attributes": {"a": NaN}}', "not JSON"),
            (b"[" * 100_000, "not JSON"),
            (b"[]", "not a JSON object"),
            (b'{"caption": 1}', "`caption` is not a text"),
            (b'{"tags": "a"}', "`tags` is not a list"),
            (b'{"tags": [1]}', "`tags` is not a list"),
            (b'{"attributes": []}', "`attributes` is not an object"),
            (b'{"attributes": {"a": null}}', "'a' is neither"),
            (b'{"attributes": {"a": 1e400}}', "'a' is too large"),
            (json.dumps({"attributes": {str(n): 1 for n in range(MAX_ATTRIBUTES + 1)}}).encode(), "more than"),
        ],
        ids=lambda value: str(value)[:30],
    )
    def test_one_that_makes_no_sense_says_why(self, body: bytes, complaint: str) -> None:
        with pytest.raises(InvalidSidecar, match=complaint):
            sidecar_words(body)

    @given(st.binary(max_size=50) | json_values.map(lambda value: json.dumps(value).encode()))
    def test_any_bytes_are_words_or_an_invalid_sidecar(self, body: bytes) -> None:
        try:
            said = sidecar_words(body)
        except InvalidSidecar:
            return
        assert cleaned_words(said) == said

    @given(st.dictionaries(st.text(max_size=9), json_values, max_size=4), words)
    def test_an_edit_changes_what_it_says_and_leaves_the_rest(self, before: dict[str, Any], changes: Words) -> None:
        said = cleaned_words(changes)

        after = json.loads(edited_sidecar(json.dumps(before).encode(), said))

        changed = {
            name: list(value) if name == "tags" else value
            for name, value in (("caption", said.caption), ("tags", said.tags), ("attributes", said.attributes))
            if value is not None
        }
        assert after == {**before, **changed}

    @given(words)
    def test_an_edit_of_nothing_or_of_rubbish_reads_back_as_its_words(self, changes: Words) -> None:
        said = cleaned_words(changes)

        for before in (None, b"", b"rubbish", b"[]"):
            assert sidecar_words(edited_sidecar(before, said)) == said
