"""Presigned links that stay the same for a while.

A browser caches by URL, and botocore signs with the current second: every search would load every thumbnail again.
Here the signature starts at a round time instead, a multiple of the wanted lifetime, and lives twice as long. All who
sign with the same credentials then give the same text within a window, without sharing anything, and each link works
for at least the wanted time. S3 accepts a start in the past
(https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from botocore.auth import AUTH_TYPE_MAPS, SIGV4_TIMESTAMP, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LONGEST = timedelta(days=3.5)
"""Twice this is what S3 allows at the most."""
_SIGNER = "imagesearch-round-s3v4-query"


class _RoundStart(S3SigV4QueryAuth):
    """botocore's signer of links, but its time is the start of the window (half its lifetime long)."""

    def __init__(self, credentials: Any, service_name: str, region_name: str, expires: int) -> None:
        super().__init__(credentials, service_name, region_name, expires)
        self._window = timedelta(seconds=expires // 2)

    def _modify_request_before_signing(self, request: AWSRequest) -> None:
        # botocore has just written its clock here, and reads it from here for all it signs.
        now = datetime.strptime(request.context["timestamp"], SIGV4_TIMESTAMP).replace(tzinfo=UTC)
        request.context["timestamp"] = window_start(now, self._window).strftime(SIGV4_TIMESTAMP)
        super()._modify_request_before_signing(request)  # type: ignore[misc]  # the stubs leave out what is private


# botocore's own table of signers by name; the client chooses from it by the event `choose-signer`.
AUTH_TYPE_MAPS[_SIGNER] = _RoundStart


def window_start(now: datetime, length: timedelta) -> datetime:
    """The last multiple of `length` (counted from 1970) that is not after `now`."""
    seconds = int(length.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)


def sign_links_from_round_times(client: S3Client) -> None:
    """Have `client` sign its links to objects this way. Nothing else that it signs changes."""
    client.meta.events.register("choose-signer.s3.GetObject", _choose)  # type: ignore[arg-type]  # it does answer


def signed_link(client: S3Client, bucket: str, key: str, expires: timedelta, content_type: str) -> str:
    """A link that reads the object, as `content_type`, for at least `expires` (at most `LONGEST`).

    The same as the client's own `generate_presigned_url` gives, in a third of its time: a page has dozens, and where a
    bucket is reached need not be found out anew for each. Browsers resolve `.` and `..` in paths before they ask: keys
    with such parts can't be reached by any link of theirs.
    """
    seconds = 2 * max(int(min(expires, LONGEST).total_seconds()), 1)
    query = f"response-content-type={quote(content_type, safe='-_.~')}"
    request = AWSRequest("GET", f"{_address(client, bucket)}{quote(key, safe='/~')}?{query}")
    # The client's own credentials, which it renews.
    credentials = client._get_credentials()  # type: ignore[attr-defined]  # as boto3 itself takes them; not in the stubs
    _RoundStart(credentials, "s3", client.meta.region_name, seconds).add_auth(request)
    return str(request.url)


@lru_cache(maxsize=32)
def _address(client: S3Client, bucket: str) -> str:
    """What all of a bucket's links begin with."""
    link = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "key"})
    return link.partition("?")[0].removesuffix("key")


def _choose(signature_version: Any, **_: Any) -> str | None:
    return _SIGNER if signature_version == "s3v4-query" else None
