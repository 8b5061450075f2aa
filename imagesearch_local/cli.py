"""The command line, `imagesearch`. Each command is a function of `commands`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from imagesearch_local.client import ClientError
from imagesearch_local.commands.add import add
from imagesearch_local.commands.common import Failure, err, plain
from imagesearch_local.commands.doctor import doctor
from imagesearch_local.commands.images import remove, show
from imagesearch_local.commands.samples import samples
from imagesearch_local.commands.search import search
from imagesearch_local.commands.status import status
from imagesearch_local.commands.up import up

app = typer.Typer(
    name="imagesearch",
    help="Search your own pictures by words, by picture, or both. Start with `imagesearch up`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _command in (up, add, search, show, remove, status, doctor, samples):
    app.command()(_command)


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
