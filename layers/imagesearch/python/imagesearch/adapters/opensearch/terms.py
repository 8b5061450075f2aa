"""The terms of a text, as the index's own analyser makes them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from imagesearch.adapters.first_words import first_words
from imagesearch.adapters.opensearch.client import Connection, quoted
from imagesearch.adapters.opensearch.mapping import ANALYZER
from imagesearch.spelling import storable

_LONGEST = 19_999
"""Characters that are analysed: in as many there can't be more than the 10,000 tokens that OpenSearch allows."""


def terms_of(connection: Connection, text: str) -> Mapping[str, str]:
    """The first MAX_TERMS distinct terms of a text (stemmed) in their order, each with the first word that gave it."""
    return _terms_of(connection, storable(text[:_LONGEST]))


@lru_cache(maxsize=1024)  # one search asks for the terms of its text up to four times
def _terms_of(connection: Connection, text: str) -> Mapping[str, str]:
    body = {"analyzer": ANALYZER, "text": text}
    tokens = connection.request("POST", f"/{quoted(connection.alias)}/_analyze", body)["tokens"]
    encoded = text.encode("utf-16-le")  # whose units OpenSearch counts
    found = (
        (token["token"], encoded[2 * token["start_offset"] : 2 * token["end_offset"]].decode("utf-16-le"))
        for token in tokens
    )
    return MappingProxyType(first_words(found))
