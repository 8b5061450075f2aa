"""Profiles of a server, for a benchmark: what is said where there is nothing to see."""

from __future__ import annotations

import runpy
from collections import Counter
from pathlib import Path

import pytest

PROFILE = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "server_profile.py"))
java_process, share = PROFILE["java_process"], PROFILE["share"]


@pytest.fixture(autouse=True)
def jcmd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists itself and one server, on port 9221."""
    program = tmp_path / "jcmd"
    program.write_text(
        "#!/bin/sh\n"
        "echo '11 jdk.jcmd/sun.tools.jcmd.JCmd -l'\n"
        "echo '77 org.codelibs.opensearch.runner.OpenSearchRunner -baseHttpPort 9220 -useLogger'\n"
    )
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))


def test_a_server_is_known_by_its_port() -> None:
    assert java_process("http://127.0.0.1:9221") == "77"


@pytest.mark.parametrize("url", ["http://127.0.0.1:9222", "https://search.example.com"])
def test_of_a_server_that_nobody_started_here_it_is_said_which_one_can_be_profiled(url: str) -> None:
    with pytest.raises(SystemExit, match=f"No server at {url} can be profiled: it must run on this machine"):
        java_process(url)


def test_shares_are_of_all_samples() -> None:
    assert share("a", Counter(a=1, b=3)) == "25%"


def test_without_samples_there_are_no_shares() -> None:
    assert share("a", Counter()) == "no samples: too short"
