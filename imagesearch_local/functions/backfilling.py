"""A function of this machine: bring what is already in the bucket into the index of its generation.

On AWS a Distributed Map of Step Functions does this, through a function of the same use case.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from typing import Any

from imagesearch import bootstrap
from imagesearch.backfilling import backfill
from imagesearch_local.relay.lambda_context import LambdaContext

logger = logging.getLogger(__name__)


def handler(event: dict[str, dict[str, str]], context: LambdaContext) -> dict[str, Any]:
    """`{"etags": {key: ETag}}` is answered with how many had which result, and by key why any failed."""
    deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1000
    bucket = bootstrap.settings().image_bucket
    etags = event["etags"]
    outcomes = backfill(etags, indexer=bootstrap.indexer(), bucket=bucket, etags=etags, deadline=deadline)
    failed = {each.change.key: each.reason or "unknown" for each in outcomes if each.result == "failed"}
    for key, reason in failed.items():
        logger.warning("not backfilled: %s: %s", key, reason)
    return {"results": Counter(each.result for each in outcomes), "failed": failed}
