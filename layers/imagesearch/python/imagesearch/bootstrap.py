"""The one place that builds real adapters: a cached function per dependency.

Each imports inside itself, so that nobody pays for what a call does not use: a search by words does not load ONNX
Runtime. Pillow is never loaded here at all: pictures are decoded in processes of their own.
"""

# ruff: noqa: PLC0415 - importing late is what this module is for

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING

from imagesearch.errors import DecoderUnavailable, ModelMismatch, ModelMissing, NotSupported
from imagesearch.settings import CursorSettings, Settings, StartSettings, cores

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from imagesearch.adapters.opensearch.client import Connection
    from imagesearch.adapters.sqs import Postpone
    from imagesearch.cursors import Cursors
    from imagesearch.decoder.pool import Decoder
    from imagesearch.indexing import Indexer
    from imagesearch.manifest import Manifest
    from imagesearch.ports import Describer, ImageIndex, ObjectStore, QueryReader

_SQLITE = "sqlite:///"
_OPENSEARCH = ("http://", "https://")
_TIMES = 1000
"""More pictures than a function is given at a time."""
_loading = Lock()
"""`cache` alone would let two threads that come first at once load the model twice."""


@cache
def settings() -> Settings:
    """Raises pydantic's ValidationError, which names what is missing."""
    return Settings()


@cache
def manifest() -> Manifest:
    """Raises ModelMissing."""
    from imagesearch.manifest import load_manifest

    try:
        return load_manifest(settings().model_dir)
    except (FileNotFoundError, ValueError) as error:
        # What happened names a path, which is for the log alone.
        raise ModelMissing("There is no model that can be read: run `make model` (python -m model_export).") from error


def query_describer() -> Describer:
    """For one picture at a time, as soon as can be: all cores work on it. Raises ModelMissing."""
    with _loading:
        return _describer(settings().model_threads or cores())


def index_describer() -> Describer:
    """For many pictures: each worker describes its own, which is the most a machine can do. Raises ModelMissing."""
    with _loading:
        return _describer(1)


@cache
def _describer(threads: int) -> Describer:
    from imagesearch.describer import load_describer
    from imagesearch.timing import TimedDescriber

    return TimedDescriber(load_describer(settings().model_dir, threads), _describing_times().append)


@cache
def _describing_times() -> deque[float]:
    return deque(maxlen=_TIMES)


def told_describing_times() -> dict[str, list[float]]:
    """As a metric, how long describing took, a picture each: those that were not told before, the latest ones."""
    times = _describing_times()
    return {"DescriptorMilliseconds": [times.popleft() for _ in range(len(times))]}


@cache
def index() -> ImageIndex:
    """Raises ValueError for a URL of no known index, ModelMissing, and ModelMismatch where another model made it.

    Of an index on OpenSearch IndexMissing, IndexOutdated and IndexUnavailable, too; it is asked again the next time.
    """
    url = settings().index_url.get_secret_value()
    if url.startswith(_SQLITE):
        found = _sqlite_index(Path(url.removeprefix(_SQLITE)))
    elif url.startswith(_OPENSEARCH):
        found = opensearch_index(opensearch().alias)
    else:
        kind = url.partition(":")[0]  # not all of it: there may be a password in it
        raise ValueError(f"IMAGESEARCH_INDEX_URL is {kind!r}...: it must begin with {_SQLITE}, http:// or https://")
    space = found.space_id()
    if space not in (None, manifest().space_id):
        raise ModelMismatch(f"The index holds descriptors of space {space}; the model makes {manifest().space_id}.")
    return found


def _sqlite_index(path: Path) -> ImageIndex:
    from imagesearch.adapters.sqlite.index import SqliteIndex

    return SqliteIndex(path)


@cache
def opensearch() -> Connection:
    """Where all generations are, with the alias of ours. Raises NotSupported where the index is embedded."""
    from imagesearch.adapters.opensearch.client import connect

    configured = settings()
    url = configured.index_url.get_secret_value()
    if not url.startswith(_OPENSEARCH):
        raise NotSupported("The embedded index has no generations: that takes OpenSearch.")
    connection = connect(url, sigv4=configured.index_sigv4, seconds=configured.index_seconds)
    if not connection.alias:
        raise ValueError("IMAGESEARCH_INDEX_URL names no alias: it must end with /ALIAS, such as /images-g1")
    return connection


def opensearch_index(alias: str) -> ImageIndex:
    """Any generation's, whatever its model."""
    from imagesearch.adapters.opensearch.index import OpenSearchIndex

    return OpenSearchIndex(replace(opensearch(), alias=alias), candidates=settings().index_candidates)


@cache
def image_store() -> ObjectStore:
    return _store(settings().image_bucket)


