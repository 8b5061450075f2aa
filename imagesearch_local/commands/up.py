"""`imagesearch up`: everything on this machine, until Ctrl-C."""

from __future__ import annotations

import logging
import sys
import threading
import webbrowser
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer
from pydantic import ValidationError

from imagesearch.errors import ModelMismatch, ModelMissing, Unavailable
from imagesearch_local import running
from imagesearch_local.adding.folders import find_sources
from imagesearch_local.commands.adding_to import send
from imagesearch_local.commands.banner import banner
from imagesearch_local.commands.common import SET_UP_FIRST, Failure, Json, Port, err, out, plain, print_json
from imagesearch_local.commands.opening import has_browser
from imagesearch_local.commands.parts import SQLITE, CorsOrigins, Index, Parts, StandIn, address, checked
from imagesearch_local.commands.samples import fetched_samples
from imagesearch_local.commands.stopping import until_stopped
from imagesearch_local.commands.waiting import watch
from imagesearch_local.paths import CHECKOUT
from imagesearch_local.running import DEFAULT_PORT
from imagesearch_local.samples.fetching import PICTURES, QUERIES
from imagesearch_local.servers.errors import ServerError

if TYPE_CHECKING:
    from imagesearch_local.commands.servers import IndexServer
    from imagesearch_local.gateway.serving import LoopbackServer
    from imagesearch_local.stack import Stack

LOG = "functions.log"
_MARKER = "samples-added"
"""In the data folder once all samples are in: from then on what people remove stays removed."""


def up(
    *,
    data: Annotated[Path, typer.Option(file_okay=False, help="Folder that keeps pictures and index.")] = Path(".data"),
    samples: Annotated[bool, typer.Option("--samples/--no-samples", help="Fetch and add the sample pictures.")] = True,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page when ready.")] = True,
    index: Index = SQLITE,
    aws: StandIn = "moto",
    cors_origin: CorsOrigins = None,
    as_json: Json = False,
    port: Port = DEFAULT_PORT,
) -> None:
    """Run bucket, indexing, search API and page on this machine, until Ctrl-C. Data is kept and found again."""
    # Other commands do not pay for what a server imports.
    from imagesearch_local.gateway.serving import LoopbackServer, PortTaken  # noqa: PLC0415

    parts = Parts(aws, index, checked(cors_origin))
    parts.check()
    with until_stopped(lambda: err.print(f"Stopped; {parts.fate}.")) as wait:
        try:
            server = LoopbackServer(port)
        except PortTaken as error:
            raise Failure(f"{error}.", SET_UP_FIRST) from error
        try:
            _run(server, data.resolve(), parts, wait, samples=samples, browser=browser, as_json=as_json)
        finally:
            server.socket.close()


def _run(
    server: LoopbackServer,
    data: Path,
    parts: Parts,
    wait: Callable[[], None],
    *,
    samples: bool,
    browser: bool,
    as_json: bool,
) -> None:
    from imagesearch_local.gateway.gateway import Gateway  # noqa: PLC0415 - as above
    from imagesearch_local.gateway.serving import serving  # noqa: PLC0415

    data = parts.data(data)
    ready = threading.Event()
    err.print(f"Starting bucket, index and search with the data in {data} ...", highlight=False, soft_wrap=True)
    with ExitStack() as resources:
        stack, index_server = _started(resources, data, parts)
        place = _place(index_server, data)
        if stack.passed_over:
            err.print(plain(stack.passed_over), soft_wrap=True)
        gateway = Gateway(
            handler=stack.search,
            context=stack.search_context,
            web=CHECKOUT / "web",
            status=lambda: _status(stack, parts.aws, place, server.port, ready=ready.is_set()),
            s3_endpoint=stack.cloud.endpoint,
            cors_origins=parts.origins,
        )
        with serving(server, gateway):
            query = _add_samples(data, gateway.status(), server.port) if samples else None
            ready.set()
            if as_json:
                print_json(gateway.status())
                sys.stdout.flush()
            else:
                for line in banner(gateway.status(), server.port, query, data / LOG, parts.fate):
                    out.print(line, markup=False, highlight=False, soft_wrap=True)
            if browser and has_browser():
                webbrowser.open(running.page_url(server.port))
            wait()


