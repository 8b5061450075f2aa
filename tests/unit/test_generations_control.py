"""Asking a running `up` for something, and who may answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.wrappers import Request, Response

from imagesearch_local.gateway.serving import LoopbackServer, serving
from imagesearch_local.generations.control_client import Control, NotRunning, announced, control_of
from imagesearch_local.generations.errors import ActionFailed, GenerationError

ANSWERS = {
    "page": Response("<html>Hello</html>", content_type="text/html"),
    "list": Response("[1, 2]", content_type="application/json"),
    "number": Response("7", content_type="application/json"),
    "not-found": Response("{}", 404, content_type="application/json"),
    "other-token": Response('{"error": "not allowed"}', 401, content_type="application/json"),
    "refused": Response('{"error": "There is no generation 7."}', 409, content_type="application/json"),
    "failed": Response('{"error": "The index can\'t be reached."}', 500, content_type="application/json"),
    "done": Response('{"generation": 2}', content_type="application/json"),
}


@pytest.fixture(scope="module")
def control() -> Iterator[Control]:
    """The way to a server that answers each path as above."""
    app = Request.application(lambda request: ANSWERS[request.path.lstrip("/")])
    with serving(LoopbackServer(0), app) as server:
        yield Control(f"http://127.0.0.1:{server.port}", "token")


@pytest.mark.parametrize("path", ["page", "list", "number", "not-found", "other-token"])
def test_what_another_program_answers_on_the_port_is_no_running_up(control: Control, path: str) -> None:
    """Given a `up` that was killed, and whose port somebody else has taken since."""
    with pytest.raises(NotRunning):
        control(path)


def test_a_refusal_is_told_in_its_words(control: Control) -> None:
    with pytest.raises(GenerationError, match=r"There is no generation 7\.") as refused:
        control("refused")
    assert not isinstance(refused.value, ActionFailed)


def test_what_went_wrong_is_told_from_a_refusal(control: Control) -> None:
    with pytest.raises(ActionFailed, match="can't be reached"):
        control("failed")


def test_an_answer_is_an_object(control: Control) -> None:
    assert control("done") == {"generation": 2}


@pytest.mark.parametrize("text", [None, "", "{}", "[]", '{"url": "http://127.0.0.1:1"}'])
def test_a_note_that_is_missing_or_damaged_is_no_running_up(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "control.json").write_text(text)
    with pytest.raises(NotRunning):
        control_of(tmp_path)


def test_a_note_is_there_while_it_runs_and_private(tmp_path: Path) -> None:
    with announced(tmp_path, Control("http://127.0.0.1:1", "secret")):
        assert control_of(tmp_path) == Control("http://127.0.0.1:1", "secret")
        assert (tmp_path / "control.json").stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == []
