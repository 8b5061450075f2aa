"""Text as FTS5 sees it: terms (stemmed), which are what a search looks for."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import cast

import apsw

from imagesearch.adapters.sqlite.schema import STEMMING
from imagesearch.ports import MAX_TERMS
from imagesearch.spelling import storable


def terms_of(connection: apsw.Connection, text: str) -> dict[str, str]:
    """The query's first MAX_TERMS distinct terms as the index knows them (stemmed), each with a word that gave it."""
    tokenize = connection.fts5_tokenizer(*STEMMING)
    encoded = storable(text).encode()
    terms: dict[str, str] = {}
    for token in tokenize(encoded, apsw.FTS5_TOKENIZE_QUERY, None):
        start, end, term = cast("tuple[int, int, str]", token)
        terms.setdefault(term, encoded[start:end].decode())
    return dict(islice(terms.items(), MAX_TERMS))


def any_of(terms: Mapping[str, str]) -> str:
    """An FTS5 query for at least one of the terms."""
    # The words, not their stems: FTS5 stems its query, and the stem of a stem may be another.
    return " OR ".join(map(quoted, terms.values()))


def quoted(word: str) -> str:
    """A word as FTS5 takes it literally."""
    return '"' + word.replace('"', '""') + '"'
