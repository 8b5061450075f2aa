"""What of an answer is asked for: as little as is needed."""

from __future__ import annotations

from typing import Any

from imagesearch.adapters.opensearch.client import Json

NOTHING_STORED: Json = {"_source": False, "stored_fields": "_none_", "track_total_hits": False}
"""Hits of nothing but scores and what they are sorted by.

Not even `_id`: to read it a document is decompressed as a whole, with its vector. With 200 hits of 512 numbers each
that takes longer than finding them.
"""
NO_HITS: Json = {"size": 0, "track_total_hits": False}


def hits_of(answer: Json) -> list[Any]:
    found: list[Any] = answer["hits"]["hits"]
    return found
