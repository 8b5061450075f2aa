"""What goes wrong between us and a real OpenSearch: killed, overloaded, cut off, red, gone, of another model."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from faulty_proxy import (
    Fault,
    FaultyProxy,
    cut,
    cut_after,
    cut_short,
    faulty_proxy,
    held_until,
    items_refused,
    not_opensearch,
    refused,
)
from image_indexes import EVERYTHING, an_image, ref, stamp, unit, words_of

from imagesearch import bootstrap
from imagesearch.adapters.opensearch import administration, documents
from imagesearch.adapters.opensearch.client import READ_ATTEMPTS, connect
from imagesearch.adapters.opensearch.failures import IndexTooSlow
from imagesearch.adapters.opensearch.index import OpenSearchIndex
from imagesearch.adapters.opensearch.mapping import SCHEMA_VERSION
from imagesearch.deadlines import until
from imagesearch.errors import IndexMissing, IndexOutdated, IndexUnavailable, ModelMismatch
from imagesearch.manifest import DescriptorSpec
from imagesearch.records import Write, Written
from imagesearch.retrieval import Leg, TextLeg, VectorLeg
from imagesearch.settings import IndexSettings
from imagesearch_local.cloud.resources import IMAGES
from imagesearch_local.relay.lambda_context import LambdaContext

if TYPE_CHECKING:
    from opensearch_server import PrivateOpenSearch

    from tests.integration.conftest import Library

SPECS = (DescriptorSpec("semantic", 3, 0.3),)
_numbers = count(1)


@pytest.fixture(scope="module")
def proxy(opensearch: str) -> Iterator[FaultyProxy]:
    with faulty_proxy(opensearch) as running:
        yield running


@contextmanager
def a_generation(url: str, *, specs: tuple[DescriptorSpec, ...] = SPECS, space: str = "space") -> Iterator[str]:
    """A generation of a library of its own while the block runs; its alias."""
    server, library = connect(url), f"failures{next(_numbers)}"
    administration.create(server, 1, space, specs, IndexSettings(), library=library)
    try:
        yield administration.alias_name(1, library=library)
    finally:
        server.request("DELETE", f"/{library}-*")


@pytest.fixture
def alias(opensearch: str, proxy: FaultyProxy) -> Iterator[str]:
    with a_generation(opensearch) as name:
        yield name
        proxy.mend()


@pytest.fixture
def index(proxy: FaultyProxy, alias: str) -> OpenSearchIndex:
    """An index that is reached through the faulty proxy."""
    return an_index(f"{proxy.url}/{alias}")


def an_index(url: str, seconds: float = 10) -> OpenSearchIndex:
    return OpenSearchIndex(connect(url, seconds=seconds))


@contextmanager
def blocked(url: str, index: str, block: str) -> Iterator[None]:
    """https://docs.opensearch.org/docs/latest/api-reference/index-apis/blocks/."""
    server = connect(url)
    server.request("PUT", f"/{index}/_settings", {f"index.blocks.{block}": True})
    try:
        yield
    finally:
        server.request("PUT", f"/{index}/_settings", {f"index.blocks.{block}": None})


def soon() -> float:
    """A deadline that leaves a busy machine the time to answer once."""
    return time.monotonic() + 6


def writes(*names: str, if_version: str | None = None) -> list[Write]:
    return [Write(ref(name), an_image(1), if_version) for name in names]


def versions(index: OpenSearchIndex, *names: str) -> list[str | None]:
    found = index.read([ref(name).image_id for name in names])
    return [found[ref(name).image_id].version if ref(name).image_id in found else None for name in names]


def outcomes(answers: list[Written]) -> list[str]:
    return [answer.outcome for answer in answers]


def why(answers: list[Written]) -> str:
    """Of one write that failed."""
    (answer,) = answers
    assert answer.outcome == "failed"
    return answer.reason or ""


