"""Text as FTS5 sees it: terms (stemmed), which are what a search looks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import apsw

from imagesearch.adapters.first_words import first_words
from imagesearch.adapters.sqlite.schema import STEMMING
from imagesearch.spelling import storable


def terms_of(connection: apsw.Connection, text: str) -> dict[str, str]:
    """The first MAX_TERMS distinct terms of a text (stemmed) in their order, each with the first word that gave it."""
    tokenize = connection.fts5_tokenizer(*STEMMING)
    encoded = storable(text).encode()
    tokens = cast("list[tuple[int, int, str]]", tokenize(encoded, apsw.FTS5_TOKENIZE_QUERY, None))
    return first_words((term, encoded[start:end].decode()) for start, end, term in tokens)


def any_of(terms: Mapping[str, str]) -> str:
    """An FTS5 query for at least one of the terms."""
    # The words, not their stems: FTS5 stems its query, and the stem of a stem may be another.
    return " OR ".join(map(quoted, terms.values()))


def quoted(word: str) -> str:
    """A word as FTS5 takes it literally."""
    return '"' + word.replace('"', '""') + '"'
