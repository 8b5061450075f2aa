"""Words as they are spelled, in lower case and without accents: one definition for every index. Pure functions.

The same as FTS5's `unicode61 remove_diacritics 2` (https://www.sqlite.org/fts5.html#unicode61_tokenizer): words are
runs of letters and numbers; only letters of the Latin alphabet lose their accents.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

_MARKS = tuple(0x300 + place for place in range(50) if 0x361F8_08029FDF >> place & 1)
"""Combining marks that are accents: FTS5's own selection. Others part words, as all signs do."""
_VARIANTS = str.maketrans("\u017f\u1e9b\u00b5ςϐϑϕϖϰϱϵ\u1fbe", "ss\u03bcσβθφπκρε\u03b9")  # noqa: RUF001 - Greek is meant
"""Letters in other shapes: the long s, the micro sign, and the Greek final sigma above all."""
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
    folded = {chr(mark): "" for mark in _MARKS}
    for number in range(0x80, _LAST_LATIN):
        character = chr(number)
        decomposed = unicodedata.normalize("NFD", character)
        base, marks = decomposed[0], decomposed[1:]
        if marks and base.isascii() and base.isalpha() and all(unicodedata.combining(mark) for mark in marks):
            folded[character] = base
    return folded | {chr(variant): chr(letter) for variant, letter in _VARIANTS.items()}


@cache
def _folding() -> Mapping[int, str]:
    return {ord(character): plain for character, plain in unaccented().items()}
