"""The jars of OpenSearch: those that are pinned, and no others."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from imagesearch_local.servers import jars
from imagesearch_local.servers.errors import ServerError, ToolMissing
from imagesearch_local.servers.jars import PINS, FilesDiffer, check_files, read_pins


def test_every_jar_of_opensearch_and_the_plugin_are_pinned() -> None:
    pins = read_pins(PINS)
    assert {f"opensearch-{'.'.join(jars.VERSION.split('.')[:3])}.jar", f"opensearch-knn-{jars.VERSION}.zip"} <= set(
        pins
    )
    assert len(pins) == 96
    assert all(len(bytes.fromhex(digest)) == 32 for digest in pins.values())


def test_the_pinned_files_pass(tmp_path: Path) -> None:
    pins = {name: pinned(tmp_path / name, name.encode()) for name in ("a.jar", "b.jar")}
    check_files(tmp_path, pins)


def test_a_changed_a_missing_and_a_surplus_file_are_each_found(tmp_path: Path) -> None:
    pins = {name: pinned(tmp_path / name, name.encode()) for name in ("a.jar", "b.jar")}

    (tmp_path / "a.jar").write_bytes(b"another")
    with pytest.raises(FilesDiffer, match=r"a\.jar has sha256"):
        check_files(tmp_path, pins)
    (tmp_path / "a.jar").unlink()
    with pytest.raises(FilesDiffer, match=r"a\.jar is missing"):
        check_files(tmp_path, pins)
    pinned(tmp_path / "a.jar", b"a.jar")
    (tmp_path / "c.jar").write_bytes(b"another")
    with pytest.raises(FilesDiffer, match=r"c\.jar is not expected"):
        check_files(tmp_path, pins)


def test_what_is_in_the_cache_is_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given no Maven, when OpenSearch is there already, then it is taken as it is."""
    folder = cached(tmp_path, monkeypatch)
    monkeypatch.setenv("PATH", "")
    assert jars.jars(tmp_path, unwatched) == folder


def test_a_plugin_that_was_changed_after_it_was_unpacked_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = cached(tmp_path, monkeypatch)
    (folder / "knn" / "knn.jar").write_bytes(b"another")
    with pytest.raises(ServerError, match="damaged: delete"):
        jars.jars(tmp_path, unwatched)


def test_a_damaged_cache_says_what_to_delete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = cached(tmp_path, monkeypatch)
    (folder / "lib" / "server.jar").write_bytes(b"cut sho")
    with pytest.raises(ServerError, match=rf"{folder}.*server\.jar.*delete"):
        jars.jars(tmp_path, unwatched)


def test_an_empty_cache_without_maven_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolMissing, match="apt-get install maven"):
        jars.jars(tmp_path, unwatched)
    assert not list(tmp_path.rglob("*.jar"))


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("echo '[ERROR] Could not transfer artifact: no route to host'; exit 1", "no route to host.*try again"),
        ("mkdir -p ready/lib; echo other > ready/lib/server.jar", "not the OpenSearch that is pinned"),
    ],
)
def test_a_failed_or_another_download_leaves_nothing(
    script: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maven = tmp_path / "mvn"
    maven.write_text(f"#!/bin/sh\nPATH=/bin:/usr/bin\n{script}\n")
    maven.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    cache = tmp_path / "cache"

    with pytest.raises(ServerError, match=says):
        jars.jars(cache, unwatched)

    assert not any((cache / "opensearch").iterdir())


def cached(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small 'OpenSearch' in the cache, pinned."""
    folder = cache / "opensearch" / jars.VERSION
    (folder / "lib").mkdir(parents=True)
    pins = {"server.jar": pinned(folder / "lib" / "server.jar", b"a server")}
    with zipfile.ZipFile(folder / "lib" / "knn.zip", "w") as archive:
        archive.writestr("knn.jar", b"a plugin")
        archive.extractall(folder / "knn")
    pins["knn.zip"] = hashlib.sha256((folder / "lib" / "knn.zip").read_bytes()).hexdigest()
    listed = cache / "pins"
    listed.write_text("".join(f"{digest}  {name}\n" for name, digest in pins.items()))
    monkeypatch.setattr(jars, "PINS", listed)
    return folder


def pinned(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def unwatched(_what: str, _done: int, _of: int) -> None: ...
