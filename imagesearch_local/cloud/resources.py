"""What the functions find on AWS, on a local endpoint: two buckets, a queue with its dead letters, notifications."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.literals import EventType
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

REGION = "us-east-1"
IMAGES = "images"
DERIVED = "imagesearch-derived"
QUEUE = "image-events"
DEAD_LETTERS = "image-events-dead-letters"
EVENTS: tuple[EventType, ...] = ("s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:LifecycleExpiration:*")

# As on AWS: six times what the function may take, so that no batch comes back while it is worked on
# (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html).
FUNCTION_SECONDS = 60
_VISIBILITY_SECONDS = 6 * FUNCTION_SECONDS
_RECEIVES = 20
_RETENTION_SECONDS = 14 * 24 * 3600

_DEPTHS: tuple[QueueAttributeNameType, ...] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
_CLIENT = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard"}, max_pool_connections=32)


@dataclass(frozen=True, slots=True)
class Keys:
    """What S3 clients sign with."""

    access_key: str
    secret_key: str


@dataclass(frozen=True, slots=True)
class LocalCloud:
    """Where bucket and queue answer."""

    endpoint: str
    keys: Keys
    queue_url: str
    dead_letters_url: str

    def environment(self) -> dict[str, str]:
        """What makes boto3 speak to it."""
        return {
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_ENDPOINT_URL_SQS": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.keys.access_key,
            "AWS_SECRET_ACCESS_KEY": self.keys.secret_key,
            "AWS_DEFAULT_REGION": REGION,
        }

    def s3(self) -> S3Client:
        return _session().client("s3", **self._options())

    def sqs(self) -> SQSClient:
        return _session().client("sqs", **self._options())

    def _options(self) -> dict[str, Any]:
        return _client_options(self.endpoint, self.keys)


def queue_depth(sqs: SQSClient, queue_url: str) -> int:
    """Messages that wait, are delayed, or are being worked on."""
    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=_DEPTHS)["Attributes"]
    return sum(int(attributes[name]) for name in _DEPTHS)


def set_up(endpoint: str, keys: Keys) -> LocalCloud:
    """Make what is not there yet: buckets (unless restored), queues (always: they live in memory), notifications."""
    options = _client_options(endpoint, keys)
    session = _session()
    s3: S3Client = session.client("s3", **options)
    sqs: SQSClient = session.client("sqs", **options)
    there = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    for name in {IMAGES, DERIVED} - there:
        s3.create_bucket(Bucket=name)

    retention: dict[QueueAttributeNameType, str] = {"MessageRetentionPeriod": str(_RETENTION_SECONDS)}
    dead_letters = sqs.create_queue(QueueName=DEAD_LETTERS, Attributes=retention)["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": queue_arn(sqs, dead_letters), "maxReceiveCount": _RECEIVES})
    queue = sqs.create_queue(
        QueueName=QUEUE,
        Attributes={**retention, "VisibilityTimeout": str(_VISIBILITY_SECONDS), "RedrivePolicy": redrive},
    )["QueueUrl"]
    s3.put_bucket_notification_configuration(
        Bucket=IMAGES,
        NotificationConfiguration={
            "QueueConfigurations": [{"Id": "images", "QueueArn": queue_arn(sqs, queue), "Events": EVENTS}]
        },
    )
    return LocalCloud(endpoint=endpoint, keys=keys, queue_url=queue, dead_letters_url=dead_letters)


@cache
def _session() -> boto3.session.Session:
    """One for all: reading the description of a service takes a second, and the session keeps it."""
    return boto3.session.Session()


def _client_options(endpoint: str, keys: Keys) -> dict[str, Any]:
    return {
        "endpoint_url": endpoint,
        "region_name": REGION,
        "aws_access_key_id": keys.access_key,
        "aws_secret_access_key": keys.secret_key,
        "config": _CLIENT,
    }


def queue_arn(sqs: SQSClient, queue_url: str) -> str:
    return sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
