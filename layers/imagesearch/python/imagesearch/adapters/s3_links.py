"""Presigned links that stay the same for a while.

A browser caches by URL, and botocore signs with the current second: every search would load every thumbnail again.
Here the signature starts at a round time instead, a multiple of the wanted lifetime, and lives twice as long. All who
sign with the same credentials then give the same text within a window, without sharing anything, and each link works
for at least the wanted time. S3 accepts a start in the past
(https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html).
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlsplit

from botocore.auth import AUTH_TYPE_MAPS, SIGV4_TIMESTAMP, S3SigV4QueryAuth

if TYPE_CHECKING:
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import ReadOnlyCredentials
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

    The same as the client's own `generate_presigned_url` gives, in a thirtieth of its time, since a page has dozens:
    the client signs one of each window, and what differs between keys is signed as the specification says. Browsers
    resolve `.` and `..` in paths before they ask: keys with such parts can't be reached by any link of theirs.
    """
    seconds = 2 * max(int(min(expires, LONGEST).total_seconds()), 1)
    # The client's own credentials, which it renews.
    credentials = client._get_credentials().get_frozen_credentials()  # type: ignore[attr-defined]  # not in the stubs
    start = window_start(datetime.now(UTC), timedelta(seconds=seconds // 2))
    return _form(client, bucket, seconds, content_type, credentials, start).link(key)


@dataclass(frozen=True, slots=True, repr=False)  # no secret in a trace
class _Form:
    """What all links of a window have in common."""

    address: str
    """What the link begins with, up to the key."""
    path: str
    """The address's, where what is signed begins."""
    query: str
    """As it stands in the link, less the signature..."""
    signed: str
    """... and all that is signed after the path."""
    scope: str
    """What is signed before all that: the algorithm, the time, and for what the key is good."""
    signing_key: bytes

    def link(self, key: str) -> str:
        """See https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html."""
        name = quote(key, safe="/~")
        request = hashlib.sha256(f"GET\n{self.path}{name}\n{self.signed}".encode()).hexdigest()
        signature = hmac.digest(self.signing_key, f"{self.scope}\n{request}".encode(), "sha256").hex()
        return f"{self.address}{name}?{self.query}&X-Amz-Signature={signature}"


@lru_cache(maxsize=64)
def _form(
    client: S3Client, bucket: str, seconds: int, content_type: str, credentials: ReadOnlyCredentials, _start: datetime
) -> _Form:
    """Of a link that the client itself has signed. The start is there to ask for another one in the next window."""
    parameters = {"Bucket": bucket, "Key": "key", "ResponseContentType": content_type}
    link = client.generate_presigned_url("get_object", Params=parameters, ExpiresIn=seconds)
    query, _, _ = link.partition("?")[2].partition("&X-Amz-Signature=")
    given = dict(parse_qsl(query))
    address = link.partition("?")[0].removesuffix("key")
    place = urlsplit(address)
    host = place.netloc.removesuffix({"http": ":80", "https": ":443"}[place.scheme])  # as clients send it
    canonical = "&".join(f"{quote(name, safe='-_.~')}={quote(given[name], safe='-_.~')}" for name in sorted(given))
    scope = given["X-Amz-Credential"].partition("/")[2]
    signing_key = f"AWS4{credentials.secret_key}".encode()
    for part in scope.split("/"):
        signing_key = hmac.digest(signing_key, part.encode(), "sha256")
    return _Form(
        address=address,
        path=place.path,
        query=query,
        signed=f"{canonical}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD",
        scope=f"{given['X-Amz-Algorithm']}\n{given['X-Amz-Date']}\n{scope}",
        signing_key=signing_key,
    )


def _choose(signature_version: Any, **_: Any) -> str | None:
    return _SIGNER if signature_version == "s3v4-query" else None
