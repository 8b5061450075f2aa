"""Into the bucket itself: what events bring to the index."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from imagesearch.records import MAX_KEY_BYTES, SIDECAR_SUFFIX
from imagesearch_local.adding.sources import WORKERS, Outcome, Source, content_type_of, reason
from imagesearch_local.parallel import in_parallel

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def upload(
    sources: Sequence[Source],
    client: S3Client,
    bucket: str,
    *,
    keep_words: bool = False,
    resend: bool = False,
    on_done: Callable[[Outcome], None] = lambda _outcome: None,
    on_stop: Callable[[int], None] = lambda _in_hand: None,
) -> list[Outcome]:
    """Put what the bucket does not have yet, several at a time. The sources' words win, or with `keep_words` its own.

    With `resend` pictures that it has are put again, which has them indexed again.
    An interrupt ends it after those in hand, which `on_stop` is told the number of: each object is there in full or not
    at all. Raises botocore's errors where the bucket can't be listed; what goes wrong with one source is its outcome.
    """
    # Character by character is right here: S3 prefixes know no path parts.
    shared = os.path.commonprefix([source.key for source in sources])  # noqa: RUF071
    there = etags(client, bucket, shared)
    add = partial(_add, client=client, bucket=bucket, there=there, keep_words=keep_words, resend=resend)
    outcomes = []
    with closing(in_parallel(add, sources, WORKERS, on_stop=on_stop)) as done:
        for outcome in done:
            outcomes.append(outcome)
            on_done(outcome)
    return outcomes


def etags(client: S3Client, bucket: str, prefix: str) -> dict[str, str]:
    """ETag by key of what is in the bucket under a prefix."""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {item["Key"]: item["ETag"] for page in pages for item in page.get("Contents", ())}


def _add(
    source: Source, *, client: S3Client, bucket: str, there: Mapping[str, str], keep_words: bool, resend: bool
) -> Outcome:
    try:
        with ExitStack() as held:
            # Read before anything is written: words of a picture that can't be read have nothing to be beside.
            put_picture = _put_picture(source, client, bucket, {} if resend else there, held)
            # Words first: then the picture is never seen without them.
            new_words = _put_words(source, client, bucket, there, keep_words=keep_words)
            if put_picture is None:
                return Outcome(source, "words" if new_words else "unchanged")
            put_picture()
            return Outcome(source, "uploaded")
    except (OSError, ValueError, BotoCoreError, ClientError) as error:
        return Outcome(source, "failed", reason(error))


def _put_picture(
    source: Source, client: S3Client, bucket: str, there: Mapping[str, str], held: ExitStack
) -> Callable[[], object] | None:
    """What sends the picture; None where the bucket has it."""
    found = there.get(source.key)
    if found and found == source.etag:
        return None
    content = held.enter_context(source.opened())
    if found == _quoted(content.digest("md5")):
        return None
    content_type = content_type_of(source.key)
    if content_type is None:
        raise ValueError(f"{source.key} has no suffix of a picture")
    return partial(
        client.put_object,
        Bucket=bucket,
        Key=source.key,
        Body=content.file,
        ContentType=content_type,
        Metadata=content.metadata,
    )


def _put_words(source: Source, client: S3Client, bucket: str, there: Mapping[str, str], *, keep_words: bool) -> bool:
    """Whether there was anything to put."""
    words = source.words()
    _check_key(source.key, has_words=words is not None)
    key = source.key + SIDECAR_SUFFIX
    if words is None or (keep_words and key in there):
        return False
    if there.get(key) == _quoted(hashlib.md5(words, usedforsecurity=False).hexdigest()):
        return False
    client.put_object(Bucket=bucket, Key=key, Body=words, ContentType="application/json")
    return True


def _check_key(key: str, *, has_words: bool) -> None:
    length = len(os.fsencode(key))
    if length + (len(SIDECAR_SUFFIX) if has_words else 0) > MAX_KEY_BYTES:
        raise ValueError(f"its key has {length} bytes; S3 takes {MAX_KEY_BYTES}, less 5 where there are words")


def _quoted(digest: str) -> str:
    # The ETag of an object put in one part (https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html).
    return f'"{digest}"'
