"""Feeds a function from a queue, as Lambda's event source mapping does."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from imagesearch_local.cloud.resources import queue_arn
from imagesearch_local.relay.batches import failed_ids, sqs_event
from imagesearch_local.relay.lambda_context import LambdaContext
from imagesearch_local.relay.sequencers import Sequencers

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

Handler = Callable[[dict[str, Any], Any], Any]

_PATIENCE_SECONDS = 1.0  # after the queue failed to answer
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Mapping:
    """How a queue is read: the settings of an event source mapping."""

    queue_url: str
    function_name: str
    batch_size: int = 10
    window_seconds: float = 0.2
    """How long a batch that is not full waits for more."""
    concurrency: int = 1
    """Batches worked on at a time."""
    poll_seconds: int = 1
    """How long the queue may keep an empty answer. A stop waits for it."""
    function_seconds: float = 60


@contextmanager
def relaying(mapping: Mapping, handler: Handler, sqs: SQSClient, sequencers: Sequencers) -> Iterator[Callable[[], int]]:
    """Feed `handler` while the block runs; at its end batches in flight are finished.

    What it gives tells how many messages failed and went back to the queue, and did not succeed since. Those that
    became dead letters count, too: nothing tells the relay of them.

    What the function did not handle stays in the queue and returns when its visibility timeout ends.
    """
    relay = _Relay(mapping, handler, sqs, sequencers)
    thread = threading.Thread(target=relay.run, name=f"relay-{mapping.function_name}", daemon=True)
    thread.start()
    try:
        yield relay.failing
    finally:
        relay.stopping.set()
        thread.join()


class _Relay:
    def __init__(self, mapping: Mapping, handler: Handler, sqs: SQSClient, sequencers: Sequencers) -> None:
        self._mapping = mapping
        self._handler = handler
        self._sqs = sqs
        self._sequencers = sequencers
        self._slots = threading.Semaphore(mapping.concurrency)
        self._queue_arn = queue_arn(sqs, mapping.queue_url)
        self.stopping = threading.Event()
        self._guard = threading.Lock()
        self._given_back: set[str] = set()

    def failing(self) -> int:
        return len(self._given_back)

    def run(self) -> None:
        # Leaving the pool waits for what runs in it.
        with ThreadPoolExecutor(self._mapping.concurrency, self._mapping.function_name) as pool:
            while not self.stopping.is_set():
                # First a free worker, then messages: their visibility timeout runs from when they are received.
                self._slots.acquire()
                # The wait may have been long: a stop since then must not take another batch.
                if not self.stopping.is_set() and (event := self._event()):
                    pool.submit(self._work, event)
                else:
                    self._slots.release()

    def _event(self) -> dict[str, Any] | None:
        messages = self._batch()
        if not messages:
            return None
        try:
            # Stamped here, by the one thread that receives: in the order of arrival.
            return sqs_event(messages, queue_arn=self._queue_arn, stamp=self._sequencers.stamp)
        except OSError:
            _log.exception("the sequencer's file can't be written; %s messages return later", len(messages))
            self.stopping.wait(_PATIENCE_SECONDS)
            return None

    def _batch(self) -> list[MessageTypeDef]:
        messages = self._receive(self._mapping.batch_size, self._mapping.poll_seconds)
        ends = time.monotonic() + self._mapping.window_seconds
        while 0 < len(messages) < self._mapping.batch_size and not self.stopping.is_set():
            left = ends - time.monotonic()
            if left <= 0:
                break
            time.sleep(min(left, self._mapping.window_seconds / 4))
            messages += self._receive(self._mapping.batch_size - len(messages), 0)
        return messages

    def _receive(self, limit: int, wait: int) -> list[MessageTypeDef]:
        try:
            answer = self._sqs.receive_message(
                QueueUrl=self._mapping.queue_url,
                MaxNumberOfMessages=limit,
                WaitTimeSeconds=wait,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
        except (BotoCoreError, ClientError) as error:
            _log.warning("the queue did not answer: %s", error)
            self.stopping.wait(_PATIENCE_SECONDS)
            return []
        return answer.get("Messages", [])

    def _work(self, event: dict[str, Any]) -> None:
        try:
            receipts = {record["messageId"]: record["receiptHandle"] for record in event["Records"]}
            failed = self._invoke(event, receipts)
            with self._guard:
                self._given_back = (self._given_back - receipts.keys()) | failed
            self._delete({name: receipt for name, receipt in receipts.items() if name not in failed})
        except Exception:  # noqa: BLE001 - a worker that dies in silence would look like a queue that hangs
            _log.exception("a batch could not be finished")
        finally:
            self._slots.release()

    def _invoke(self, event: dict[str, Any], receipts: dict[str, str]) -> frozenset[str]:
        context = LambdaContext(self._mapping.function_name, self._mapping.function_seconds)
        try:
            # Through JSON and back, as Lambda does it: what is not JSON must fail here too.
            answer = json.loads(json.dumps(self._handler(json.loads(json.dumps(event)), context)))
        except Exception:  # noqa: BLE001 - a function may fail in any way, and is logged
            _log.exception("%s failed; its %s messages return later", self._mapping.function_name, len(receipts))
            return frozenset(receipts)
        return failed_ids(answer, receipts)

    def _delete(self, receipts: dict[str, str]) -> None:
        if not receipts:
            return
        answer = self._sqs.delete_message_batch(
            QueueUrl=self._mapping.queue_url,
            Entries=[{"Id": name, "ReceiptHandle": receipt} for name, receipt in receipts.items()],
        )
        for failure in answer.get("Failed", []):
            _log.warning("message %s could not be deleted: %s", failure["Id"], failure.get("Message", failure["Code"]))
        for success in answer.get("Successful", []):
            self._sequencers.forget(success["Id"])
