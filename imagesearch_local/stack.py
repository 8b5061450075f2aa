"""Everything on one machine, around one folder: bucket, queue and relay in this process, each function in its own."""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from imagesearch_local.cloud.bucket import local_cloud
from imagesearch_local.cloud.resources import DERIVED, FUNCTION_SECONDS, IMAGES, LocalCloud, queue_depth
from imagesearch_local.functions.process import Function
from imagesearch_local.paths import model_dir, write_atomically
from imagesearch_local.relay.lambda_context import LambdaContext
from imagesearch_local.relay.reconcile import announce, known_etags, missed
from imagesearch_local.relay.relay import Mapping as QueueMapping
from imagesearch_local.relay.relay import relaying
from imagesearch_local.relay.sequencers import Sequencers

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from imagesearch.ports import ImageIndex

INDEX_FUNCTION = "index_images"
SEARCH_FUNCTION = "search_api"
SEARCH_SECONDS = 29
"""What API Gateway lets a function take."""

_SWEEP_EVERY = timedelta(days=1)
_TOMBSTONES_LAST = timedelta(days=30)
"""Longer than the queue and its dead letters together: an event of theirs must still meet them."""
_log = logging.getLogger(__name__)


class DataInUse(RuntimeError):
    """Another process works in the folder; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Stack:
    """What runs."""

    data: Path
    cloud: LocalCloud
    search: Callable[[dict[str, Any], Any], Any]
    """The function `search_api`."""
    announced: int
    """Changes that the index had missed and that were announced to it at the start."""
    _index: ImageIndex
    _sqs: SQSClient
    _failing: Callable[[], int]

    def search_context(self) -> LambdaContext:
        """The Lambda context of one call of `search`."""
        return LambdaContext(SEARCH_FUNCTION, SEARCH_SECONDS)

    def counts(self) -> dict[str, int]:
        """Images that can be found, events not handled yet, those of them that failed, images that were rejected."""
        states = self._index.status().states
        pending = queue_depth(self._sqs, self.cloud.queue_url)
        return {
            "images": states.get("indexed", 0),
            "pending": pending,
            "failing": min(self._failing(), pending),  # some may be dead letters by now
            "rejected": states.get("rejected", 0),
        }

    def s3(self) -> dict[str, str]:
        """What an S3 client needs to put pictures in."""
        keys = self.cloud.keys
        return {
            "endpoint": self.cloud.endpoint,
            "bucket": IMAGES,
            "access_key": keys.access_key,
            "secret_key": keys.secret_key,
        }


@contextmanager
def running_stack(data: Path, log: IO[Any]) -> Iterator[Stack]:
    """Run everything around the folder `data` while the block runs; at its end batches in flight are finished.

    The folder is made where it is missing. What the functions print goes to the file `log`. Once a process. Raises
    DataInUse; pydantic's ValidationError for settings that can't be used; FunctionFailed; ModelMismatch, ...
    """
    data = data.resolve()
    with _locked(data), local_cloud(data) as cloud, _environment(_settings(data, cloud)):
        # Only now: settings are read from the environment, once.
        from imagesearch import bootstrap  # noqa: PLC0415

        bootstrap.settings()
        with _functions(log) as (index_images, search_api):
            sqs = cloud.sqs()
            index = bootstrap.index()
            announced = _announce_missed(cloud, index, sqs)
            if not announced:
                _sweep_now_and_then(data / "swept")
            index_images.wait_until_ready()
            search_api.wait_until_ready()
            mapping = QueueMapping(cloud.queue_url, INDEX_FUNCTION, function_seconds=FUNCTION_SECONDS)
            with relaying(mapping, index_images, sqs, Sequencers(data / "sequencer")) as failing:
                yield Stack(data, cloud, search_api, announced, index, sqs, failing)


@contextmanager
def _functions(log: IO[Any]) -> Iterator[tuple[Function, Function]]:
    """Both functions, starting side by side with whatever the block does meanwhile."""
    # A model that does not load is found out now: pictures would wait in the queue for ever.
    preloading = {**os.environ, "IMAGESEARCH_PRELOAD_MODEL": "true"}
    with (
        closing(Function(f"{INDEX_FUNCTION}.handler.handler", preloading, log=log)) as index_images,
        closing(Function(f"{SEARCH_FUNCTION}.handler.handler", os.environ, log=log)) as search_api,
    ):
        yield index_images, search_api


def _announce_missed(cloud: LocalCloud, index: ImageIndex, sqs: SQSClient) -> int:
    pages = cloud.s3().get_paginator("list_objects_v2").paginate(Bucket=IMAGES)
    listed = {item["Key"]: item["ETag"] for page in pages for item in page.get("Contents", [])}
    # 'Folders', which consoles make, are no pictures: the function skips them, too.
    present = {key: etag for key, etag in listed.items() if not key.endswith("/")}
    changes = missed(present, known_etags(index, IMAGES))
    if changes:
        _log.info("%s changes had not reached the index yet", len(changes))
    return announce(changes, bucket=IMAGES, sqs=sqs, queue_url=cloud.queue_url)


def _sweep_now_and_then(marker: Path) -> None:
    """At a start, at most once a day, and only when the index is complete."""
    from imagesearch import bootstrap  # noqa: PLC0415 - as above
    from imagesearch.tidying import Tidier  # noqa: PLC0415

    now = datetime.now(UTC)
    if marker.exists() and marker.stat().st_mtime > (now - _SWEEP_EVERY).timestamp():
        return
    tidier = Tidier(bootstrap.index(), bootstrap.derived_store(), bootstrap.manifest().space_id)
    swept = tidier.sweep(tombstones_before=now - _TOMBSTONES_LAST, derived_before=now - _SWEEP_EVERY)
    _log.info("%s objects that nobody needs any more were swept", swept)
    marker.touch()


def _settings(data: Path, cloud: LocalCloud) -> dict[str, str]:
    """The functions' environment."""
    unproxied = [os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or "", "127.0.0.1", "localhost"]
    return {
        **cloud.environment(),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": ",".join(filter(None, unproxied)),
        "IMAGESEARCH_IMAGE_BUCKET": IMAGES,
        "IMAGESEARCH_DERIVED_BUCKET": DERIVED,
        "IMAGESEARCH_INDEX_URL": f"sqlite:///{data / 'index.sqlite'}",
        "IMAGESEARCH_MODEL_DIR": str(model_dir()),
        "IMAGESEARCH_CURSOR_SECRET": _cursor_secret(data),
    }


@contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    # With the user's own profiles, endpoints and options boto3 might speak to AWS, and to somebody's real bucket.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(settings)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _cursor_secret(data: Path) -> str:
    """Made once, so that cursors survive a restart."""
    path = data / "cursor-secret"
    if not path.is_file():
        write_atomically(path, secrets.token_urlsafe(32).encode(), mode=0o600)
    return path.read_text()


@contextmanager
def _locked(data: Path) -> Iterator[None]:
    """Hold the folder. The lock goes with the process, however it ends."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise DataInUse(
                f"{data} is in use by another `imagesearch up` (process {holder}): stop that one, or choose another "
                "folder with --data"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
