"""`imagesearch add`: pictures and their words into the local bucket."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError

from imagesearch.records import image_id
from imagesearch_local import running
from imagesearch_local.adding import NothingToAdd, Outcome, Source, find_sources, upload
from imagesearch_local.client import connect
from imagesearch_local.commands.common import Failure, Json, Port, bar, err, local_status, out, plain, print_json
from imagesearch_local.running import DEFAULT_PORT


def add(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Pictures, and folders to look through.")],
    *,
    prefix: Annotated[str, typer.Option(help="Put before each key, such as `holiday/`.")] = "",
    wait: Annotated[bool, typer.Option(help="Wait until all of it is searchable.")] = True,
    keep_words: Annotated[
        bool, typer.Option("--keep-words", help="Leave words alone that are in the bucket already.")
    ] = False,
    as_json: Json = False,
    port: Port = DEFAULT_PORT,
) -> None:
    """Add pictures to the local bucket, with words from X.txt (line 1 is the caption) or X.json beside them.

    X.json is an object with any of caption (text), tags (list of text), attributes (object). Keys are relative to
    PATH. Run it again at any time: only what is new or changed is sent. Ctrl-C stops it between two pictures.
    """
    status = local_status(port)
    try:
        sources = find_sources(paths, prefix)
    except NothingToAdd as error:
        raise Failure(f"{error}.", 2) from error
    if not sources:
        raise Failure("No pictures found there (JPEG, PNG, WebP, GIF, AVIF, TIFF or BMP).", 2)
    try:
        outcomes = send(sources, status, keep_words=keep_words)
    except KeyboardInterrupt:
        err.print("Stopped. What was sent stays and is indexed; run it again for the rest.")
        raise
    rejected = _wait(port, status, outcomes) if wait else {}
    _report(outcomes, rejected, as_json=as_json)


def send(sources: list[Source], status: Mapping[str, Any], *, keep_words: bool) -> list[Outcome]:
    """Upload with a progress bar. Raises Failure where the bucket does not answer."""
    s3 = status["s3"]
    try:
        with bar("Sending pictures") as progress:
            task = progress.add_task("Sending pictures", total=len(sources))
            return upload(
                sources,
                running.s3_client(s3),
                s3["bucket"],
                keep_words=keep_words,
                on_done=lambda _outcome: progress.advance(task),
            )
    except (BotoCoreError, ClientError) as error:
        raise Failure(f"The bucket at {s3['endpoint']} does not answer: {error}") from error


def watch(port: int) -> None:
    """Show how what is pending becomes searchable, until all of it is. Raises Failure where the server goes away."""
    most = left = 0
    with bar("Indexing") as progress:
        task = progress.add_task("Indexing", total=None)
        for left in running.pending(port):
            most = max(most, left)
            progress.update(task, total=most, completed=most - left)
    if left and running.fetch_status(port) is None:
        raise Failure("The server stopped; what was sent is indexed when it runs again.")
    if left:
        err.print(f"{left} changes are failing and will be tried again: functions.log in the data folder says why.")


def _wait(port: int, before: running.Status, outcomes: list[Outcome]) -> dict[str, str]:
    """Reasons by key of what was rejected among what was sent."""
    sent = [outcome.source.key for outcome in outcomes if outcome.did == "uploaded"]
    try:
        watch(port)
    except KeyboardInterrupt:
        err.print("Not waiting; what was sent is indexed all the same.")
        return {}
    if not sent or local_status(port)["rejected"] <= before["rejected"]:
        return {}
    bucket = before["s3"]["bucket"]
    with connect(before["api"]) as client:
        return running.rejections(client, {key: image_id(bucket, key) for key in sent})


def _report(outcomes: list[Outcome], rejected: dict[str, str], *, as_json: bool) -> None:
    counts = Counter(outcome.did for outcome in outcomes)
    failed = {str(outcome.source.path): outcome.error for outcome in outcomes if outcome.did == "failed"}
    if as_json:
        numbers = {did: counts[did] for did in ("uploaded", "words", "unchanged", "failed")}
        print_json({**numbers, "failures": failed, "rejected": rejected})
    else:
        out.print(
            f"{counts['uploaded']} sent, {counts['words']} with new words only, {counts['unchanged']} there already."
        )
        for what, reasons in (("failed", failed), ("rejected", rejected)):
            for name, reason in reasons.items():
                err.print(plain(f"{what} {name}: {reason}"), style="red", soft_wrap=True)
    if failed or rejected:
        raise Failure(f"{len(failed)} failed, {len(rejected)} rejected: the reasons are above.")