class TestRefusedForTheMoment:
    """A busy cluster is asked again, and again only about what it refused."""

    @pytest.mark.parametrize("status", [429, 503])
    @pytest.mark.parametrize("if_version", [None, ""])
    def test_items_are_sent_again_until_they_are_taken(
        self, index: OpenSearchIndex, proxy: FaultyProxy, status: int, if_version: str | None
    ) -> None:
        proxy.next("_bulk", *[items_refused(status, ref("b").image_id)] * 2)
        before = proxy.count("_bulk")
        assert outcomes(index.write(writes("a", "b", "c", if_version=if_version))) == ["written"] * 3
        assert versions(index, "a", "b", "c") == ["1", "1", "1"]
        lines = [len(sent.body.splitlines()) for sent in proxy.requests if "_bulk" in sent.path][before:]
        assert lines[-3:] == [6, 2, 2]

    @pytest.mark.parametrize("fault", [refused(429), refused(503), not_opensearch(502), not_opensearch(504), cut])
    def test_whole_requests_are_sent_again_until_they_are_taken(
        self, index: OpenSearchIndex, proxy: FaultyProxy, fault: Fault
    ) -> None:
        proxy.next("_bulk", fault, fault)
        assert outcomes(index.write(writes("a", "b"))) == ["written", "written"]
        assert versions(index, "a", "b") == ["1", "1"]

    @pytest.mark.parametrize("status", [429, 503])
    def test_what_is_refused_to_the_end_has_failed_and_the_others_stand(
        self, index: OpenSearchIndex, proxy: FaultyProxy, status: int
    ) -> None:
        proxy.always("_bulk", items_refused(status, ref("b").image_id, ref("d").image_id))
        answers = index.write(writes("a", "b", "c", "d"), deadline=soon())
        assert outcomes(answers) == ["written", "failed", "written", "failed"]
        assert (answers[1].reason or "").startswith("index-unavailable: The index is")
        assert versions(index, "a", "b", "c", "d") == ["1", None, "1", None]

    def test_where_nothing_was_taken_to_the_end_all_has_failed(
        self, index: OpenSearchIndex, proxy: FaultyProxy
    ) -> None:
        proxy.always("_bulk", refused(429))
        answers = index.write(writes("a", "b"), deadline=soon())
        assert [answer.reason for answer in answers] == ["index-unavailable: The index is overloaded right now."] * 2
        assert versions(index, "a", "b") == [None, None]

    def test_what_is_refused_for_good_is_not_sent_again(self, index: OpenSearchIndex, proxy: FaultyProxy) -> None:
        proxy.always("_bulk", items_refused(400, ref("b").image_id))
        before = proxy.count("_bulk")
        answers = index.write(writes("a", "b"))
        assert outcomes(answers) == ["written", "failed"]
        assert "mapper_parsing_exception" in (answers[1].reason or "")
        assert proxy.count("_bulk") == before + 1

    @pytest.mark.parametrize("fault", [refused(429), refused(503), not_opensearch(502), cut, cut_short])
    def test_reads_are_asked_again_twice(self, index: OpenSearchIndex, proxy: FaultyProxy, fault: Fault) -> None:
        index.write(writes("a"))
        proxy.next("_mget", fault, fault)
        assert versions(index, "a") == ["1"]
        proxy.next("_mget", fault, fault, fault)
        with pytest.raises(IndexUnavailable):
            versions(index, "a")


class TestLostAnswers:
    """A write whose answer got lost was done all the same, once."""

    @pytest.mark.parametrize("fault", [cut_after, cut_short])
    def test_it_is_sent_again_but_written_once_and_still_told_as_written(
        self, index: OpenSearchIndex, proxy: FaultyProxy, fault: Fault
    ) -> None:
        index.write([Write(ref("frog"), an_image(1, etag="first"))])
        proxy.next("_bulk", fault)
        (answer,) = index.write([Write(ref("frog"), an_image(2, etag="second"))])
        assert answer.other
        assert answer.other.image
        assert (answer.outcome, answer.other.version, answer.other.image.etag) == ("written", "1", "first")
        assert versions(index, "frog") == ["2"]

    def test_who_compares_and_sets_does_not_run_into_itself(self, index: OpenSearchIndex, proxy: FaultyProxy) -> None:
        """... though somebody else was the first with one of its records."""
        index.write(writes("toad"))
        proxy.next("_bulk", cut_after)
        frog, toad = index.write(writes("frog", "toad", if_version=""))
        assert (frog.outcome, frog.other) == ("written", None)
        assert (toad.outcome, toad.other and toad.other.version) == ("conflict", "1")
        assert versions(index, "frog", "toad") == ["1", "1"]

    @pytest.mark.parametrize("fault", [refused(429), refused(503), cut, cut_short])
    def test_who_met_another_is_told_what_stands_there_when_it_can_be_read(
        self, index: OpenSearchIndex, proxy: FaultyProxy, fault: Fault
    ) -> None:
        """Given a record that cannot be read for longer than a read is tried again; then it is compared again."""
        index.write(writes("frog"))
        proxy.next("_mget", *[fault] * READ_ATTEMPTS)
        (answer,) = index.write(writes("frog", if_version=""))
        assert (answer.outcome, answer.other and answer.other.version) == ("conflict", "1")
        proxy.always("_mget", fault)
        assert "index-unavailable" in why(index.write(writes("frog", if_version=""), deadline=soon()))

    def test_what_takes_too_long_is_given_up_in_time(self, alias: str, proxy: FaultyProxy) -> None:
        """Given a search that is held up; then it raises, and is not asked a second time."""
        index, end = an_index(f"{proxy.url}/{alias}", seconds=0.5), threading.Event()
        proxy.next("_search", held_until(end))
        before = proxy.count("_search")
        try:
            with pytest.raises(IndexUnavailable, match="in time"):
                index.rejected(after=None, limit=1)
        finally:
            end.set()
        assert proxy.count("_search") == before + 1


