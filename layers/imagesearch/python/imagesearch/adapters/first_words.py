"""The terms of a query, and the words of it that gave them: which of them count is the same for every index."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from imagesearch.ports import MAX_TERMS


def first_words(tokens: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The first MAX_TERMS distinct terms in their order, each with the first word that gave it.

    `tokens` are terms and their words, as an analyser finds them.
    """
    words: dict[str, str] = {}
    for term, word in tokens:
        words.setdefault(term, word)
    return dict(islice(words.items(), MAX_TERMS))
