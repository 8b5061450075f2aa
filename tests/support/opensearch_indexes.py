"""Indexes on a real OpenSearch that last as long as a test, or a session."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from image_indexes import NewIndex

from imagesearch.adapters.opensearch import administration
from imagesearch.adapters.opensearch.client import Connection, connect
from imagesearch.adapters.opensearch.index import OpenSearchIndex
from imagesearch.manifest import DescriptorSpec
from imagesearch.settings import IndexSettings

SPACE = "space"


@contextmanager
def temporary(url: str, shards: int) -> Iterator[NewIndex]:
    """Makes indexes for `semantic` vectors of 3 numbers and for regions, all of them gone in the end."""
    library = f"test-{secrets.token_hex(4)}"
    numbers = itertools.count(1)

    def new(*, regions: int = 3) -> OpenSearchIndex:
        number = next(numbers)
        specs = [DescriptorSpec("semantic", 3, 0.3), DescriptorSpec("regions", regions, 0.3, several=True)]
        connection = connect(f"{url}/{administration.alias_name(number, library=library)}")
        administration.create(connection, number, SPACE, specs, IndexSettings(shards=shards), library=library)
        return OpenSearchIndex(connection)

    try:
        yield new
    finally:
        connect(url).request("DELETE", f"/{library}-*", seconds=60)


def empty(index: OpenSearchIndex) -> None:
    """Forget all of its records."""
    connection: Connection = index._connection
    connection.request("POST", f"/{connection.alias}/_refresh")
    connection.request(
        "POST", f"/{connection.alias}/_delete_by_query", {"query": {"match_all": {}}}, params={"refresh": "true"}
    )