@cache
def derived_store() -> ObjectStore:
    return _store(settings().derived_bucket)


def _store(bucket: str) -> ObjectStore:
    from imagesearch.adapters.s3 import S3ObjectStore

    return S3ObjectStore(bucket, _s3_client())


@cache
def _s3_client() -> S3Client:
    from imagesearch.adapters.s3 import s3_client

    return s3_client()


@cache
def decoder() -> Decoder:
    """Its processes are started when pictures come."""
    from imagesearch.decoder.pool import Decoder

    configured = settings()
    return Decoder(cores(), memory_bytes=configured.decoder_memory_bytes, seconds=configured.decoder_seconds)


@cache
def cursors() -> Cursors:
    """Raises pydantic's ValidationError where there is not one secret, and SecretUnavailable."""
    from imagesearch.cursors import Cursors

    configured = CursorSettings()
    if configured.secret:
        return Cursors(configured.secret.get_secret_value(), configured.seconds)
    from imagesearch.adapters.secretsmanager import secret_text

    assert configured.secret_id  # one of the two is given
    return Cursors(secret_text(configured.secret_id), configured.seconds)


@cache
def indexer() -> Indexer:
    """Raises ModelMissing."""
    from concurrent.futures import ThreadPoolExecutor

    from imagesearch.indexing import Indexer

    configured = settings()
    return Indexer(
        index=index(),
        images=image_store(),
        derived=derived_store(),
        space_id=manifest().space_id,
        recipe=f"thumbnail {configured.thumbnail_size}" + (", positions" if configured.keep_positions else ""),
        describer=index_describer,
        read_picture=partial(
            decoder().read_picture,
            sizing=manifest().sizing,
            max_pixels=configured.max_image_pixels,
            thumbnail_size=configured.thumbnail_size,
            keep_position=configured.keep_positions,
        ),
        max_image_bytes=configured.max_image_bytes,
        max_sidecar_bytes=configured.max_sidecar_bytes,
        workers=configured.index_workers,
        computing=ThreadPoolExecutor(cores(), "compute"),
    )


@cache
def postponer() -> Postpone:
    from imagesearch.adapters.sqs import postponer

    return postponer()


def query_reader() -> QueryReader:
    """A new one for each request, whose pictures share what it allows. Raises ModelMissing."""
    from imagesearch.decoder.queries import QueryPictures

    configured = settings()
    return QueryPictures(
        decoder(),
        sizing=manifest().sizing,
        max_pixels=configured.max_query_image_pixels,
        max_stored_pixels=configured.max_image_pixels,
        seconds=configured.query_decoder_seconds,
    )


def start(preload: Callable[[], Describer]) -> None:
    """What a function does when it is loaded, before its first event; `preload` is for where a setting asks for it.

    Raises ModelMissing and DecoderUnavailable then.
    """
    if not StartSettings().preload_model:
        _after_restore(renew)
        return
    preload()
    _load_adapters()
    decoder().start()
    _after_restore(_renew_with_decoder)


def _load_adapters() -> None:
    """Import what any call needs, and build it once: libraries read much of themselves only when they are used."""
    _s3_client()
    if settings().index_url.get_secret_value().startswith(_OPENSEARCH):
        opensearch_index(opensearch().alias)


def _renew_with_decoder() -> None:
    """The decoder starts on the side: searches by words do not wait for it."""
    renew()
    Thread(target=_start_decoder, name="start decoder", daemon=True).start()


def _start_decoder() -> None:
    with suppress(DecoderUnavailable):  # logged; the first picture tries again
        decoder().start()


def _after_restore(hook: Callable[[], None]) -> None:
    """Have Lambda call it in every copy of a snapshot that it starts (SnapStart); there are none elsewhere."""
    try:
        from snapshot_restore_py import register_after_restore  # type: ignore[import-untyped]  # it ships no types
    except ImportError:
        return
    register_after_restore(hook)


def renew() -> None:
    """Build everything anew but what was read or loaded for good: settings and the model.

    For copies of a running function. Their connections have no other end, their processes of decoding are copies, too,
    credentials may have expired, and all of them would draw the same random numbers.
    """
    random.seed()
    _forget(but=(settings, manifest, _describer, _describing_times))


def forget() -> None:
    """Build everything anew when it is next asked for: settings are read once, and some programs change them."""
    _forget()


def _forget(but: Collection[object] = ()) -> None:
    if decoder.cache_info().currsize:
        decoder().close()
    if opensearch.cache_info().currsize:
        opensearch().client.close()
    if _s3_client.cache_info().currsize:
        _s3_client().close()
    for each in list(globals().values()):
        if hasattr(each, "cache_clear") and each not in but:
            each.cache_clear()
