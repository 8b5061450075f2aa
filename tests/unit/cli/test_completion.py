"""Completion by the shell: scripts for all, bash for real, and tags where a library answers."""

from __future__ import annotations

import os
import shlex
import subprocess
import sysconfig
from pathlib import Path

import pytest
from command_line import Api

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
    return ran.stdout.split("\n")[:-1] if ran.stdout.strip() else []


def printed(*arguments: str, **environment: str) -> str:
    """What the installed command prints."""
    told = {**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1", **environment}
    command = [str(Path(SCRIPTS) / "imagesearch"), *arguments]
    return subprocess.run(command, env=told, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", "complete -o default -F _imagesearch_completion imagesearch"),
        ("zsh", "compdef _imagesearch_completion imagesearch"),
        ("fish", "complete --command imagesearch"),
    ],
)
def test_a_script_is_printed_for_each_shell(shell: str, line: str) -> None:
    assert line in printed("--show-completion", shell)


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


HOSTILE = [
    *("$(touch pwned)", r"\$(touch pwned)", "`touch pwned`", r"\`touch pwned`", "from; $(touch pwned)"),
    *(
        "fr'$(touch pwned)'",
        'fr"$(touch pwned)"',
        "fr)) ; touch pwned ((",
        "fr:x",
        "fr*",
        "~root",
        "fr\nog",
        "--accept",
    ),
]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_tag_that_means_something_to_a_shell_is_not_offered(api: Api, shell: str) -> None:
    """Given tags with commands in them, which zsh would run when TAB is pressed, only the plain one is offered."""
    api.answers["GET /facets"] = (200, {"facets": {"tags": [{"value": tag} for tag in (*HOSTILE, "été-1 a.b+c_d")]}})
    line = f"imagesearch search --port {api.port} --tag "
    asking = {
        "bash": {"COMP_WORDS": line.replace(" ", "\n"), "COMP_CWORD": "5"},
        "zsh": {"_TYPER_COMPLETE_ARGS": line},
        "fish": {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
    }

    offered = printed(_IMAGESEARCH_COMPLETE=f"complete_{shell}", **asking[shell])

    assert (
        offered.strip()
        == {
            "bash": r"été-1\ a.b+c_d",
            "zsh": """_arguments '*: :(("été-1 a.b+c_d"))'""",
            "fish": "été-1 a.b+c_d",
        }[shell]
    )


def test_bash_gets_a_tag_of_two_words_as_one_argument(api: Api) -> None:
    """Given `night market`, the space is escaped, but not within quotes that are typed already."""
    api.answers["GET /suggest"] = (200, {"suggestions": [{"text": "night market", "kind": "tag"}]})

    assert completed("search", "--port", str(api.port), "--tag", "nig") == [r"night\ market"]
    assert completed("search", "--port", str(api.port), "--tag", '"night ma') == ["night market"]


def test_bash_offers_nothing_and_complains_of_nothing_where_no_library_answers(free_port: int) -> None:
    assert completed("search", "--port", str(free_port), "--tag", "fro") == []
    assert completed("search", "--endpoint", "no-address", "--tag", "fro") == []
