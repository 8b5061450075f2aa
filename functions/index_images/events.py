"""Queue messages to changes: S3 events, as they come by SNS or directly."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from imagesearch.records import Change, padded_sequencer


@dataclass(frozen=True, slots=True)
class Message:
    """One SQS message."""

    message_id: str
    receipt_handle: str
    queue_arn: str
    receives: int
    """How often it has been delivered, this time included."""
    changes: tuple[Change, ...]
    """Of our bucket's pictures and sidecars; empty for what is not ours."""
    error: str | None = None
    """Why the message makes no sense, if it does not."""


def messages_of(event: Mapping[str, Any], *, bucket: str) -> list[Message]:
    """The messages of an SQS event. One that makes no sense says so instead of raising."""
    return [_message(record, bucket) for record in event["Records"]]


def _message(record: Mapping[str, Any], bucket: str) -> Message:
    changes: tuple[Change, ...] = ()
    error = None
    try:
        changes = tuple(change for change in _changes(record["body"]) if _is_ours(change, bucket))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        error = f"{type(problem).__name__}: {problem}"
    return Message(
        message_id=record["messageId"],
        receipt_handle=record["receiptHandle"],
        queue_arn=record["eventSourceARN"],
        receives=int(record["attributes"]["ApproximateReceiveCount"]),
        changes=changes,
        error=error,
    )


def _changes(body: str) -> Iterator[Change]:
    data = json.loads(body)
    if data.get("Type") == "Notification" and "Message" in data:  # SNS without raw delivery
        data = json.loads(data["Message"])
    if data.get("Event") == "s3:TestEvent":  # S3 sends one when notifications are set up
        return
    for record in data["Records"]:
        s3 = record["s3"]
        # Keys are encoded as in a form: spaces come as `+`. Decoded here, and nowhere else.
        key = unquote_plus(s3["object"]["key"], errors="strict")
        key.encode()  # JSON can hold what is no text: half a surrogate pair
        yield Change(
            bucket=s3["bucket"]["name"],
            key=key,
            sequencer=padded_sequencer(s3["object"]["sequencer"]),
            event=str(record["eventName"]),
        )


def _is_ours(change: Change, bucket: str) -> bool:
    # Consoles make 'folders' as empty objects whose key ends with a slash.
    return change.bucket == bucket and not change.key.endswith("/")
