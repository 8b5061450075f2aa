"""Waiting for the local index: how long, and what is said where not all of it is done."""

from __future__ import annotations

from typing import Any

import pytest
from command_line import FROG, Api, Run

from imagesearch_local import running
from imagesearch_local.commands.common import Failure
from imagesearch_local.commands.waiting import rejected_among, watch

BROKEN = {**FROG, "key": "broken.png", "state": "rejected", "reason": "not an image"}


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_POLL_SECONDS", 0)
    monkeypatch.setattr(running, "_STUCK_SECONDS", 0)
    monkeypatch.setattr(running, "_HUNG_SECONDS", 0)


@pytest.mark.parametrize(
    ("failing", "told", "not_told"),
    [(0, "403 changes wait", "failed"), (403, "403 changes failed", "wait to"), (3, "400 changes wait", "403")],
)
def test_only_what_failed_is_said_to_have_failed(api: Api, hurry: None, failing: int, told: str, not_told: str) -> None:
    api.status |= {"pending": 403, "failing": failing}

    with pytest.raises(Failure, match=told) as raised:
        watch(api.port)

    assert not_told not in str(raised.value)
    assert raised.value.exit_code == 1


def test_what_has_not_failed_is_waited_for_longer_than_the_decoder_may_take(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given that nothing moves at first, and nothing failed, the wait goes on where failures would have ended it."""
    monkeypatch.setattr(running, "_POLL_SECONDS", 0)
    monkeypatch.setattr(running, "_STUCK_SECONDS", 0)
    api.status |= {"pending": 2, "failing": 1}
    seen = []

    for left in running.pending(api.port):
        seen.append(left)
        if len(seen) == 5:
            api.status["pending"] = 0

    assert seen == [2, 2, 2, 2, 2, 0]


def test_an_older_server_that_knows_no_failures_is_waited_for(api: Api, hurry: None) -> None:
    api.status |= {"pending": 1}

    with pytest.raises(Failure, match="1 changes wait"):
        watch(api.port)


def test_what_was_rejected_is_found_among_others_on_all_pages(api: Api) -> None:
    pages: list[Any] = [
        {"images": [{**BROKEN, "key": "other.png"}], "cursor": "next"},
        {"images": [BROKEN], "cursor": None},
    ]
    api.answers["GET /rejected"] = lambda _event: (200, pages.pop(0))

    assert rejected_among({"broken.png", "good.png"}, api.port) == {"broken.png": "not an image"}


def test_status_tells_how_many_failed(run: Run, api: Api) -> None:
    api.status |= {"pending": 3, "failing": 2}

    assert "3 pending (2 of them failed before)" in run("status", "--port", api.port).out
