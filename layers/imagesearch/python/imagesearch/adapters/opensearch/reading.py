"""Reading records, and what the index tells of itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from imagesearch.adapters.opensearch.answers import NO_HITS, hits_of
from imagesearch.adapters.opensearch.client import Connection, Json, quoted
from imagesearch.adapters.opensearch.documents import DESCRIPTORS, PARTS, record_of_hit
from imagesearch.adapters.times import microseconds
from imagesearch.records import Record
from imagesearch.spelling import storable

_PAGE = 500
_STATES = 10  # more than there are
_SWEEP_SECONDS = 600.0


def read(connection: Connection, image_ids: Sequence[str], *, descriptors: bool) -> dict[str, Record]:
    """See `ports.ImageIndex.read`. As they are now, whether searches see it yet or not."""
    ids = list(dict.fromkeys(map(storable, image_ids)))
    found = [
        record_of_hit(document, descriptors=descriptors)
        for start in range(0, len(ids), _PAGE)
        for document in _documents(connection, ids[start : start + _PAGE], descriptors=descriptors)
    ]
    return {record.image_id: record for record in found}


def _documents(connection: Connection, ids: Sequence[str], *, descriptors: bool) -> list[Json]:
    if descriptors:
        return connection.mget(ids, [*PARTS, *DESCRIPTORS])
    # Stored fields: to read them from the source, all of it is parsed, with its vectors.
    return connection.mget(ids, source=False, stored=PARTS)


def listing(connection: Connection) -> Iterator[Record]:
    """See `ports.ImageIndex.listing`. By id, a page after the other: nothing is kept open on the server."""
    body: Json = {"query": {"match_all": {}}, "sort": ["id"], "size": _PAGE}
    _hits(connection, {**body, "size": 0})  # says at once that an index is red, where a refresh waits for its shards
    connection.refresh()
    while hits := _hits(connection, body):
        yield from map(record_of_hit, hits)
        body = {**body, "search_after": hits[-1]["sort"]}


def rejected(connection: Connection, *, after: str | None, limit: int) -> list[Record]:
    """See `ports.ImageIndex.rejected`."""
    filters: list[Json] = [{"term": {"image_state": "rejected"}}]
    if after is not None:
        filters.append({"range": {"key": {"gt": storable(after)}}})
    query = {"bool": {"filter": filters, "must_not": [{"term": {"hidden": True}}]}}
    return [record_of_hit(hit) for hit in _hits(connection, {"query": query, "sort": ["key"], "size": limit})]


def live_contents(connection: Connection, sha256s: Collection[str]) -> set[str]:
    """See `ports.ImageIndex.live_contents`. With one refresh: a move is a copy and, a moment later, a removal."""
    asked = list(sha256s)
    if asked:
        connection.refresh()
    return {
        bucket["key"]
        for start in range(0, len(asked), _PAGE)
        for bucket in _contents(connection, asked[start : start + _PAGE])
    }


def _contents(connection: Connection, sha256s: Sequence[str]) -> list[Json]:
    body = {
        **NO_HITS,
        "query": {"bool": {"filter": [{"terms": {"sha256": sha256s}}, {"term": {"live": True}}]}},
        "aggs": {"contents": {"terms": {"field": "sha256", "size": len(sha256s)}}},
    }
    found: list[Json] = connection.search(body)["aggregations"]["contents"]["buckets"]
    return found


def states(connection: Connection) -> dict[str, int]:
    """How many records there are by the state of their image part, as `IndexStatus.states`."""
    hidden = {"term": {"hidden": True}}
    body = {
        **NO_HITS,
        "query": {"exists": {"field": "image_state"}},
        "aggs": {
            "hidden": {"filter": hidden},
            "shown": {
                "filter": {"bool": {"must_not": [hidden]}},
                "aggs": {"states": {"terms": {"field": "image_state", "size": _STATES}}},
            },
        },
    }
    answer = connection.search(body)["aggregations"]
    counts = {bucket["key"]: bucket["doc_count"] for bucket in answer["shown"]["states"]["buckets"]}
    if answer["hidden"]["doc_count"]:
        counts["hidden"] = answer["hidden"]["doc_count"]
    return dict(sorted(counts.items()))


def sweep(connection: Connection, before: datetime) -> int:
    """See `ports.ImageIndex.sweep`. A record that is written meanwhile is left alone."""
    dead = [_is_dead("image", ["removed", "pending"], before), _is_dead("sidecar", ["removed"], before)]
    answer = connection.request(
        "POST",
        f"/{quoted(connection.alias)}/_delete_by_query",
        {"query": {"bool": {"filter": dead}}},
        params={"conflicts": "proceed", "refresh": "true"},
        attempts=1,
        seconds=_SWEEP_SECONDS,
    )
    return int(answer["deleted"])


def _is_dead(side: str, states: Sequence[str], before: datetime) -> Json:
    """The part is not there, or a tombstone of that age."""
    tombstone = [
        {"terms": {f"{side}_state": states}},
        {"range": {f"{side}_written": {"lt": microseconds(before)}}},
    ]
    return {
        "bool": {
            "should": [
                {"bool": {"must_not": [{"exists": {"field": f"{side}_state"}}]}},
                {"bool": {"filter": tombstone}},
            ],
            "minimum_should_match": 1,
        }
    }


def _hits(connection: Connection, body: Json) -> list[Any]:
    return hits_of(connection.search({"_source": list(PARTS), **body}))