class TestThroughTheFunction:
    """What fails goes back to the queue item by item."""

    def test_exactly_the_refused_messages_are_delivered_again(
        self, opensearch: str, proxy: FaultyProxy, bare_library: Library
    ) -> None:
        """Given events of four sidecars; when OpenSearch refuses two; then two messages fail, and succeed later."""
        names = ("a", "b", "c", "d")
        for name in names:
            bare_library.s3.put_object(Bucket=IMAGES, Key=f"{name}.png.json", Body=b'{"caption": "x"}')
        event = {"Records": [_message(f"{name}.png.json") for name in names]}
        with bare_library.restarted():
            model = bootstrap.manifest()
        with (
            a_generation(opensearch, specs=model.descriptors, space=model.space_id) as alias,
            bare_library.restarted(IMAGESEARCH_INDEX_URL=f"{proxy.url}/{alias}"),
        ):
            proxy.always("_bulk", items_refused(429, ref("b").image_id, ref("d").image_id))
            assert _failures(event, seconds=10) == ["message b.png.json", "message d.png.json"]
            assert set(bootstrap.index().read([ref(name).image_id for name in names])) == {
                ref("a").image_id,
                ref("c").image_id,
            }
            proxy.mend()
            assert _failures(event, seconds=30) == []
            assert len(bootstrap.index().read([ref(name).image_id for name in names])) == len(names)

    def test_without_an_index_every_message_is_delivered_again(self, opensearch: str, bare_library: Library) -> None:
        event = {"Records": [_message("a.png.json"), _message("b.png.json")]}
        with bare_library.restarted(IMAGESEARCH_INDEX_URL=f"{opensearch}/there-is-none"):
            assert _failures(event, seconds=30) == ["message a.png.json", "message b.png.json"]


class TestTooLate:
    """A search that API Gateway no longer waits for asks nothing more, in whatever thread."""

    def test_a_search_ends_when_its_function_must(
        self, opensearch: str, proxy: FaultyProxy, bare_library: Library
    ) -> None:
        """Given a function that has no time left to answer in; then it says so, and OpenSearch hears nothing."""
        from search_api.handler import RESERVE_SECONDS

        with bare_library.restarted():
            model = bootstrap.manifest()
        with (
            a_generation(opensearch, specs=model.descriptors, space=model.space_id) as alias,
            bare_library.restarted(IMAGESEARCH_INDEX_URL=f"{proxy.url}/{alias}"),
        ):
            bare_library.api.search(text="frog")
            before = len(proxy.requests)
            answer = bare_library.api.post("/search", json={"text": "frog"}, seconds=RESERVE_SECONDS)
            assert (answer.status_code, answer.json()["code"]) == (503, "index-unavailable")
            assert "in time" in answer.json()["detail"]
            assert len(proxy.requests) == before

    def test_legs_that_are_searched_side_by_side_share_it(self, index: OpenSearchIndex, proxy: FaultyProxy) -> None:
        legs: list[Leg] = [TextLeg("frog"), VectorLeg("semantic", unit(1, 0, 0))]
        index.retrieve(legs, EVERYTHING, 10)
        before = len(proxy.requests)
        with until(time.monotonic()), pytest.raises(IndexUnavailable, match="in time"):
            index.retrieve(legs, EVERYTHING, 10)
        assert len(proxy.requests) == before


