"""What the functions find on AWS, on a local endpoint: two buckets, a queue with its dead letters, notifications."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.literals import EventType
    from mypy_boto3_s3.type_defs import CORSRuleTypeDef
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

REGION = "us-east-1"
IMAGES = "images"
DERIVED = "imagesearch-derived"
QUEUE = "image-events"
DEAD_LETTERS = "dead-letters"
EVENTS: tuple[EventType, ...] = ("s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:LifecycleExpiration:*")

# As on AWS: six times what the function may take, so that no batch comes back while it is worked on
# (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html).
FUNCTION_SECONDS = 60
_VISIBILITY_SECONDS = 6 * FUNCTION_SECONDS
_RECEIVES = 20
_RETENTION_SECONDS = 14 * 24 * 3600

# The page uploads to the bucket itself, from another port.
_LOCAL_PAGES: CORSRuleTypeDef = {
    "AllowedOrigins": ["http://127.0.0.1:*", "http://localhost:*"],
    "AllowedMethods": ["GET", "HEAD", "POST", "PUT"],
    "AllowedHeaders": ["*"],
    "ExposeHeaders": ["ETag"],
    "MaxAgeSeconds": 3600,
}
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
class Queue:
    """A queue, and where messages end up that keep failing."""

    url: str
    dead_letters_url: str


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


def set_up(endpoint: str, keys: Keys, origins: Iterable[str] = ()) -> LocalCloud:
    """Make what is not there yet: buckets (unless restored), queues (always: they live in memory), notifications.

    Pages of `origins` may upload, beside those of this machine.
    """
    options = _client_options(endpoint, keys)
    session = _session()
    s3: S3Client = session.client("s3", **options)
    sqs: SQSClient = session.client("sqs", **options)
    there = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    for name in {IMAGES, DERIVED} - there:
        s3.create_bucket(Bucket=name)

    pages: CORSRuleTypeDef = {**_LOCAL_PAGES, "AllowedOrigins": [*_LOCAL_PAGES["AllowedOrigins"], *origins]}
    for name in (IMAGES, DERIVED):
        s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [pages]})

    queue = make_queue(sqs)
    notify(s3, sqs, [queue.url])
    return LocalCloud(endpoint=endpoint, keys=keys, queue_url=queue.url, dead_letters_url=queue.dead_letters_url)


def make_queue(sqs: SQSClient, name: str = QUEUE) -> Queue:
    """A queue of events with its dead letters, or the one that is there already."""
    retention: dict[QueueAttributeNameType, str] = {"MessageRetentionPeriod": str(_RETENTION_SECONDS)}
    dead_letters = sqs.create_queue(QueueName=f"{name}-{DEAD_LETTERS}", Attributes=retention)["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": queue_arn(sqs, dead_letters), "maxReceiveCount": _RECEIVES})
    url = sqs.create_queue(
        QueueName=name,
        Attributes={**retention, "VisibilityTimeout": str(_VISIBILITY_SECONDS), "RedrivePolicy": redrive},
    )["QueueUrl"]
    return Queue(url, dead_letters)


def delete_queue(sqs: SQSClient, queue: Queue) -> None:
    for url in (queue.url, queue.dead_letters_url):
        sqs.delete_queue(QueueUrl=url)


def notify(s3: S3Client, sqs: SQSClient, queue_urls: Sequence[str]) -> None:
    """Have the image bucket tell exactly these queues of every change.

    S3 itself takes one destination for an event, and on AWS a topic fans out (SNS); the stand-ins take several.
    """
    arns = [queue_arn(sqs, url) for url in queue_urls]
    s3.put_bucket_notification_configuration(
        Bucket=IMAGES,
        NotificationConfiguration={
            "QueueConfigurations": [{"Id": arn.rpartition(":")[2], "QueueArn": arn, "Events": EVENTS} for arn in arns]
        },
    )


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
