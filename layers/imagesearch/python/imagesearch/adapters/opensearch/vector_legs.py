"""Legs by descriptor: approximate among all images (HNSW), exact among given ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imagesearch.adapters.opensearch.answers import NOTHING_STORED, hits_of
from imagesearch.adapters.opensearch.client import Json
from imagesearch.adapters.opensearch.documents import box_of, sendable
from imagesearch.adapters.opensearch.mapping import descriptor_field, regions_field
from imagesearch.adapters.opensearch.shape import Shape
from imagesearch.retrieval import VectorLeg, VectorMatch, VectorMatches

if TYPE_CHECKING:
    from imagesearch.records import Box

_MOST = 10_000
"""The largest `k` that OpenSearch takes."""


def is_known(shape: Shape, leg: VectorLeg) -> bool:
    """Whether the index holds vectors of that name at all."""
    return leg.name in shape.single | shape.several


def nearest(shape: Shape, leg: VectorLeg, condition: Json, depth: int, candidates: int) -> Json:
    """A search for the nearest `depth` images that meet the condition, among so many candidates of each shard.

    The condition stands inside of the k-NN clause: it shapes the walk through the graph, so that a narrow one leaves
    no fewer images than there are. Around the clause it would only sift the candidates.
    """
    several = leg.name in shape.several
    field = f"{regions_field(leg.name)}.vector" if several else descriptor_field(leg.name)
    clause = {"vector": sendable(leg.vector), "k": min(max(depth, candidates), _MOST), "filter": condition}
    query: Json = {"knn": {field: clause}}
    return _ordered(_of_regions(leg.name, query) if several else query, depth)


def exact(shape: Shape, leg: VectorLeg, condition: Json, depth: int) -> Json:
    """A search that compares every image that meets the condition (few, one hopes)."""
    if leg.name not in shape.several:
        return _ordered(_compared(leg, descriptor_field(leg.name), condition), depth)
    nested = _of_regions(leg.name, _compared(leg, f"{regions_field(leg.name)}.vector"))
    return _ordered({"bool": {"filter": [condition], "must": [nested]}}, depth)


def read_vectors(leg: VectorLeg, answers: Sequence[Json]) -> VectorMatches:
    """The answer to `nearest` or `exact`, in a list of its own."""
    (answer,) = answers
    return VectorMatches(leg.name, tuple(_match(leg.name, hit) for hit in hits_of(answer)))


def _compared(leg: VectorLeg, field: str, *conditions: Json) -> Json:
    """Every vector that there is: https://docs.opensearch.org/docs/latest/vector-search/vector-search-techniques/knn-score-script/."""
    having = {"bool": {"filter": [{"exists": {"field": field}}, *conditions]}}
    parameters = {"field": field, "query_value": sendable(leg.vector), "space_type": "cosinesimil"}
    return {
        "script_score": {"query": having, "script": {"lang": "knn", "source": "knn_score", "params": parameters}},
    }


def _of_regions(name: str, query: Json) -> Json:
    """The best of an image's regions, and its box: from its column, since the document has all vectors, too."""
    box = {
        "size": 1,
        "_source": False,
        "stored_fields": "_none_",
        "docvalue_fields": [f"{regions_field(name)}.box"],
    }
    return {"nested": {"path": regions_field(name), "score_mode": "max", "query": query, "inner_hits": box}}


def _ordered(query: Json, depth: int) -> Json:
    return {"query": query, "sort": [{"_score": "desc"}, {"id": "asc"}], "size": depth, **NOTHING_STORED}


def _match(name: str, hit: Json) -> VectorMatch:
    score, image_id = hit["sort"]
    # OpenSearch gives (1 + cosine) / 2; rounding may leave it just above 1.
    cosine = max(-1.0, min(2 * score - 1, 1.0))
    return VectorMatch(image_id, cosine, _box(name, hit) if "inner_hits" in hit else None)


def _box(name: str, hit: Json) -> Box | None:
    (region,) = hits_of(hit["inner_hits"][regions_field(name)])
    kept = region.get("fields", {}).get(f"{regions_field(name)}.box")
    return box_of(kept[0]) if kept else None
