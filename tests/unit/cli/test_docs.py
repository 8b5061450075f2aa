"""docs/cli.md: every command is there, and every option used there exists."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
import typer.main

from imagesearch_local.cli import app
from imagesearch_local.paths import CHECKOUT

PAGE = (CHECKOUT / "docs" / "cli.md").read_text(encoding="utf-8")
CALLS = [shlex.split(line)[1:] for line in re.findall(r"^\$ (imagesearch .*)$", PAGE, re.MULTILINE)]
ROOT: Any = typer.main.get_command(app)


def command_of(words: list[str]) -> tuple[Any, list[str]]:
    """The command, and the words after its name."""
    command = ROOT
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    return command, words


@pytest.mark.parametrize("words", CALLS, ids=" ".join)
def test_every_example_calls_a_command_with_options_that_it_has(words: list[str]) -> None:
    command, rest = command_of(words)
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}

    assert command is not ROOT
    assert {word for word in rest if word.startswith("--")} <= known


@pytest.mark.parametrize("name", sorted(ROOT.commands))
def test_every_command_is_in_the_guide(name: str) -> None:
    assert re.search(rf"`{name}[` ]", PAGE)


def test_every_option_named_in_passing_exists() -> None:
    commands = [
        command for each in ROOT.commands.values() for command in (each, *getattr(each, "commands", {}).values())
    ]
    known = {
        name for command in (ROOT, *commands) for each in command.params for name in (*each.opts, *each.secondary_opts)
    } | {"--help"}

    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE)) <= known
