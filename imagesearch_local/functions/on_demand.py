"""A function that is needed now and then: it has a process, and so a model's memory, only while calls come."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from imagesearch_local.functions.process import Function, FunctionClosed
from imagesearch_local.relay.lambda_context import LambdaContext


class OnDemand:
    """Started at a call, and ended when no other one came for a while. Calls from several threads take turns."""

    def __init__(self, start: Callable[[], Function], *, idle_seconds: float) -> None:
        self._start, self._idle_seconds = start, idle_seconds
        self._calling = threading.Lock()
        self._changing = threading.Lock()
        """For what follows; never held for long."""
        self._function: Function | None = None
        self._ending: threading.Timer | None = None
        self._is_closed = False

    def __call__(self, event: dict[str, Any], context: LambdaContext) -> Any:
        """The handler's answer. Raises FunctionFailed, FunctionDied."""
        with self._calling:
            function = self._started()
            try:
                return function(event, context)
            finally:
                self._end_later()

    def end(self) -> None:
        """After the call under way, until the next one."""
        with self._calling:
            self._end()

    def close(self) -> None:
        """For good. A call under way is waited for as `Function.close` does."""
        self._is_closed = True
        self._end()

    def _started(self) -> Function:
        with self._changing:
            if self._is_closed:
                raise FunctionClosed("the function is closed")
            if self._ending:
                self._ending.cancel()
            self._function = self._function or self._start()
            return self._function

    def _end_later(self) -> None:
        with self._changing:
            if self._is_closed:
                return
            self._ending = threading.Timer(self._idle_seconds, self.end)
            self._ending.daemon = True
            self._ending.start()

    def _end(self) -> None:
        with self._changing:
            if self._ending:
                self._ending.cancel()
            function, self._function = self._function, None
        if function:
            function.close()
