"""Waiting for what was sent, however much it is, through an API with a limit of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from upload_service import Service, as_json, service

from imagesearch_local.client import ApiProblem, Client, connect
from imagesearch_local.running import settled

__all__ = ["service"]


@pytest.fixture
def client(service: Service) -> Iterator[Client]:
    with connect(f"{service.root}/api") as client:
        yield client


def test_thousands_that_are_pending_are_not_all_asked_after_again_and_again(service: Service, client: Client) -> None:
    """Given 2,000 images that are indexed in the order they were sent in, one with each question, few are asked twice.

    Asking after each of them in each round would be a million questions.
    """
    names = [f"id-{number}" for number in range(2000)]
    service.states = dict.fromkeys(names, "pending")
    service.indexed_a_question = 1

    found = [name for name, _image in settled(client, names, poll_seconds=0)]

    assert sorted(found) == sorted(names)
    assert len(service.seen) < 5000


def test_one_that_stays_pending_does_not_keep_the_others_back(service: Service, client: Client) -> None:
    names = [f"id-{number}" for number in range(100)]
    service.states = dict.fromkeys(names[:40], "pending")

    found = [name for name, _image in settled(client, names, poll_seconds=0, stuck_seconds=1)]

    assert sorted(found) == sorted(names[40:])


def test_one_that_was_removed_is_done_and_a_busy_api_is_asked_later(service: Service, client: Client) -> None:
    service.states = {"a": "removed", "b": "indexed"}
    service.instead = {
        "GET /api/images/b": [as_json({}, status, Retry_After="3600") for status in (429, 502, 503, 504)]
    }

    found = dict(settled(client, ["a", "b"], poll_seconds=0))

    assert found["a"] is None
    assert found["b"] is not None
    assert found["b"]["state"] == "indexed"


def test_what_is_refused_is_told(service: Service, client: Client) -> None:
    service.instead = {"GET /api/images/a": [as_json({"message": "Unauthorized"}, 401)]}

    with pytest.raises(ApiProblem, match="Unauthorized"):
        list(settled(client, ["a"]))


def test_one_whose_event_is_still_on_its_way_is_waited_for(service: Service, client: Client) -> None:
    """Given an index that has not heard of it when it is first asked, it is not taken for removed."""
    service.instead = {"GET /api/images/a": [as_json({"code": "not-found"}, 404)] * 2}

    [(name, image)] = settled(client, ["a"], announced=False, poll_seconds=0)

    assert name == "a"
    assert image is not None
    assert image["state"] == "indexed"
