"""The one thing that a function asks of SQS itself: to see a message again later than usual."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from imagesearch.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

LONGEST = timedelta(hours=12)
"""How long SQS can hide a message, counted from when it was received."""
_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})

Postpone = Callable[[str, str, timedelta], None]


def postponer(client: SQSClient | None = None) -> Postpone:
    """A function `postpone(queue_arn, receipt_handle, delay)`: the message becomes visible again after `delay`.

    It takes what a Lambda event carries of a message (`eventSourceARN`, `receiptHandle`) and rounds the delay to
    seconds, at most 12 hours. It raises Unavailable where SQS does not answer or the handle has expired; the message
    then simply returns after the queue's own visibility timeout.
    """
    sqs: SQSClient = client or boto3.session.Session().client("sqs", config=_CONFIG)

    @cache
    def url(queue_arn: str) -> str:
        _, _, _, _, account, name = queue_arn.split(":")
        return sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]

    def postpone(queue_arn: str, receipt_handle: str, delay: timedelta) -> None:
        seconds = round(min(max(delay, timedelta()), LONGEST).total_seconds())
        try:
            sqs.change_message_visibility(
                QueueUrl=url(queue_arn), ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
            )
        except (ClientError, BotoCoreError) as error:
            raise Unavailable("The queue does not answer right now") from error

    return postpone
