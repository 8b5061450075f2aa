"""What every ObjectStore promises. Run here against the local bucket; other stand-ins of S3 join as parameters."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import patiently
import pytest
from botocore.config import Config
from fakes import MemoryStore

from imagesearch.adapters.s3 import S3ObjectStore, s3_client
from imagesearch.errors import EditConflict, ImageTooLarge, StoreUnavailable
from imagesearch_local.cloud.bucket import local_cloud
from imagesearch_local.cloud.resources import IMAGES

if TYPE_CHECKING:
    from imagesearch.ports import ObjectStore

HOUR = timedelta(hours=1)
KEYS = [
    "plain.jpg",
    "with space and+plus.jpg",
    "100%25 % percent.jpg",
    "ünï/κλειδί/🐸.png",
    "a/../../b.png",
    "./c.png",
    "double//slash.png",
    "folder/",
    "control\x01\x1f.png",
    "question?mark#hash&amp;<tag>\"'.png",
    "é" * 510 + ".png",  # 1,024 bytes
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3ObjectStore]:
    with (
        local_cloud(tmp_path_factory.mktemp("data")) as cloud,
        pytest.MonkeyPatch.context() as environment,
    ):
        for name, value in cloud.environment().items():
            environment.setenv(name, value)
        yield S3ObjectStore(IMAGES, s3_client())


@pytest.fixture(params=["moto", "memory"])
def any_store(request: pytest.FixtureRequest) -> ObjectStore:
    """The real store, and the tests' own: held to the same promises but for what takes a network."""
    if request.param == "memory":
        return MemoryStore()
    found: ObjectStore = request.getfixturevalue("store")
    return found


def put(store: ObjectStore, key: str, body: bytes = b"body") -> str:
    return store.put(key, body, content_type="image/png")


@pytest.mark.parametrize("key", KEYS)
def test_an_object_reads_back_under_any_key_s3_allows(store: ObjectStore, key: str) -> None:
    etag = put(store, key, b"content of " + key.encode())
    found = store.get(key, max_bytes=10_000)
    assert found is not None
    assert found.body == b"content of " + key.encode()
    assert (found.key, found.etag, found.size) == (key, etag, len(found.body))
    assert found.content_type == "image/png"
    assert abs(found.last_modified - datetime.now(UTC)) < timedelta(minutes=5)
    assert [summary.key for summary in store.listing(key)] == [key]
    # Not with httpx: like browsers it resolves `.` and `..` in the path, and S3 then sees another key.
    with urllib.request.urlopen(store.url(key, HOUR, content_type="image/png")) as answer:
        assert answer.read() == found.body
    store.delete(key)
    assert store.get(key, max_bytes=10_000) is None


@pytest.mark.parametrize(
    "caption",
    ["plain words", "Grüße aus Köln", "蛙 🐸 " * 40, "100% wool", "caf%C3%A9", "=?UTF-8?B?eA==?=", " padded ", ""],
)
def test_user_metadata_round_trips_whatever_the_words(any_store: ObjectStore, caption: str) -> None:
    any_store.put("worded", b"x", content_type="image/png", metadata={"caption": caption, "tags": "a,b"})
    found = any_store.get("worded", max_bytes=10)
    assert found is not None
    assert found.metadata == {"caption": caption, "tags": "a,b"}


def test_raw_utf8_metadata_of_other_clients_is_understood(store: S3ObjectStore) -> None:
    url = store.client.generate_presigned_url("put_object", Params={"Bucket": store.bucket, "Key": "raw"})
    request = urllib.request.Request(url, data=b"x", method="PUT")
    request.add_header("x-amz-meta-caption", "Grüße".encode().decode("latin-1"))
    urllib.request.urlopen(request).close()
    found = store.get("raw", max_bytes=10)
    assert found is not None
    assert found.metadata["caption"] == "Grüße"


def test_a_missing_object_is_none_and_a_missing_bucket_is_not(store: S3ObjectStore) -> None:
    """A bucket out of reach must never look like a picture that was deleted."""
    assert store.get("nothing here", max_bytes=10) is None
    with pytest.raises(StoreUnavailable):
        S3ObjectStore("no-such-bucket", store.client).get("x", max_bytes=10)


def test_an_object_over_the_limit_is_refused_and_one_at_the_limit_is_not(any_store: ObjectStore) -> None:
    put(any_store, "big", b"x" * 1000)
    assert any_store.get("big", max_bytes=1000) is not None
    with pytest.raises(ImageTooLarge, match="1,000 bytes; 999"):
        any_store.get("big", max_bytes=999)


def test_refusing_large_objects_does_not_use_up_connections(store: ObjectStore) -> None:
    """More refusals than the client has connections: each is given back unread."""
    put(store, "bigger", b"x" * 2_000_000)
    for _ in range(40):
        with pytest.raises(ImageTooLarge):
            store.get("bigger", max_bytes=10)
    assert store.get("bigger", max_bytes=2_000_000) is not None


