"""One generation at work: its queue with the relay, its index, and each of its functions in a process of its own."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from imagesearch.errors import Unavailable
from imagesearch_local.cloud.resources import (
    FUNCTION_SECONDS,
    IMAGES,
    QUEUE,
    Queue,
    delete_queue,
    make_queue,
    queue_depth,
)
from imagesearch_local.functions.on_demand import OnDemand
from imagesearch_local.functions.process import Function
from imagesearch_local.generations import models
from imagesearch_local.generations.errors import GenerationError
from imagesearch_local.generations.indexes import Indexes
from imagesearch_local.generations.ledger import Generation
from imagesearch_local.relay.lambda_context import LambdaContext
from imagesearch_local.relay.reconcile import announce, known_etags, missed
from imagesearch_local.relay.relay import Mapping as QueueMapping
from imagesearch_local.relay.relay import relaying
from imagesearch_local.relay.sequencers import Sequencers

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

    from imagesearch.manifest import Manifest
    from imagesearch.ports import ImageIndex

INDEX_FUNCTION = "index_images"
SEARCH_FUNCTION = "search_api"
_BACKFILL_FUNCTION = "imagesearch_local.functions.backfilling"
_BACKFILL_SECONDS = 600
"""For one batch: nothing but the retries of a busy index end with it."""
_BACKFILL_IDLE_SECONDS = 60
"""Whoever ran the backfill is done, or was killed."""


@dataclass(frozen=True, slots=True)
class Site:
    """What all generations of a data folder share."""

    home: Path
    """Folder of the ledger and the models."""
    indexes: Indexes
    log: IO[Any]
    s3: S3Client
    sqs: SQSClient
    sequencers: Sequencers
    """One for all queues, so that the stamps of two generations compare: thumbnails are named by them."""

    def environment(self, number: int) -> dict[str, str]:
        """Of a generation's functions, over this process's own."""
        own = {
            "IMAGESEARCH_INDEX_URL": self.indexes.url(number),
            "IMAGESEARCH_MODEL_DIR": str(models.folder(self.home, number)),
        }
        return {**os.environ, **own}


class Serving:
    """Made, its index function starts; `open`, its index is there; `listen`, it is fed."""

    index: ImageIndex

    def __init__(self, site: Site, generation: Generation) -> None:
        """Raises ModelMissing."""
        self.generation = generation
        self._site = site
        self._running = ExitStack()
        self._starting = threading.Lock()
        self._search: Function | None = None
        self._is_closed = False
        self._failing: Callable[[], int] = lambda: 0
        self._states: Mapping[str, int] = {}
        self._trouble: str | None = None
        # A model that does not load is found out now: pictures would wait in the queue for ever.
        self._index_images = self._function(f"{INDEX_FUNCTION}.handler.handler", preload=True)
        self._running.callback(self._index_images.close)
        self._backfill = OnDemand(
            lambda: self._function(f"{_BACKFILL_FUNCTION}.handler", preload=False), idle_seconds=_BACKFILL_IDLE_SECONDS
        )
        self._running.callback(self._backfill.close)

    @property
    def number(self) -> int:
        return self.generation.number

    @cached_property
    def manifest(self) -> Manifest:
        """Raises ModelMissing."""
        return models.manifest_of(models.folder(self._site.home, self.number))

    @cached_property
    def queue(self) -> Queue:
        """Made where it is missing."""
        return _queue(self._site, self.number)

    def wait_until_ready(self) -> None:
        """Until the index function has its model. Raises FunctionFailed, FunctionDied."""
        self._index_images.wait_until_ready()

    def open(self) -> None:
        """Have the index, made where it is missing. Raises IndexUnavailable, ModelMismatch and the like."""
        self.index = self._site.indexes.create(self.number, self.manifest)

    def reopen(self) -> None:
        """Have the index again where it was lost: who has it open still, as a file that is gone, opens it anew."""
        self.open()
        self._index_images.restart()
        if self._search:
            self._search.restart()
        self._backfill.end()

    def listen(self) -> None:
        """From now on the queue is read."""
        mapping = QueueMapping(self.queue.url, INDEX_FUNCTION, function_seconds=FUNCTION_SECONDS)
        relay = relaying(mapping, self._index_images, self._site.sqs, self._site.sequencers)
        self._failing = self._running.enter_context(relay)

    def announce_missed(self, present: Mapping[str, str]) -> int:
        """Put into the queue what this index, unlike the bucket, does not know. Returns how many changes that were."""
        changes = missed(present, known_etags(self.index, IMAGES))
        return announce(changes, bucket=IMAGES, sqs=self._site.sqs, queue_url=self.queue.url)

    def search(self) -> Function:
        """The search function, started at the first call, and kept. Raises GenerationError when closed."""
        with self._starting:
            if self._is_closed:
                raise GenerationError(f"Generation {self.number} is closed.")
            self._search = self._search or self._function(f"{SEARCH_FUNCTION}.handler.handler", preload=False)
            return self._search

    def backfill(self, etags: Mapping[str, str]) -> dict[str, Any]:
        """One batch: see the function. Raises FunctionFailed, FunctionDied."""
        answer: dict[str, Any] = self._backfill({"etags": dict(etags)}, LambdaContext("backfill", _BACKFILL_SECONDS))
        return answer

    def counts(self) -> dict[str, int]:
        """Images that can be found, events not handled yet, those of them that failed, images that were rejected.

        While the index does not answer: what it said last.
        """
        # Before the index is asked: where nothing was pending, it has taken all. OpenSearch shows it within a second.
        pending = queue_depth(self._site.sqs, self.queue.url)
        try:
            self._states = self.index.status().states
            self._trouble = None
        except Unavailable as error:
            self._trouble = str(error)
        return {
            "images": self._states.get("indexed", 0),
            "pending": pending,
            "failing": min(self._failing(), pending),  # some may be dead letters by now
            "rejected": self._states.get("rejected", 0),
        }

    @property
    def trouble(self) -> str | None:
        """Why the index did not answer when `counts` last asked it; None where it did."""
        return self._trouble

    def close(self) -> None:
        """Finish what is in flight, then end the functions."""
        with self._starting:
            self._is_closed = True
            if self._search:
                self._running.callback(self._search.close)
        self._running.close()

    def _function(self, handler: str, *, preload: bool) -> Function:
        environment = self._site.environment(self.number)
        if preload:
            environment["IMAGESEARCH_PRELOAD_MODEL"] = "true"
        return Function(handler, environment, log=self._site.log)


def delete(site: Site, number: int) -> None:
    """Delete queue, index and model of a generation that is closed, as far as they are there."""
    delete_queue(site.sqs, _queue(site, number))
    site.indexes.drop(number)
    models.forget(site.home, number)


def _queue(site: Site, number: int) -> Queue:
    return make_queue(site.sqs, QUEUE if number == 1 else f"{QUEUE}-{number}")


def close_all(servings: Sequence[Serving]) -> None:
    """All of them, though one may fail to."""
    with ExitStack() as closing:
        for serving in servings:
            closing.callback(serving.close)
