"""Sequencers: later arrivals are greater, whatever clocks and restarts do; redeliveries keep theirs."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagesearch.records import padded_sequencer
from imagesearch_local.relay.sequencers import Sequencers


def notification(*times: str, sequencer: str | None = None) -> str:
    """The body of a message with an S3 event for each time."""
    thing = {"key": "a.png"} | ({"sequencer": sequencer} if sequencer else {})
    return json.dumps({"Records": [{"eventTime": time, "s3": {"object": dict(thing)}} for time in times]})


def at(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def stamps(body: str) -> list[str]:
    return [padded_sequencer(record["s3"]["object"]["sequencer"]) for record in json.loads(body)["Records"]]


@given(st.lists(st.tuples(st.integers(0, 2_000_000_000_000), st.booleans())))
def test_every_arrival_is_greater_than_all_before_it(arrivals: list[tuple[int, bool]]) -> None:
    """Whatever times the events bear, and whether or not the process was started anew in between."""
    with tempfile.TemporaryDirectory() as folder:
        memory = Path(folder) / "sequencer"
        sequencers, seen = Sequencers(memory), []
        for number, (time, restart) in enumerate(arrivals):
            if restart:
                sequencers = Sequencers(memory)
            seen += stamps(sequencers.stamp(str(number), notification(at(time), at(time))))
    assert seen == sorted(set(seen))


def test_a_message_that_comes_again_has_the_same_stamps(tmp_path: Path) -> None:
    sequencers = Sequencers(tmp_path / "sequencer")
    body = notification("2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z")
    first = sequencers.stamp("m1", body)
    sequencers.stamp("m2", body)
    assert sequencers.stamp("m1", body) == first


def test_a_constant_sequencer_of_a_stand_in_is_replaced(tmp_path: Path) -> None:
    body = notification("2026-01-01T00:00:00.000Z", sequencer="0055AED6DCD90281E5")
    sequencers = Sequencers(tmp_path / "sequencer")
    first, second = stamps(sequencers.stamp("1", body)), stamps(sequencers.stamp("2", body))
    assert first < second


def test_the_stamp_begins_with_the_events_time(tmp_path: Path) -> None:
    body = Sequencers(tmp_path / "s").stamp("1", notification("2026-01-01T00:00:00.123Z"))
    stamp = json.loads(body)["Records"][0]["s3"]["object"]["sequencer"]
    milliseconds = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000) + 123
    assert int(stamp[:12], 16) == milliseconds


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no json",
        "[]",
        "3",
        "null",
        '{"Records": null}',
        '{"Records": [{}]}',
        '{"Event": "s3:TestEvent"}',
        '{"Records": [{"s3": {"object": {"key": "a"}}}, {"other": 1}]}',
    ],
)
def test_what_is_not_an_s3_notification_passes_unchanged(tmp_path: Path, body: str) -> None:
    assert Sequencers(tmp_path / "s").stamp("1", body) == body


def test_an_event_without_a_readable_time_is_stamped_all_the_same(tmp_path: Path) -> None:
    sequencers = Sequencers(tmp_path / "s")
    assert stamps(sequencers.stamp("1", notification("yesterday"))) < stamps(sequencers.stamp("2", notification("")))


def test_a_damaged_memory_does_not_stop_the_start(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("not a number")
    assert stamps(Sequencers(tmp_path / "s").stamp("1", notification("2026-01-01T00:00:00Z")))
