"""The terms of a text, as the index's own analyser makes them."""

from __future__ import annotations

from functools import lru_cache

from imagesearch.adapters.opensearch.client import Connection, quoted
from imagesearch.adapters.opensearch.mapping import ANALYZER
from imagesearch.ports import MAX_TERMS
from imagesearch.spelling import storable

_LONGEST = 19_999
"""Characters that are analysed: in as many there can't be more than the 10,000 tokens that OpenSearch allows."""


def terms_of(connection: Connection, text: str) -> tuple[str, ...]:
    """The first MAX_TERMS distinct terms of a text, stemmed, in their order."""
    return _terms_of(connection, storable(text[:_LONGEST]))


@lru_cache(maxsize=1024)  # one search asks for the terms of its text up to four times
def _terms_of(connection: Connection, text: str) -> tuple[str, ...]:
    body = {"analyzer": ANALYZER, "text": text}
    tokens = connection.request("POST", f"/{quoted(connection.alias)}/_analyze", body)["tokens"]
    return tuple(dict.fromkeys(token["token"] for token in tokens))[:MAX_TERMS]
