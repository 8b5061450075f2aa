"""Presigned links that stay the same for a while.

A browser caches by URL, and botocore signs with the current second: every search would load every thumbnail again.
Here the signature starts at a round time instead, a multiple of the wanted lifetime, and lives twice as long. All who
sign with the same credentials then give the same text within a window, without sharing anything, and each link works
for at least the wanted time. S3 accepts a start in the past
(https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote

from botocore.auth import SIGV4_TIMESTAMP, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import NoCredentialsError

if TYPE_CHECKING:
    from botocore.credentials import ReadOnlyCredentials
    from mypy_boto3_s3 import S3Client

LONGEST = timedelta(days=3.5)
"""Twice this is what S3 allows at the most."""
_KEY = "key"
"""Stands for all keys. It is not quoted in a link."""


def window_start(now: datetime, length: timedelta) -> datetime:
    """The last multiple of `length` (counted from 1970) that is not after `now`."""
    seconds = int(length.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)


def signed_link(client: S3Client, bucket: str, key: str, expires: timedelta, content_type: str) -> str:
    """A link that reads the object, as `content_type`, for at least `expires` (at most `LONGEST`).

    The same as the client's own `generate_presigned_url` gives at the round time, in a fraction of its time, since a
    page has dozens: what does not differ between keys is worked out once a window. Browsers resolve `.` and `..` in
    paths before they ask: keys with such parts can't be reached by any link of theirs. Raises NoCredentialsError.
    """
    window = timedelta(seconds=max(int(min(expires, LONGEST).total_seconds()), 1))
    # The client's own credentials, which it renews.
    credentials = client._get_credentials()  # type: ignore[attr-defined]  # as boto3 itself takes them; not in the stubs
    if credentials is None:
        raise NoCredentialsError
    start = window_start(datetime.now(UTC), window)
    frozen = credentials.get_frozen_credentials()
    return _form(client, bucket, window, content_type, credentials=frozen, start=start).link(key)


@dataclass(frozen=True, slots=True, repr=False)  # no secret in a trace
class _Form:
    """What all links of a window have in common."""

    address: str
    """What the link begins with, up to the key."""
    query: str
    """As it stands in the link, less the signature."""
    path: str
    """What is signed of the address, up to the key..."""
    rest: str
    """... and all that is signed after the key."""
    signer: S3SigV4QueryAuth
    request: AWSRequest
    """To one object in place of all: holds the time that is signed."""

    def link(self, key: str) -> str:
        name = quote(key, safe="/~")
        to_sign = self.signer.string_to_sign(self.request, f"GET\n{self.path}{name}\n{self.rest}")
        signature = self.signer.signature(to_sign, self.request)
        return f"{self.address}{name}?{self.query}&X-Amz-Signature={signature}"


@lru_cache(maxsize=64)
def _form(
    client: S3Client,
    bucket: str,
    window: timedelta,
    content_type: str,
    *,
    credentials: ReadOnlyCredentials,
    start: datetime,
) -> _Form:
    """Signed with these very credentials: the client may have others by now. It only says where the bucket is."""
    place, _, own = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": _KEY}).partition("?")
    _, _, region, *_ = parse_qs(own)["X-Amz-Credential"][0].split("/")  # the client's may be "aws-global"
    request = AWSRequest("GET", f"{place}?response-content-type={quote(content_type, safe='-_.~')}")
    signer = S3SigV4QueryAuth(credentials, "s3", region, int(2 * window.total_seconds()))
    # What `add_auth` does, less the signature, and at another time than now.
    request.context["timestamp"] = start.strftime(SIGV4_TIMESTAMP)
    signer._modify_request_before_signing(request)  # type: ignore[attr-defined]  # the stubs leave out what is private
    _, path, rest = signer.canonical_request(request).split("\n", 2)
    return _Form(
        address=place.removesuffix(_KEY),
        query=str(request.url).partition("?")[2],
        path=path.removesuffix(_KEY),
        rest=rest,
        signer=signer,
        request=request,
    )
