"""The command line, `imagesearch`. Each command is a function of `commands`."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Sequence

import typer

from imagesearch_local.client import ApiProblem, ClientError
from imagesearch_local.commands.add import add
from imagesearch_local.commands.common import SET_UP_FIRST, Failure, err, plain
from imagesearch_local.commands.cost import cost
from imagesearch_local.commands.doctor import doctor
from imagesearch_local.commands.duplicates import duplicates
from imagesearch_local.commands.edit import edit
from imagesearch_local.commands.export import export
from imagesearch_local.commands.images import remove, show
from imagesearch_local.commands.index import index
from imagesearch_local.commands.looking import facets, rejected, suggest
from imagesearch_local.commands.opensearch import opensearch
from imagesearch_local.commands.samples import samples
from imagesearch_local.commands.search import search
from imagesearch_local.commands.status import status
from imagesearch_local.commands.tags import tags
from imagesearch_local.commands.up import up

app = typer.Typer(
    name="imagesearch",
    help="Search your own pictures by words, by picture, or both. Start with `imagesearch up`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_REFUSED_AS_SENT = frozenset({400, 422})
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""What can be wrong with what output goes to."""
_PANELS: dict[str, Sequence[Callable[..., None]]] = {
    "Start": (up, status, doctor, samples),
    "Find": (search, suggest, facets, show),
    "Change": (add, edit, remove),
    "Look after": (duplicates, rejected, export),
    "Deploy": (cost,),
}
for _panel, _commands in _PANELS.items():
    for _command in _commands:
        app.command(rich_help_panel=_panel)(_command)
app.add_typer(tags, name="tags", rich_help_panel="Look after")
app.add_typer(index, name="index", rich_help_panel="Look after")
app.add_typer(opensearch, name="opensearch", rich_help_panel="Start")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit: 0 done, 1 failed, 2 used wrongly or something else must be done first."""
    try:
        _run(sys.argv[1:] if arguments is None else arguments)
    except Failure as failure:
        _complain(failure, failure.exit_code)
    except ApiProblem as error:
        _complain(error, SET_UP_FIRST if error.status in _REFUSED_AS_SENT else 1)
    except ClientError as error:
        _complain(error, 1)
    except OSError as error:
        if error.errno not in _NO_ROOM or error.filename is not None:
            raise
        # What is left to write would fail again when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _complain(f"Not all could be written: {error.strerror}", 1)


def _run(arguments: Sequence[str]) -> None:
    try:
        app(list(arguments))
    finally:
        sys.stdout.flush()


def _complain(error: object, exit_code: int) -> None:
    err.print(plain(f"imagesearch: {error}"), style="red", soft_wrap=True)
    sys.exit(exit_code)


if __name__ == "__main__":
    main()
