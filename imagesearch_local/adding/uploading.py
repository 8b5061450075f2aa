"""One picture through an API: a form, the words, the picture."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any, BinaryIO

import httpx

from imagesearch.editing import MAX_UPLOAD_WORDS_BYTES, NO_SIDECAR
from imagesearch_local.adding.sources import Source, content_type_of
from imagesearch_local.client import Client, ClientError

# What travels along with an upload, as the contract (docs/openapi.json) has it.
_MAX_CAPTION, _MAX_TAGS, _MAX_TAG = 300, 20, 100
_MESSAGE = re.compile(r"<Message>([^<]*)</Message>")


class NotSent(Exception):
    """The bucket did not take a picture; the message says why."""


def upload(
    source: Source,
    file: BinaryIO,
    words: Mapping[str, Any],
    client: Client,
    forms: httpx.Client,
    *,
    on_id: Callable[[str], None],
) -> str:
    """Ask for a form and send a picture by it, its words first or along. Returns the id that it has in the library.

    `on_id` is called with it before anything arrives. Where the picture does not, the library forgets it. Raises
    NotSent, ClientError, OSError.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    name = PurePosixPath(source.key).name[-255:]
    along = words if _fit(words) else {}
    request = {"filename": name, "content_type": content_type_of(source.key), **along}
    form = client.prepare_upload(request)
    image_id = str(form["id"])
    try:
        on_id(image_id)
        _check_size(size, form["max_bytes"])
        # Words first: then the picture is never seen without them.
        if words and not along:
            client.edit(image_id, words, if_match=NO_SIDECAR)
        _post(form, name, file, str(request["content_type"]), forms)
    except BaseException:
        # Nobody should wait for a picture that does not come.
        with suppress(ClientError):
            client.remove(image_id)
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
