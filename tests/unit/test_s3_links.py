"""Presigned links: the same text for a while, always valid for long enough, rightly signed."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import NoCredentialsError
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from imagesearch.adapters.s3 import S3ObjectStore, s3_client
from imagesearch.adapters.s3_links import LONGEST, window_start
from imagesearch.errors import StoreUnavailable

SECRET = "wJalrXUtnFEMI"


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> S3ObjectStore:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    return S3ObjectStore("my-images", s3_client())


def parts(url: str) -> tuple[str, str, dict[str, str]]:
    split = urlsplit(url)
    return split.netloc, split.path, dict(parse_qsl(split.query, keep_blank_values=True))


def start_of(url: str) -> datetime:
    return datetime.strptime(parts(url)[2]["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def by_the_client(store: S3ObjectStore, key: str, content_type: str, start: datetime) -> str:
    """What botocore itself gives at that moment for a link of two days."""
    parameters = {"Bucket": store.bucket, "Key": key, "ResponseContentType": content_type}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.auth.get_current_datetime", lambda: start)
        return store.client.generate_presigned_url("get_object", Params=parameters, ExpiresIn=2 * 24 * 3600)


def signature(host: str, path: str, query: dict[str, str], secret: str = SECRET) -> str:
    """Signature version 4 of a link, from its specification: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html."""
    signed = "&".join(
        f"{quote(name, safe='')}={quote(value, safe='')}"
        for name, value in sorted(query.items())
        if name != "X-Amz-Signature"
    )
    canonical = f"GET\n{path}\n{signed}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
    _, date, region, service, request = query["X-Amz-Credential"].split("/")
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"AWS4-HMAC-SHA256\n{query['X-Amz-Date']}\n{date}/{region}/{service}/{request}\n{digest}"
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, request, to_sign):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex()


@pytest.mark.parametrize("key", ["frog.png", "a b+c%20/é🐸.png", "x/../y//z"])
def test_the_signature_is_the_one_that_s3_computes(store: S3ObjectStore, key: str) -> None:
    host, path, query = parts(store.url(key, timedelta(minutes=10), content_type="image/png"))
    assert host == "my-images.s3.eu-central-1.amazonaws.com"
    assert path == "/" + quote(key)
    assert query["X-Amz-Signature"] == signature(host, path, query)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(key=st.text(st.characters(codec="utf-8"), min_size=1, max_size=40), content_type=st.text("a/+;= é"))
@example(key="key", content_type="image/svg+xml; charset=utf-8")
@example(key="key", content_type="")
def test_a_link_is_the_one_that_the_client_itself_gives_at_a_round_time(
    store: S3ObjectStore, key: str, content_type: str
) -> None:
    link = store.url(key, timedelta(days=1), content_type=content_type)
    assert link == by_the_client(store, key, content_type, start_of(link))


@pytest.mark.parametrize(
    "environment",
    [
        {"AWS_ENDPOINT_URL_S3": "http://LOCALHOST:8080"},
        {"AWS_ENDPOINT_URL_S3": "http://me:secret@127.0.0.1"},
        {"AWS_ENDPOINT_URL_S3": "https://[::1]:443/below/it/"},
        {"AWS_DEFAULT_REGION": "aws-global"},
        {"AWS_SESSION_TOKEN": "a+b/c=="},
    ],
    ids=["host in capitals", "user", "default port and path", "region of another name", "session"],
)
def test_that_holds_wherever_the_bucket_is_and_whoever_asks(
    store: S3ObjectStore, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    there = S3ObjectStore("my-images", s3_client())
    link = there.url("a b/é.png", timedelta(days=1), content_type="image/png")
    assert link == by_the_client(there, "a b/é.png", "image/png", start_of(link))


@pytest.mark.parametrize("port", ["", ":80", ":8080"])
def test_a_link_to_an_endpoint_of_ones_own_is_signed_for_the_host_that_clients_name(
    store: S3ObjectStore, monkeypatch: pytest.MonkeyPatch, port: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1{port}")
    host, path, query = parts(
        S3ObjectStore("my-images", s3_client()).url("frog.png", timedelta(days=1), content_type="image/png")
    )
    assert path == "/my-images/frog.png"
    assert query["X-Amz-Signature"] == signature(host.removesuffix(":80"), path, query)


@pytest.mark.parametrize("minutes", [1, 10, 60, 24 * 60])
def test_a_link_starts_at_a_round_time_and_works_for_at_least_as_long_as_asked(
    store: S3ObjectStore, minutes: int
) -> None:
    before = datetime.now(UTC)
    link = store.url("frog.png", timedelta(minutes=minutes), content_type="image/png")
    ends = start_of(link) + timedelta(seconds=int(parts(link)[2]["X-Amz-Expires"]))
    assert start_of(link).timestamp() % (60 * minutes) == 0
    assert ends >= before + timedelta(minutes=minutes)


def test_links_of_the_next_window_start_with_it(store: S3ObjectStore) -> None:
    """Given a window of a second; when it is over; then the same client signs anew."""
    first = store.url("frog.png", timedelta(seconds=1), content_type="image/png")
    while datetime.now(UTC) < start_of(first) + timedelta(seconds=1):
        time.sleep(0.01)
    second = store.url("frog.png", timedelta(seconds=1), content_type="image/png")

    assert start_of(second) > start_of(first)
    for host, path, query in map(parts, (first, second)):
        assert query["X-Amz-Signature"] == signature(host, path, query)


def test_renewed_credentials_sign_from_the_next_link_on(store: S3ObjectStore) -> None:
    """Within a window, on one client."""
    store.url("frog.png", timedelta(days=1), content_type="image/png")
    renewed = ("AKIDRENEWED", "another secret", "a+b/c==")
    credentials = store.client._get_credentials()  # type: ignore[attr-defined]  # not in the stubs
    credentials.access_key, credentials.secret_key, credentials.token = renewed

    host, path, query = parts(store.url("frog.png", timedelta(days=1), content_type="image/png"))

    assert query["X-Amz-Credential"].startswith("AKIDRENEWED/")
    assert query["X-Amz-Security-Token"] == "a+b/c=="
    assert query["X-Amz-Signature"] == signature(host, path, query, "another secret")


def test_credentials_that_are_renewed_meanwhile_are_not_mixed_with_the_old_ones(store: S3ObjectStore) -> None:
    """Given such as are other ones each time that they are asked for."""

    class Restless(Credentials):
        def get_frozen_credentials(self) -> ReadOnlyCredentials:
            number = next(numbers)
            return ReadOnlyCredentials(f"AKID{number}", f"secret {number}", f"token {number}", None)

    numbers = itertools.count()
    store.client._request_signer._credentials = Restless("", "")  # type: ignore[attr-defined]  # not in the stubs

    host, path, query = parts(store.url("frog.png", timedelta(days=1), content_type="image/png"))

    number = query["X-Amz-Credential"].partition("/")[0].removeprefix("AKID")
    assert query["X-Amz-Security-Token"] == f"token {number}"
    assert query["X-Amz-Signature"] == signature(host, path, query, f"secret {number}")


def test_without_credentials_the_store_is_not_available(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(StoreUnavailable) as raised:
        S3ObjectStore("my-images", s3_client()).url("frog.png", timedelta(days=1), content_type="image/png")
    assert isinstance(raised.value.__cause__, NoCredentialsError)


def test_a_link_never_asks_for_more_than_the_seven_days_that_s3_allows(store: S3ObjectStore) -> None:
    _, _, query = parts(store.url("frog.png", timedelta(days=30), content_type="image/png"))
    assert int(query["X-Amz-Expires"]) == 7 * 24 * 3600 == 2 * LONGEST.total_seconds()


def test_clients_that_share_nothing_but_credentials_give_the_same_link(store: S3ObjectStore) -> None:
    """A day's window: the test fails at midnight UTC only if a link is taken on each side of it."""
    links = {
        S3ObjectStore("my-images", s3_client()).url("frog.png", timedelta(days=1), content_type="image/png")
        for _ in range(3)
    }
    links.add(store.url("frog.png", timedelta(days=1), content_type="image/png"))
    assert len(links) <= 2
    assert len({start_of(link) for link in links}) == len(links)


@given(
    st.integers(0, 4_000_000_000),
    st.integers(1, 7 * 24 * 3600),
)
def test_a_window_holds_the_time_it_is_asked_for(moment: int, seconds: int) -> None:
    now = datetime.fromtimestamp(moment, UTC)
    length = timedelta(seconds=seconds)
    start = window_start(now, length)
    assert start <= now < start + length
    assert window_start(start, length) == start
