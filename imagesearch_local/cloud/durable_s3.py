"""moto's S3, made to last and to announce changes at the right moment.

moto keeps objects in memory and announces a change (`notifications.send_event`) in the middle of it: before the
object has its metadata, and long before anything is safe. Here the announcements of a request are held until moto is
done with it; then what they name is written to the shelf, then they are sent, then the answer goes out. So whoever
has the answer or the event finds the whole object, also after `kill -9`. Contents are read from disk when asked for:
memory holds only what is being uploaded.

The hooks are few: the function `send_event`, and the buffer of a key. Objects of requests that die in between
(parts of unfinished multipart uploads, ACLs, tags) are not kept.
"""

from __future__ import annotations

import io
import logging
import sqlite3
import threading
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3 import notifications
from moto.s3.models import FakeKey, S3Backend, s3_backends
from moto.sqs.models import Message

from imagesearch_local.cloud.shelf import Shelf, Shelved

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_CREATED = "s3:ObjectCreated:"
_CHECKSUMS = ("checksum_algorithm", "checksum_value", "checksum_type", "checksum_parts")
_STRIPES = 64
_TRACKED: tuple[Any, ...] = (FakeKey, Message)
_log = logging.getLogger(__name__)


class _Announcement(NamedTuple):
    """The arguments of moto's `send_event`."""

    account_id: str
    event_name: Any
    bucket: Any
    key: Any


class _Content(io.RawIOBase):
    """The buffer of a key whose content lies on the shelf; the file is open only while it is read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        assert whence == io.SEEK_SET  # moto knows no other
        self._at = offset
        return offset

    def read(self, size: int = -1) -> bytes:
        with self._path.open("rb") as file:
            file.seek(self._at)
            data = file.read(size)
        self._at += len(data)
        return data


class DurableS3:
    """WSGI middleware around moto. Only one can be at work in a process: moto's state is global."""

    def __init__(self, app: WSGIApplication, shelf: Shelf) -> None:
        self._app = app
        self._shelf = shelf
        self._held = threading.local()
        self._settling = threading.Lock()
        self._paths = [threading.Lock() for _ in range(_STRIPES)]
        self._send = notifications.send_event

    def attach(self) -> None:
        """Hold moto's announcements from now on."""
        notifications.send_event = self._announce

    def detach(self) -> None:
        """Give moto its function back."""
        notifications.send_event = self._send

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self._held.announcements = []
        answer: list[tuple[Any, ...]] = []

        def hold_answer(*args: Any) -> Any:
            answer[:] = [args]
            return lambda _: None

        # One request a path at a time: moto checks `If-Match` and writes in two steps, and shows an object before it
        # has its metadata.
        with self._paths[hash(environ.get("PATH_INFO", "")) % _STRIPES]:
            body = self._app(environ, hold_answer)
            try:
                self._settle(self._held.announcements)
            except (OSError, sqlite3.Error):
                _log.exception("the local bucket could not write to its folder")
                self._take_back(self._held.announcements)
                start_response("500 Internal Server Error", [("Content-Type", "application/xml")])
                return [b"<Error><Code>InternalError</Code><Message>The folder can't be written</Message></Error>"]
            finally:
                del self._held.announcements
                # moto keeps every model it ever made for its dashboard, contents of messages included.
                for model in _TRACKED:
                    model.instances_tracked.clear()
        start_response(*answer[0])
        return body

    def _announce(self, *args: Any, **kwargs: Any) -> None:
        announcement = _Announcement(*args, **kwargs)
        held = getattr(self._held, "announcements", None)
        if held is None:
            self._settle([announcement])
        else:
            held.append(announcement)

    def _settle(self, announcements: list[_Announcement]) -> None:
        if not announcements:
            return
        with self._settling:
            for bucket, name in {(a.bucket.name, a.key.name): (a.bucket, a.key.name) for a in announcements}.values():
                self._keep(bucket, name)
            for announcement in _without_repeats(announcements):
                self._send(*announcement)

    def _take_back(self, announcements: list[_Announcement]) -> None:
        """Make moto's memory what the shelf has: the change failed."""
        for announcement in announcements:
            bucket, name = announcement.bucket, announcement.key.name
            if shelved := self._shelf.get(bucket.name, name):
                bucket.keys.setlist(name, [_key(shelved, s3_backend(), self._shelf)])
            elif name in bucket.keys:
                bucket.keys.pop(name)

    def _keep(self, bucket: Any, name: str) -> None:
        """Write the object as it is now, or that it is gone."""
        key = bucket.keys.get(name)
        if not isinstance(key, FakeKey):
            self._shelf.forget(bucket.name, name)
            return
        shelved = getattr(key, "shelved_as", None) or self._shelve(bucket.name, key)
        self._shelf.record(
            Shelved(
                bucket=bucket.name,
                key=name,
                file=shelved,
                size=key.size,
                etag=key.etag.strip('"'),
                modified=key.last_modified.isoformat(),
                attributes={
                    "metadata": dict(key.metadata),
                    "storage": key.storage_class,
                    **{attribute: getattr(key, attribute, None) for attribute in _CHECKSUMS},
                },
            )
        )

    def _shelve(self, bucket: str, key: Any) -> str:
        etag = key.etag  # computed from the buffer that now goes
        with key.lock:
            key._value_buffer.seek(0)
            file = self._shelf.store(bucket, key.name, key._value_buffer)
            key._value_buffer.close()
            key._value_buffer = _Content(self._shelf.path(file))
        key._etag = etag.strip('"')
        key.shelved_as = file
        if key.multipart:
            # The parts would stay in memory, twice the object, for as long as it lives.
            key.multipart.dispose()
            key.multipart = None
        return file


