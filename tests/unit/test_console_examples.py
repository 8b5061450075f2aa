"""The notation of docs/cli.md: what an example says, and that an output which is not as told is noticed."""

from __future__ import annotations

import pytest
from console_examples import Example, differences, examples, readable

PAGE = """
Words.
```console
$ imagesearch search "green frog" --limit 1
score  image
0.694  frog.png

1 shown.
$ head -n 1 file
```
```console
$ imagesearch edit frog.png --caption ''
edited frog.png
$ imagesearch show frog.png
```
    $ imagesearch status
"""


def test_commands_of_blocks_are_examples_with_what_is_below_them() -> None:
    (search, head), (edit, show) = examples(PAGE)

    told = "score  image\n0.694  frog.png\n\n1 shown."
    assert search == Example(4, ("imagesearch", "search", "green frog", "--limit", "1"), told)
    assert head == Example(9, ("head", "-n", "1", "file"), "")
    assert (edit.line, edit.output, edit.command[-1]) == (12, "edited frog.png", "")
    assert show.line == 14


def test_what_follows_a_command_that_writes_is_not_read_alone() -> None:
    assert [each.line for each in readable(PAGE)] == [4, 9]


@pytest.mark.parametrize(
    ("told", "printed"),
    [
        ("0.694  frog.png", "0.689  frog.png  \n"),
        ("animals 0.96, cats 0.77", "animals 0.95, cats 0.78"),
        ("Sheet: /…/search.html", "Sheet: /tmp/imagesearch-x/search.html"),
        ("first\n…\nlast 5", "first\n0.1\n\n2\nlast 5"),
        ("first\n…\nlast", "first\nlast"),
        ("a (b) [c] *", "a (b) [c] *"),
        ("", "\n"),
    ],
)
def test_what_is_as_told_is_not_reported(told: str, printed: str) -> None:
    assert differences(told, printed) == []


@pytest.mark.parametrize(
    ("told", "printed"),
    [
        ("0.694  frog.png", "0.600  frog.png"),
        ("0.694  frog.png", "0.694  toad.png"),
        ("0.694  frog.png", "0.69  frog.png"),
        ("2 shown", "3 shown"),
        ("Sheet: /…/search.html", "Sheet: /tmp/\nsearch.html"),
        ("first\n…\nlast", "first\nmore"),
        ("first", "first\nmore"),
        ("first\nmore", "first"),
        ("a  b", "a b"),
        ("", "something"),
    ],
)
def test_what_is_not_as_told_is_reported(told: str, printed: str) -> None:
    assert differences(told, printed)
