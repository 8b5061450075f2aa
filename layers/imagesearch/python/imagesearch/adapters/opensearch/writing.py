"""Writing parts of records in bulk, tried again until their time is up.

Parts are written through the stored script, which decides whether they may be; first writes as finished documents.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from imagesearch.adapters.opensearch.client import Connection, pause, quoted
from imagesearch.adapters.opensearch.documents import ANSWERED, Action, action_of, creates, record_of
from imagesearch.adapters.opensearch.failures import IndexRefused, IndexTooSlow, error_of
from imagesearch.adapters.opensearch.shape import Shape
from imagesearch.deadlines import seconds_left, until
from imagesearch.errors import IndexMissing, IndexUnavailable, ModelMismatch
from imagesearch.outcomes import reason_of
from imagesearch.records import ImagePart, Write, Written

logger = logging.getLogger(__name__)

MAX_CHUNK_BYTES = 8 * 1000 * 1000
"""Of one request: below the 10 MiB that small nodes of Amazon OpenSearch Service take."""
MAX_CHUNK_WRITES = 500
_LONGEST_REQUEST_SECONDS = 60.0
_SHARD_SECONDS = 5.0
"""How long OpenSearch itself waits for a shard that is not there, before it says so."""
_CONFLICT = 409
_GONE = "The record was there, and is gone again."

Failure = IndexUnavailable | IndexMissing


def write(
    connection: Connection, shape: Shape, writes: Sequence[Write], *, visible: bool, deadline: float | None
) -> list[Written]:
    """See `ports.ImageIndex.write`."""
    _check_space(shape, writes)
    if deadline is None:
        deadline = time.monotonic() + min(connection.seconds, seconds_left())
    answers: list[Written | Failure] = []
    for chunk in _chunks(action_of(write, shape) for write in writes):
        answers += _delivered(connection, chunk, visible=visible, deadline=deadline)
    return [_failed(answer) if isinstance(answer, Failure) else answer for answer in answers]


def _check_space(shape: Shape, writes: Sequence[Write]) -> None:
    for write in writes:
        part = write.part
        if isinstance(part, ImagePart) and part.descriptors and part.space_id != shape.space_id:
            raise ModelMismatch(f"The index holds descriptors of space {shape.space_id}; these are of {part.space_id}.")


def _chunks(actions: Iterable[Action]) -> Iterator[list[Action]]:
    """Made as they are sent, so that many writes need the memory of one request."""
    chunk: list[Action] = []
    size = 0
    for action in actions:
        if chunk and (size + len(action.lines) > MAX_CHUNK_BYTES or len(chunk) == MAX_CHUNK_WRITES):
            yield chunk
            chunk, size = [], 0
        chunk.append(action)
        size += len(action.lines)
    if chunk:
        yield chunk


def _delivered(
    connection: Connection, actions: Sequence[Action], *, visible: bool, deadline: float
) -> list[Written | Failure]:
    """One request, and again those of its writes that were refused for the moment, until the deadline."""
    answers: dict[str, Written | Failure] = {}
    waiting, attempt = list(actions), 0
    while True:
        for token, answer in _attempted(connection, waiting, visible=visible, deadline=deadline).items():
            # That time ran out says less than why it was refused before.
            answers[token] = answers.get(token, answer) if isinstance(answer, IndexTooSlow) else answer
        waiting = [action for action in waiting if _may_pass(answers[action.token])]
        wait = pause(attempt)
        if not waiting or time.monotonic() + wait >= deadline:
            return [answers[action.token] for action in actions]
        time.sleep(wait)
        attempt += 1


def _attempted(
    connection: Connection, actions: Sequence[Action], *, visible: bool, deadline: float
) -> dict[str, Written | Failure]:
    """By the actions' tokens what became of them in one request."""
    left = deadline - time.monotonic()
    if left <= 0:
        return {action.token: IndexTooSlow("There was no time left to write it.") for action in actions}
    patience = min(left / 2, _SHARD_SECONDS)  # so that its answer comes before we give up
    params = {
        "timeout": f"{round(patience * 1000)}ms",
        "require_alias": "true",  # never make an index of that name by writing to it
        "_source_includes": ",".join(ANSWERED),
    }
    if visible:
        params["refresh"] = "true"
    try:
        answer = connection.request(
            "POST",
            f"/{quoted(connection.alias)}/_bulk",
            b"".join(action.lines for action in actions),
            params=params,
            attempts=1,
            seconds=min(left, _LONGEST_REQUEST_SECONDS),
        )
    except (IndexUnavailable, IndexMissing) as error:
        return {action.token: error for action in actions}
    results = [result for item in answer["items"] for result in item.values()]
    pairs = list(zip(actions, results, strict=True))
    late = [action for action, result in pairs if creates(action.write) and result["status"] == _CONFLICT]
    return {action.token: _answered(action, result) for action, result in pairs} | _met(connection, late, deadline)


def _met(connection: Connection, actions: Sequence[Action], deadline: float) -> dict[str, Written | Failure]:
    """By their tokens what became of writes that were to be the first, and met a document: maybe their own.

    The primary shard is asked, which has refused them: replicas may not have that document yet.
    """
    ids = [action.write.ref.image_id for action in actions]
    try:
        with until(deadline):
            found = connection.mget(ids, ANSWERED, preference="_primary")
    except (IndexUnavailable, IndexMissing) as error:
        return {action.token: error for action in actions}
    sources = {document["_id"]: document["_source"] for document in found}
    return {
        action.token: _told(action, sources[image_id]) if image_id in sources else IndexUnavailable(_GONE)
        for action, image_id in zip(actions, ids, strict=True)
    }


def _answered(action: Action, result: Mapping[str, Any]) -> Written | Failure:
    if "error" in result:
        return _failure(action, result)
    if creates(action.write):
        return Written("written", None)
    return _told(action, result.get("get", {}).get("_source", {}))


def _told(action: Action, source: Mapping[str, Any]) -> Written:
    """What the document tells of the write, as it stands after it: the fields ANSWERED."""
    write = action.write
    if source.get("write") == action.token:
        return Written("written", record_of(write.ref, source.get("before", {})))
    return Written("stale" if write.if_version is None else "conflict", record_of(write.ref, source))


def _failure(action: Action, item: Mapping[str, Any]) -> Failure:
    status, error = item["status"], item["error"]
    if status == _CONFLICT:
        return IndexUnavailable("Others kept writing the same record at the same time.")
    if "unable to find script" in str(error):
        return IndexMissing("The index lacks its stored script: run manage_index (locally: imagesearch index create).")
    failure = error_of(status, item)
    if isinstance(failure, IndexRefused):
        # For the log alone: the reason may quote what was to be written.
        logger.error("OpenSearch refused to write %s: %s", action.write.ref.image_id, error)
    return failure


def _may_pass(answer: Written | Failure) -> bool:
    return isinstance(answer, IndexUnavailable) and not isinstance(answer, IndexRefused)


def _failed(failure: Failure) -> Written:
    return Written("failed", None, reason_of(failure))
