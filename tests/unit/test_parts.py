"""The parts that `up` is made of: what keeps nothing is emptied, and nothing else; addresses are checked."""

from __future__ import annotations

from pathlib import Path

import pytest
from werkzeug.wrappers import Request, Response

from imagesearch_local.commands.common import Failure
from imagesearch_local.commands.parts import Parts, address, checked
from imagesearch_local.commands.servers import IndexServer
from imagesearch_local.gateway.serving import LoopbackServer, serving

KEEPS_NOTHING = Parts(aws="localstack")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As the second start finds it, but for what the first one left."""
    KEEPS_NOTHING.clear(tmp_path)
    return tmp_path


def test_what_a_run_left_is_removed(folder: Path) -> None:
    (folder / "index.sqlite").touch()
    (folder / "generations" / "sqlite").mkdir(parents=True)
    KEEPS_NOTHING.clear(folder)
    assert not (folder / "index.sqlite").exists()
    assert not (folder / "generations").exists()


def test_whose_libraries_are_whose_is_not_forgotten(folder: Path) -> None:
    (folder / "libraries.json").write_text("{}")
    KEEPS_NOTHING.clear(folder)
    assert (folder / "libraries.json").exists()


def test_a_link_is_removed_and_not_what_it_leads_to(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    photographs = tmp_path_factory.mktemp("photographs")
    (photographs / "wedding.jpg").touch()
    (folder / "linked").symlink_to(photographs)
    KEEPS_NOTHING.clear(folder)
    assert not (folder / "linked").exists()
    assert (photographs / "wedding.jpg").exists()


def test_a_folder_of_somebody_elses_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "wedding.jpg").touch()
    with pytest.raises(Failure, match=r"wedding\.jpg.*--data"):
        KEEPS_NOTHING.clear(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["wedding.jpg"]


def test_where_pictures_are_kept_nothing_is_removed(folder: Path) -> None:
    (folder / "wedding.jpg").touch()
    Parts(aws="moto").clear(folder)
    assert (folder / "wedding.jpg").exists()


@pytest.mark.parametrize(
    "url", ["localhost:9200", "https://", "http://me:secret@localhost:secret", "http://a/b/secret"]
)
def test_a_wrong_address_in_the_environment_is_named_without_what_is_in_it(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENSEARCH_URL", url)
    with pytest.raises(Failure, match=r"^OPENSEARCH_URL must be .*http\[s\]://") as failure:
        Parts(index="opensearch").check()
    assert "secret" not in str(failure.value).replace("[user:password@]", "")


def test_an_address_in_the_environment_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENSEARCH_URL", "http://me:secret@127.0.0.1:1/mine/")
    with Parts(index="opensearch").index_server(tmp_path) as server:
        assert server == IndexServer("http://me:secret@127.0.0.1:1/mine")


@pytest.mark.parametrize("said", ["<html>", "{}", "[]"])
def test_another_web_server_is_said_to_be_no_opensearch(said: str, tmp_path: Path) -> None:
    with (
        serving(LoopbackServer(0), Request.application(lambda _: Response(said))) as another,
        pytest.raises(Failure, match=rf"at http://127.0.0.1:{another.port} is no OpenSearch"),
        Parts(index=f"http://me:secret@127.0.0.1:{another.port}").index_server(tmp_path),
    ):
        pytest.fail("it is none")


def test_an_address_is_told_without_the_login() -> None:
    assert address("https://me:secret@search.example.com:9200/mine") == "https://search.example.com:9200"


def test_a_page_that_may_call_is_named_by_its_origin() -> None:
    assert checked(None) == frozenset()
    assert checked(["http://localhost:3000", "https://pictures.example.org"]) == {
        "http://localhost:3000",
        "https://pictures.example.org",
    }
    with pytest.raises(Failure, match=r"--cors-origin: 'localhost:3000' is no origin.*http://localhost:3000"):
        checked(["localhost:3000"])
