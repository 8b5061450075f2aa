"""Lambda's side of a queue: the event it makes of messages, and what it reads from the function's answer.

Pure functions. The shapes are those of https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html and the rules those
of https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef


def sqs_event(
    messages: Sequence[MessageTypeDef], *, queue_arn: str, stamp: Callable[[str, str], str]
) -> dict[str, list[dict[str, Any]]]:
    """The event of a batch. `stamp` may change the body of a message, given its id."""
    region = queue_arn.split(":")[3]
    return {"Records": [_record(message, queue_arn, region, stamp) for message in messages]}


def failed_ids(answer: Any, message_ids: Iterable[str]) -> frozenset[str]:
    """Which messages of the batch failed, by the function's answer.

    None at all for an empty answer or no `batchItemFailures`; all of them where the answer makes no sense: a failure
    without a name, or with the name of a message that is not of this batch.
    """
    batch = frozenset(message_ids)
    if answer is None or answer == "":
        return frozenset()
    if not isinstance(answer, Mapping):
        return batch
    failures = answer.get("batchItemFailures")
    if failures is None:
        return frozenset()
    try:
        failed = frozenset(failure["itemIdentifier"] for failure in failures)
    except (TypeError, KeyError):
        return batch
    if failed - batch:
        return batch
    return failed


def _record(message: MessageTypeDef, queue_arn: str, region: str, stamp: Callable[[str, str], str]) -> dict[str, Any]:
    body = stamp(message["MessageId"], message["Body"])
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": body,
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {name: _attribute(value) for name, value in message.get("MessageAttributes", {}).items()},
        # MD5 because SQS says so: it tells damage, it protects nothing.
        "md5OfBody": hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": region,
    }


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    attribute: dict[str, Any] = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
    if "StringValue" in value:
        attribute["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        attribute["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    return attribute
