"""Sequencers for stand-ins of S3 that have none: moto's events carry no sequencer, LocalStack's is a constant.

S3's contract: of two events of one key, the later has the greater sequencer, compared as strings
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html). Here messages are stamped
as they arrive for the first time. That order is safe whatever the queue does, because a handler reads the object after
its message arrived: of two messages, the one that arrived later never reads the older state. The event's time comes
first in the stamp, so that it reads like S3's, but never goes back, not even where the clock does or after a restart.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from imagesearch_local.paths import write_atomically

_REMEMBERED = 100_000
_MILLISECOND_DIGITS = 12
_COUNTER_DIGITS = 8


class Sequencers:
    """Stamps the S3 events in message bodies. May be called from several threads."""

    def __init__(self, memory: Path) -> None:
        """`memory` is the file that keeps the time last used."""
        self._memory = memory
        self._lock = threading.Lock()
        self._arrivals = 0
        self._stamps: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        self._moment = 0
        with suppress(OSError, ValueError):
            # The counter starts again, so the last run's moment must not be used once more.
            self._moment = int(memory.read_text(), 16) + 1

    def stamp(self, message_id: str, body: str) -> str:
        """The body with a sequencer in each of its S3 events; the same again for a message that comes again.

        A body that is not a notification of S3 is returned as it is.
        """
        records = _records(body)
        if not records:
            return body
        document = json.loads(body)
        with self._lock:
            stamps = self._stamps.get(message_id)
            if stamps is None:
                stamps = tuple(self._next(record) for record in records)
                self._remember(message_id, stamps)
        for record, stamp in zip(document["Records"], stamps, strict=True):
            record["s3"]["object"]["sequencer"] = stamp
        return json.dumps(document)

    def forget(self, message_id: str) -> None:
        """The message was deleted and won't come again."""
        with self._lock:
            self._stamps.pop(message_id, None)

    def _next(self, record: Mapping[str, Any]) -> str:
        self._moment = max(self._moment, _milliseconds(record.get("eventTime")))
        self._arrivals += 1
        return f"{self._moment:0{_MILLISECOND_DIGITS}X}{self._arrivals:0{_COUNTER_DIGITS}X}"

    def _remember(self, message_id: str, stamps: tuple[str, ...]) -> None:
        self._stamps[message_id] = stamps
        while len(self._stamps) > _REMEMBERED:
            self._stamps.popitem(last=False)
        write_atomically(self._memory, f"{self._moment:X}".encode())


def _records(body: str) -> list[Mapping[str, Any]]:
    """The S3 events in a message body; none if it is anything else, in whole or in part."""
    try:
        records = json.loads(body)["Records"]
        if all(record["s3"]["object"]["key"] is not None for record in records):
            return list(records)
    except (ValueError, TypeError, LookupError):
        pass
    return []


def _milliseconds(event_time: Any) -> int:
    try:
        moment = datetime.fromisoformat(event_time)
    except (TypeError, ValueError):
        moment = datetime.now(UTC)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0, round(moment.timestamp() * 1000))
