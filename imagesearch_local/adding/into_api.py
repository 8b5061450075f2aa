"""Through an API, deployed or not: a form for each picture, its words along, and a ledger of what was sent."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO

import httpx
from botocore.exceptions import BotoCoreError
from botocore.exceptions import ClientError as S3Error

from imagesearch.editing import MAX_UPLOAD_WORDS_BYTES, NO_SIDECAR
from imagesearch_local.adding.ledger import Entry, Ledger
from imagesearch_local.adding.outcomes import outcomes_of
from imagesearch_local.adding.rewording import edited
from imagesearch_local.adding.sources import Content, Outcome, Source, content_type_of, words_of_source
from imagesearch_local.client import ApiProblem, Client, ClientError

# What travels along with an upload, as the contract (docs/openapi.json) has it.
_MAX_CAPTION, _MAX_TAGS, _MAX_TAG = 300, 20, 100
_MESSAGE = re.compile(r"<Message>([^<]*)</Message>")


class NotSent(Exception):
    """The bucket did not take a picture; the message says why."""


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
    if not target.ledger.claim(sha256):
        return Outcome(source, "unchanged")
    known = None if target.resend else target.ledger.find(sha256)
    if known is None:
        image_id = _upload(source, content.file, words, target)
        target.ledger.note(Entry(sha256, image_id, _digest(words)))
        return Outcome(source, "uploaded", image_id=image_id)
    if not words or target.keep_words or known.words == _digest(words):
        return Outcome(source, "unchanged")
    outcome = _reworded(source, known.image_id, words, target)
    target.ledger.note(Entry(sha256, known.image_id, _digest(words)))
    return outcome


def _upload(source: Source, file: BinaryIO, words: Mapping[str, Any], target: Target) -> str:
    """Returns the image's id."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    name = PurePosixPath(source.key).name[-255:]
    along = words if _fit(words) else {}
    request = {"filename": name, "content_type": content_type_of(source.key), **along}
    form = target.client.prepare_upload(request)
    image_id = str(form["id"])
    try:
        _check_size(size, form["max_bytes"])
        # Words first: then the picture is never seen without them.
        if words and not along:
            target.client.edit(image_id, words, if_match=NO_SIDECAR)
        _post(form, name, file, str(request["content_type"]), target.forms)
    except BaseException:
        # Nobody should wait for a picture that does not come.
        with suppress(ClientError):
            target.client.remove(image_id)
        raise
    return image_id


def _check_size(size: int, most: int) -> None:
    if size > most:
        raise NotSent(f"it has {size:,} bytes; {most:,} may be uploaded")


def _post(form: Mapping[str, Any], name: str, file: BinaryIO, content_type: str, forms: httpx.Client) -> None:
    try:
        # The file last: S3 takes no field after it. It is read piece by piece.
        response = forms.post(form["url"], data=form["fields"], files={"file": (name, file, content_type)})
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotSent(f"the bucket at {form['url']} does not take it: {error}") from error
    if not response.is_success:
        message = _MESSAGE.search(response.text)
        raise NotSent(f"the bucket does not take it: {message[1] if message else f'HTTP {response.status_code}'}")


def _reworded(source: Source, image_id: str, words: Mapping[str, Any], target: Target) -> Outcome:
    """One that people removed from the library stays removed."""
    try:
        changed = edited(target.client, image_id, words)
    except ApiProblem as error:
        if error.status != httpx.codes.NOT_FOUND:
            raise
        changed = False
    return Outcome(source, "words" if changed else "unchanged")


def _fit(words: Mapping[str, Any]) -> bool:
    """Whether the words can travel along with an upload; longer ones are written before it."""
    caption, tags = words.get("caption") or "", words.get("tags") or []
    return (
        "attributes" not in words
        and len(caption) <= _MAX_CAPTION
        and len(tags) <= _MAX_TAGS
        and all(0 < len(tag) <= _MAX_TAG and "," not in tag for tag in tags)
        and len((caption + ",".join(tags)).encode()) <= MAX_UPLOAD_WORDS_BYTES
    )


def _digest(words: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()[:32] if words else ""
