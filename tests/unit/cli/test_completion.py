"""Completion by the shell: scripts for all, bash for real, and tags where a library answers."""

from __future__ import annotations

import os
import shlex
import subprocess
import sysconfig

import pytest
from command_line import Api, Run

SCRIPTS = sysconfig.get_path("scripts")


def completed(*words: str, **environment: str) -> list[str]:
    """What bash offers after these words, the last of which is being typed."""
    line = ["imagesearch", *words]
    script = (
        f'PATH={shlex.quote(SCRIPTS)}:$PATH; eval "$(imagesearch --show-completion bash)"; '
        f"COMP_WORDS=({shlex.join(line)}); COMP_CWORD={len(line) - 1}; "
        '_imagesearch_completion imagesearch; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    told = {**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1", **environment}
    ran = subprocess.run(["bash", "-c", script], env=told, capture_output=True, text=True, check=True)
    assert ran.stderr == ""
    return ran.stdout.split()


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", "complete -o default -F _imagesearch_completion imagesearch"),
        ("zsh", "compdef _imagesearch_completion imagesearch"),
        ("fish", "complete --command imagesearch"),
    ],
)
def test_a_script_is_printed_for_each_shell(run: Run, monkeypatch: pytest.MonkeyPatch, shell: str, line: str) -> None:
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    monkeypatch.setattr("sys.argv", ["imagesearch"])

    ran = run("--show-completion", shell)

    assert ran.code == 0
    assert line in ran.out


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["sea"], ["search"]),
        (["d"], ["doctor", "duplicates"]),
        (["tags", "s"], ["suggest"]),
        (["search", "--expl"], ["--explain"]),
        (["search", "--sort", "taken_"], ["taken_newest", "taken_oldest"]),
        (["search", "--orientation", "p"], ["portrait"]),
        (["add", "--source-"], ["--source-endpoint", "--source-profile"]),
    ],
)
def test_bash_completes_commands_options_and_choices(words: list[str], offered: list[str]) -> None:
    assert sorted(completed(*words)) == offered


def test_bash_completes_tags_of_the_library(api: Api) -> None:
    """Given a library, what is begun is completed; where nothing is typed yet the most frequent tags are offered."""
    tags = [{"text": "frog", "kind": "tag", "count": 2}, {"text": "from", "kind": "words", "count": 1}]
    api.answers["GET /suggest"] = (200, {"suggestions": tags})
    api.answers["GET /facets"] = (200, {"facets": {"tags": [{"value": "animals", "count": 9}]}})

    assert completed("search", "--port", str(api.port), "--tag", "fro") == ["frog"]
    assert completed("search", "--not-tag", "", IMAGESEARCH_ENDPOINT=f"{api.root}/api") == ["animals"]


def test_bash_offers_nothing_and_complains_of_nothing_where_no_library_answers(free_port: int) -> None:
    assert completed("search", "--port", str(free_port), "--tag", "fro") == []
    assert completed("search", "--endpoint", "no-address", "--tag", "fro") == []
