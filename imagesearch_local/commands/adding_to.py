"""Where `add` adds to: the local bucket, or an API."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from botocore.exceptions import BotoCoreError
from botocore.exceptions import ClientError as S3Error

from imagesearch.records import image_id
from imagesearch_local import running
from imagesearch_local.adding.into_api import Target
from imagesearch_local.adding.into_api import send as send_to_api
from imagesearch_local.adding.into_bucket import upload
from imagesearch_local.adding.ledger import LedgerUnwritable, open_ledger
from imagesearch_local.adding.rewording import reword
from imagesearch_local.adding.sources import Outcome, Source
from imagesearch_local.client import Client, ClientError, connect
from imagesearch_local.commands.common import Connection, Failure, api, bar, err, local_status
from imagesearch_local.commands.waiting import rejected_among, watch_each, watch_unless_stopped

_FORM_TIMEOUT = httpx.Timeout(120, connect=10)
_PATIENCE_SECONDS = 180.0
"""Nobody waits for one picture of thousands."""


@dataclass
class Added:
    """What came of it, as far as it went."""

    outcomes: list[Outcome] = field(default_factory=list)
    rejected: dict[str, str] = field(default_factory=dict)
    """Why, by key, or by name where the library makes the keys; of what was waited for."""
    trouble: str = ""
    """What ended it early, after something was done."""


def add_locally(sources: list[Source], connection: Connection, *, keep_words: bool, resend: bool, wait: bool) -> Added:
    """Into the local bucket. Raises Failure where nothing was done."""
    status = local_status(connection.port)
    added = Added()
    pictures, words_alone = _parted(sources)
    with _told_at_the_end(added):
        if pictures:
            added.outcomes += send(pictures, status, keep_words=keep_words, resend=resend)
        if words_alone:
            bucket = status["s3"]["bucket"]
            with connect(status["api"]) as client:
                _reword(words_alone, client, lambda key: image_id(bucket, key), added)
        _wait_locally(status, connection.port, added, wait=wait)
    return added


def add_through_api(
    sources: list[Source], connection: Connection, *, keep_words: bool, resend: bool, wait: bool
) -> Added:
    """Through an API. Raises Failure, and ClientError, where nothing was done."""
    added = Added()
    pictures, words_alone = _parted(sources)
    with _told_at_the_end(added), api(connection, patient=True) as client:
        client.health()  # before anything is read: a wrong address should not take long to be noticed
        _send_through(client, pictures, connection, added, keep_words=keep_words, resend=resend)
        if words_alone:
            _reword(words_alone, client, lambda _key: None, added)
        sent = {outcome.image_id: outcome.source.name for outcome in added.outcomes if outcome.image_id}
        if wait and sent:
            watch_each(client, sent, added.rejected)
    return added


def _send_through(
    client: Client, pictures: list[Source], connection: Connection, added: Added, *, keep_words: bool, resend: bool
) -> None:
    def waiting() -> None:
        err.print("Another `imagesearch add` sends to this endpoint: waiting for it to end ...")

    patient = replace(client, retries=replace(client.retries, patience=_PATIENCE_SECONDS))
    try:
        with (
            httpx.Client(timeout=_FORM_TIMEOUT, mounts=_unproxied()) as forms,
            open_ledger(str(connection.endpoint), on_wait=waiting) as ledger,
            _shown("Sending pictures", len(pictures), added.outcomes.append) as on_done,
        ):
            target = Target(patient, forms, ledger, keep_words=keep_words, resend=resend)
            send_to_api(pictures, target, on_done=on_done, on_stop=_finishing)
    except OSError as error:
        raise Failure(f"What was sent before can't be looked up: {error}.") from error
    except LedgerUnwritable as error:
        raise Failure(f"It ended there: {error}.") from error


@contextmanager
def _told_at_the_end(added: Added) -> Iterator[None]:
    """Nobody should miss what was done because something went wrong after it."""
    try:
        yield
    except (ClientError, Failure) as error:
        if not added.outcomes:
            raise
        added.trouble = str(error)


def _parted(sources: list[Source]) -> tuple[list[Source], list[Source]]:
    """Those with pictures, and those that are words alone."""
    return [each for each in sources if each.content], [each for each in sources if not each.content]


def send(sources: list[Source], status: Mapping[str, Any], *, keep_words: bool, resend: bool = False) -> list[Outcome]:
    """Upload with a progress bar. Raises Failure where the bucket does not answer."""
    s3 = status["s3"]
    try:
        with _shown("Sending pictures", len(sources), lambda _outcome: None) as on_done:
            return upload(
                sources,
                running.s3_client(s3),
                s3["bucket"],
                keep_words=keep_words,
                resend=resend,
                on_done=on_done,
                on_stop=_finishing,
            )
    except (BotoCoreError, S3Error) as error:
        raise Failure(f"The bucket at {s3['endpoint']} does not answer: {error}") from error


def _reword(sources: list[Source], client: Client, id_of_key: Callable[[str], str | None], added: Added) -> None:
    with _shown("Sending words", len(sources), added.outcomes.append) as on_done:
        reword(sources, client, id_of_key, on_done=on_done, on_stop=_finishing)


def _finishing(in_hand: int) -> None:
    err.print(f"Finishing {in_hand} on their way, so that none is sent twice ...")


@contextmanager
def _shown(what: str, total: int, keep: Callable[[Outcome], None]) -> Iterator[Callable[[Outcome], None]]:
    """A progress bar, and what moves it on with each outcome, which is kept."""
    with bar(what) as progress:
        task = progress.add_task(what, total=total)

        def on_done(outcome: Outcome) -> None:
            keep(outcome)
            progress.advance(task)

        yield on_done


def _wait_locally(status: running.Status, port: int, added: Added, *, wait: bool) -> None:
    """Also of what was there already it is told that it was rejected: it can't be found."""
    done = wait
    try:
        done = wait and _are_announced(status, added) and watch_unless_stopped(port)
    finally:
        # Of what was sent over something rejected, the index may not have heard yet.
        dids = {"uploaded", "words", "unchanged"} if done else {"unchanged"}
        keys = {outcome.source.key for outcome in added.outcomes if outcome.did in dids}
        added.rejected |= rejected_among(keys, port)


def _are_announced(status: running.Status, added: Added) -> bool:
    """Waits: the queue may be empty because events are still on their way to it. False where Ctrl-C ended it."""
    if running.announces_at_once(status):
        return True
    bucket = status["s3"]["bucket"]
    keys = [outcome.source.key for outcome in added.outcomes if outcome.did == "uploaded"]
    with connect(status["api"]) as client:
        return watch_each(client, {image_id(bucket, key): key for key in keys}, {}, announced=False)


def _unproxied() -> dict[str, None]:
    """The environment's proxies are for elsewhere, not for this machine."""
    return {"all://127.0.0.1": None, "all://localhost": None}
