"""Waiting until what was sent is searchable."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from imagesearch_local import running
from imagesearch_local.client import Client, connect
from imagesearch_local.commands.common import Failure, bar, err


def watch(port: int) -> None:
    """Show how what is pending becomes searchable. Raises Failure where not all of it does, or the server goes away."""
    most = left = 0
    with bar("Indexing") as progress:
        task = progress.add_task("Indexing", total=None)
        for left in running.pending(port):
            most = max(most, left)
            progress.update(task, total=most, completed=most - left)
    if not left:
        return
    status = running.fetch_status(port)
    if status is None:
        raise Failure("the server stopped; what was sent is indexed when it runs again")
    failing, waiting = running.failing(status), status["pending"] - running.failing(status)
    told = [f"{waiting} changes wait to be indexed; `imagesearch status` tells when they are"] if waiting else []
    if failing:
        told.append(f"{failing} changes failed and will be tried again: functions.log in the data folder says why")
    if told:
        raise Failure("; ".join(told))


def watch_unless_stopped(port: int) -> bool:
    """As `watch`; Ctrl-C ends it, and then the answer is False."""
    try:
        watch(port)
    except KeyboardInterrupt:
        _stopped()
        return False
    return True


def rejected_among(keys: Collection[str], port: int) -> dict[str, str]:
    """Why, by key, of those keys of the local bucket that the index has as rejected. Raises ClientError."""
    status = running.fetch_status(port)
    if not keys or status is None or not status["rejected"]:
        return {}
    with connect(status["api"]) as client:
        return {key: reason for key, reason in running.rejections(client) if key in keys}


def watch_each(client: Client, names: Mapping[str, str], rejected: dict[str, str], *, announced: bool = True) -> bool:
    """Until all of these images, named by id, is indexed; notes by name why any was rejected.

    Ctrl-C ends it, and then the answer is False. For `announced` see `running.settled`. Raises Failure where nothing
    moves any more, and ClientError.
    """
    left = len(names)
    try:
        with bar("Indexing") as progress:
            task = progress.add_task("Indexing", total=left)
            for name, image in running.settled(client, names, announced=announced):
                left -= 1
                progress.advance(task)
                if image and image["state"] == "rejected":
                    rejected[names[name]] = str(image["reason"])
    except KeyboardInterrupt:
        _stopped()
        return False
    if left:
        raise Failure(f"{left} pictures are not indexed yet; `imagesearch show ID` tells when they are")
    return True


def _stopped() -> None:
    err.print("Not waiting; what was sent is indexed all the same.")
