"""`imagesearch edit`: only what is named changes, and nobody's edit is lost."""

from __future__ import annotations

from typing import Any

import pytest
from command_line import FROG, Api, Run

from imagesearch.records import image_id

IMAGE = {**FROG, "caption": "A frog.", "attributes": {"legs": 4.0, "wild": True}}
ROUTE = f"/images/{FROG['id']}"


@pytest.fixture
def frog(api: Api) -> Api:
    """An API with the frog, at version 1; an edit makes it version 2."""
    api.answers[f"GET {ROUTE}"] = (200, IMAGE, {"ETag": '"1"'})
    api.answers[f"PATCH {ROUTE}"] = (202, {"id": FROG["id"], "state": "accepted", "etag": '"2"'})
    return api


def sent(api: Api) -> list[Any]:
    return [body for body, event in zip(api.asked, api.events, strict=True) if event["httpMethod"] == "PATCH"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--caption New", {"caption": "New"}),
        ("--tag one --tag two", {"tags": ["one", "two"]}),
        ("--add-tag green --add-tag animals", {"tags": ["animals", "amphibian", "green"]}),
        ("--remove-tag ANIMALS", {"tags": ["amphibian"]}),
        ("--tag one --add-tag two --remove-tag one", {"tags": ["two"]}),
        ("--attribute legs=3 --attribute by=Ann", {"attributes": {"legs": 3, "wild": True, "by": "Ann"}}),
        ("--remove-attribute wild", {"attributes": {"legs": 4}}),
    ],
)
def test_only_what_is_named_is_sent(run: Run, frog: Api, options: str, words: Any) -> None:
    ran = run("edit", FROG["key"], *options.split(), "--port", frog.port)

    assert ran.code == 0
    assert sent(frog) == [words]
    assert "edited animals/frog.png" in ran.out


def test_the_version_that_was_read_is_the_one_that_is_edited(run: Run, frog: Api) -> None:
    run("edit", FROG["id"], "--caption", "New", "--port", frog.port)

    assert {name.lower(): value for name, value in frog.events[-1]["headers"].items()}["if-match"] == '"1"'


def test_an_empty_caption_is_a_caption(run: Run, frog: Api) -> None:
    run("edit", FROG["id"], "--caption", "", "--port", frog.port)

    assert sent(frog) == [{"caption": ""}]


def test_a_lost_race_is_told_and_not_tried_again(run: Run, frog: Api) -> None:
    frog.answers[f"PATCH {ROUTE}"] = (412, {"code": "edit-conflict", "detail": "The words are at 3 now."})

    ran = run("edit", FROG["key"], "--caption", "Mine", "--port", frog.port)

    assert ran.code == 1
    assert "nothing was overwritten" in ran.err
    assert len(sent(frog)) == 1


def test_one_image_that_is_not_there_does_not_keep_the_others_back(run: Run, frog: Api) -> None:
    frog.answers[f"GET /images/{image_id('images', 'gone')}"] = (404, {"code": "image-not-found", "detail": "No."})

    ran = run("edit", "gone", FROG["key"], "--add-tag", "green", "--json", "--port", frog.port)

    assert ran.code == 1
    assert "image-not-found" in ran.json["failed"]["gone"]
    assert list(ran.json["edited"]) == [FROG["key"]]


def test_waiting_ends_when_the_index_has_the_new_words(run: Run, frog: Api) -> None:
    """Given an index that follows on the third look, the command asks until then."""
    looks = iter(['"1"', '"1"', '"1"', '"2"'])
    frog.answers[f"GET {ROUTE}"] = lambda _event: (200, IMAGE, {"ETag": next(looks)})

    assert run("edit", FROG["key"], "--caption", "New", "--wait", "--port", frog.port).code == 0
    assert next(looks, "all seen") == "all seen"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["x.png"], "what to change"), (["x.png", "y.png", "--caption", "c"], "one image")],
)
def test_what_makes_no_sense_is_a_usage_error(run: Run, api: Api, arguments: list[str], told: str) -> None:
    ran = run("edit", *arguments, "--port", api.port)

    assert ran.code == 2
    assert told in ran.err
    assert api.events == []
