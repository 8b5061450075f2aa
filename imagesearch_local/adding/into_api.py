"""Through an API, deployed or not: a form for each picture, its words along, and a ledger of what was sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from botocore.exceptions import BotoCoreError
from botocore.exceptions import ClientError as S3Error

from imagesearch_local.adding.copies import Copies, First
from imagesearch_local.adding.ledger import Entry, Ledger
from imagesearch_local.adding.outcomes import outcomes_of
from imagesearch_local.adding.rewording import edited
from imagesearch_local.adding.sources import Content, Outcome, Source, words_of_source
from imagesearch_local.adding.uploading import NotSent, upload
from imagesearch_local.client import Client, suppress_not_found


@dataclass(frozen=True, slots=True)
class Target:
    """Where pictures go."""

    client: Client
    forms: httpx.Client
    """For the bucket's forms: without the token, which is none of its business."""
    ledger: Ledger
    keep_words: bool = False
    """Leave words alone that were sent before."""
    resend: bool = False
    """Send even what the ledger knows."""
    copies: Copies = field(default_factory=Copies)


def send(
    sources: Sequence[Source],
    target: Target,
    *,
    on_done: Callable[[Outcome], None] = lambda _outcome: None,
    on_stop: Callable[[int], None] = lambda _in_hand: None,
) -> list[Outcome]:
    """Send what was not sent before, several at a time.

    What is in flight at an interrupt is noted in the ledger. Stops and raises as `outcomes_of` does.
    """

    def one(source: Source) -> Outcome:
        with source.opened() as content:
            return _send_picture(source, content, target)

    failures = (OSError, ValueError, BotoCoreError, S3Error, NotSent)
    retries = target.client.retries
    return outcomes_of(one, sources, failures=failures, retries=retries, on_done=on_done, on_stop=on_stop)


def _send_picture(source: Source, content: Content, target: Target) -> Outcome:
    words = words_of_source(source, content.metadata)
    sha256 = content.digest("sha256")
    with target.copies.turn(sha256):
        if first := target.copies.first(sha256):
            outcome = _copy(source, words, sha256, first, target)
        elif target.resend or (known := _sent_before(sha256, target)) is None:
            outcome = _send_anew(source, content, words, sha256, target)
        else:
            outcome = _known(source, words, known, target)
        target.copies.add(sha256, First(source.name, _digest(words)))
        return outcome


def _send_anew(source: Source, content: Content, words: Mapping[str, Any], sha256: str, target: Target) -> Outcome:
    def about_to_send(image_id: str) -> None:
        target.ledger.note(Entry(sha256, image_id, _digest(words), sent=False))

    image_id = upload(source, content.file, words, target.client, target.forms, on_id=about_to_send)
    target.ledger.note(Entry(sha256, image_id, _digest(words)))
    return Outcome(source, "uploaded", image_id=image_id)


def _sent_before(sha256: str, target: Target) -> Entry | None:
    """What the ledger knows, having asked the API where a run ended between sending and noting."""
    known = target.ledger.find(sha256)
    if known is None or known.sent:
        return known
    with suppress_not_found():
        if target.client.image(known.image_id)["state"] != "pending":
            arrived = replace(known, sent=True)
            target.ledger.note(arrived)
            return arrived
        # It may have arrived or not; removed, it is surely not there twice when it is sent again.
        target.client.remove(known.image_id)
    return None


def _known(source: Source, words: Mapping[str, Any], known: Entry, target: Target) -> Outcome:
    if not words or target.keep_words or known.words == _digest(words):
        return Outcome(source, "unchanged")
    outcome = _reworded(source, known.image_id, words, target)
    target.ledger.note(replace(known, words=_digest(words)))
    return outcome


def _copy(source: Source, words: Mapping[str, Any], sha256: str, first: First, target: Target) -> Outcome:
    """One image has one caption: which of two it got would be chance. Raises ValueError."""
    known = target.ledger.find(sha256)
    if first.words and words and first.words != _digest(words) and not target.keep_words:
        raise ValueError(f"it is the same picture as {first.name}, which has other words")
    outcome = _known(source, words, known, target) if known and not first.words else Outcome(source, "unchanged")
    return replace(outcome, copy_of=first.name)


def _reworded(source: Source, image_id: str, words: Mapping[str, Any], target: Target) -> Outcome:
    """One that people removed from the library stays removed."""
    changed = False
    with suppress_not_found():
        changed = edited(target.client, image_id, words)
    return Outcome(source, "words" if changed else "unchanged")


def _digest(words: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()[:32] if words else ""
