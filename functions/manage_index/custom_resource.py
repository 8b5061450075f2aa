"""A generation as a custom resource of CloudFormation, so that it is there before what needs it is deployed.

CloudFormation waits, up to an hour, for an answer that is put to a presigned address
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html). So it is given one whatever happens, and
before the function's own time is up. The address is as good as a password: it is never logged.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urlsplit

import orjson
from aws_lambda_powertools import Logger
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from imagesearch.adapters.opensearch.failures import CredentialsRefused, IndexRefused
from imagesearch.deadlines import until
from imagesearch.errors import ImageSearchError, IndexUnavailable
from imagesearch.outcomes import reason_of
from manage_index.actions import carry_out
from manage_index.events import ManageEvent

logger = Logger(service="manage_index", child=True)
ANSWER_SECONDS = 20.0
"""Of the function's time, kept to answer in."""
TIDY_SECONDS = 5.0
"""Before that: what is asked for gives up, and says why."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 15.0
_ATTEMPTS = 4
_PUT_SECONDS = 4.0
_LONGEST_REASON = 1000
"""Bytes. All of an answer may have 4,096."""


class Generation(BaseModel):
    """`ResourceProperties`. All else in them is there so that CloudFormation sees that something changed."""

    model_config = ConfigDict(frozen=True)

    number: int = Field(ge=1, alias="Generation")


class Undelivered(Exception):
    """CloudFormation did not take the answer. Lambda runs what failed twice more, unless it is told otherwise."""


def answer_cloudformation(event: Mapping[str, Any], *, seconds: float) -> dict[str, Any]:
    """Make the generation, or leave it where the resource is deleted, and say so; `seconds` is all there is time for.

    Data outlives a stack: a generation is deleted by people (`drop`). Raises Undelivered.
    """
    kind = event["RequestType"]
    failure = None if kind == "Delete" else _made(event.get("ResourceProperties", {}), seconds - ANSWER_SECONDS)
    answer = {
        "Status": "FAILED" if failure else "SUCCESS",
        "Reason": _cut(failure or ""),
        "PhysicalResourceId": _physical_id(event),
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
    }
    logger.info("answered CloudFormation", kind=kind, status=answer["Status"], reason=answer["Reason"])
    _put(event["ResponseURL"], orjson.dumps(answer))
    return answer


def _cut(reason: str) -> str:
    """To what there is room for, between two characters."""
    return reason.encode("utf-8", "replace")[:_LONGEST_REASON].decode("utf-8", "ignore")


def _physical_id(event: Mapping[str, Any]) -> str:
    """The same for every answer about a generation: another one would have CloudFormation delete the resource."""
    if event["RequestType"] == "Delete":
        return str(event["PhysicalResourceId"])
    return f"imagesearch-generation-{event.get('ResourceProperties', {}).get('Generation', 'unknown')}"


def _made(properties: Mapping[str, Any], seconds: float) -> str | None:
    """Why the generation could not be made; None where it is there.

    In a thread of its own: whatever it waits for, there is an answer in time.
    """
    reasons: SimpleQueue[str | None] = SimpleQueue()
    deadline = time.monotonic() + seconds - TIDY_SECONDS
    threading.Thread(target=lambda: reasons.put(_attempted(properties, deadline)), daemon=True).start()
    try:
        return reasons.get(timeout=max(0.0, seconds))
    except Empty:
        return "There was no time left to make the generation: see the log of manage_index."


def _attempted(properties: Mapping[str, Any], deadline: float) -> str | None:
    """A domain, and what its function may do there, take a moment to be known everywhere: tried until the deadline."""
    pause = FIRST_PAUSE_SECONDS
    try:
        number = Generation.model_validate(dict(properties)).number
        with until(deadline):
            while True:
                try:
                    carry_out(ManageEvent(action="create", generation=number), deadline=deadline)
                    return None
                except IndexUnavailable as error:
                    if _is_final(error) or time.monotonic() + pause >= deadline:
                        raise
                    logger.warning("not yet: tried again", reason=reason_of(error))
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
    except ImageSearchError as error:
        logger.exception("the generation could not be made", code=error.code)
        return reason_of(error)
    except ValidationError as error:
        return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
    except Exception as error:  # whatever it is, CloudFormation waits for an answer
        logger.exception("unexpected error")
        return f"Unexpected {type(error).__name__}: see the log of manage_index."


def _is_final(error: IndexUnavailable) -> bool:
    """Whether it would be the same the next time; what our role may do will be known to the domain in a while."""
    return isinstance(error, IndexRefused) and not isinstance(error, CredentialsRefused)


def _put(address: str, body: bytes) -> None:
    """Raises Undelivered. By the standard library, which logs no addresses, at whatever level."""
    parts = urlsplit(address)
    connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    problem = ""
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(FIRST_PAUSE_SECONDS)
        connection = connect(parts.netloc, timeout=_PUT_SECONDS)
        try:
            # Without a content type, as it was signed.
            connection.request("PUT", f"{parts.path}?{parts.query}", body, {"content-type": ""})
            status = connection.getresponse().status
            if status < HTTPStatus.MULTIPLE_CHOICES:
                return
            problem = f"status {status}"
        except (OSError, HTTPException) as error:
            problem = type(error).__name__
        finally:
            connection.close()
        logger.warning("CloudFormation did not take the answer", attempt=attempt + 1, problem=problem)
    raise Undelivered(f"CloudFormation did not take the answer ({problem}).")
