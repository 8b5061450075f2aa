"""When a call to an API is made again, and after how long."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

import httpx

BUSY = frozenset({429, 503})
"""The API says that it has done nothing, and to come again."""
LOST = frozenset({502, 504})
"""A gateway says that it has no answer: what was asked for may be done or not."""
_ATTEMPTS = 8
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 8.0
_LONGEST_ASKED_FOR = 60.0


@dataclass(frozen=True, slots=True)
class Retries:
    """How patient a client is."""

    patience: float = 45.0
    """Seconds from the first attempt in which others are begun: a gateway's time-out (29) and one more attempt."""
    busy_patience: float | None = None
    """The same after status 503, if that is to be another: what is not available may stay so for long."""
    waiting: Callable[[httpx.Response], None] | None = None
    """Called once a call, before it is waited for another attempt because the API said so."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Once it is set, nothing is waited for any more, and what failed is not tried again."""
    answered: threading.Event = field(default_factory=threading.Event)
    """Set at the first answer. Before it, an address where nothing listens is taken for a wrong one."""

    def sent(self, call: Callable[[], httpx.Response], *, repeatable: bool) -> httpx.Response:
        """The last answer to a call. One that is not `repeatable` is made again only where it did nothing.

        Pauses grow and are drawn by chance, so that those who were refused together do not come again together; an
        answer's Retry-After comes first. Raises httpx.TransportError, httpx.InvalidURL.
        """
        began = time.monotonic()
        for attempt in count():
            try:
                response = call()
            except httpx.TransportError as error:
                until = began + self.patience
                if not self._may_help_after(error, repeatable=repeatable) or not self._paused(attempt, None, until):
                    raise
            else:
                self.answered.set()
                if response.status_code not in (BUSY | LOST if repeatable else BUSY):
                    return response
                if not self._paused(attempt, response, began + self._patience_after(response)):
                    return response
        raise AssertionError("attempts never run out here")

    def _may_help_after(self, error: httpx.TransportError, *, repeatable: bool) -> bool:
        if isinstance(error, httpx.UnsupportedProtocol):
            return False
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            return self.answered.is_set()
        return repeatable

    def _patience_after(self, response: httpx.Response) -> float:
        if self.busy_patience is None or response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            return self.patience
        return self.busy_patience

    def _paused(self, attempt: int, response: httpx.Response | None, until: float) -> bool:
        """Whether it is time for another attempt; False where there is to be none."""
        asked_for = None if response is None else _asked_for(response)
        # By chance, not by secret.
        if asked_for is None:
            pause = min(_FIRST_PAUSE * 2**attempt, _LONGEST_PAUSE) * random.uniform(0.5, 1)  # noqa: S311
        else:
            pause = asked_for * random.uniform(1, 1.1)  # noqa: S311
        if attempt + 1 >= _ATTEMPTS or time.monotonic() + pause >= until:
            return False
        if response is not None and self.waiting and not attempt:
            self.waiting(response)
        return not self.stop.wait(pause)


def _asked_for(response: httpx.Response) -> float | None:
    """Seconds, where the answer says after how many to come again."""
    header = response.headers.get("Retry-After", "")
    return min(float(header), _LONGEST_ASKED_FOR) if header.isascii() and header.isdigit() else None
