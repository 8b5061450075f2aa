"""The function behind the queue, on a real queue: what fails comes back by itself, and nothing else does."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import suites
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imagesearch import bootstrap
from imagesearch.derived import derived_key
from imagesearch.records import Position
from imagesearch_local.cloud.resources import DERIVED, queue_arn
from imagesearch_local.relay.batches import sqs_event
from imagesearch_local.relay.lambda_context import LambdaContext

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

    from tests.integration.conftest import Library


@pytest.fixture
def queue(bare_library: Library) -> Iterator[Library]:
    """A library whose queue is empty."""
    bare_library.index()
    yield bare_library
    delete(bare_library, received(bare_library))


def received(library: Library) -> list[MessageTypeDef]:
    answer = library.sqs.receive_message(
        QueueUrl=library.cloud.queue_url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
    )
    return answer.get("Messages", [])


def delete(library: Library, messages: list[MessageTypeDef]) -> None:
    for message in messages:
        library.sqs.delete_message(QueueUrl=library.cloud.queue_url, ReceiptHandle=message["ReceiptHandle"])


def handled(library: Library, messages: list[MessageTypeDef]) -> list[str]:
    """The ids of messages that `index_images` wants to see again."""
    from index_images.handler import handler

    arn = queue_arn(library.sqs, library.cloud.queue_url)
    event = json.loads(json.dumps(sqs_event(messages, queue_arn=arn, stamp=library.sequencers.stamp)))
    context: Any = LambdaContext("index_images", 60)
    return [failure["itemIdentifier"] for failure in handler(event, context)["batchItemFailures"]]


def a_picture(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(buffer, "PNG")
    return buffer.getvalue()


def test_only_the_message_that_makes_no_sense_comes_back(queue: Library) -> None:
    """Given a picture, nonsense and a file that is no picture; when they come at once; then nonsense fails alone."""
    queue.put("good.png", a_picture("green"))
    queue.put("rejected.png", b"no picture")
    queue.sqs.send_message(QueueUrl=queue.cloud.queue_url, MessageBody="nonsense")
    messages = received(queue)
    nonsense = [message["MessageId"] for message in messages if message["Body"] == "nonsense"]
    assert len(messages) == 3
    assert handled(queue, messages) == nonsense
    assert queue.api.keys(filters={"prefix": "good"}) == ["good.png"]
    delete(queue, messages)  # before it comes back, in some other test


@pytest.mark.parametrize(
    ("what", "broken"),
    [
        ("bucket", {"IMAGESEARCH_DERIVED_BUCKET": "there-is-no-such-bucket"}),
        ("index", {"IMAGESEARCH_INDEX_URL": "sqlite:////proc/no/such/folder/index.sqlite"}),
        ("model", {"IMAGESEARCH_MODEL_DIR": "/no/such/folder"}),
    ],
)
def test_what_failed_comes_back_sooner_than_the_queue_would_give_it_and_is_done_then(
    queue: Library, monkeypatch: pytest.MonkeyPatch, what: str, broken: dict[str, str]
) -> None:
    """Given a part that is out of order; when a picture comes; then it waits, and is indexed once the part works."""
    from index_images import handler

    monkeypatch.setattr(handler, "FIRST_DELAY", timedelta())  # the queue's own is six minutes
    key = f"without {what}.png"
    queue.put(key, a_picture({"bucket": "red", "index": "blue", "model": "yellow"}[what]))
    with queue.restarted(**broken):
        messages = received(queue)
        assert handled(queue, messages) == [message["MessageId"] for message in messages]
    (again,) = received(queue)
    assert (again["MessageId"], again["Attributes"]["ApproximateReceiveCount"]) == (messages[0]["MessageId"], "2")
    assert handled(queue, [again]) == []
    assert queue.api.keys(filters={"prefix": key}) == [key]


@given(receives=st.integers(1, 1000))
def test_the_wait_doubles_up_to_an_hour_with_jitter(receives: int) -> None:
    from index_images.handler import FIRST_DELAY, LONGEST_DELAY, delay

    full = min(FIRST_DELAY * 2 ** min(receives - 1, 20), LONGEST_DELAY)
    assert full / 2 <= delay(receives) <= full


def test_a_second_delivery_is_not_described_again_and_the_log_says_so(
    queue: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log line of every change says whether the model ran."""
    lines = io.StringIO()
    from index_images.handler import logger

    monkeypatch.setattr(logger.registered_handler, "stream", lines)
    queue.put("original.png", a_picture("purple"))
    handled(queue, received(queue))
    queue.put("copy.png", a_picture("purple"))
    handled(queue, received(queue))
    queue.s3.put_object(Bucket="images", Key="copy.png.json", Body=b'{"caption": "a copy"}')
    handled(queue, received(queue))
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [(line["message"], line["key"], line["described"]) for line in told] == [
        ("indexed", "original.png", True),
        ("indexed", "copy.png", False),
        ("words", "copy.png.json", False),
    ]


def test_a_picture_that_crashes_the_decoder_is_rejected_and_the_others_of_its_batch_are_indexed(queue: Library) -> None:
    try:
        queue.put("crash.heic", suites.picture(suites.PILLOW_HEIF, "heif_special/invalid_metadata_type.heic"))
    except suites.NotFetched as error:
        pytest.skip(str(error))
    queue.put("beside.png", a_picture("orange"))
    queue.put("phone.heic", suites.picture(suites.PILLOW_HEIF, "heif_other/empty_icc.heic"))
    assert handled(queue, received(queue)) == []
    found = {record.ref.key: record for record in bootstrap.index().listing()}
    crashed = found["crash.heic"].image
    assert crashed
    assert (crashed.state, (crashed.reason or "").partition(":")[0]) == ("rejected", "decoder-crashed")
    assert found["beside.png"].live
    phone = found["phone.heic"].image
    assert phone
    assert phone.facts
    assert (phone.facts.format, phone.facts.frames, phone.facts.camera) == ("HEIF", 2, "Apple iPhone XS")


@pytest.mark.parametrize("allowed", ["true", "false"])
def test_a_position_is_in_the_index_and_the_derived_bucket_only_where_a_setting_allows_it(
    queue: Library, allowed: str
) -> None:
    exif, file = Image.Exif(), io.BytesIO()
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 36.0)})
    Image.new("RGB", (40, 30), "olive").save(file, "JPEG", exif=exif)
    with queue.restarted(IMAGESEARCH_KEEP_POSITIONS=allowed):
        queue.put(f"positions {allowed}.jpg", file.getvalue())
        assert handled(queue, received(queue)) == []
        (image,) = [each.image for each in bootstrap.index().listing() if each.ref.key == f"positions {allowed}.jpg"]
        assert image
        assert image.facts
        assert image.facts.position == (Position(52.52, 13.41) if allowed == "true" else None)
        kept = queue.s3.get_object(Bucket=DERIVED, Key=derived_key(str(image.space_id), str(image.sha256)))["Body"]
        assert (b"52.52" in kept.read()) == (allowed == "true")
