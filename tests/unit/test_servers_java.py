"""Java and Maven, found on this machine or told how to install."""

from __future__ import annotations

from pathlib import Path

import pytest

from imagesearch_local.servers.errors import ToolMissing
from imagesearch_local.servers.java import find_java, find_maven, major_version


@pytest.mark.parametrize(
    ("said", "major"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('openjdk version "21" 2023-09-19', 21),
        ('java version "1.8.0_412"', 8),
        ('openjdk version "24-ea" 2025-03-18', 24),
        ("Unable to locate a Java Runtime.", None),
    ],
)
def test_the_version_is_read_from_what_java_says(said: str, major: int | None) -> None:
    assert major_version(said) == major


def test_java_of_java_home_goes_before_the_one_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java = program(tmp_path / "home" / "bin" / "java", "echo 'openjdk version \"21.0.2\"' >&2")
    program(tmp_path / "path" / "java", "echo 'openjdk version \"17.0.15\"' >&2")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))

    found = find_java()

    assert (found.path, found.major) == (str(java), 21)


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("echo 'openjdk version \"11.0.2\"' >&2", "Java 11 .* too old"),
        ("echo 'Unable to locate a Java Runtime.' >&2; exit 1", "no Java that runs"),
    ],
)
def test_a_java_that_will_not_do_is_refused_with_what_to_install(
    script: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "java", script)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ToolMissing, match=f"{says}.*apt-get install openjdk"):
        find_java()


def test_without_java_and_maven_each_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ToolMissing, match="install Java 17 or newer"):
        find_java()
    with pytest.raises(ToolMissing, match="apt-get install maven"):
        find_maven()


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path
