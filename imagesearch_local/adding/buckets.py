"""Pictures in a bucket of the user's own, with their sidecars and metadata."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, cast

from botocore.exceptions import ClientError

from imagesearch.errors import InvalidSidecar
from imagesearch.records import SIDECAR_SUFFIX
from imagesearch.words import sidecar_object
from imagesearch_local.adding.sources import Content, NothingToAdd, Source, is_picture, sidecar_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SCHEME = "s3://"
_IN_MEMORY_BYTES = 8 * 1024 * 1024
"""Larger pictures wait on disk for their turn to be sent."""
_MAX_SIDECAR_BYTES = 1024 * 1024
_ADDRESS = re.compile(r"s3://([^/]+)/?(.*)", re.DOTALL)


def bucket_sources(address: str, client: S3Client, prefix: str = "") -> list[Source]:
    """The picture at `s3://bucket/key`, or all under the folder of that name, by key relative to it.

    Their keys and ETags are held in memory; contents are not. Raises NothingToAdd, and botocore's errors.
    """
    bucket, start = address_parts(address)
    folder = f"{start.rstrip('/')}/" if start else ""
    etags = {key: etag for key, etag in _listed(client, bucket, start) if key == start or key.startswith(folder)}
    return [
        object_source(
            client,
            bucket,
            key,
            prefix + (key.rpartition("/")[2] if key == start else key.removeprefix(folder)),
            etag=etag,
            has_sidecar=key + SIDECAR_SUFFIX in etags or key == start,
        )
        for key, etag in etags.items()
        if is_picture(key)
    ]


def object_source(
    client: S3Client, bucket: str, key: str, new_key: str, *, etag: str | None = None, has_sidecar: bool = True
) -> Source:
    """One object. `has_sidecar`: whether to look for one."""
    address = f"{SCHEME}{bucket}/{key}"
    words = partial(_sidecar, client, bucket, key + SIDECAR_SUFFIX) if has_sidecar else lambda: None
    return Source(address, new_key, address, partial(_content, client, bucket, key), words, etag)


def address_parts(address: str) -> tuple[str, str]:
    """Bucket and key of `s3://bucket/key`. Raises NothingToAdd."""
    match = _ADDRESS.fullmatch(address)
    if not match:
        raise NothingToAdd(f"{address} names no bucket: write s3://bucket or s3://bucket/folder")
    return match[1], match[2]


def _listed(client: S3Client, bucket: str, prefix: str) -> Iterator[tuple[str, str]]:
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", ()):
            yield item["Key"], item["ETag"]


@contextmanager
def _content(client: S3Client, bucket: str, key: str) -> Iterator[Content]:
    answer = client.get_object(Bucket=bucket, Key=key)
    with answer["Body"] as body, tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as file:
        shutil.copyfileobj(body, file, 1024 * 1024)
        file.seek(0)
        yield Content(cast("BinaryIO", file), answer["Metadata"])


def _sidecar(client: S3Client, bucket: str, key: str) -> bytes | None:
    try:
        answer = client.get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchKey":
            return None
        raise
    with answer["Body"] as body:
        data = body.read(_MAX_SIDECAR_BYTES + 1)
    if len(data) > _MAX_SIDECAR_BYTES:
        raise ValueError(f"{key} is too large for a sidecar")
    try:
        return sidecar_of(sidecar_object(data))
    except (ValueError, InvalidSidecar) as error:
        raise ValueError(f"{key}: {error}") from error
