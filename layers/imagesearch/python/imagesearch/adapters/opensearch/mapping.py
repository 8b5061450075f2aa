"""What an index of OpenSearch looks like: one document an image, its words analysed, its vectors in HNSW graphs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from imagesearch.manifest import DescriptorSpec
from imagesearch.records import TextField
from imagesearch.settings import IndexSettings
from imagesearch.spelling import unaccented

SCHEMA_VERSION = 1
FIELDS: tuple[TextField, ...] = ("caption", "tags", "attributes", "name")
ANALYZER = "words"
SLOW_LOGS = {
    "search.slowlog.threshold.query.warn": "1s",
    "search.slowlog.threshold.fetch.warn": "1s",
    "indexing.slowlog.threshold.index.warn": "5s",
    "indexing.slowlog.source": "false",  # nobody's words
}
"""What takes so long is logged by OpenSearch, which by itself logs nothing."""
MAX_HITS = 10_000
"""Of one search: OpenSearch's own default."""
_LONGEST_TERM = 1000
"""Characters; Lucene refuses a document with a term of more than 32,766 bytes."""
_LONGEST_KEYWORD = 8000


def text_field(field: TextField) -> str:
    """Where a field's words are searched: `text.caption`, ..."""
    return f"text.{field}"


ALL_TEXT = "text.all"
"""The words of all fields."""


def descriptor_field(name: str) -> str:
    """Of a descriptor with one vector an image."""
    return f"descriptor.{name}"


def regions_field(name: str) -> str:
    """Of a descriptor with several vectors an image: nested documents with `vector` and `box`."""
    return f"regions.{name}"


def index_body(space_id: str, descriptors: Iterable[DescriptorSpec], settings: IndexSettings) -> dict[str, Any]:
    """The body that creates an index for descriptors of this space."""
    return {"settings": _settings(settings), "mappings": _mappings(space_id, list(descriptors), settings)}


def _settings(settings: IndexSettings) -> dict[str, Any]:
    return {
        "index": {
            "knn": True,
            "number_of_shards": settings.shards,
            "number_of_replicas": settings.replicas,
            "refresh_interval": f"{settings.refresh_seconds}s",
            "max_result_window": MAX_HITS,
            **SLOW_LOGS,
        },
        "analysis": {
            # The same words as the embedded index's `porter unicode61 remove_diacritics 2`: runs of letters and
            # numbers, in lower case, without accents, stemmed (Porter 1980, An algorithm for suffix stripping).
            "char_filter": {"accents": {"type": "mapping", "mappings": _without_accents()}},
            "tokenizer": {"letters_and_numbers": {"type": "pattern", "pattern": r"[^\p{L}\p{N}\p{Co}]+"}},
            "filter": {"bounded": {"type": "truncate", "length": _LONGEST_TERM}},
            "analyzer": {
                ANALYZER: {
                    "type": "custom",
                    "char_filter": ["accents"],
                    "tokenizer": "letters_and_numbers",
                    "filter": ["lowercase", "bounded", "porter_stem"],
                }
            },
        },
    }


def _without_accents() -> list[str]:
    return [f"{_escaped(one)} => {_escaped(other)}" for one, other in unaccented().items()]


def _escaped(text: str) -> str:
    """As Java's UTF-16 escapes, which the rules' syntax takes."""
    units = text.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _mappings(space_id: str, descriptors: list[DescriptorSpec], settings: IndexSettings) -> dict[str, Any]:
    keyword = {"type": "keyword", "ignore_above": _LONGEST_KEYWORD}
    exact = {"type": "keyword"}
    kept = {"type": "keyword", "index": False, "doc_values": False}
    # Beside the document, too: what every page of hits shows is read without parsing it, with its vectors, as a whole.
    shown = {"store": True}
    # Dates are whole microseconds since the epoch, which compare exactly in all years from 1 to 9999.
    moment, number, truth = {"type": "long"}, {"type": "integer"}, {"type": "boolean"}
    words = {"type": "text", "analyzer": ANALYZER}
    return {
        "dynamic": "strict",
        "_meta": {"space_id": space_id, "schema": SCHEMA_VERSION},
        "properties": {
            "id": exact,
            "bucket": {**exact, **shown},
            "key": {**exact, **shown},
            "version": {"type": "long", "index": False, **shown},
            "write": kept,  # names the last write, which may be sent twice
            # Both parts in full, as JSON, and as they were before the last write.
            "image": {**kept, **shown},
            "sidecar": {**kept, **shown},
            "before": {"properties": {"image": kept, "sidecar": kept, "version": {"type": "long", "index": False}}},
            # What the words in force are made of: each part's own (see `said.py`).
            "said": {"type": "object", "enabled": False},
            "live": truth,
            "hidden": truth,
            "image_state": exact,
            "image_sequencer": exact,
            "image_written": moment,
            "sidecar_state": exact,
            "sidecar_sequencer": exact,
            "sidecar_written": moment,
            "sha256": exact,
            # What is filtered and counted of the image part.
            "uploaded": moment,
            "taken": moment,
            "dated": moment,
            "year": exact,
            "format": exact,
            "width": number,
            "height": number,
            "orientation": exact,
            "camera": keyword,
            "camera_folded": keyword,
            "position": {"type": "geo_point"},
            # The words in force, of live images only.
            "text": {
                "properties": {
                    **{field: {**words, "copy_to": ALL_TEXT, **shown} for field in FIELDS},
                    "all": words,
                }
            },
            "words": number,
            "tag": keyword,
            "tag_tails": keyword,
            "spellings": keyword,
            "attribute": {
                "type": "nested",
                "properties": {
                    "name": keyword,
                    "shown": keyword,
                    "number": {"type": "double"},
                    "truth": truth,
                },
            },
            "descriptor": {
                "properties": {each.name: _vector(each, settings) for each in descriptors if not each.several}
            },
            "regions": {
                "properties": {
                    each.name: {
                        "type": "nested",
                        "properties": {
                            "vector": _vector(each, settings),
                            "box": {"type": "keyword", "index": False},  # its four numbers, in their order
                        },
                    }
                    for each in descriptors
                    if each.several
                }
            },
        },
    }


def _vector(descriptor: DescriptorSpec, settings: IndexSettings) -> Mapping[str, Any]:
    parameters: dict[str, Any] = {"m": settings.m, "ef_construction": settings.ef_construction}
    if settings.quantization == "sq":
        parameters["encoder"] = {"name": "sq"}
    method = {"name": "hnsw", "engine": settings.engine, "space_type": "cosinesimil", "parameters": parameters}
    return {"type": "knn_vector", "dimension": descriptor.dimension, "method": method}
