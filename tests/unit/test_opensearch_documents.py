"""What is sent to OpenSearch to write one part, and how it is cut into requests."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from image_indexes import an_image, gone, ref, unit, words_of

from imagesearch.adapters.opensearch.client import dumped
from imagesearch.adapters.opensearch.documents import Action, action_of, record_of
from imagesearch.adapters.opensearch.shape import Shape
from imagesearch.adapters.opensearch.writing import MAX_CHUNK_BYTES, MAX_CHUNK_WRITES, _chunks
from imagesearch.records import Descriptor, ImagePart, ImageRef, SidecarPart, Words, Write

SHAPE = Shape("images-space-1", "space", 1, "", frozenset({"semantic"}), frozenset({"regions"}))
WRITE = Write(ref("frog"), gone(1))


def parameters(part: ImagePart | SidecarPart, where: ImageRef | None = None, if_version: str | None = None) -> Any:
    """What the script gets."""
    _, body = action_of(Write(where or ref("frog"), part, if_version), SHAPE).lines.splitlines()
    return json.loads(body)["script"]["params"]


@given(numbers=st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=8))
def test_vectors_come_back_to_the_last_bit(numbers: list[float]) -> None:
    vector = np.array(numbers, np.float32)
    assert np.array_equal(np.array(json.loads(dumped(vector)), np.float32), vector)


def test_vectors_take_no_more_digits_than_they_have() -> None:
    assert dumped(np.array([0.1, 1 / 3], np.float32)) == b"[0.1,0.33333334]"


def test_what_a_part_does_not_say_is_taken_away_from_the_document() -> None:
    """Given a tombstone; then nothing of the picture before it stays."""
    sent = parameters(gone(3))
    assert {"uploaded", "sha256", "descriptor", "regions", "format", "position", "camera"} <= set(sent["unset"])
    assert not set(sent["unset"]) & set(sent["set"])
    assert sent["said"] == {}


def test_the_sidecar_leaves_alone_what_is_the_images() -> None:
    sent = parameters(words_of(2, caption="A frog"))
    assert set(sent["set"]) == {
        *("id", "bucket", "key", "sidecar", "sidecar_state", "sidecar_sequencer", "sidecar_written"),
    }
    assert sent["unset"] == []


def test_words_come_ready_to_be_searched() -> None:
    said = parameters(an_image(words=Words("A Frög!", ("Big Pond", "pond"), {"n": 4.0, "t": True, "s": "Été"})))["said"]
    assert said["caption"] == {"text": "A Frög!", "words": 2, "columns": {}, "spellings": ["a", "frog"]}
    assert (said["tags"]["text"], said["tags"]["words"], said["tags"]["spellings"]) == (
        "Big Pond, pond",
        3,
        ["big", "pond"],
    )
    assert said["tags"]["columns"] == {
        "tag": ["big pond", "pond"],
        "tag_tails": ["big pond\x1fbig pond", "pond\x1fbig pond", "pond\x1fpond"],
    }
    assert said["attributes"]["columns"]["attribute"] == [
        {"name": "n", "shown": "4", "number": 4.0},
        {"name": "t", "shown": "true", "truth": True},
        {"name": "s", "shown": "été"},
    ]
    assert (said["attributes"]["text"], said["attributes"]["spellings"]) == ("Été", [])


def test_saying_nothing_is_not_the_same_as_saying_that_there_is_nothing() -> None:
    assert parameters(words_of(1))["said"] == {}
    said = parameters(words_of(1, caption="", tags=()))["said"]
    assert {field: said[field]["text"] for field in said} == {"caption": "", "tags": ""}


def test_descriptors_with_several_vectors_are_kept_with_their_boxes() -> None:
    regions = Descriptor(np.stack([unit(1, 0), unit(0, 1)]), np.array([[0, 0, 1, 0.5], [0, 0.5, 1, 1]], np.float32))
    part = an_image(vector=unit(1, 0), descriptors={"semantic": Descriptor(np.stack([unit(1, 0)])), "regions": regions})
    sent = parameters(part)["set"]
    assert sent["descriptor"] == {"semantic": [1, 0]}
    assert sent["regions"] == {
        "regions": [{"vector": [1, 0], "box": "0.0 0.0 1.0 0.5"}, {"vector": [0, 1], "box": "0.0 0.5 1.0 1.0"}]
    }


def test_a_condition_is_sent_only_where_there_is_one() -> None:
    assert "if_version" not in parameters(gone(1))
    assert parameters(gone(1), if_version="7")["if_version"] == "7"


def test_what_may_only_be_the_first_write_is_sent_as_a_document() -> None:
    """Given that there must be no record; then nothing has to be decided by a script."""
    action = action_of(Write(ref("frog"), gone(1), if_version=""), SHAPE)
    header, body = map(json.loads, action.lines.splitlines())
    assert header == {"create": {"_id": ref("frog").image_id}}
    assert (body["image_state"], body["version"], body["write"], body["live"]) == ("removed", 1, action.token, False)


def test_half_characters_are_searched_as_question_marks_and_kept_as_they_are() -> None:
    sent = parameters(an_image(words=Words("half \ud800", ("\udfff",), {"\ud800": "\ud800"})))
    assert (sent["said"]["caption"]["text"], sent["said"]["tags"]["columns"]["tag"]) == ("half ?", ["?"])
    assert sent["said"]["attributes"]["columns"]["attribute"] == [{"name": "?", "shown": "?"}]
    record = record_of(ref("frog"), {"version": 1, "image": sent["set"]["image"]})
    assert record
    assert record.words.caption == "half \ud800"


def test_each_write_has_a_name_of_its_own() -> None:
    """By which a write that is sent twice is known again."""
    assert action_of(WRITE, SHAPE).token != action_of(WRITE, SHAPE).token


@given(sizes=st.lists(st.sampled_from([1, 100, MAX_CHUNK_BYTES // 3, MAX_CHUNK_BYTES + 1]), max_size=30))
def test_requests_are_small_enough_and_leave_nothing_out(sizes: list[int]) -> None:
    actions = [Action(WRITE, str(number), bytes(size)) for number, size in enumerate(sizes)]
    chunks = list(_chunks(actions))
    assert [action for chunk in chunks for action in chunk] == actions
    assert all(len(chunk) == 1 or sum(len(each.lines) for each in chunk) <= MAX_CHUNK_BYTES for chunk in chunks)
    assert all(chunks)


def test_requests_have_few_enough_writes() -> None:
    actions = [Action(WRITE, str(number), b"") for number in range(2 * MAX_CHUNK_WRITES + 1)]
    assert [len(chunk) for chunk in _chunks(actions)] == [MAX_CHUNK_WRITES, MAX_CHUNK_WRITES, 1]
