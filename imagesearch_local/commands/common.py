"""What all commands share: options, output, and errors that are one line."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from imagesearch.records import image_id
from imagesearch_local import running
from imagesearch_local.client import ApiUnreachable, Client, NoAddress, connect, said_by
from imagesearch_local.json_text import json_text
from imagesearch_local.retries import Retries

_IMAGE_ID = re.compile(r"[a-z2-7]{26}")

out = Console()
err = Console(stderr=True)
"""Progress and errors: standard output stays what was asked for."""

CONNECTION = "Which library"
"""Panel of the options below in `--help`."""

Port = Annotated[
    int,
    typer.Option(
        min=1,
        max=65535,
        envvar="IMAGESEARCH_PORT",
        help="Port of the local `imagesearch up`.",
        rich_help_panel=CONNECTION,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Endpoint = Annotated[
    str | None,
    typer.Option(
        envvar="IMAGESEARCH_ENDPOINT",
        help="Base URL of another API than the local one, such as a deployed one's.",
        show_default="http://127.0.0.1:PORT/api",
        rich_help_panel=CONNECTION,
    ),
]
Token = Annotated[
    str | None,
    typer.Option(
        envvar="IMAGESEARCH_TOKEN",
        help="Cognito ID token for a deployed API. Everybody on this machine sees what is typed here: better set the "
        "variable, or use --token-file.",
        show_envvar=True,
        rich_help_panel=CONNECTION,
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        envvar="IMAGESEARCH_TOKEN_FILE",
        exists=True,
        dir_okay=False,
        help="File with that token and nothing else; it is preferred to --token.",
        rich_help_panel=CONNECTION,
    ),
]
Bucket = Annotated[
    str | None,
    typer.Option(
        envvar="IMAGESEARCH_BUCKET",
        help="Bucket that keys are in.",
        show_default="the local one; needed with --endpoint",
        rich_help_panel=CONNECTION,
    ),
]


@dataclass(frozen=True, slots=True)
class Connection:
    """Which library a command is about."""

    port: Port = running.DEFAULT_PORT
    endpoint: Endpoint = None
    token: Token = None
    token_file: TokenFile = None


class Failure(Exception):
    """Ends the command with one line that says what to do."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


_SOON = 6.0
"""Seconds: one more attempt after the five that the API asks for."""
SET_UP_FIRST = 2
"""Exit code where something else must be done first; also typer's for wrong usage."""
_NO_TEXT = "What was typed holds bytes that are no text in UTF-8, and only text can be searched for or stored."


@contextmanager
def api(connection: Connection, *, patient: bool = False) -> Iterator[Client]:
    """A client of the API meant by the options; says how to start a local one where there is none.

    Where something is not available one that is `patient` waits for it; else somebody sits there and is told soon.
    """
    endpoint = connection.endpoint
    token = token_of(connection.token, connection.token_file)
    try:
        with connect(endpoint or running.api_url(connection.port), token) as client:
            yield client if patient else replace(client, retries=Retries(busy_patience=_SOON, waiting=_say_waiting))
    except NoAddress as error:
        raise Failure(f"{error}: check --endpoint, as https://example.com/api.", SET_UP_FIRST) from error
    except ApiUnreachable as error:
        advice = "check --endpoint" if endpoint else "start it with `imagesearch up`, or name its --port"
        raise Failure(f"{error}. If it is not running, {advice}.") from error
    except UnicodeEncodeError as error:
        raise Failure(_NO_TEXT, SET_UP_FIRST) from error


def _say_waiting(response: httpx.Response) -> None:
    err.print(plain(f"{said_by(response)} Trying again ..."), soft_wrap=True)


def token_of(given: str | None, file: Path | None) -> str | None:
    """The token that these options mean. Raises Failure where the file has none."""
    if not file:
        return given
    try:
        token = file.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"The token can't be read from {file}: {error}.", SET_UP_FIRST) from error
    if not token:
        raise Failure(f"There is no token in {file}.", SET_UP_FIRST)
    return token


def local_status(port: int) -> running.Status:
    """The running server's status. Raises Failure where there is none."""
    status = running.fetch_status(port)
    if status is None:
        raise Failure(f"No imagesearch runs on port {port}: start it with `imagesearch up`, or name its --port.")
    return status


def is_image_id(name: str) -> bool:
    return _IMAGE_ID.fullmatch(name) is not None


def id_of(name: str, bucket: str | None, connection: Connection) -> str:
    """The image id that an id or a key stands for; a key is one of `bucket`, or else of the local bucket."""
    if is_image_id(name):
        return name
    if connection.endpoint and not bucket:
        raise Failure(f"{name} is no image id; for a key name its --bucket.", SET_UP_FIRST)
    return image_id(bucket or str(local_status(connection.port)["s3"]["bucket"]), name)


def print_json(data: Mapping[str, Any]) -> None:
    typer.echo(json_text(data, indent=2, encoding=sys.stdout.encoding))


def plain(text: object) -> Text:
    """Text of others for the terminal: no markup, and no control characters that could write over the screen."""
    return Text("".join(char if char.isprintable() else " " for char in str(text)))


def bar(what: str) -> Progress:
    """A progress bar on standard error that vanishes when done; where that is no terminal, one line that says what."""
    if not err.is_terminal:
        err.print(f"{what} ...")
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )


def report(what: str, done: Collection[str] | Mapping[str, Any], failed: Mapping[str, str], *, as_json: bool) -> None:
    """What became of each of several images, by the name that was given. Raises Failure where some failed."""
    if as_json:
        print_json({what: done, "failed": failed})
    else:
        for name in done:
            out.print(plain(f"{what} {name}"))
    if failed:
        raise Failure("; ".join(f"{plain(name)}: {reason}" for name, reason in failed.items()))
