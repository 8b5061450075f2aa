"""The same work on many things, several at a time."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_parallel(work: Callable[[T], R], things: Iterable[T], workers: int) -> Generator[R]:
    """What the work on each gives, as it is done. Things are taken only as fast as they are worked on.

    Whoever stops asking, as on Ctrl-C, waits for what is in hand and no longer.
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
        pool.shutdown(wait=True, cancel_futures=True)
