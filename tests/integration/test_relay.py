"""The relay between a real queue and real handlers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from patience import PATIENCE_SECONDS, until

from imagesearch_local.cloud.bucket import local_cloud
from imagesearch_local.cloud.resources import IMAGES, LocalCloud, queue_depth
from imagesearch_local.relay.relay import Mapping, relaying
from imagesearch_local.relay.sequencers import Sequencers

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass
class Recorder:
    """A handler that keeps what it got and answers as told."""

    answer: Callable[[list[dict[str, Any]]], Any] = lambda records: None
    batches: list[list[dict[str, Any]]] = field(default_factory=list)
    contexts: list[Any] = field(default_factory=list)

    def __call__(self, event: dict[str, Any], context: Any) -> Any:
        self.batches.append(event["Records"])
        self.contexts.append(context)
        return self.answer(event["Records"])

    @property
    def records(self) -> list[dict[str, Any]]:
        return [record for batch in self.batches for record in batch]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with local_cloud(tmp_path_factory.mktemp("data")) as found:
        yield found


@pytest.fixture
def sqs(cloud: LocalCloud) -> SQSClient:
    return cloud.sqs()


@pytest.fixture
def queue(sqs: SQSClient, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty queue whose failed messages are back at once."""
    name = f"queue-{abs(hash(request.node.name))}"
    url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "1"})["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)


def relayed(queue: str, handler: Any, sqs: SQSClient, memory: Path, **settings: Any) -> Any:
    return relaying(Mapping(queue, "tested", **settings), handler, sqs, Sequencers(memory))


def test_messages_are_handled_and_deleted(queue: str, sqs: SQSClient, tmp_path: Path) -> None:
    handler = Recorder()
    sent = {sqs.send_message(QueueUrl=queue, MessageBody=str(number))["MessageId"]: str(number) for number in range(25)}
    with relayed(queue, handler, sqs, tmp_path / "s"):
        until(lambda: queue_depth(sqs, queue) == 0)
    assert {record["messageId"]: record["body"] for record in handler.records} == sent
    assert len(handler.records) == 25
    assert max(map(len, handler.batches)) <= 10
    record = handler.records[0]
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["eventSourceARN"].endswith(queue.rpartition("/")[2])


def test_the_context_tells_name_request_and_time_left(queue: str, sqs: SQSClient, tmp_path: Path) -> None:
    left: list[int] = []
    handler = Recorder()

    def tell(event: dict[str, Any], context: Any) -> None:
        left.append(context.get_remaining_time_in_millis())
        handler(event, context)

    sqs.send_message(QueueUrl=queue, MessageBody="x")
    with relayed(queue, tell, sqs, tmp_path / "s", function_seconds=30):
        until(lambda: queue_depth(sqs, queue) == 0)
    (context,) = handler.contexts
    assert context.function_name == "tested"
    assert context.aws_request_id
    assert 0 < left[0] <= 30_000


def test_only_failed_messages_come_again_with_their_count(queue: str, sqs: SQSClient, tmp_path: Path) -> None:
    def fail_bad_ones_once(records: list[dict[str, Any]]) -> Any:
        failed = [r for r in records if r["body"] == "bad" and r["attributes"]["ApproximateReceiveCount"] == "1"]
        return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}

    handler = Recorder(fail_bad_ones_once)
    for body in ("good", "bad", "good"):
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    with relayed(queue, handler, sqs, tmp_path / "s"):
        until(lambda: queue_depth(sqs, queue) == 0)
    assert sorted(r["body"] for r in handler.records) == ["bad", "bad", "good", "good"]
    assert [r["attributes"]["ApproximateReceiveCount"] for r in handler.records if r["body"] == "bad"] == ["1", "2"]


def test_it_knows_what_it_gave_back_until_that_succeeds(queue: str, sqs: SQSClient, tmp_path: Path) -> None:
    mended = threading.Event()

    def fail_until_mended(records: list[dict[str, Any]]) -> Any:
        failed = [] if mended.is_set() else [record for record in records if record["body"] == "bad"]
        return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}

    for body in ("good", "bad"):
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    with relayed(queue, Recorder(fail_until_mended), sqs, tmp_path / "s") as failing:
        until(lambda: failing() == 1)
        mended.set()
        until(lambda: queue_depth(sqs, queue) == 0)
        assert failing() == 0


