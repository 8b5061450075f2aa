"""What `manage_index` refuses before it asks anybody. What it does on a real server: tests/integration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from imagesearch import bootstrap
from imagesearch.errors import InvalidRequest
from imagesearch_local.relay.lambda_context import LambdaContext
from manage_index.actions import library_of
from manage_index.events import event_of
from manage_index.handler import ActionFailed, handler


@pytest.mark.parametrize(
    ("event", "complaint"),
    [
        ({}, "action: "),
        ({"action": "destroy"}, "action: "),
        ({"action": "drop", "generation": 0}, "generation: "),
        ({"action": "drop", "generation": "two"}, "generation: "),
        ({"action": "status", "force": True}, "force: "),
    ],
)
def test_an_event_that_makes_no_sense_is_refused_with_what_is_wrong(event: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InvalidRequest, match=f"^{complaint}"):
        event_of(event)


@pytest.mark.parametrize(("alias", "expected"), [("images-g1", ("images", 1)), ("my-pics-g12", ("my-pics", 12))])
def test_a_generations_alias_names_library_and_number(alias: str, expected: tuple[str, int]) -> None:
    assert library_of(alias) == expected


@pytest.mark.parametrize("alias", ["images", "images-g0", "images-g", "-g1", "g1", "images-g1x"])
def test_another_alias_is_refused(alias: str) -> None:
    with pytest.raises(InvalidRequest, match="images-g1"):
        library_of(alias)


def test_what_fails_is_raised_with_our_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Given a function on the embedded index, which has no generations; when asked for them; then the call fails."""
    for name, value in {
        "IMAGE_BUCKET": "images",
        "DERIVED_BUCKET": "derived",
        "CURSOR_SECRET": "x",
        "INDEX_URL": f"sqlite:///{tmp_path}/index.sqlite",
    }.items():
        monkeypatch.setenv(f"IMAGESEARCH_{name}", value)
    bootstrap.forget()
    try:
        with pytest.raises(ActionFailed, match=r"^not-supported: .*OpenSearch"):
            handler({"action": "status"}, LambdaContext("manage_index", 30))  # type: ignore[arg-type]  # all that is used of it
    finally:
        bootstrap.forget()


def test_an_event_that_makes_no_sense_fails() -> None:
    with pytest.raises(ActionFailed, match=r"^invalid-request: action: "):
        handler({}, LambdaContext("manage_index", 30))  # type: ignore[arg-type]  # as above
