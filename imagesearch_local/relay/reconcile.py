"""Events that were lost: the queue lives in memory, the bucket and the index do not.

At a start the bucket's listing is held against what the index knows, and what differs is announced again. An event is
only a hint, so one too many does no harm.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from imagesearch.batches import batches
from imagesearch.ports import ImageIndex
from imagesearch.records import Record
from imagesearch_local.cloud.resources import REGION

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

_BATCH = 10  # messages of one SendMessageBatch


def present(s3: S3Client, bucket: str) -> dict[str, str]:
    """All that is in the bucket, images and sidecars: ETag by key."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    listed = {item["Key"]: item["ETag"] for page in pages for item in page.get("Contents", [])}
    # 'Folders', which consoles make, are no pictures: the function skips them, too.
    return {key: etag for key, etag in listed.items() if not key.endswith("/")}


def known_etags(index: ImageIndex, bucket: str) -> dict[str, str]:
    """What the index believes to be in the bucket: ETag by key."""
    return dict(pair for record in index.listing() if record.ref.bucket == bucket for pair in _etags(record))


def missed(present: Mapping[str, str], known: Mapping[str, str]) -> list[tuple[str, str]]:
    """(event name, key) for each difference, by key. Both arguments are ETags by key, of images and of sidecars."""
    created = [("ObjectCreated:Put", key) for key, etag in present.items() if known.get(key) != etag]
    removed = [("ObjectRemoved:Delete", key) for key in known if key not in present]
    return sorted(created + removed, key=lambda change: change[1])


def announce(changes: Iterable[tuple[str, str]], *, bucket: str, sqs: SQSClient, queue_url: str) -> int:
    """Send an S3 event for each (event name, key), in order. Returns how many."""
    total = 0
    for batch in batches(changes, _BATCH):
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {"Id": str(number), "MessageBody": json.dumps(_notification(bucket, name, key))}
            for number, (name, key) in enumerate(batch)
        ]
        answer = sqs.send_message_batch(QueueUrl=queue_url, Entries=entries)
        if failed := answer.get("Failed"):
            raise RuntimeError(f"the local queue refused a message: {failed[0].get('Message', failed[0]['Code'])}")
        total += len(batch)
    return total


def _etags(record: Record) -> Iterator[tuple[str, str]]:
    if record.image and record.image.state not in ("pending", "removed"):
        # What a person has deleted is as good as gone: should it be there all the same, it is announced.
        yield record.ref.key, "" if record.image.hidden else record.image.etag or ""
    if record.sidecar and record.sidecar.state != "removed":
        yield record.ref.sidecar_key, record.sidecar.etag or ""


def _notification(bucket: str, event_name: str, key: str) -> dict[str, Any]:
    """An event as S3 would send it; the relay adds the sequencer."""
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": REGION,
                "eventTime": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "eventName": event_name,
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "configurationId": "reconcile",
                    "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
                    "object": {"key": quote_plus(key)},
                },
            }
        ]
    }