def restore(backend: S3Backend, shelf: Shelf, region: str) -> int:
    """Put every object of the shelf back where it was, silently, contents unread. Returns how many."""
    objects = shelf.all()
    for shelved in objects:
        if shelved.bucket not in backend.buckets:
            backend.create_bucket(shelved.bucket, region)
        backend.buckets[shelved.bucket].keys[shelved.key] = _key(shelved, backend, shelf)
    return len(objects)


def _key(shelved: Shelved, backend: S3Backend, shelf: Shelf) -> Any:
    attributes = shelved.attributes
    key: Any = FakeKey(
        name=shelved.key,
        value=b"",
        account_id=DEFAULT_ACCOUNT_ID,
        region_name=backend.region_name,
        storage=attributes["storage"],
        etag=shelved.etag,
        version_id="null",
        bucket_name=shelved.bucket,
        checksum_value=attributes["checksum_value"],
        checksum_type=attributes["checksum_type"],
        checksum_parts=attributes["checksum_parts"],
    )
    key.checksum_algorithm = attributes["checksum_algorithm"]
    key.last_modified = datetime.fromisoformat(shelved.modified)
    key.contentsize = shelved.size
    key.shelved_as = shelved.file
    key.set_metadata(dict(attributes["metadata"]), replace=False)
    key._value_buffer.close()
    key._value_buffer = _Content(shelf.path(shelved.file))
    return key


def s3_backend() -> S3Backend:
    """Moto's one S3."""
    return s3_backends[DEFAULT_ACCOUNT_ID]["aws"]


def _without_repeats(announcements: list[_Announcement]) -> list[_Announcement]:
    """Moto announces a multipart upload twice, as a Put and as what it is; S3 does it once. The last one stays."""
    last = {
        (a.bucket.name, a.key.name): number
        for number, a in enumerate(announcements)
        if a.event_name.value.startswith(_CREATED)
    }
    return [
        a
        for number, a in enumerate(announcements)
        if not a.event_name.value.startswith(_CREATED) or last[a.bucket.name, a.key.name] == number
    ]