class TestDocumentedErrors:
    """Each of them says what to do, and none says where the index is or who asks."""

    def test_a_missing_alias(self, opensearch: str) -> None:
        index = an_index(f"{opensearch}/there-is-none")
        calls: list[Callable[[], Any]] = [
            lambda: index.write(writes("a")),
            lambda: index.read(["a"]),
            index.space_id,
            index.status,
            lambda: list(index.listing()),
        ]
        for call in calls:
            with pytest.raises(IndexMissing, match="imagesearch index create"):
                call()
        assert connect(opensearch).request("GET", "/there-is-none", absent_ok=True) is None

    def test_an_alias_that_went_away_while_the_function_runs(self, opensearch: str) -> None:
        """... is not made an index of by writing to it."""
        with a_generation(opensearch) as alias:
            index = an_index(f"{opensearch}/{alias}")
            index.write(writes("a"))
            physical = index.shape.index
            connect(opensearch).request("DELETE", f"/{physical}")
            assert "index-missing: There is no index behind the alias" in why(index.write(writes("a")))
            assert connect(opensearch).request("GET", f"/{alias}", absent_ok=True) is None

    def test_a_missing_script(self, index: OpenSearchIndex, monkeypatch: pytest.MonkeyPatch) -> None:
        """Given a function that is newer than what is stored on the server."""
        monkeypatch.setattr(documents, "SCRIPT_ID", "imagesearch-write-of-tomorrow")
        assert re.search("index-missing: .*stored script.*imagesearch index create", why(index.write(writes("a"))))

    def test_another_model(self, opensearch: str, index: OpenSearchIndex) -> None:
        """Given descriptors of another space among others; then nothing at all is written."""
        with pytest.raises(ModelMismatch, match="holds descriptors of space space; these are of another"):
            index.write([*writes("a"), Write(ref("b"), an_image(1, space_id="another"))])
        assert versions(index, "a", "b") == [None, None]

    def test_an_index_of_another_model_is_refused_at_the_start(
        self, opensearch: str, alias: str, bare_library: Library
    ) -> None:
        with (
            bare_library.restarted(IMAGESEARCH_INDEX_URL=f"{opensearch}/{alias}"),
            pytest.raises(ModelMismatch, match="space space"),
        ):
            bootstrap.index()

    def test_an_address_without_an_alias(self, opensearch: str, bare_library: Library) -> None:
        with (
            bare_library.restarted(IMAGESEARCH_INDEX_URL=opensearch),
            pytest.raises(ValueError, match="names no alias: it must end with /ALIAS"),
        ):
            bootstrap.index()

    def test_an_index_of_another_version_of_the_product(self, opensearch: str) -> None:
        server, name = connect(opensearch), f"failures{next(_numbers)}-old-1"
        body = {"mappings": {"_meta": {"space_id": "space", "schema": 0}, "properties": {"id": {"type": "keyword"}}}}
        server.request("PUT", f"/{name}", {**body, "aliases": {f"{name}-alias": {}}})
        try:
            with pytest.raises(IndexOutdated, match=r"schema is 0.*new generation.*imagesearch index add"):
                an_index(f"{opensearch}/{name}-alias").space_id()
        finally:
            server.request("DELETE", f"/{name}")

    def test_a_red_index(self, opensearch: str) -> None:
        """Given an index whose one shard no node may hold; then searching, reading and writing say that it is red."""
        server, name = connect(opensearch), f"failures{next(_numbers)}"
        body = {
            "settings": {"index": {"number_of_replicas": 0, "routing.allocation.require.no_such": "node"}},
            "mappings": {
                "_meta": {"space_id": "space", "schema": SCHEMA_VERSION},
                "properties": {"id": {"type": "keyword"}},
            },
            "aliases": {f"{name}-g1": {}},
        }
        server.request("PUT", f"/{name}-space-1", body, params={"wait_for_active_shards": "0"})
        try:
            index = an_index(f"{opensearch}/{name}-g1")
            assert "is red" in why(index.write(writes("a"), deadline=soon()))
            calls: list[Callable[[], Any]] = [
                lambda: index.read(["a"]),
                index.status,
                lambda: list(index.listing()),
            ]
            for call in calls:
                with pytest.raises(IndexUnavailable, match="is red"):
                    call()
        finally:
            server.request("DELETE", f"/{name}-space-1")

    @pytest.mark.parametrize("block", ["write", "read_only_allow_delete"])
    def test_an_index_that_takes_no_writes(self, opensearch: str, index: OpenSearchIndex, block: str) -> None:
        """Given a block such as services set where storage or memory runs low; then that is what the error says."""
        with blocked(opensearch, index.shape.index, block):
            assert "index-unavailable: The index is blocked" in why(index.write(writes("a"), deadline=soon()))
        assert outcomes(index.write(writes("a"))) == ["written"]

    def test_an_index_that_may_not_be_read(self, opensearch: str, index: OpenSearchIndex) -> None:
        with blocked(opensearch, index.shape.index, "read"), pytest.raises(IndexUnavailable, match="blocked"):
            index.rejected(after=None, limit=1)

    def test_a_search_that_opensearch_itself_gives_up(self, opensearch: str, index: OpenSearchIndex) -> None:
        """Given a search that computes for longer than it may; then OpenSearch says so before we stop waiting."""
        for segment in "abc":  # it looks at its clock, which ticks each 200 ms, before each segment
            index.write(writes(*(f"{segment}{number}" for number in range(20))), visible=True)
        script = "double all = 0; for (int n = 0; n < 900000; n++) { all += Math.sin(n) } return Math.abs(all)"
        slow = {"timeout": "1ms", "query": {"script_score": {"query": {"match_all": {}}, "script": {"source": script}}}}
        connection = connect(f"{opensearch}/{index.shape.index}")
        with pytest.raises(IndexTooSlow, match="in time"):
            connection.search(slow)
        with pytest.raises(IndexTooSlow, match="in time"):
            connection.msearch([slow])

    def test_an_index_that_is_not_there_at_all(self, proxy: FaultyProxy) -> None:
        """... and the error tells neither host nor port nor password."""
        with faulty_proxy("http://127.0.0.1:9") as gone:
            port = gone.url.rpartition(":")[2]
        index = an_index(f"http://somebody:secret@127.0.0.1:{port}/images-g1")
        with pytest.raises(IndexUnavailable, match="can't be reached") as raised:
            index.space_id()
        assert not [leak for leak in ("127.0.0.1", port, "somebody", "secret") if leak in str(raised.value)]


