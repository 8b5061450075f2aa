"""`add --endpoint`, as a user runs it, against a service that makes its own keys."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import Ran, Run
from upload_service import Service, as_json, service
from werkzeug.wrappers import Response

__all__ = ["service"]

Add = Callable[..., Ran]


@pytest.fixture
def add(run: Run, service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Add:
    """Run `add` through the service, from a folder `mine`, with a ledger of its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path / "mine")
    return lambda *arguments: run("add", *arguments, "--endpoint", f"{service.root}/api", "--json")


def files(**contents: str) -> None:
    """Write files into the folder: `a__b_png` is a/b.png."""
    for name, content in contents.items():
        path = Path(name.replace("__", "/").replace("_", "."))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def gone() -> Response:
    return as_json({"code": "image-not-found", "detail": "There is no such image."}, 404)


def test_words_of_an_export_go_to_the_pictures_of_the_library_though_they_lie_here_too(
    add: Add, service: Service
) -> None:
    """Given an export edited beside the very pictures, no picture is sent; a row without an id is one to send."""
    files(a_png="a", b_png="b")
    rows: list[dict[str, Any]] = [{"key": "a.png", "id": "ida", "caption": "new"}, {"key": "b.png", "caption": "mine"}]
    Path("library.jsonl").write_text("\n".join(map(json.dumps, rows)))

    ran = add("library.jsonl", "--no-wait")

    assert (ran.code, ran.json["words"], ran.json["uploaded"]) == (0, 1, 1)
    assert service.pictures == [b"b"]
    assert ('"e"', {"caption": "new"}) in service.words


def test_a_row_with_an_id_and_a_path_is_a_picture_to_send(add: Add, service: Service) -> None:
    files(a_png="a")
    Path("t.jsonl").write_text(json.dumps({"path": "a.png", "key": "a.png", "id": "ida", "caption": "new"}))

    assert add("t.jsonl", "--no-wait").json["uploaded"] == 1


def test_two_folders_with_pictures_of_one_name_go_together(add: Add, service: Service) -> None:
    """Given that the service makes the keys, only the same picture named twice is one."""
    files(one__x_png="1", two__x_png="2")

    ran = add("one", "two", Path("one").resolve(), "--no-wait")

    assert (ran.code, ran.json["uploaded"]) == (0, 2)
    assert sorted(service.pictures) == [b"1", b"2"]


def test_rejected_pictures_of_one_name_are_told_apart(add: Add, service: Service) -> None:
    files(one__x_png="1", two__x_png="2")
    service.images = {"state": "rejected", "reason": "not an image"}

    ran = add("one", "two")

    assert sorted(ran.json["rejected"]) == ["one/x.png", "two/x.png"]


def test_a_picture_removed_meanwhile_and_a_busy_api_do_not_end_the_report(add: Add, service: Service) -> None:
    """Given that, while it waits for two pictures, one is removed by others and the API is busy once, all is told."""
    files(a_png="1", b_png="2")
    busy = Response('{"message": "Too Many Requests"}', 429)
    service.instead = {"GET /api/images/id-1": [busy], "GET /api/images/id-2": [gone()]}

    ran = add(".")

    assert (ran.code, ran.json["uploaded"], ran.json["rejected"]) == (0, 2, {})


def test_a_token_that_ends_while_it_waits_is_told_after_the_report(add: Add, service: Service) -> None:
    files(a_png="1")
    service.instead = {"GET /api/images/id-1": [Response('{"message": "The incoming token has expired"}', 401)]}

    ran = add(".")

    assert (ran.code, ran.json["uploaded"]) == (1, 1)
    assert "token has expired" in ran.json["trouble"]
    assert "token has expired" in ran.err


def test_what_was_sent_is_told_though_the_api_breaks_down(add: Add, service: Service) -> None:
    files(**{f"{number:02}_png": str(number) for number in range(30)})
    service.max_pictures = 3

    ran = add(".", "--no-wait")

    assert (ran.code, ran.json["uploaded"]) == (1, 3)
    assert 5 <= ran.json["failed"] < 20
    assert "no imagesearch API" in ran.json["trouble"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["--endpoint", "http://127.0.0.1:1/api", "--prefix", "x/"], "--prefix")],
)
def test_an_option_that_would_do_nothing_is_refused(run: Run, tmp_path: Path, arguments: list[str], told: str) -> None:
    ran = run("add", tmp_path, *arguments)

    assert ran.code == 2
    assert f"{told} does nothing" in ran.err


def test_ctrl_c_again_and_again_makes_no_duplicates(add: Add, service: Service) -> None:
    """Given Ctrl-C three times with four pictures on their way, these are finished; the next run sends the rest."""
    files(**{f"{number:02}_png": str(number) for number in range(20)})
    service.bucket_open.clear()
    command = [sys.executable, "-m", "imagesearch_local.cli", "add", ".", "--endpoint", f"{service.root}/api"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        on_their_way = 0
        while on_their_way < 4:
            on_their_way += service.arrived.get() == "POST /bucket"
        process.send_signal(signal.SIGINT)
        said = ""
        while "Finishing" not in said:
            said = process.stderr.readline()
            assert said, "it ended without a word"
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        service.bucket_open.set()
        rest = process.stderr.read()

    assert said.startswith("Finishing 4")
    assert "run it again for the rest" in rest
    assert process.returncode not in {0, -signal.SIGINT}
    assert len(service.pictures) == 4
    assert add(".", "--no-wait").json["uploaded"] == 16
    assert sorted(service.pictures) == sorted(str(number).encode() for number in range(20))
