"""The examples of docs/cli.md: commands, and what they print, in which `…` stands for anything.

An example is a line that begins with `$ ` in a block of `console`, and the lines below it. A line with nothing but `…`
stands for any lines, elsewhere `…` for the rest of a word or more. Decimals may be off by as much as a score may.
Progress bars, which vanish, and the lines that stand for them where there is no terminal, are not in the page.
"""

from __future__ import annotations

import difflib
import io
import re
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass

from api_examples import ANYTHING, SCORE_TOLERANCE

from imagesearch_local.cli import main

READING = {"search", "suggest", "facets", "show", "duplicates", "rejected", "export"}
"""Commands that change nothing in a library."""
PROGRAM = "imagesearch"

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_DECIMAL = re.compile(r"\d+\.(\d{2,})")
_PART = re.compile(rf"{_DECIMAL.pattern}|{ANYTHING}")


@dataclass(frozen=True, slots=True)
class Example:
    """A command, and what it prints."""

    line: int
    command: tuple[str, ...]
    """Its words."""
    output: str

    @property
    def writes(self) -> bool:
        """Whether it may change the library."""
        return self.command[0] == PROGRAM and self.command[1] not in READING


def examples(page: str) -> Iterator[list[Example]]:
    """All of a page, by block: what is below a command that writes is what it has made of the library."""
    for block in _BLOCK.finditer(page):
        first = page.count("\n", 0, block.start(1)) + 1
        yield list(_examples(block[1].splitlines(), first))


def readable(page: str) -> list[Example]:
    """The examples of those blocks in which nothing is written."""
    return [each for block in examples(page) if not any(one.writes for one in block) for each in block]


def _examples(lines: Sequence[str], first: int) -> Iterator[Example]:
    starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield Example(first + start, tuple(shlex.split(lines[start][2:])), "\n".join(lines[start + 1 : end]))


def run(command: Sequence[str]) -> str:
    """What it prints, output before errors: `imagesearch` in this process, other programs in the current folder."""
    if command[0] != PROGRAM:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), suppress(SystemExit):
        main(command[1:])
    return out.getvalue() + "".join(line for line in err.getvalue().splitlines(True) if not line.endswith(" ...\n"))


def differences(expected: str, printed: str) -> list[str]:
    """Where an output is not as the page has it; empty where it is."""
    told, found = (_without_trailing_space(text) for text in (expected, printed))
    match = re.fullmatch("".join(map(_pattern, told)), "".join(f"{line}\n" for line in found))
    if not match:
        return list(difflib.unified_diff(told, found, "as told", "as printed", lineterm="", n=0))
    decimals = [decimal[0] for line in told for decimal in _DECIMAL.finditer(line)]
    return [
        f"{actual} is not {decimal}"
        for decimal, actual in zip(decimals, match.groups(), strict=True)
        if abs(float(decimal) - float(actual)) > SCORE_TOLERANCE
    ]


def _without_trailing_space(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip("\n").splitlines()]


def _pattern(line: str) -> str:
    if line == ANYTHING:
        return r"(?:.*\n)*?"
    parts, end = [], 0
    for part in _PART.finditer(line):
        parts += [re.escape(line[end : part.start()]), rf"(\d+\.\d{{{len(part[1])}}})" if part[1] else ".*"]
        end = part.end()
    return "".join([*parts, re.escape(line[end:]), r"\n"])
