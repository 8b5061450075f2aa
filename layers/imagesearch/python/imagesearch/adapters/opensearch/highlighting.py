"""Captions and tags with the words that a search found marked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from imagesearch.adapters.marks import CLOSE, OPEN, marked
from imagesearch.adapters.opensearch.answers import NOTHING_STORED, hits_of
from imagesearch.adapters.opensearch.client import Connection, Json
from imagesearch.adapters.opensearch.filters import LIVE, having
from imagesearch.adapters.opensearch.mapping import text_field
from imagesearch.adapters.opensearch.terms import terms_of
from imagesearch.records import TextField
from imagesearch.spelling import storable

_SHOWN: tuple[TextField, ...] = ("caption", "tags")


def highlights(connection: Connection, text: str, image_ids: Sequence[str]) -> dict[str, dict[TextField, str]]:
    """See `ports.ImageIndex.highlights`."""
    terms = terms_of(connection, text)
    if not terms or not image_ids:
        return {}
    ids = [storable(image_id) for image_id in image_ids]
    body = {
        "query": {"bool": {"filter": [LIVE, {"terms": {"id": ids}}, having(terms)]}},
        "sort": ["id"],  # which tells the id without reading the document for it
        "size": len(ids),
        "highlight": {
            "type": "unified",
            "number_of_fragments": 0,  # the whole text, however long
            "pre_tags": [OPEN],
            "post_tags": [CLOSE],
            "fields": {text_field(field): {"highlight_query": _any_of(terms, field)} for field in _SHOWN},
        },
        **NOTHING_STORED,
    }
    hits = hits_of(connection.search(body))
    return {hit["sort"][0]: _marked(hit.get("highlight", {})) for hit in hits}


def _any_of(terms: Iterable[str], field: TextField) -> Json:
    """Of the terms, not of the text: the stem of a stem may be another."""
    return {"bool": {"should": [{"term": {text_field(field): term}} for term in terms]}}


def _marked(found: Json) -> dict[TextField, str]:
    caption, tags = ("".join(found.get(text_field(field), ())) for field in _SHOWN)
    return marked(caption, tags)
