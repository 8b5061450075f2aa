"""Words as they are spelled, in lower case and without accents: one definition for every index. Pure functions.

The same as FTS5's `unicode61 remove_diacritics 2` (https://www.sqlite.org/fts5.html#unicode61_tokenizer): words are
runs of letters and numbers; only letters of the Latin alphabet lose their accents.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

_MARKS = range(0x300, 0x332)
_LAST_LATIN = 0x2200
_WORD = re.compile("(?:[^\\W_]|[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd])+")


def words_of(text: str) -> list[str]:
    """The words of a text in their order, folded but not stemmed."""
    return _WORD.findall(text.lower().translate(_folding()))


def storable(text: str) -> str:
    """The text with `?` for lone surrogates, which are no characters and which no index takes."""
    return text.encode("utf-8", "replace").decode()


@cache
def unaccented() -> Mapping[str, str]:
    """What stands for a character without its accents: nothing for a mark, a plain letter for a letter with accents."""
    folded = {chr(mark): "" for mark in _MARKS} | {"\u017f": "s", "\u00b5": "\u03bc"}  # long s; micro, which is mu
    for number in range(0x80, _LAST_LATIN):
        character = chr(number)
        decomposed = unicodedata.normalize("NFD", character)
        base, marks = decomposed[0], decomposed[1:]
        if marks and base.isascii() and base.isalpha() and all(unicodedata.combining(mark) for mark in marks):
            folded[character] = base
    return folded


@cache
def _folding() -> Mapping[int, str]:
    return {ord(character): plain for character, plain in unaccented().items()}
