"""JSON for terminals: the same data, and nothing in it that a terminal would obey."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagesearch_local.json_text import json_text

TEXT = st.text(st.characters(exclude_categories=()))  # halves of surrogate pairs, too
DATA = st.recursive(TEXT | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner))


@given(DATA, st.sampled_from([None, 2]), st.sampled_from(["utf-8", "latin-1", "ascii", "cp1252"]))
def test_whatever_the_data_it_is_the_same_json_printable_and_in_the_encoding(
    data: object, indent: int | None, encoding: str
) -> None:
    text = json_text(data, indent=indent, encoding=encoding)

    assert json.loads(text) == json.loads(json.dumps(data))
    assert text.replace("\n", "").isprintable()
    text.encode(encoding)


@pytest.mark.parametrize("char", ["\x1b", "\x7f", "\x9b", "\u202e", "\u2028", "\ud800", "\U000e0041"])
def test_what_a_terminal_might_obey_is_escaped(char: str) -> None:
    assert json_text(f"a{char}b") == json.dumps(f"a{char}b").replace("\x7f", r"\u007f")


def test_letters_stay_as_they_are_where_the_encoding_has_them() -> None:
    assert json_text(["Zoë", "青蛙", "🐸"]) == '["Zoë", "青蛙", "🐸"]'
    assert json_text(["Zoë", "青"], encoding="latin-1") == r'["Zoë", "\u9752"]'
