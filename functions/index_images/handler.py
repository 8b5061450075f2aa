"""The Lambda function behind the queue of S3 events: index, update, remove."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from imagesearch import bootstrap, telemetry
from imagesearch.errors import ImageSearchError, Unavailable
from imagesearch.outcomes import Outcome, reason_of
from imagesearch.records import Change
from index_images.events import Message, messages_of

logger = Logger(service="index_images")
FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(hours=1)
RESERVE = timedelta(seconds=5)
"""Of a function's time, kept to tidy up and to answer in."""


@telemetry.traced("index_images")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Handle one batch of an SQS queue; answers with the messages that must be delivered again."""
    logger.append_keys(request_id=getattr(context, "aws_request_id", None))
    messages = messages_of(event, bucket=bootstrap.settings().image_bucket)
    changes = list(dict.fromkeys(change for message in messages for change in message.changes))
    left = context.get_remaining_time_in_millis() / 1000 - RESERVE.total_seconds()
    outcomes = dict(zip(changes, _applied(changes, time.monotonic() + left), strict=True))
    for outcome in outcomes.values():
        _log(outcome)
    failed = [message for message in messages if _has_failed(message, outcomes)]
    for message in failed:
        _postpone(message)
    counts = {**telemetry.counted(outcomes.values()), "Failed": len(failed)}
    telemetry.tell("index_images", {**counts, **bootstrap.told_describing_times()})
    return {"batchItemFailures": [{"itemIdentifier": message.message_id} for message in failed]}


def _applied(changes: Sequence[Change], deadline: float) -> list[Outcome]:
    if not changes:
        return []
    try:
        with telemetry.step("index"):
            return bootstrap.indexer().apply(changes, deadline=deadline)
    except ImageSearchError as error:  # no model, no index: all of it must come again
        return [Outcome(change, "failed", reason=reason_of(error)) for change in changes]


def delay(receives: int) -> timedelta:
    """How long to wait after so many deliveries: doubling up to an hour, with jitter so that failures spread out."""
    longest: timedelta = min(FIRST_DELAY * 2 ** min(receives - 1, 16), LONGEST_DELAY)
    return longest * random.uniform(0.5, 1)  # noqa: S311 - nothing secret about it


def _has_failed(message: Message, outcomes: Mapping[Change, Outcome]) -> bool:
    if message.error:
        # It will never make sense, but somebody should see it: it ends in the dead-letter queue.
        logger.error("not an S3 event", message_id=message.message_id, problem=message.error)
        return True
    if not message.changes:
        logger.info("skipped: not ours", message_id=message.message_id)
    return any(outcomes[change].result == "failed" for change in message.changes)


def _postpone(message: Message) -> None:
    try:
        bootstrap.postponer()(message.queue_arn, message.receipt_handle, delay(message.receives))
    except Unavailable:
        logger.warning("not postponed: the message returns after the queue's own timeout", exc_info=True)


def _log(outcome: Outcome) -> None:
    log = logger.warning if outcome.result == "failed" else logger.info
    log(
        outcome.result,
        key=outcome.change.key,
        image_id=outcome.change.image.image_id,
        s3_event=outcome.change.event,
        described=outcome.described,
        reason=outcome.reason,
    )


bootstrap.start(bootstrap.index_describer)
