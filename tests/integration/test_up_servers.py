"""`imagesearch up` with real parts: LocalStack in place of moto, OpenSearch in place of the embedded index."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import patiently
import pytest
from local_stack import Up, free_port, imagesearch, picture, up
from patience import until

from imagesearch_local.generations.ownership import last_library
from imagesearch_local.paths import CHECKOUT


@pytest.fixture(autouse=True)
def model(monkeypatch: pytest.MonkeyPatch) -> None:
    if not (CHECKOUT / "layers" / "model" / "model.json").is_file():
        pytest.skip("there is no model: `make model` makes one")
    monkeypatch.delenv("IMAGESEARCH_MODEL_DIR", raising=False)


@pytest.fixture
def library(opensearch: str, tmp_path: Path) -> Iterator[str]:
    """URL of a library of one test's own, whose indexes are removed in the end."""
    name = f"up-{tmp_path.name.replace('_', '-')}".lower()
    yield f"{opensearch}/{name}"
    patiently.delete(f"{opensearch}/{name}-*", trust_env=False).raise_for_status()


def test_localstack_and_opensearch_find_by_words_and_by_picture(
    library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENSEARCH_URL", library)
    red = picture(tmp_path / "mine" / "a red+one.png", "red")
    red.with_suffix(".txt").write_text("A scarlet circle.")
    picture(tmp_path / "mine" / "blue.png", "blue")

    with up(tmp_path / "data", "--aws", "localstack", "--index", "opensearch") as server:
        added = server.run("add", tmp_path / "mine")

        assert added.returncode == 0, added.stderr
        until_found(server, ["a red+one.png"], "scarlet")
        until(lambda: len(found(server)) == 2)
        assert found(server, "--image", red)[0] == "a red+one.png"
        assert found(server, "scarlet", "--image", tmp_path / "mine" / "blue.png")[0] == "a red+one.png"
        assert server.run("remove", "--yes", "a red+one.png").returncode == 0
        until_found(server, [], "scarlet")


def test_localstack_keeps_nothing_and_an_index_that_is_kept_does_not_pretend(library: str, tmp_path: Path) -> None:
    """Given pictures in LocalStack, when all starts again, then the index on OpenSearch loses them, too."""
    picture(tmp_path / "mine" / "red.png", "red")
    options = ("--aws", "localstack", "--index", library)
    with up(tmp_path / "data", *options) as server:
        assert server.run("add", tmp_path / "mine").returncode == 0
        until_found(server, ["red.png"])
        stop(server)

    with up(tmp_path / "data", *options) as server:
        server.settle()
        until_found(server, [])


def test_another_data_folder_on_the_same_opensearch_takes_nothing_away(
    opensearch: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given one OpenSearch for all, when another folder starts, then each finds its own pictures."""
    monkeypatch.setenv("OPENSEARCH_URL", opensearch)
    picture(tmp_path / "pictures" / "red.png", "red")
    mine, yours = tmp_path / "mine", tmp_path / "yours"
    try:
        with up(mine, "--index", "opensearch") as server:
            assert server.run("add", tmp_path / "pictures").returncode == 0
            with up(yours, "--index", "opensearch") as other:
                other.settle()
                assert found(other) == []
            assert found(server) == ["red.png"]

            library = str(last_library(mine))
            refused = other.run("up", "--data", yours, "--no-samples", "--index", f"{opensearch}/{library}")
            assert refused.returncode == 2
            assert f"The library {library} is on that server already" in refused.stderr
            assert found(server) == ["red.png"]
    finally:
        for folder in (mine, yours):
            patiently.delete(f"{opensearch}/{last_library(folder)}-*", trust_env=False).raise_for_status()


def test_pictures_are_indexed_again_where_opensearch_lost_its_index(library: str, tmp_path: Path) -> None:
    """Given an index that was deleted while nothing ran, when `up` starts, then all events come again."""
    picture(tmp_path / "mine" / "red.png", "red")
    with up(tmp_path / "data", "--index", library) as server:
        assert server.run("add", tmp_path / "mine").returncode == 0
        stop(server)
    patiently.delete(f"{library}-*", trust_env=False).raise_for_status()

    with up(tmp_path / "data", "--index", library) as server:
        server.settle()
        until_found(server, ["red.png"])


@pytest.mark.parametrize(
    ("index", "says"),
    [
        ("elasticsearch", "--index must be sqlite, opensearch or a URL"),
        ("http://127.0.0.1:1", "can't be reached"),
        ("http://somebody:secret@", "--index must be"),
        ("http://somebody:secret@localhost:secret/images", "--index must be"),
    ],
)
def test_an_index_that_is_none_is_refused_in_one_line(index: str, says: str, tmp_path: Path) -> None:
    ran = imagesearch("up", "--data", tmp_path, "--port", free_port(), "--no-samples", "--no-browser", "--index", index)
    [*_, last] = ran.stderr.splitlines()
    assert ran.returncode == 2
    assert says in last
    assert "secret" not in ran.stderr


def until_found(server: Up, keys: list[str], *arguments: object) -> None:
    """OpenSearch shows within a second what it was told."""
    until(lambda: found(server, *arguments) == keys)


def found(server: Up, *arguments: object) -> list[str]:
    ran = server.run("search", *arguments, "--json")
    assert ran.returncode == 0, ran.stderr
    return [hit["key"] for hit in json.loads(ran.stdout)["hits"]]


def stop(server: Up) -> None:
    os.kill(server.process.pid, signal.SIGINT)
    assert server.process.wait() == 0
