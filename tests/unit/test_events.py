"""Queue messages become changes, whatever their shape; what makes no sense says so and stops nobody else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagesearch.records import Change, padded_sequencer
from imagesearch_local.paths import CHECKOUT
from index_images.events import Message, messages_of

SAMPLES = CHECKOUT / "events"
FROG = "animals/amphibians/frog.png"
SEQUENCER = "0055AED6DCD90281E5"

# What S3 takes as a key: UTF-8 of at most 1,024 bytes. Keys that end with a slash are folders, tested apart.
keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=256).filter(lambda key: key[-1] != "/")

names = st.sampled_from(["Records", "s3", "Type", "Message", "Event", "bucket", "name", "object", "key", "sequencer"])
json_like_events = st.recursive(
    st.none() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner),
    max_leaves=9,
)


def s3_event(key: str, *, bucket: str = "images", name: str = "ObjectCreated:Put") -> dict[str, Any]:
    """One record of a notification; `key` as S3 sends it, encoded."""
    return {
        "eventName": name,
        "s3": {"bucket": {"name": bucket}, "object": {"key": key, "sequencer": SEQUENCER}},
    }


def sqs_record(body: object, **changes: Any) -> dict[str, Any]:
    return {
        "messageId": "m1",
        "receiptHandle": "r1",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:image-events",
        "attributes": {"ApproximateReceiveCount": "3"},
        "body": body if isinstance(body, str) else json.dumps(body),
        **changes,
    }


def message(body: object) -> Message:
    [read] = messages_of({"Records": [sqs_record(body)]}, bucket="images")
    return read


def keys_of(body: object) -> list[str]:
    read = message(body)
    assert read.error is None
    return [change.key for change in read.changes]


def by_sns(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"Type": "Notification", "TopicArn": "arn:aws:sns:...", "Message": json.dumps(body)}


class TestKeys:
    @pytest.mark.parametrize(
        ("sent", "key"),
        [
            ("holiday+photos/a+b.png", "holiday photos/a b.png"),
            ("a%2Bb.png", "a+b.png"),
            ("100%25.png", "100%.png"),
            ("100%2525.png", "100%25.png"),
            ("%C3%A9t%C3%A9+%E7%8C%AB.png", "été 猫.png"),
            ("a%2Fb/c.png", "a/b/c.png"),
            ("a%26b%3Dc%3F%23%22.png", 'a&b=c?#".png'),
            ("plain.png", "plain.png"),
        ],
    )
    def test_a_key_is_decoded_once(self, sent: str, key: str) -> None:
        assert keys_of({"Records": [s3_event(sent)]}) == [key]

    @given(keys)
    def test_any_key_comes_through_however_it_comes(self, key: str) -> None:
        notification = {"Records": [s3_event(quote_plus(key, safe="/"))]}

        assert keys_of(notification) == keys_of(by_sns(notification)) == [key]

    @pytest.mark.parametrize("character", ["k", "é", "猫", "😀"])
    def test_a_key_of_1024_bytes_comes_through(self, character: str) -> None:
        key = character * (1024 // len(character.encode()))

        assert len(key.encode()) in {1023, 1024}
        assert keys_of({"Records": [s3_event(quote_plus(key))]}) == [key]

    def test_bytes_that_are_no_utf8_are_not_guessed_at(self) -> None:
        read = message({"Records": [s3_event("%ff%fe.png")]})

        assert read.changes == ()
        assert read.error is not None
        assert "UnicodeDecodeError" in read.error


class TestWhatIsOurs:
    def test_objects_of_other_buckets_are_skipped(self) -> None:
        assert keys_of({"Records": [s3_event("a.png", bucket="others"), s3_event("b.png")]}) == ["b.png"]

    @pytest.mark.parametrize("key", ["holiday/", "a/b/", "/"])
    def test_folders_that_consoles_make_are_skipped(self, key: str) -> None:
        assert keys_of({"Records": [s3_event(key)]}) == []

    def test_the_test_event_of_s3_is_skipped(self) -> None:
        event = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "images"}

        assert keys_of(event) == keys_of(by_sns(event)) == []

    def test_a_message_may_have_several_events(self) -> None:
        assert keys_of({"Records": [s3_event("a.png"), s3_event("b.png"), s3_event("a.png")]}) == [
            "a.png",
            "b.png",
            "a.png",
        ]


class TestMessages:
    def test_a_message_tells_how_to_answer_it(self) -> None:
        read = message({"Records": [s3_event("a.png", name="ObjectRemoved:Delete")]})

        assert read == Message(
            "m1",
            "r1",
            "arn:aws:sqs:eu-central-1:123456789012:image-events",
            3,
            (Change("images", "a.png", padded_sequencer(SEQUENCER), "ObjectRemoved:Delete"),),
        )

    @pytest.mark.parametrize(
        "body",
        [
            "",
            "hello",
            "null",
            "7",
            "[]",
            '"text"',
            "{}",
            "[" * 100_000,
            '{"Records": null}',
            '{"Records": [null]}',
            '{"Records": [{}]}',
            '{"Records": [{"s3": {"bucket": {"name": "images"}, "object": {"key": "a.png"}}, "eventName": "x"}]}',
            '{"Records": [{"s3": {"bucket": {"name": "images"}, "object": {"key": 7, "sequencer": "0"}}}]}',
            '{"Type": "Notification", "Message": "hello"}',
            '{"Type": "Notification", "Message": null}',
            '{"Type": "Notification", "Message": "7"}',
        ],
        ids=lambda body: body[:60] or "empty",
    )
    def test_a_body_that_makes_no_sense_says_so(self, body: str) -> None:
        read = message(body)

        assert read.error
        assert read.changes == ()

    @given(
        st.recursive(
            st.none() | st.integers() | st.text(max_size=9),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["Records", "s3", "Type", "Message", "Event", "object", "key"]), inner
                )
            ),
            max_leaves=9,
        )
    )
    def test_no_json_whatever_raises(self, body: Any) -> None:
        read = message(json.dumps(body))

        assert read.error is not None or isinstance(read.changes, tuple)

    def test_a_bad_message_does_not_hold_up_the_good_ones(self) -> None:
        good = sqs_record({"Records": [s3_event("a.png")]}, messageId="good")
        bad = sqs_record("hello", messageId="bad")

        read = {each.message_id: each for each in messages_of({"Records": [bad, good]}, bucket="images")}

        assert read["bad"].error
        assert [change.key for change in read["good"].changes] == ["a.png"]


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("s3_created", [(FROG, "ObjectCreated:Put")]),
        ("s3_created_by_sns", [(FROG, "ObjectCreated:Put")]),
        ("s3_copied", [(FROG, "ObjectCreated:Copy")]),
        ("s3_posted", [(FROG, "ObjectCreated:Post")]),
        ("s3_multipart", [(FROG, "ObjectCreated:CompleteMultipartUpload")]),
        ("s3_removed", [(FROG, "ObjectRemoved:Delete")]),
        ("s3_removed_by_sns", [(FROG, "ObjectRemoved:Delete")]),
        ("s3_delete_marker", [(FROG, "ObjectRemoved:DeleteMarkerCreated")]),
        ("s3_expired", [(FROG, "LifecycleExpiration:Delete")]),
        ("s3_expired_marker", [(FROG, "LifecycleExpiration:DeleteMarkerCreated")]),
        ("s3_sidecar", [(FROG + ".json", "ObjectCreated:Put")]),
        ("s3_sidecar_removed", [(FROG + ".json", "ObjectRemoved:Delete")]),
        ("s3_test", []),
        ("s3_test_by_sns", []),
        (
            "s3_odd_keys",
            [(key, "ObjectCreated:Put") for key in ("holiday photos/a b+c.png", "100%/été 猫.png", "a&b=c?#.png")],
        ),
    ],
)
def test_the_sample_events_are_read_as_their_names_say(name: str, changes: list[tuple[str, str]]) -> None:
    messages = messages_of(json.loads((SAMPLES / f"{name}.json").read_bytes()), bucket="images")

    assert [each.error for each in messages] == [None] * len(messages)
    assert [(change.key, change.event) for each in messages for change in each.changes] == changes


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("s3_*.json")), ids=lambda path: path.stem)
def test_the_sample_messages_are_whole(path: Path) -> None:
    """Their digests are those of their bodies, as in messages that SQS delivers."""
    for record in json.loads(path.read_bytes())["Records"]:
        assert record["md5OfBody"] == hashlib.md5(record["body"].encode()).hexdigest()
