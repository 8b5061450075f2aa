"""Images by date, without end."""

from __future__ import annotations

from datetime import datetime

from imagesearch.adapters.opensearch.answers import NOTHING_STORED, hits_of
from imagesearch.adapters.opensearch.client import Connection, Json
from imagesearch.adapters.opensearch.filters import having, within
from imagesearch.adapters.opensearch.terms import terms_of
from imagesearch.adapters.times import microseconds, moment
from imagesearch.retrieval import DateOrder, Filters
from imagesearch.spelling import storable


def browse(
    connection: Connection,
    filters: Filters,
    order: DateOrder,
    *,
    text: str | None,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[tuple[datetime, str]]:
    """See `ports.ImageIndex.browse`."""
    terms = () if text is None else terms_of(connection, text)
    if text is not None and not terms:
        return []
    date = {"uploaded": "uploaded", "taken": "dated"}[order.by]
    direction = "desc" if order.newest_first else "asc"
    body: Json = {
        "query": within(filters, having(terms)) if terms else within(filters),
        "sort": [{date: direction}, {"id": direction}],
        "size": limit,
        **NOTHING_STORED,
    }
    if after:
        body["search_after"] = [microseconds(after[0]), storable(after[1])]
    answer = connection.search(body)
    return [(moment(time), image_id) for time, image_id in (hit["sort"] for hit in hits_of(answer))]
