"""Presigned links: the same text for a while, always valid for long enough, rightly signed."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from imagesearch.adapters.s3 import S3ObjectStore, s3_client
from imagesearch.adapters.s3_links import LONGEST, window_start

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
    return split.netloc, split.path, dict(parse_qsl(split.query))


def signature(host: str, path: str, query: dict[str, str]) -> str:
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
    key = f"AWS4{SECRET}".encode()
    for part in (date, region, service, request, to_sign):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex()


@pytest.mark.parametrize("key", ["frog.png", "a b+c%20/é🐸.png", "x/../y//z"])
def test_the_signature_is_the_one_that_s3_computes(store: S3ObjectStore, key: str) -> None:
    host, path, query = parts(store.url(key, timedelta(minutes=10), content_type="image/png"))
    assert host == "my-images.s3.eu-central-1.amazonaws.com"
    assert path == "/" + quote(key)
    assert query["X-Amz-Signature"] == signature(host, path, query)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(key=st.text(st.characters(codec="utf-8"), min_size=1, max_size=40), content_type=st.text("a/+;= é", min_size=1))
@example(key="key", content_type="image/svg+xml; charset=utf-8")
def test_a_link_is_the_one_that_the_client_itself_gives(store: S3ObjectStore, key: str, content_type: str) -> None:
    """A day's window: at midnight UTC the client is asked again."""
    parameters = {"Bucket": store.bucket, "Key": key, "ResponseContentType": content_type}

    def theirs() -> str:
        return store.client.generate_presigned_url("get_object", Params=parameters, ExpiresIn=2 * 24 * 3600)

    assert store.url(key, timedelta(days=1), content_type=content_type) in {theirs(), theirs()}


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
    _, _, query = parts(store.url("frog.png", timedelta(minutes=minutes), content_type="image/png"))
    start = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert start.timestamp() % (60 * minutes) == 0
    assert start + timedelta(seconds=int(query["X-Amz-Expires"])) >= before + timedelta(minutes=minutes)


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
    assert len({parts(link)[2]["X-Amz-Date"] for link in links}) == len(links)


def test_only_links_to_objects_are_signed_that_way(store: S3ObjectStore) -> None:
    """Requests and upload links keep the present time, which S3 insists on."""
    url = store.client.generate_presigned_url("put_object", Params={"Bucket": "b", "Key": "k"}, ExpiresIn=7200)
    start = datetime.strptime(parts(url)[2]["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert datetime.now(UTC) - start < timedelta(minutes=5)


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
