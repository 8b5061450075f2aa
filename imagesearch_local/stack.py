"""Everything on one machine, around one folder: bucket, queue and relay in this process, each function in its own."""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from pydantic import SecretStr

from imagesearch.settings import Settings
from imagesearch_local.cloud.bucket import local_cloud
from imagesearch_local.cloud.resources import DERIVED, IMAGES, LocalCloud
from imagesearch_local.generations.builds import ledger_of, passed_over
from imagesearch_local.generations.control_server import controlled
from imagesearch_local.generations.indexes import Indexes, indexes_at
from imagesearch_local.generations.library import Library
from imagesearch_local.generations.serving import SEARCH_FUNCTION, Site
from imagesearch_local.paths import LOCK, model_dir, write_atomically
from imagesearch_local.relay.lambda_context import LambdaContext
from imagesearch_local.relay.sequencers import Sequencers

if TYPE_CHECKING:
    from imagesearch.manifest import Manifest

SEARCH_SECONDS = 29
"""What API Gateway lets a function take."""

_SWEEP_EVERY = timedelta(days=1)
_FOR_THIS_MACHINE = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
_log = logging.getLogger(__name__)


Aws = Callable[[Path], AbstractContextManager[LocalCloud]]


class DataInUse(RuntimeError):
    """Another process works in the folder; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Stack:
    """What runs."""

    cloud: LocalCloud
    library: Library
    indexes: Indexes
    announced: int
    """Changes that the indexes had missed and that were announced to them at the start."""
    passed_over: str | None = None
    """What to tell the user of a model that is there, and that the library does not have."""

    def search(self, event: dict[str, Any], context: Any) -> Any:
        """The function `search_api` of the generation that is current at this moment."""
        return self.library.search(event, context)

    def search_context(self) -> LambdaContext:
        """The Lambda context of one call of `search`."""
        return LambdaContext(SEARCH_FUNCTION, SEARCH_SECONDS)

    def manifest(self) -> Manifest:
        """Of the current generation's model."""
        return self.library.current.manifest

    def counts(self) -> dict[str, int]:
        """Of the current generation: see `Serving.counts`."""
        return self.library.current.counts()

    def index(self) -> dict[str, str | None]:
        """The current generation's index, and why it did not answer when `counts` last asked it."""
        current = self.library.current
        kind, name = self.indexes.kind, self.indexes.name(current.number)
        return {"kind": kind, "name": name, "trouble": current.trouble}

    def s3(self) -> dict[str, str]:
        """What an S3 client needs to put pictures in."""
        return _s3(self.cloud)


@contextmanager
def running_stack(
    data: Path, log: IO[Any], *, index_server: str | None = None, aws: Aws = local_cloud
) -> Iterator[Stack]:
    """Run everything around the folder `data` while the block runs; at its end batches in flight are finished.

    The folder is made where it is missing. What the functions print goes to the file `log`. `index_server` is the URL
    of an OpenSearch, `http[s]://[user:password@]host[:port][/LIBRARY]`; without one the index is embedded. `aws` serves
    bucket and queue around the folder.

    Raises DataInUse; ModelMissing, ModelMismatch, IndexUnavailable, FunctionFailed, FunctionDied, GenerationError for
    what generations can't be started for; ValueError for a wrong URL; pydantic's ValidationError for wrong settings.
    """
    data = data.resolve()
    with locked(data):
        indexes = indexes_at(data, index_server)
        # Before anything is started: what is missing most often is the model.
        ledger = ledger_of(indexes.home, model_dir())
        # Before anything of boto3's is made: a profile that there is not would stop it.
        with _environment(_FOR_THIS_MACHINE), aws(data) as cloud:
            os.environ.update(_settings(data, cloud))
            _check_settings(indexes.url(ledger.current))
            site = Site(indexes.home, indexes, log, cloud.s3(), cloud.sqs(), Sequencers(data / "sequencer"))
            with closing(Library(site, ledger)) as library:
                announced = library.open()
                if not announced:
                    _sweep_now_and_then(data / "swept", library)
                with controlled(data, library, _s3(cloud)):
                    yield Stack(cloud, library, indexes, announced, passed_over(indexes.home, ledger, model_dir()))


def _s3(cloud: LocalCloud) -> dict[str, str]:
    keys = cloud.keys
    return {
        "endpoint": cloud.endpoint,
        "bucket": IMAGES,
        "access_key": keys.access_key,
        "secret_key": keys.secret_key,
    }


def _check_settings(index_url: str) -> None:
    """Here rather than in each function: an error names what is wrong in one line. Raises ValidationError."""
    Settings(index_url=SecretStr(index_url))  # all others are in the environment


def _sweep_now_and_then(marker: Path, library: Library) -> None:
    """At a start, at most once a day, and only when the indexes are complete."""
    if marker.exists() and marker.stat().st_mtime > (datetime.now(UTC) - _SWEEP_EVERY).timestamp():
        return
    swept = library.sweep_complete()
    _log.info("%s objects that nobody needs any more were swept", swept)
    marker.touch()


def _settings(data: Path, cloud: LocalCloud) -> dict[str, str]:
    """What the functions of all generations find in their environment."""
    return {
        **cloud.environment(),
        "IMAGESEARCH_IMAGE_BUCKET": IMAGES,
        "IMAGESEARCH_DERIVED_BUCKET": DERIVED,
        "IMAGESEARCH_CURSOR_SECRET": _cursor_secret(data),
    }


@contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    """With these settings, and without what leads elsewhere; in the end all is as it was."""
    before = dict(os.environ)
    unproxied = [os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or "", "127.0.0.1", "localhost"]
    # With the user's own profiles, endpoints and options boto3 might speak to AWS, and to somebody's real bucket.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(settings)
    os.environ["NO_PROXY"] = ",".join(filter(None, unproxied))
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
def locked(data: Path) -> Iterator[None]:
    """Hold the folder, made where it is missing. The lock goes with the process, however it ends. Raises DataInUse."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / LOCK).open("a+") as file:
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
