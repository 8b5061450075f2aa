"""An OpenSearch that is started again, on the same port and data, whenever it dies."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from imagesearch_local.servers.errors import ServerError
from imagesearch_local.servers.opensearch import Plan, Server, Waiting, running_opensearch
from imagesearch_local.servers.processes import Process

_POLL_SECONDS = 0.5
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
"""Seconds between attempts, doubled from one to the next: one that cannot start must not keep the machine busy."""
_log = logging.getLogger(__name__)

Told = Callable[[str], None]
"""Called with a sentence for people, from a thread of its own."""


class _Stopped(Exception):
    """Nobody needs the server any more."""


@contextmanager
def revived_opensearch(plan: Plan, waiting: Waiting, told: Told) -> Iterator[Server]:
    """Run OpenSearch while the block runs, anew if it ends before. Raises ServerError where it does not even start.

    The URL stays the same. What becomes of it later is logged, and told.
    """
    stopping = threading.Event()
    with running_opensearch(plan, waiting) as server:
        same_place = replace(plan, port=int(server.url.rpartition(":")[2]))
        arguments = (same_place, server.process, stopping, told)
        keeper = threading.Thread(target=_keep, args=arguments, name="opensearch-keeper")
        keeper.start()
        try:
            yield server
        finally:
            stopping.set()
            keeper.join()


def _keep(plan: Plan, process: Process, stopping: threading.Event, told: Told) -> None:
    def say(what: str) -> None:
        _log.warning("%s", what)
        told(what)

    def waiting(_seconds: float) -> None:
        if stopping.is_set():
            raise _Stopped

    pause = _FIRST_PAUSE
    _until_ended(process, stopping)
    while not stopping.is_set():
        say(f"OpenSearch has ended, and is started again on {plan.url}: see {plan.log}.")
        try:
            with running_opensearch(plan, waiting) as again:
                _check_place(again, plan)
                say("OpenSearch runs again.")
                pause = _FIRST_PAUSE
                _until_ended(again.process, stopping)
        except _Stopped:
            return
        except (ServerError, OSError) as error:
            say(f"OpenSearch could not be started again, which is tried in {pause:.0f} s: {error}.")
        stopping.wait(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def _check_place(server: Server, plan: Plan) -> None:
    if server.url != plan.url:
        raise ServerError(f"Another program has taken port {plan.port}")


def _until_ended(process: Process, stopping: threading.Event) -> None:
    while not process.ended() and not stopping.wait(_POLL_SECONDS):
        pass
