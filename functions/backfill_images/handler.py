"""The Lambda function behind the Distributed Map: indexes one batch of what is already in the bucket.

It may run again, and at the same time as any event: see `imagesearch.backfilling`. What failed is raised once the
others are done, so that the map tries the batch again; what is done costs next to nothing then.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from itertools import islice
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from backfill_images.events import etags_of
from imagesearch import bootstrap, telemetry
from imagesearch.backfilling import backfill
from imagesearch.deadlines import until
from imagesearch.errors import ImageSearchError
from imagesearch.outcomes import Outcome, reason_of

logger = Logger(service="backfill_images")
AT_A_TIME = 16
"""Images that are written together: a batch that runs out of time keeps those before."""
RESERVE = timedelta(seconds=60)
"""Of the function's time: images that are not begun by then are left to the next attempt."""
ANSWER_RESERVE = timedelta(seconds=5)
"""Of the function's time, kept to say what failed: what the index has not answered by then is given up."""


class BatchFailed(Exception):
    """How many of the batch must be tried again, and why the first of them."""


@telemetry.traced("backfill_images")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer `{"results": {result: how many}}`. Raises BatchFailed where any must be tried again."""
    logger.append_keys(request_id=getattr(context, "aws_request_id", None))
    ends = time.monotonic() + context.get_remaining_time_in_millis() / 1000
    etags: Mapping[str, str] = {}
    try:
        etags = etags_of(event, bucket=bootstrap.settings().image_bucket)
        outcomes = _backfilled(etags, ends)
    except ImageSearchError as error:  # not a batch, no model, no index
        logger.exception("failed", code=error.code)
        telemetry.tell("backfill_images", {"Failed": len(etags) or 1})
        raise BatchFailed(reason_of(error)) from error
    failed = [outcome for outcome in outcomes if outcome.result == "failed"]
    left = len(etags) - len(outcomes)
    counts = {**telemetry.counted(outcomes), "Failed": len(failed) + left}
    telemetry.tell("backfill_images", {**counts, **bootstrap.told_describing_times()})
    for outcome in failed:
        logger.warning("failed", key=outcome.change.key, image_id=outcome.change.image.image_id, reason=outcome.reason)
    results = dict(Counter(outcome.result for outcome in outcomes))
    logger.info("batch", results=results, left=left)
    if failed:
        raise BatchFailed(f"{len(failed)} of {len(etags)} images failed, the first one by {failed[0].reason}")
    if left:
        raise BatchFailed(f"There was no time left for {left} of {len(etags)} images: make the batches smaller")
    return {"results": results}


def _backfilled(etags: Mapping[str, str], ends: float) -> list[Outcome]:
    """What became of as many as there is time for. Raises ImageSearchError where there is no model, or no index."""
    deadline = ends - ANSWER_RESERVE.total_seconds()
    with until(deadline):
        indexer, bucket = bootstrap.indexer(), bootstrap.settings().image_bucket
        keys = iter(etags)
        outcomes: list[Outcome] = []
        while (some := list(islice(keys, AT_A_TIME))) and time.monotonic() < ends - RESERVE.total_seconds():
            with telemetry.step("index"):
                outcomes += backfill(some, indexer=indexer, bucket=bucket, etags=etags, deadline=deadline)
    return outcomes


bootstrap.start(bootstrap.index_describer)
