"""Folders of pictures and their words, put into a bucket: again and again, sending only what changed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import BotoCoreError, ClientError

from imagesearch.errors import InvalidSidecar
from imagesearch.records import SIDECAR_SUFFIX
from imagesearch.words import sidecar_words

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONTENT_TYPES: Mapping[str, str] = {
    ".avif": "image/avif",
    ".bmp": "image/bmp",
    ".gif": "image/gif",
    ".jfif": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
}
WORKERS = 8
_MAX_KEY_BYTES = 1024


class NothingToAdd(ValueError):
    """The paths can't be added as they stand; the message says why."""


@dataclass(frozen=True, slots=True)
class Source:
    """A picture on disk and the key it goes to."""

    path: Path
    key: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one source."""

    source: Source
    did: Literal["uploaded", "words", "unchanged", "failed"]
    """`words`: the picture was there already, its sidecar was sent."""
    error: str = ""


def find_sources(paths: Iterable[Path], prefix: str = "") -> list[Source]:
    """The pictures at and under the paths, by key (relative to the path they were found under), hidden ones left out.

    Raises NothingToAdd where a path does not exist or two pictures would get one key.
    """
    by_key: dict[str, Source] = {}
    for path in paths:
        if not path.exists():
            raise NothingToAdd(f"{path} does not exist")
        for found in _pictures(path):
            name = found.name if found == path else found.relative_to(path).as_posix()
            source = Source(found, prefix + name)
            if (other := by_key.get(source.key)) and not other.path.samefile(found):
                raise NothingToAdd(f"{other.path} and {found} would both be {source.key}: add them with two prefixes")
            by_key[source.key] = source
    return [by_key[key] for key in sorted(by_key)]


def _pictures(path: Path) -> Iterable[Path]:
    if path.is_file():
        return (path,) if path.suffix.lower() in CONTENT_TYPES else ()
    return (found for found in path.rglob("*") if _wanted(found.relative_to(path)) and found.is_file())


def _wanted(name: Path) -> bool:
    return name.suffix.lower() in CONTENT_TYPES and not any(part.startswith(".") for part in name.parts)


def words_of(picture: Path) -> bytes | None:
    """The sidecar for a picture, from the first that exists of `X.png.json`, `X.json` and `X.txt` (its first line).

    Raises ValueError where a JSON file is not of the form {caption, tags, attributes}.
    """
    for path in (picture.with_name(picture.name + SIDECAR_SUFFIX), picture.with_suffix(SIDECAR_SUFFIX)):
        if path.is_file():
            return _sidecar(_checked(path))
    text = picture.with_suffix(".txt")
    if not text.is_file():
        return None
    try:
        caption = text.read_text("utf-8-sig").partition("\n")[0].strip()
    except UnicodeError as error:
        raise ValueError(f"{text.name} is no text in UTF-8") from error
    return _sidecar({"caption": caption}) if caption else None


def _checked(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text("utf-8-sig")
        sidecar_words(text.encode())
    except (UnicodeError, InvalidSidecar) as error:
        raise ValueError(f"{path.name}: {error}") from error
    data = json.loads(text)
    return {name: data[name] for name in ("caption", "tags", "attributes") if data.get(name) is not None}


def _sidecar(words: Mapping[str, Any]) -> bytes:
    # One form for equal words, so that an equal sidecar has an equal ETag.
    return json.dumps(words, ensure_ascii=False, sort_keys=True).encode()


def upload(
    sources: Sequence[Source],
    client: S3Client,
    bucket: str,
    *,
    keep_words: bool = False,
    on_done: Callable[[Outcome], None] = lambda _outcome: None,
) -> list[Outcome]:
    """Put what the bucket does not have yet, several at a time. Words on disk win, or with `keep_words` the bucket's.

    An interrupt ends it after the puts in flight: each object is there in full or not at all. Raises botocore's errors
    where the bucket can't be listed; what goes wrong with one source is its outcome.
    """
    # Character by character is right here: S3 prefixes know no path parts.
    shared = os.path.commonprefix([source.key for source in sources])  # noqa: RUF071
    there = etags(client, bucket, shared)
    pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="add")
    try:
        futures = [pool.submit(_add, source, client, bucket, there, keep_words) for source in sources]
        outcomes = []
        for future in as_completed(futures):
            outcomes.append(future.result())
            on_done(outcomes[-1])
        return outcomes
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def etags(client: S3Client, bucket: str, prefix: str) -> dict[str, str]:
    """ETag by key of what is in the bucket under a prefix."""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {item["Key"]: item["ETag"] for page in pages for item in page.get("Contents", ())}


def _add(source: Source, client: S3Client, bucket: str, there: Mapping[str, str], keep_words: bool) -> Outcome:
    try:
        body, words = source.path.read_bytes(), words_of(source.path)
        _check_key(source.key, has_words=words is not None)
        sidecar_key = source.key + SIDECAR_SUFFIX
        new_words = words is not None and _etag(words) != there.get(sidecar_key)
        if keep_words and sidecar_key in there:
            new_words = False
        # Words first: then the picture is never seen without them.
        if words is not None and new_words:
            client.put_object(Bucket=bucket, Key=sidecar_key, Body=words, ContentType="application/json")
        if there.get(source.key) == _etag(body):
            return Outcome(source, "words" if new_words else "unchanged")
        content_type = CONTENT_TYPES[PurePosixPath(source.key).suffix.lower()]
        client.put_object(Bucket=bucket, Key=source.key, Body=body, ContentType=content_type)
        return Outcome(source, "uploaded")
    except (OSError, ValueError, BotoCoreError, ClientError) as error:
        return Outcome(source, "failed", str(error))


def _check_key(key: str, *, has_words: bool) -> None:
    length = len(os.fsencode(key))
    if length + (len(SIDECAR_SUFFIX) if has_words else 0) > _MAX_KEY_BYTES:
        raise ValueError(f"its key has {length} bytes; S3 takes {_MAX_KEY_BYTES}, less 5 where there are words")


def _etag(content: bytes) -> str:
    # The ETag of an object put in one part (https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html).
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
