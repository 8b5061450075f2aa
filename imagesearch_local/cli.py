"""The command line, `imagesearch`. Each command is a function of `commands`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import typer

from imagesearch_local.client import ClientError
from imagesearch_local.commands.add import add
from imagesearch_local.commands.common import Failure, err, plain
from imagesearch_local.commands.doctor import doctor
from imagesearch_local.commands.duplicates import duplicates
from imagesearch_local.commands.edit import edit
from imagesearch_local.commands.export import export
from imagesearch_local.commands.images import remove, show
from imagesearch_local.commands.looking import facets, rejected, suggest
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
_PANELS: dict[str, Sequence[Callable[..., None]]] = {
    "Start": (up, status, doctor, samples),
    "Find": (search, suggest, facets, show),
    "Change": (add, edit, remove),
    "Look after": (duplicates, rejected, export),
}
for _panel, _commands in _PANELS.items():
    for _command in _commands:
        app.command(rich_help_panel=_panel)(_command)
app.add_typer(tags, name="tags", rich_help_panel="Look after")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit: 0 done, 1 failed, 2 used wrongly or something else must be done first."""
    try:
        app(list(sys.argv[1:] if arguments is None else arguments))
    except Failure as failure:
        _complain(failure, failure.exit_code)
    except ClientError as error:
        _complain(error, 1)


def _complain(error: Exception, exit_code: int) -> None:
    err.print(plain(f"imagesearch: {error}"), style="red", soft_wrap=True)
    sys.exit(exit_code)


if __name__ == "__main__":
    main()
