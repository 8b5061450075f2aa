"""One S3 bucket as an `ObjectStore`, on boto3."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from imagesearch.adapters.s3_links import signed_link
from imagesearch.adapters.s3_metadata import decoded, encoded
from imagesearch.errors import EditConflict, ObjectTooLarge, StoreUnavailable
from imagesearch.records import ObjectSummary, StoredObject, UploadForm

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

_CONFIG = Config(
    # Version 4 everywhere: for presigned links botocore still prefers version 2 in the oldest regions.
    signature_version="s3v4",
    # A bucket answers in tens of milliseconds. Give up early enough that a Lambda can still say so, but let a large
    # picture take its time: the read timeout is between two packets.
    connect_timeout=3,
    read_timeout=20,
    # A regional host also in links. (An endpoint with an IP address still gets the bucket in the path.)
    s3={"addressing_style": "virtual"},
    retries={"mode": "standard", "total_max_attempts": 4},
    max_pool_connections=32,
)
_DELETE_LIMIT = 1000  # of one DeleteObjects request
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""What XML 1.0, the language of DeleteObjects, can't hold: such keys are deleted one by one."""


def s3_client() -> S3Client:
    """A client as the environment says (region, credentials, `AWS_ENDPOINT_URL_S3`). Safe to share between threads."""
    return boto3.session.Session().client("s3", config=_CONFIG)


@dataclass(frozen=True, slots=True)
class S3ObjectStore:
    """The `ObjectStore` port. See there for what the methods promise."""

    bucket: str
    client: S3Client

    def get(self, key: str, *, max_bytes: int) -> StoredObject | None:
        with _as_store_errors():
            try:
                answer = self.client.get_object(Bucket=self.bucket, Key=key)
            except ClientError as error:
                # 'NoSuchBucket' is a 404 too, and no reason to believe that a picture is gone.
                # The bare status stands where the answer can't be read as XML, since it repeats a key that XML can't
                # hold. For other keys it is no answer of S3's.
                code = _code(error)
                if code == "NoSuchKey" or (code == "404" and _NOT_XML.search(key)):
                    return None
                raise
            with answer["Body"] as stream:
                size = answer["ContentLength"]
                if size > max_bytes:
                    detail = f"The object has {size:,} bytes; {max_bytes:,} are allowed"
                    raise ObjectTooLarge(detail, etag=answer["ETag"], size=size)
                body = stream.read()
        return StoredObject(
            key=key,
            body=body,
            etag=answer["ETag"],
            size=size,
            content_type=answer.get("ContentType", "binary/octet-stream"),
            last_modified=answer["LastModified"],
            metadata={name.lower(): decoded(value) for name, value in answer["Metadata"].items()},
        )

    def put(
        self,
        key: str,
        body: bytes,
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
        if_match: str | None = None,
    ) -> str:
        condition: dict[str, Any] = {}
        if if_match is not None:
            condition = {"IfMatch": if_match} if if_match else {"IfNoneMatch": "*"}
        with _as_store_errors(conditional=bool(condition)):
            answer = self.client.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=body,
                ContentType=content_type,
                Metadata={name: encoded(value) for name, value in (metadata or {}).items()},
                **condition,
            )
        return answer["ETag"]

    def delete(self, *keys: str) -> None:
        with _as_store_errors():
            many = [key for key in keys if not _NOT_XML.search(key)] if len(keys) > 1 else []
            for key in set(keys) - set(many):
                self.client.delete_object(Bucket=self.bucket, Key=key)
            for start in range(0, len(many), _DELETE_LIMIT):
                some: list[ObjectIdentifierTypeDef] = [{"Key": key} for key in many[start : start + _DELETE_LIMIT]]
                answer = self.client.delete_objects(Bucket=self.bucket, Delete={"Objects": some, "Quiet": True})
                if answer.get("Errors"):
                    raise StoreUnavailable

    def listing(self, prefix: str = "", *, after: str = "") -> Iterator[ObjectSummary]:
        with _as_store_errors():
            pages = self.client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket, Prefix=prefix, StartAfter=after):
                for item in page.get("Contents", []):
                    yield ObjectSummary(
                        key=item["Key"], etag=item["ETag"], size=item["Size"], last_modified=item["LastModified"]
                    )

    def url(self, key: str, expires: timedelta, *, content_type: str) -> str:
        with _as_store_errors():
            return signed_link(self.client, self.bucket, key, expires, content_type)

    def upload_form(
        self, key: str, *, content_type: str, max_bytes: int, metadata: Mapping[str, str], expires: timedelta
    ) -> UploadForm:
        fields = {"Content-Type": content_type}
        fields |= {f"x-amz-meta-{name}": encoded(value) for name, value in metadata.items()}
        conditions: list[Any] = [{name: value} for name, value in fields.items()]
        conditions.append(["content-length-range", 1, max_bytes])
        ends = datetime.now(UTC) + expires
        with _as_store_errors():
            form = self.client.generate_presigned_post(
                self.bucket, key, Fields=fields, Conditions=conditions, ExpiresIn=int(expires.total_seconds())
            )
        return UploadForm(url=form["url"], fields=form["fields"], key=key, max_bytes=max_bytes, expires=ends)


@contextmanager
def _as_store_errors(*, conditional: bool = False) -> Iterator[None]:
    """What botocore raises, as the port's errors. The cause stays attached for the log; the caller never sees it."""
    try:
        yield
    except ClientError as error:
        # 409: two conditional writes at once. 404: `If-Match` on an object that is no longer there.
        if conditional and _code(error) in {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"}:
            raise EditConflict from error
        raise StoreUnavailable from error
    except BotoCoreError as error:
        raise StoreUnavailable from error


def _code(error: ClientError) -> str:
    return error.response["Error"]["Code"]
