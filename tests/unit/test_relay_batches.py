"""Lambda's rules of a batch: the event's shape, and what counts as failed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagesearch_local.relay.batches import failed_ids, sqs_event

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

BATCH = ["a", "b", "c"]
ARN = "arn:aws:sqs:eu-west-1:123456789012:image-events"


@pytest.mark.parametrize(
    "answer", [None, "", {}, {"batchItemFailures": None}, {"batchItemFailures": []}, {"other": True}]
)
def test_an_empty_answer_means_success(answer: Any) -> None:
    assert failed_ids(answer, BATCH) == frozenset()


@pytest.mark.parametrize(
    "answer",
    [
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"itemidentifier": "a"}]},
        {"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "of another batch"}]},
        {"batchItemFailures": ["a"]},
        {"batchItemFailures": [{"itemIdentifier": ["a"]}]},
        {"batchItemFailures": 3},
        "done",
        ["a"],
    ],
)
def test_an_answer_that_makes_no_sense_means_that_all_failed(answer: Any) -> None:
    assert failed_ids(answer, BATCH) == frozenset(BATCH)


@given(st.sets(st.sampled_from(BATCH)))
def test_exactly_the_named_messages_failed(names: set[str]) -> None:
    assert failed_ids({"batchItemFailures": [{"itemIdentifier": name} for name in names]}, BATCH) == names


def test_a_record_has_awss_shape_and_the_checksum_of_the_body_it_carries() -> None:
    message: MessageTypeDef = {
        "MessageId": "m1",
        "ReceiptHandle": "r1",
        "Body": "ünchanged",
        "MD5OfBody": "of the body before",
        "Attributes": {"ApproximateReceiveCount": "2", "SentTimestamp": "1"},
        "MessageAttributes": {
            "kind": {"DataType": "String", "StringValue": "x"},
            "raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
        },
    }
    event = sqs_event([message], queue_arn=ARN, stamp=lambda name, body: f"{name} {body}")
    assert event == {
        "Records": [
            {
                "messageId": "m1",
                "receiptHandle": "r1",
                "body": "m1 ünchanged",
                "attributes": {"ApproximateReceiveCount": "2", "SentTimestamp": "1"},
                "messageAttributes": {
                    "kind": {
                        "stringValue": "x",
                        "stringListValues": [],
                        "binaryListValues": [],
                        "dataType": "String",
                    },
                    "raw": {
                        "binaryValue": "AP8=",
                        "stringListValues": [],
                        "binaryListValues": [],
                        "dataType": "Binary",
                    },
                },
                "md5OfBody": hashlib.md5("m1 ünchanged".encode()).hexdigest(),
                "eventSource": "aws:sqs",
                "eventSourceARN": ARN,
                "awsRegion": "eu-west-1",
            }
        ]
    }
