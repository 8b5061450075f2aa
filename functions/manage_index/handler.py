"""The Lambda function that looks after the index: at deployment, by a schedule, and on demand.

`{"action": "status"}` is answered with the generations. What goes wrong is raised: only so does whoever invokes it, a
deployment above all, see that it failed (Lambda's `FunctionError`).
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from imagesearch.errors import ImageSearchError
from imagesearch.outcomes import reason_of
from manage_index.actions import carry_out
from manage_index.custom_resource import answer_cloudformation
from manage_index.events import event_of

logger = Logger(service="manage_index")
RESERVE = timedelta(seconds=30)
"""Of the function's time, kept to finish what is at hand and to answer in."""


class ActionFailed(Exception):
    """`code: detail` of the ImageSearchError that caused it."""


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Do one thing, such as `{"action": "create", "generation": 2}`. Raises ActionFailed.

    CloudFormation, whose custom resource a generation is, is answered by its own protocol instead.
    """
    logger.append_keys(request_id=getattr(context, "aws_request_id", None))
    if "RequestType" in event:
        return answer_cloudformation(event, seconds=context.get_remaining_time_in_millis() / 1000)
    deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - RESERVE.total_seconds()
    try:
        asked = event_of(event)
        answer = carry_out(asked, deadline=deadline)
    except ImageSearchError as error:
        logger.exception("failed", code=error.code)
        raise ActionFailed(reason_of(error)) from error
    logger.info(asked.action, generation=asked.generation)
    return answer