def _started(resources: ExitStack, data: Path, parts: Parts) -> tuple[Stack, IndexServer | None]:
    """The stack, and the OpenSearch it uses, running until the resources are left. Raises Failure: what to do."""
    # Only `up` pays for what these import.
    from imagesearch_local.functions.process import FunctionDied, FunctionFailed  # noqa: PLC0415
    from imagesearch_local.generations.errors import GenerationError  # noqa: PLC0415
    from imagesearch_local.stack import DataInUse, locked, running_stack  # noqa: PLC0415

    server = None
    try:
        with locked(data):  # before anything is removed from there, or started in there
            parts.clear(data)
        log = resources.enter_context(_log_file(data))
        logging.basicConfig(stream=log, level=logging.WARNING, force=True)
        logging.getLogger("imagesearch_local").setLevel(logging.INFO)
        server = resources.enter_context(parts.index_server(data))
        url = server.url if server else None
        return resources.enter_context(running_stack(data, log, index_server=url, aws=parts.cloud())), server
    except (DataInUse, ServerError) as error:
        raise Failure(f"{error}.", SET_UP_FIRST) from error
    except (ModelMissing, FunctionFailed, FunctionDied, GenerationError) as error:
        raise Failure(f"{error}.", SET_UP_FIRST) from error
    except OSError as error:
        raise Failure(f"The data folder {data} can't be used: {error}.", SET_UP_FIRST) from error
    except ValidationError as error:
        wrong = ", ".join(f"IMAGESEARCH_{str(each['loc'][0]).upper()} ({each['msg']})" for each in error.errors())
        raise Failure(f"The environment has settings that can't be used: {wrong}.", SET_UP_FIRST) from error
    except (ModelMismatch, Unavailable) as error:
        if server:
            raise Failure(f"{error} OpenSearch: {address(server.url)}", SET_UP_FIRST) from error
        advice = f"Take another --data, or remove {data}/index.sqlite*: the pictures stay, and are indexed again."
        raise Failure(f"{error} {advice}", SET_UP_FIRST) from error


def _log_file(data: Path) -> TextIO:
    data.mkdir(parents=True, exist_ok=True)
    return (data / LOG).open("a", buffering=1, encoding="utf-8")


def _place(server: IndexServer | None, data: Path) -> dict[str, str | None]:
    """Where the index is, and where its files are if they are ours: no password is in it."""
    if server is None:
        return {"server": None, "folder": str(data)}
    return {"server": address(server.url), "folder": str(server.data) if server.data else None}


def _status(stack: Stack, aws: StandIn, place: Mapping[str, str | None], port: int, *, ready: bool) -> running.Status:
    manifest = stack.manifest()
    model = {name: getattr(manifest, name) for name in ("name", "precision", "space_id", "build_id")}
    places = {"api": running.api_url(port), "page": running.page_url(port), "s3": stack.s3()}
    counts = stack.counts()  # first: this is what asks the index
    index = {**stack.index(), **place}
    return {"ready": ready and not index["trouble"], "aws": aws, **places, **counts, "model": model, "index": index}


def _add_samples(data: Path, status: Mapping[str, Any], port: int) -> Path | None:
    """Fetch and index the samples, once for a data folder. Returns a picture to search by."""
    folder = fetched_samples()
    if not (data / _MARKER).exists():
        outcomes = send(find_sources([folder / PICTURES]), status, keep_words=True)
        if failed := [outcome for outcome in outcomes if outcome.did == "failed"]:
            raise Failure(f"{len(failed)} samples could not be added, the first one because: {failed[0].error}")
        try:
            watch(port)
        except Failure as failure:  # what is there can be searched all the same
            err.print(plain(f"Samples: {failure}."), soft_wrap=True)
        (data / _MARKER).touch()
    queries = sorted((folder / QUERIES).iterdir())
    return next((path for path in queries if path.stem == "frog"), queries[0] if queries else None)
