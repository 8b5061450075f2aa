"""How many images match, and how they fall into groups."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from imagesearch.adapters.facet_names import check_facets
from imagesearch.adapters.opensearch.client import Connection, Json
from imagesearch.adapters.opensearch.facets import counted, counting_by, is_exact
from imagesearch.adapters.opensearch.filters import having, within
from imagesearch.adapters.opensearch.terms import terms_of
from imagesearch.retrieval import Counts, Filters

logger = logging.getLogger(__name__)

_SHARD_SIZES = (1_000, 30_000)
"""Values that a shard tells of, at first and where that was too few to be exact. More than the second are unlikely, and
OpenSearch makes no more than 65,535 groups in all."""


def count(connection: Connection, filters: Filters, text: str | None, facets: Sequence[str], size: int) -> Counts:
    """See `ports.ImageIndex.count`. Raises ValueError for what is no facet.

    Where several shards have tens of thousands of values each, all about as frequent, a facet may be off by a few
    images; the log says so.
    """
    check_facets(facets)
    terms = () if text is None else terms_of(connection, text)
    if text is not None and not terms:
        return Counts(0, {name: {} for name in facets})
    query = within(filters, having(terms)) if terms else within(filters)
    answer: Json = {}
    for of_a_shard in _SHARD_SIZES:
        answer = _asked(connection, query, facets, size, of_a_shard)
        inexact = [name for n, name in enumerate(facets) if not is_exact(name, answer["aggregations"][str(n)], size)]
        if not inexact:
            break
    else:
        logger.warning("too many values to be counted exactly: %s", ", ".join(inexact))
    found = {name: counted(name, answer["aggregations"][str(n)], size) for n, name in enumerate(facets)}
    return Counts(answer["hits"]["total"]["value"], found)


def _asked(connection: Connection, query: Json, facets: Sequence[str], size: int, of_a_shard: int) -> Json:
    # By number: aggregations may not be named as attributes may.
    groups = {str(n): counting_by(name, size, of_a_shard) for n, name in enumerate(facets)}
    body = {"query": query, "size": 0, "track_total_hits": True, "aggs": groups}
    return {"aggregations": {}, **connection.search(body)}