def test_if_match_writes_only_over_the_version_one_has_seen(any_store: ObjectStore) -> None:
    seen = put(any_store, "edited", b"one")
    newer = any_store.put("edited", b"two", content_type="text/plain", if_match=seen)
    with pytest.raises(EditConflict):
        any_store.put("edited", b"three", content_type="text/plain", if_match=seen)
    found = any_store.get("edited", max_bytes=10)
    assert found is not None
    assert (found.body, found.etag) == (b"two", newer)


def test_if_match_on_a_deleted_object_is_a_conflict(any_store: ObjectStore) -> None:
    seen = put(any_store, "gone", b"one")
    any_store.delete("gone")
    with pytest.raises(EditConflict):
        any_store.put("gone", b"two", content_type="text/plain", if_match=seen)


def test_an_empty_if_match_writes_only_where_there_is_none(any_store: ObjectStore) -> None:
    any_store.delete("fresh")
    any_store.put("fresh", b"one", content_type="text/plain", if_match="")
    with pytest.raises(EditConflict):
        any_store.put("fresh", b"two", content_type="text/plain", if_match="")


def test_deleting_takes_any_number_of_keys_and_does_not_mind_missing_ones(any_store: ObjectStore) -> None:
    names = [f"many/{number:04}" for number in range(12)]
    for name in names[:6]:
        put(any_store, name)
    any_store.delete(*names)
    any_store.delete("never there")
    any_store.delete()
    assert not list(any_store.listing("many/"))


def test_keys_that_xml_cannot_hold_are_deleted_with_the_others(any_store: ObjectStore) -> None:
    keys = ["deleted/plain.png", "deleted/control\x01.png", "deleted/\ufffe.png"]
    for key in keys:
        put(any_store, key)
    any_store.delete(*keys)
    assert [any_store.get(key, max_bytes=10) for key in keys] == [None] * 3


def test_keys_come_in_order_under_their_prefix_with_etag_and_size(any_store: ObjectStore) -> None:
    etags = {name: put(any_store, name, name.encode()) for name in ("list/b", "list/a", "list/ä", "listing")}
    found = list(any_store.listing("list/"))
    assert [summary.key for summary in found] == ["list/a", "list/b", "list/ä"]
    assert {summary.key: summary.etag for summary in found} == {k: v for k, v in etags.items() if k != "listing"}
    assert [summary.size for summary in found] == [6, 6, 7]


def test_a_listing_goes_on_from_any_key(any_store: ObjectStore) -> None:
    for name in ("pages/a", "pages/b", "pages/c d+%41", "pages/é"):
        put(any_store, name)

    def past(key: str) -> list[str]:
        return [summary.key for summary in any_store.listing("pages/", after=key)]

    assert past("pages/a") == ["pages/b", "pages/c d+%41", "pages/é"]
    assert past("pages/b") == past("pages/bb, which was never there") == ["pages/c d+%41", "pages/é"]
    assert past("pages/c d+%41") == ["pages/é"]
    assert past("pages/é") == []
    assert len(past("before all of them")) == 4


def test_an_upload_form_puts_exactly_this_key_type_and_words(store: ObjectStore) -> None:
    form = store.upload_form(
        "up load/é.png", content_type="image/png", max_bytes=100, metadata={"caption": "Grüße"}, expires=HOUR
    )
    assert timedelta(minutes=59) < form.expires - datetime.now(UTC) <= HOUR
    assert form.max_bytes == 100
    answer = patiently.post(form.url, data=dict(form.fields), files={"file": ("x.png", b"picture")})
    assert answer.status_code == 204
    found = store.get("up load/é.png", max_bytes=100)
    assert found is not None
    assert (found.body, found.content_type, found.metadata) == (b"picture", "image/png", {"caption": "Grüße"})


def test_a_link_answers_with_the_type_asked_for_whatever_the_object_says_of_itself(store: S3ObjectStore) -> None:
    store.put("page.png", b"<script>alert(1)</script>", content_type="text/html")
    with urllib.request.urlopen(store.url("page.png", HOUR, content_type="image/png")) as answer:
        assert answer.headers["Content-Type"] == "image/png"


def test_a_store_that_does_not_answer_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")  # the discard port: nobody listens
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    import boto3

    impatient = boto3.client("s3", config=Config(retries={"total_max_attempts": 1}))
    store = S3ObjectStore("images", impatient)
    for call in (
        lambda: store.get("x", max_bytes=1),
        lambda: store.put("x", b"", content_type="x"),
        lambda: store.put("x", b"", content_type="x", if_match='"e"'),
        lambda: store.delete("x"),
        lambda: list(store.listing()),
    ):
        with pytest.raises(StoreUnavailable):
            call()
