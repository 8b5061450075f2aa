"""Sending through an API that is busy, that refuses, or whose bucket does; the real thing is in tests/integration."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from limits import files_up_to
from patience import PATIENCE_SECONDS
from upload_service import Service, as_json, service
from werkzeug.wrappers import Response

from imagesearch_local.adding.folders import find_sources
from imagesearch_local.adding.into_api import Target, send
from imagesearch_local.adding.ledger import LedgerUnwritable, open_ledger
from imagesearch_local.adding.sources import Outcome
from imagesearch_local.client import ApiProblem, ApiUnreachable, connect

__all__ = ["service"]

Add = Callable[..., list[Outcome]]


@pytest.fixture
def add(service: Service, tmp_path: Path) -> Add:
    """Send a folder of these files, with the ledger of the last time."""

    def call(**files: Any) -> list[Outcome]:
        options: dict[str, Any] = {name: bool(files.pop(name)) for name in ("keep_words", "resend") if name in files}
        on_done = files.pop("on_done", lambda _outcome: None)
        for name, text in files.items():
            path = tmp_path / "mine" / name.replace("_", ".")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        with (
            connect(f"{service.root}/api", "t0ken") as client,
            httpx.Client(trust_env=False, timeout=PATIENCE_SECONDS) as forms,
            open_ledger(service.root, tmp_path / "state") as ledger,
        ):
            return send(find_sources([tmp_path / "mine"]), Target(client, forms, ledger, **options), on_done=on_done)

    return call


def test_the_token_is_for_the_api_and_not_for_the_bucket(service: Service, add: Add) -> None:
    assert [outcome.did for outcome in add(a_png="a", a_txt="Short words")] == ["uploaded"]

    assert service.seen == [("POST /api/uploads", "Bearer t0ken"), ("POST /bucket", "")]
    assert service.words == [{"filename": "a.png", "content_type": "image/png", "caption": "Short words"}]
    assert service.pictures == [b"a"]


@pytest.mark.parametrize(
    "words",
    [
        {"caption": "x" * 301},
        {"tags": ["one, two"]},
        {"tags": [str(number) for number in range(21)]},
        {"caption": "é" * 300, "tags": ["ü" * 100, "ö" * 100, "ä" * 100]},
        {"attributes": {"legs": 4}},
    ],
)
def test_words_that_can_not_travel_along_are_there_before_the_picture(service: Service, add: Add, words: Any) -> None:
    add(a_png="a", a_json=json.dumps(words))

    assert [route for route, _ in service.seen] == ["POST /api/uploads", "PATCH /api/images/id-1", "POST /bucket"]
    assert service.words[1] == ('"none"', words)


def test_a_busy_api_is_asked_again(service: Service, add: Add) -> None:
    busy = [as_json({"message": "Too Many Requests"}, status, Retry_After="0") for status in (429, 503)]
    service.instead["POST /api/uploads"] = busy

    assert [outcome.did for outcome in add(a_png="a")] == ["uploaded"]


def test_one_hiccup_does_not_end_a_run(service: Service, add: Add) -> None:
    """Given a gateway's page in place of one answer of twelve, all pictures arrive."""
    service.instead["POST /api/uploads"] = [Response("<html>", 502, headers={"Retry-After": "0"})]

    assert [outcome.did for outcome in add(**{f"{number}_png": str(number) for number in range(12)})] == [
        "uploaded"
    ] * 12


def test_a_picture_without_an_answer_does_not_keep_the_others_back(service: Service, add: Add) -> None:
    service.instead["POST /api/uploads"] = [Response("<html>", 200)]

    did = Counter(outcome.did for outcome in add(**{f"{number}_png": str(number) for number in range(12)}))

    assert did == {"failed": 1, "uploaded": 11}


def test_an_api_that_answers_nothing_any_more_is_given_up(service: Service, add: Add) -> None:
    """Given one that takes three of sixty and then answers with nonsense, it ends soon, with what was done known."""
    service.max_pictures = 3
    seen: list[Outcome] = []

    with pytest.raises(ApiUnreachable, match="no imagesearch API"):
        add(on_done=seen.append, **{f"{number}_png": str(number) for number in range(60)})

    did = Counter(outcome.did for outcome in seen)
    assert did["uploaded"] == 3
    assert 5 <= did["failed"] < 20


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [(403, "<Error><Message>Policy expired.</Message></Error>", "Policy expired."), (500, "oh no", "HTTP 500")],
)
def test_what_the_bucket_refuses_is_told_and_not_waited_for(
    service: Service, add: Add, status: int, body: str, told: str
) -> None:
    """Given a bucket that refuses one picture, its record is removed; and the next run sends it again."""
    service.instead["POST /bucket"] = [Response(body, status)]

    [outcome] = add(a_png="a")

    assert outcome.did == "failed"
    assert told in outcome.error
    assert service.seen[-1][0] == "DELETE /api/images/id-1"
    assert [outcome.did for outcome in add()] == ["uploaded"]


def test_a_picture_over_the_limit_is_not_sent(service: Service, add: Add) -> None:
    service.max_bytes = 3

    outcomes = {outcome.source.key: outcome for outcome in add(large_png="1234", small_png="123")}

    assert outcomes["small.png"].did == "uploaded"
    assert outcomes["large.png"].error == "it has 4 bytes; 3 may be uploaded"
    assert service.pictures == [b"123"]


