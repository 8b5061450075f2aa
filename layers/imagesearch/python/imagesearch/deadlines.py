"""Until when what is under way must be done, for all that is called on its behalf.

Threads do not inherit it: who hands work to another one hands on its context (see `meanwhile.py`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_deadline = ContextVar("deadline", default=math.inf)


@contextmanager
def until(deadline: float) -> Iterator[None]:
    """What runs in this block must be done by then, as `time.monotonic` counts; sooner where that was said before."""
    token = _deadline.set(min(deadline, _deadline.get()))
    try:
        yield
    finally:
        _deadline.reset(token)


def seconds_left() -> float:
    """Infinite where there is no deadline; not above 0 once it has passed."""
    return _deadline.get() - time.monotonic()
