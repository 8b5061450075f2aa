"""What is said of an index: where it is, and that it does not answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from werkzeug.wrappers import Request, Response

from imagesearch_local import running
from imagesearch_local.checks import diagnose
from imagesearch_local.commands.status import status
from imagesearch_local.gateway.serving import LoopbackServer, serving

SQLITE = {"kind": "sqlite", "name": "index.sqlite", "server": None, "folder": "/data", "trouble": None}
OPENSEARCH = {"kind": "opensearch", "name": "mine-g1", "server": "http://127.0.0.1:9201", "trouble": None}


def said(index: dict[str, Any]) -> running.Status:
    s3 = {"endpoint": "http://127.0.0.1:1", "bucket": "images", "access_key": "a", "secret_key": "b"}
    return running.absent(1) | {"ready": not index["trouble"], "s3": s3, "index": index}


@pytest.fixture
def port_of_silent_index() -> Iterator[int]:
    silent = said({**OPENSEARCH, "folder": None, "trouble": "The index can't be reached."})
    answer = Response(json.dumps(silent), content_type="application/json")
    with serving(LoopbackServer(0), Request.application(lambda _: answer)) as server:
        yield server.port


@pytest.mark.parametrize(
    ("index", "place"),
    [
        (SQLITE, "SQLite, /data/index.sqlite"),
        ({**OPENSEARCH, "folder": None}, "OpenSearch at http://127.0.0.1:9201 (mine-g1)"),
        ({**OPENSEARCH, "folder": "/data/os"}, "OpenSearch at http://127.0.0.1:9201 (mine-g1), data in /data/os"),
    ],
)
def test_an_index_is_named_with_its_place(index: dict[str, Any], place: str) -> None:
    assert running.index_place(said(index)) == place


def test_status_fails_while_the_index_does_not_answer(
    port_of_silent_index: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as left:
        status(port=port_of_silent_index)
    assert left.value.exit_code == 1
    assert "no: The index can't be reached." in capsys.readouterr().out


def test_doctor_says_that_the_index_does_not_answer(port_of_silent_index: int, tmp_path: Path) -> None:
    checks = diagnose(port=port_of_silent_index, model_dir=tmp_path, samples=tmp_path, data=tmp_path)
    found = next(check for check in checks if check.name == "port")
    assert found.state == "fail"
    assert "The index can't be reached" in found.found
    assert "http://127.0.0.1:9201" in found.advice
