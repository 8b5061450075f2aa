"""What becomes of writes by what OpenSearch answers. (How it fares with a real one: integration.)"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from faulty_proxy import Answer, Fault, FaultyProxy, faulty_proxy
from image_indexes import gone, ref

from imagesearch.adapters.opensearch.client import connect
from imagesearch.adapters.opensearch.shape import Shape
from imagesearch.adapters.opensearch.writing import write
from imagesearch.records import Write, Written

SHAPE = Shape("images-space-1", "space", 1, "", frozenset({"semantic"}), frozenset())
FROG = ref("frog")
IS_THERE = {"status": 409, "error": {"type": "version_conflict_engine_exception", "reason": "document already exists"}}
CREATED = {"status": 201}
NOTHING = {"found": False}
ANOTHERS = {"found": True, "_source": {"version": 3, "write": "of somebody else"}}


@pytest.fixture
def server() -> Iterator[FaultyProxy]:
    """Answers as it is told, and shows what it was asked."""
    with faulty_proxy("http://127.0.0.1:9") as proxy:
        yield proxy


def bulk(item: dict[str, Any]) -> Fault:
    return answering({"items": [{"create": {"_id": FROG.image_id, **item}}]})


def documents(document: dict[str, Any]) -> Fault:
    return answering({"docs": [{"_id": FROG.image_id, **document}]})


def answering(answer: dict[str, Any]) -> Fault:
    return lambda _request, _upstream: Answer(200, "application/json", json.dumps(answer).encode())


def write_first(server: FaultyProxy, *, patience: float = 10) -> Written:
    """What may only be the first write of its record, tried for so many seconds."""
    deadline = time.monotonic() + patience
    connection = connect(f"{server.url}/images")
    (written,) = write(connection, SHAPE, [Write(FROG, gone(1), if_version="")], visible=False, deadline=deadline)
    return written


class TestAFirstWriteThatMeetsADocument:
    """The primary shard says that there is one. Replicas may have none yet, or an older one."""

    def test_it_is_told_whose_by_the_primary_shard(self, server: FaultyProxy) -> None:
        server.next("_bulk", bulk(IS_THERE))
        server.next("_mget?preference=_primary", documents(ANOTHERS))
        written = write_first(server)
        assert (written.outcome, written.other and written.other.version) == ("conflict", "3")

    def test_it_is_tried_again_where_that_is_gone_when_it_is_looked_for(self, server: FaultyProxy) -> None:
        """It was swept meanwhile, say."""
        server.next("_bulk", bulk(IS_THERE), bulk(CREATED))
        server.next("_mget", documents(NOTHING))
        assert write_first(server).outcome == "written"

    def test_one_that_comes_and_goes_until_time_is_up_is_a_failure_and_no_conflict(self, server: FaultyProxy) -> None:
        """A conflict without a record would say that nobody needs what belongs to one: thumbnails, descriptors."""
        server.always("_bulk", bulk(IS_THERE))
        server.always("_mget", documents(NOTHING))
        written = write_first(server, patience=1)
        assert (written.outcome, written.other) == ("failed", None)
        assert "gone again" in (written.reason or "")
