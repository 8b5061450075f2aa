"""The Lambda function that looks after the index: at deployment, by a schedule, and on demand.

`{"action": "status"}` is answered with the generations; what goes wrong with `{"error": {"code": ..., ...}}`.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from imagesearch.errors import ImageSearchError
from manage_index.actions import carry_out
from manage_index.events import event_of

logger = Logger(service="manage_index")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Do one thing, such as `{"action": "create", "generation": 2}`."""
    logger.append_keys(request_id=getattr(context, "aws_request_id", None))
    try:
        asked = event_of(event)
        answer = carry_out(asked)
    except ImageSearchError as error:
        logger.warning("refused", code=error.code, exc_info=error)
        return {"error": {"code": error.code, "status": error.status, "title": error.title, "detail": error.detail}}
    logger.info(asked.action, generation=asked.generation)
    return answer
