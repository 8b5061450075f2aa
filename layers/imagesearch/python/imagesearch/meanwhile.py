"""Two things at a time: an index far away answers one question while it is asked the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def meanwhile(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Iterator[Callable[[], T]]:
    """Work in another thread, by the same deadline, while the block runs; what it gives waits for the answer."""
    with ThreadPoolExecutor(1, "meanwhile") as pool:
        answer = pool.submit(copy_context().run, partial(work, *args, **kwargs))
        yield answer.result
