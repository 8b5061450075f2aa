"""The same work on many things, several at a time."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_parallel(
    work: Callable[[T], R], things: Iterable[T], workers: int, *, on_stop: Callable[[int], None] = lambda _in_hand: None
) -> Generator[R]:
    """What the work on each gives, as it is done. Things are taken only as fast as they are worked on.

    Whoever stops asking, as on Ctrl-C, waits for what is in hand and no longer: `on_stop` is called before with how
    many things that are. Further interrupts do not end the waiting, so that nobody closes what the work still needs.
    """
    pool = ThreadPoolExecutor(workers, thread_name_prefix="imagesearch")
    waiting: set[Future[R]] = set()
    try:
        for thing in things:
            waiting.add(pool.submit(work, thing))
            if len(waiting) < 2 * workers:
                continue
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    finally:
        with _uninterrupted():
            pool.shutdown(wait=False, cancel_futures=True)
            try:
                if in_hand := sum(not future.done() for future in waiting):
                    on_stop(in_hand)
            finally:
                pool.shutdown(wait=True)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C does nothing meanwhile. Only the main thread gets it, and only there it can be told so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)
