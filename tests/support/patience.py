"""Waiting for what is to happen, and no longer than that could take on a busy machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
PATIENCE_SECONDS = 120.0


def until(
    condition: Callable[[], T],
    otherwise: str | Callable[[], str] = "",
    *,
    seconds: float = PATIENCE_SECONDS,
    pause: Callable[[float], object] = time.sleep,
) -> T:
    """The first true answer. An AssertionError says `otherwise`, or the last answer, when there is none in time.

    `pause` is given the seconds between two looks.
    """
    ends = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > ends:
            said = otherwise() if callable(otherwise) else otherwise
            raise AssertionError(said or f"it did not happen: still {found!r} after {seconds:g} seconds")
        pause(0.02)
    return found