class TestKilled:
    """OpenSearch dies as in a power cut, in the middle of a batch, and comes back on the same disk."""

    def test_nothing_is_lost_and_nothing_is_doubled(self, private_opensearch: Callable[[], PrivateOpenSearch]) -> None:
        server = private_opensearch()
        library = f"failures{next(_numbers)}"
        administration.create(connect(server.url), 1, "space", SPECS, IndexSettings(), library=library)
        index = an_index(f"{server.url}/{library}-g1")
        assert index.space_id() == "space"
        names = [f"image {number}" for number in range(1000)]
        todo = [write for name in names for write in (Write(ref(name), an_image(2)), Write(ref(name), said(name)))]
        under_way, answers = threading.Event(), list[Written]()

        def write_all() -> None:
            """As the queue does: what failed comes again."""
            left = todo
            while left:
                try:
                    answered = index.write(left[:200], deadline=soon())
                except IndexUnavailable:
                    continue
                under_way.set()
                answers.extend(answered)
                failed = [write for write, each in zip(left, answered, strict=False) if each.outcome == "failed"]
                left = failed + left[200:]

        writer = threading.Thread(target=write_all)
        writer.start()
        under_way.wait()
        server.kill()
        seen = len(answers)
        server.start()
        writer.join()

        assert seen < len(todo), "it was killed too late to tell anything"
        records = list(index.listing())
        assert sorted(record.ref.key for record in records) == sorted(ref(name).key for name in names)
        assert {record.version for record in records} == {"2"}
        assert {record.words.caption for record in records} == set(names)
        assert all(record.live for record in records)
        assert index.status().states == {"indexed": len(names)}


def said(name: str) -> Any:
    return words_of(2, caption=name)


def _message(key: str) -> dict[str, Any]:
    """An SQS message of one S3 event."""
    change = {
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": IMAGES}, "object": {"key": key, "sequencer": stamp(1)[:16]}},
    }
    return {
        "messageId": f"message {key}",
        "receiptHandle": f"receipt {key}",
        "body": json.dumps({"Records": [change]}),
        "attributes": {"ApproximateReceiveCount": "1"},
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:no-such-queue",
    }


def _failures(event: dict[str, Any], seconds: float) -> list[str]:
    from index_images.handler import handler

    context: Any = LambdaContext("index_images", seconds)
    return [failure["itemIdentifier"] for failure in handler(event, context)["batchItemFailures"]]