@pytest.mark.parametrize("how", ["raises", "answers nonsense", "answers what is not JSON"])
def test_a_function_that_fails_gets_the_whole_batch_again(queue: str, sqs: SQSClient, tmp_path: Path, how: str) -> None:
    def fail_first(records: list[dict[str, Any]]) -> Any:
        if len(handler.batches) > 1:
            return None
        if how == "raises":
            raise RuntimeError("as told")
        return "nonsense" if how == "answers nonsense" else {1, 2}

    handler = Recorder(fail_first)
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    with relayed(queue, handler, sqs, tmp_path / "s"):
        until(lambda: queue_depth(sqs, queue) == 0)
    assert [record["body"] for record in handler.records] == ["x", "x"]


def test_events_of_the_bucket_arrive_with_sequencers_in_the_order_of_the_changes(
    cloud: LocalCloud, sqs: SQSClient, tmp_path: Path
) -> None:
    """And an event that comes again has the sequencer that it had."""

    def fail_once(records: list[dict[str, Any]]) -> Any:
        failed = [record for record in records if record["attributes"]["ApproximateReceiveCount"] == "1"]
        for record in failed:
            # Not after the queue's own timeout, but now.
            sqs.change_message_visibility(
                QueueUrl=cloud.queue_url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=0
            )
        return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}

    handler = Recorder(fail_once)
    s3 = cloud.s3()
    with relayed(cloud.queue_url, handler, sqs, tmp_path / "s"):
        for number in range(15):
            s3.put_object(Bucket=IMAGES, Key="same.png", Body=str(number).encode())
        s3.delete_object(Bucket=IMAGES, Key="same.png")
        until(lambda: queue_depth(sqs, cloud.queue_url) == 0)
    sequencers: dict[str, set[str]] = {}
    for record in handler.records:
        for event in json.loads(record["body"]).get("Records", []):
            sequencers.setdefault(event["eventTime"] + record["messageId"], set()).add(
                event["s3"]["object"]["sequencer"]
            )
    assert len(sequencers) == 16
    assert all(len(stamps) == 1 for stamps in sequencers.values())
    ordered = [stamps.pop() for _, stamps in sorted(sequencers.items(), key=lambda item: min(item[1]))]
    assert ordered == sorted(set(ordered))
    removed = next(r for r in handler.records if "ObjectRemoved" in r["body"])
    assert json.loads(removed["body"])["Records"][0]["s3"]["object"]["sequencer"] == ordered[-1]


def test_a_stop_finishes_the_batch_in_flight_and_takes_no_other(queue: str, sqs: SQSClient, tmp_path: Path) -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow(records: list[dict[str, Any]]) -> None:
        started.set()
        go_on.wait(PATIENCE_SECONDS)

    handler = Recorder(slow)
    for number in range(3):
        sqs.send_message(QueueUrl=queue, MessageBody=str(number))
    with relayed(queue, handler, sqs, tmp_path / "s", batch_size=1):
        started.wait(PATIENCE_SECONDS)
        threading.Timer(3, go_on.set).start()  # when the stop, which comes right after this, waits
    assert len(handler.batches) == 1
    assert queue_depth(sqs, queue) == 2


def test_no_more_batches_are_worked_on_at_a_time_than_allowed(queue: str, sqs: SQSClient, tmp_path: Path) -> None:
    lock, running, most = threading.Lock(), 0, 0
    two = threading.Event()

    def count(records: list[dict[str, Any]]) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        if most == 2:
            two.set()
        two.wait(PATIENCE_SECONDS)
        time.sleep(0.2)  # in which a third could come
        with lock:
            running -= 1

    for number in range(8):
        sqs.send_message(QueueUrl=queue, MessageBody=str(number))
    with relayed(queue, Recorder(count), sqs, tmp_path / "s", batch_size=1, concurrency=2, window_seconds=0):
        until(lambda: queue_depth(sqs, queue) == 0)
    assert most == 2
