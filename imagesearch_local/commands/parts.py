"""Which parts `imagesearch up` is made of: what stands for AWS, and what holds the index."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlsplit

import httpx
import typer

from imagesearch_local.commands.common import SET_UP_FIRST, Failure
from imagesearch_local.commands.servers import IndexServer, localstack_plan, opensearch_for, shown
from imagesearch_local.generations.indexes import server_and_library
from imagesearch_local.generations.ownership import FILE as LIBRARIES
from imagesearch_local.paths import LOCK

if TYPE_CHECKING:
    from imagesearch_local.cloud.resources import LocalCloud
    from imagesearch_local.stack import Aws

MOTO, LOCALSTACK = "moto", "localstack"
SQLITE, OPENSEARCH = "sqlite", "opensearch"

_EMPTIED = "emptied-at-every-start"
"""Marks a folder as one whose content is ours to remove."""
_STAYS = {_EMPTIED, LOCK, LIBRARIES}

Index = Annotated[
    str,
    typer.Option(
        metavar="sqlite|opensearch|URL",
        help="What holds the index: a file; whichever OpenSearch there is ($OPENSEARCH_URL, the one of `imagesearch "
        "opensearch start`, Docker's, or else one that is started); or the URL of one, such as "
        "https://user:password@host:9200. Each data folder has a library of its own there, unless the URL ends "
        "with the name of another one.",
    ),
]
StandIn = Annotated[
    Literal["moto", "localstack"],
    typer.Option(
        help="What stands for S3 and SQS. localstack is stricter, and keeps nothing when it ends; any web page that "
        "you open could change what is in it."
    ),
]

CorsOrigins = Annotated[
    list[str] | None,
    typer.Option(
        "--cors-origin",
        metavar="ORIGIN",
        help="A page of another host that may call the API and upload, such as http://localhost:3000. It may do all "
        "that you may. Repeat.",
    ),
]


@dataclass(frozen=True, slots=True)
class Parts:
    """What was chosen."""

    aws: StandIn = "moto"
    index: Index = SQLITE
    origins: frozenset[str] = frozenset()
    """Pages of other hosts that may search and upload."""

    @property
    def keeps_pictures(self) -> bool:
        return self.aws == MOTO

    @property
    def fate(self) -> str:
        """What becomes of the data, for people."""
        return "the data is kept" if self.keeps_pictures else "nothing is kept"

    def data(self, data: Path) -> Path:
        """The folder that is used: what keeps nothing must not meet the index of what does."""
        return data if self.keeps_pictures else data / LOCALSTACK

    def clear(self, data: Path) -> None:
        """Remove what the last run left where no pictures are kept: its index would find some that are gone.

        For who holds the folder. Raises Failure for one that was not made by this, where nothing is removed.
        """
        if self.keeps_pictures:
            return
        there = [path for path in data.iterdir() if path.name not in _STAYS]
        if there and not (data / _EMPTIED).is_file():
            raise Failure(
                f"{data} has files that are not LocalStack's, such as {there[0].name}, and would be emptied: move "
                "them, or choose another folder with --data",
                SET_UP_FIRST,
            )
        (data / _EMPTIED).write_text("`imagesearch up --aws localstack` removes what is in this folder.\n")
        for path in there:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    def check(self) -> None:
        """Raises Failure where --index, or the URL in the environment that it stands for, is none."""
        if self.index == OPENSEARCH:
            _check(os.environ.get("OPENSEARCH_URL"), "OPENSEARCH_URL must be a URL")
        elif self.index != SQLITE:
            _check(self.index, "--index must be sqlite, opensearch or a URL")

    @contextmanager
    def index_server(self, data: Path) -> Iterator[IndexServer | None]:
        """The OpenSearch to use while the block runs, None for the embedded index. Raises ServerError, Failure."""
        self.check()
        if self.index == SQLITE:
            yield None
            return
        with opensearch_for(data / OPENSEARCH) if self.index == OPENSEARCH else _named(self.index) as server:
            _check_kind(server.url)
            yield server

    def cloud(self) -> Aws:
        """What serves bucket and queue around a folder."""
        from imagesearch_local.cloud.bucket import local_cloud  # noqa: PLC0415 - only `up` pays for what it imports

        return partial(local_cloud if self.aws == MOTO else _localstack, origins=self.origins)


def checked(origins: Iterable[str] | None) -> frozenset[str]:
    """The origins of --cors-origin. Raises Failure for what is none."""
    from imagesearch_local.gateway.cors import check_origin  # noqa: PLC0415 - as above

    try:
        return frozenset(check_origin(origin) for origin in origins or ())
    except ValueError as error:
        raise Failure(f"--cors-origin: {error}.", SET_UP_FIRST) from error


def _check(url: str | None, otherwise: str) -> None:
    """Raises Failure, without the URL itself: there may be a password in it."""
    try:
        server_and_library(url or "http://localhost")
    except ValueError as error:
        raise Failure(f"{otherwise}. {error}", SET_UP_FIRST) from error


def _named(url: str) -> AbstractContextManager[IndexServer]:
    return nullcontext(IndexServer(url.rstrip("/")))


def address(url: str) -> str:
    """A server's URL for people: without user, password and library."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _check_kind(url: str) -> None:
    """Raises Failure for what is another web server. One that does not answer, or wants other credentials, may be."""
    server, _ = server_and_library(url)
    try:
        answer = httpx.get(server, timeout=10, trust_env=False)
        said = answer.json()
    except httpx.HTTPError:
        return
    except ValueError:
        said = None
    told = answer.is_success or answer.status_code == httpx.codes.NOT_FOUND
    if told and not (isinstance(said, dict) and "cluster_uuid" in said):
        raise Failure(f"What answers at {address(url)} is no OpenSearch: check its URL.", SET_UP_FIRST)


@contextmanager
def _localstack(data: Path, *, origins: Collection[str]) -> Iterator[LocalCloud]:
    from imagesearch_local.cloud.localstack import localstack_cloud  # noqa: PLC0415 - as above

    plan = localstack_plan(data / "server")
    with ExitStack() as running:
        with shown("Starting LocalStack") as waiting:
            cloud = running.enter_context(localstack_cloud(plan, waiting, origins=origins))
        yield cloud
