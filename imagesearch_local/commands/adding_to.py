"""Where `add` adds to: the local bucket, or an API."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from imagesearch.records import image_id
from imagesearch_local import running
from imagesearch_local.adding.into_api import Target
from imagesearch_local.adding.into_api import send as send_to_api
from imagesearch_local.adding.into_bucket import upload
from imagesearch_local.adding.ledger import LedgerUnwritable, open_ledger
from imagesearch_local.adding.rewording import reword
from imagesearch_local.adding.sources import Outcome, Source
from imagesearch_local.client import Client, connect
from imagesearch_local.commands.common import Connection, Failure, api, bar, err, local_status
from imagesearch_local.parallel import in_parallel

_Reasons = dict[str, str]
_FORM_TIMEOUT = httpx.Timeout(120, connect=10)
_PATIENCE_SECONDS = 180.0
"""Nobody waits for one picture of thousands."""
_POLL_SECONDS = 1.0
_STUCK_SECONDS = 120
"""Longer than a cold start and the largest picture take."""
_WORKERS = 4


def add_locally(
    sources: list[Source], connection: Connection, *, keep_words: bool, wait: bool
) -> tuple[list[Outcome], _Reasons]:
    """Into the local bucket. Returns also why any of it was rejected, by key, where it was waited for."""
    status = local_status(connection.port)
    pictures = [source for source in sources if source.content]
    outcomes = send(pictures, status, keep_words=keep_words) if pictures else []
    if words_alone := [source for source in sources if not source.content]:
        bucket = status["s3"]["bucket"]
        with connect(status["api"]) as client:
            outcomes += _reword(words_alone, client, lambda key: image_id(bucket, key))
    return outcomes, _wait(connection.port, status, outcomes) if wait else {}


def add_through_api(
    sources: list[Source], connection: Connection, *, keep_words: bool, resend: bool, wait: bool
) -> tuple[list[Outcome], _Reasons]:
    """Through an API. Returns also why any of it was rejected, by name, where it was waited for."""
    endpoint = str(connection.endpoint)
    pictures = [source for source in sources if source.content]
    words_alone = [source for source in sources if not source.content]

    def waiting() -> None:
        err.print("Another `imagesearch add` sends to this endpoint: waiting for it to end ...")

    try:
        with api(connection) as client, httpx.Client(timeout=_FORM_TIMEOUT, mounts=_unproxied()) as forms:
            client.health()  # before anything is read: a wrong address should not take long to be noticed
            with open_ledger(endpoint, on_wait=waiting) as ledger:
                patient = replace(client, retries=replace(client.retries, patience=_PATIENCE_SECONDS))
                target = Target(patient, forms, ledger, keep_words=keep_words, resend=resend)
                outcomes = _shown(
                    "Sending pictures",
                    len(pictures),
                    lambda on_done: send_to_api(pictures, target, on_done=on_done, on_stop=_finishing),
                )
            if words_alone:
                outcomes += _reword(words_alone, client, lambda _key: None)
            sent = {outcome.image_id: outcome.source.name for outcome in outcomes if outcome.image_id}
            return outcomes, _await(client, sent) if wait and sent else {}
    except OSError as error:
        raise Failure(f"What was sent before can't be looked up: {error}.") from error
    except LedgerUnwritable as error:
        raise Failure(f"It ended there: {error}.") from error


def send(sources: list[Source], status: Mapping[str, Any], *, keep_words: bool) -> list[Outcome]:
    """Upload with a progress bar. Raises Failure where the bucket does not answer."""
    s3 = status["s3"]
    try:
        return _shown(
            "Sending pictures",
            len(sources),
            lambda on_done: upload(
                sources,
                running.s3_client(s3),
                s3["bucket"],
                keep_words=keep_words,
                on_done=on_done,
                on_stop=_finishing,
            ),
        )
    except (BotoCoreError, ClientError) as error:
        raise Failure(f"The bucket at {s3['endpoint']} does not answer: {error}") from error


def watch(port: int) -> None:
    """Show how what is pending becomes searchable, until all of it is. Raises Failure where the server goes away."""
    most = left = 0
    with bar("Indexing") as progress:
        task = progress.add_task("Indexing", total=None)
        for left in running.pending(port):
            most = max(most, left)
            progress.update(task, total=most, completed=most - left)
    if left and running.fetch_status(port) is None:
        raise Failure("The server stopped; what was sent is indexed when it runs again.")
    if left:
        err.print(f"{left} changes are failing and will be tried again: functions.log in the data folder says why.")


def _reword(sources: list[Source], client: Client, id_of_key: Callable[[str], str | None]) -> list[Outcome]:
    return _shown(
        "Sending words",
        len(sources),
        lambda on_done: reword(sources, client, id_of_key, on_done=on_done, on_stop=_finishing),
    )


def _finishing(in_hand: int) -> None:
    err.print(f"Finishing {in_hand} on their way, so that none is sent twice ...")


def _shown(what: str, total: int, work: Callable[[Callable[[Outcome], None]], list[Outcome]]) -> list[Outcome]:
    with bar(what) as progress:
        task = progress.add_task(what, total=total)
        return work(lambda _outcome: progress.advance(task))


def _wait(port: int, before: running.Status, outcomes: list[Outcome]) -> _Reasons:
    """Reasons by key of what was rejected among what was sent."""
    sent = [outcome.source.key for outcome in outcomes if outcome.did == "uploaded"]
    try:
        watch(port)
    except KeyboardInterrupt:
        err.print("Not waiting; what was sent is indexed all the same.")
        return {}
    if not sent or local_status(port)["rejected"] <= before["rejected"]:
        return {}
    bucket = before["s3"]["bucket"]
    with connect(before["api"]) as client:
        return running.rejections(client, {key: image_id(bucket, key) for key in sent})


def _await(client: Client, names: Mapping[str, str]) -> _Reasons:
    """Ask after each image until none is pending, or nothing moves any more. Returns reasons of rejections."""
    left, moved = set(names), time.monotonic()
    reasons: _Reasons = {}

    def stop(_in_hand: int) -> None:
        client.retries.stop.set()

    try:
        with bar("Indexing") as progress:
            task = progress.add_task("Indexing", total=len(left))
            while left and time.monotonic() - moved < _STUCK_SECONDS:
                with closing(in_parallel(client.image, sorted(left), _WORKERS, on_stop=stop)) as images:
                    done = {image["id"]: image for image in images if image["state"] != "pending"}
                reasons |= {
                    names[image_id]: str(image["reason"])
                    for image_id, image in done.items()
                    if image["state"] == "rejected"
                }
                left -= done.keys()
                if done:
                    progress.update(task, completed=len(names) - len(left))
                    moved = time.monotonic()
                if left:
                    time.sleep(_POLL_SECONDS)
    except KeyboardInterrupt:
        err.print("Not waiting; what was sent is indexed all the same.")
    else:
        if left:
            err.print(f"{len(left)} pictures are not indexed yet; `imagesearch show ID` tells when they are.")
    return reasons


def _unproxied() -> dict[str, None]:
    """The environment's proxies are for elsewhere, not for this machine."""
    return {"all://127.0.0.1": None, "all://localhost": None}