def test_a_token_that_does_not_do_ends_it_all(service: Service, add: Add) -> None:
    service.instead["POST /api/uploads"] = [as_json({"message": "Unauthorized"}, 401) for _ in range(9)]

    with pytest.raises(ApiProblem, match="Unauthorized"):
        add(**{f"{number}_png": str(number) for number in range(9)})


def test_only_new_contents_and_new_words_are_sent(service: Service, add: Add) -> None:
    add(a_png="a", a_txt="one", b_png="b", copy_png="b")
    assert sorted(service.pictures) == [b"a", b"b"]
    service.words.clear()

    assert sorted(outcome.did for outcome in add(a_txt="two", keep_words="yes")) == ["unchanged"] * 3
    assert sorted(outcome.did for outcome in add()) == ["unchanged", "unchanged", "words"]
    assert service.words == [('"e"', {"caption": "two"})]
    assert sorted(outcome.did for outcome in add(resend="yes")) == ["unchanged", "uploaded", "uploaded"]


def test_a_copy_of_a_picture_that_failed_is_sent_in_its_place(service: Service, add: Add) -> None:
    service.instead["POST /bucket"] = [Response("oh no", 500)]

    outcomes = add(a_png="same", b_png="same", c_png="same")

    assert Counter(outcome.did for outcome in outcomes) == {"failed": 1, "uploaded": 1, "unchanged": 1}
    assert service.pictures == [b"same"]
    [copy] = [outcome for outcome in outcomes if outcome.did == "unchanged"]
    [sent] = [outcome for outcome in outcomes if outcome.did == "uploaded"]
    assert copy.copy_of == sent.source.name


def test_no_caption_of_equal_pictures_vanishes_without_a_word(service: Service, add: Add) -> None:
    """Given one picture three times, with two captions, one of these is told to be in the way of the other."""
    files = {"a_png": "same", "b_png": "same", "c_png": "same", "a_txt": "One", "b_txt": "Two", "c_txt": "One"}

    troubles = [outcome for outcome in add(**files) if outcome.did == "failed"]

    assert troubles
    assert all("which has other words" in outcome.error for outcome in troubles)
    assert [words.get("caption") for words in service.words] in (["One"], ["Two"])
    assert "failed" in [outcome.did for outcome in add(**files)]
    assert {outcome.did for outcome in add(**files, keep_words="yes")} == {"unchanged"}


@pytest.mark.parametrize("with_words", ["a", "b"])
def test_words_of_any_of_equal_pictures_arrive(service: Service, add: Add, with_words: str) -> None:
    """Given one with words and one without, whichever comes first, the image has the words; then nothing changes."""
    files = {"a_png": "same", "b_png": "same", f"{with_words}_txt": "Words"}

    assert not [outcome for outcome in add(**files) if outcome.did == "failed"]
    assert json.dumps(service.words).count("Words") == 1
    assert {outcome.did for outcome in add(**files)} == {"unchanged"}


def test_what_people_removed_from_the_library_stays_removed(service: Service, add: Add) -> None:
    add(a_png="a")
    gone = {"code": "image-not-found", "detail": "There is no such image."}
    service.instead["GET /api/images/id-1"] = [as_json(gone, 404)]

    assert [outcome.did for outcome in add(a_txt="new words")] == ["unchanged"]


@pytest.mark.parametrize(
    ("state", "sends"), [("indexed", False), ("rejected", False), ("pending", True), ("removed", True)]
)
def test_a_run_killed_between_sending_and_noting_makes_no_duplicate(
    service: Service, add: Add, tmp_path: Path, state: str, sends: bool
) -> None:
    """Given a ledger that knows only that a picture was about to be sent, the API is asked whether it arrived."""
    add(a_png="a")
    [ledger] = (tmp_path / "state").iterdir()
    about_to_send, _sent = ledger.read_text().splitlines()
    ledger.write_text(about_to_send)
    service.states["id-1"] = state

    assert [outcome.did for outcome in add()] == ["uploaded" if sends else "unchanged"]
    assert [name for name, state in service.states.items() if state != "removed"] == ["id-2" if sends else "id-1"]
    service.seen.clear()
    assert [outcome.did for outcome in add()] == ["unchanged"]
    assert service.seen == []


def test_a_run_that_can_not_remember_ends(service: Service, add: Add, tmp_path: Path) -> None:
    """Given a disk that is full after some notes, what arrived so far does so once, and the next run sends the rest."""
    seen: list[Outcome] = []
    with files_up_to(2000), pytest.raises(LedgerUnwritable, match="can't be remembered"):
        add(on_done=seen.append, **{f"{number}_png": str(number) for number in range(40)})
    assert 3 < len(seen) < 40

    add()

    assert sorted(service.pictures) == sorted(str(number).encode() for number in range(40))


def test_an_interrupted_run_sends_nothing_twice(service: Service, add: Add) -> None:
    """Given Ctrl-C after the third of twenty pictures, the next run sends just the rest."""
    seen: list[Outcome] = []

    def interrupt(outcome: Outcome) -> None:
        seen.append(outcome)
        if len(seen) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add(on_done=interrupt, **{f"{number}_png": str(number) for number in range(20)})
    assert 3 <= len(service.pictures) < 20

    add()
    assert sorted(service.pictures) == sorted(str(number).encode() for number in range(20))
