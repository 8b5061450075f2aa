"""A Lambda function, seen from who calls it: processes that are started, asked, replaced when they die, and ended.

Not multiprocessing: its queues need `/dev/shm`, which Lambda and some containers have not, and its children import the
program that started them. Two pipes are all that is needed.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from queue import Empty, LifoQueue
from typing import IO, Any

from imagesearch_local.relay.lambda_context import LambdaContext

_END_SECONDS = 10.0
_LATE_SECONDS = 5.0
"""After a call's time: what keeps to its time answers by then, with an error of its own."""
_LOADING_SECONDS = 300.0
_CLOSING_SECONDS = 75.0
"""Longer than a batch of the queue may take; a batch of a backfill, which may take longer, can be run again."""
_log = logging.getLogger(__name__)


class FunctionFailed(RuntimeError):
    """The function could not be loaded, or raised. The message is its own; its log has all of it."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message or kind)
        self.kind = kind
        """Name of the error's class."""


class FunctionDied(RuntimeError):
    """The process ended before it answered: it crashed, ran out of time, or something killed it."""


class FunctionClosed(FunctionDied):
    """Nobody has the call: the function was closed before it could be given to a process."""


class Function:
    """A handler with its environment: call it as the handler itself, from any thread.

    It runs in `concurrency` processes, each of which answers one call at a time, as in Lambda; further calls wait. A
    process that died is replaced at the next call, the call that it had fails. One that has not answered in its time is
    killed, as Lambda does it; a call's time begins with its work, as there.
    """

    def __init__(
        self,
        handler: str,
        environment: Mapping[str, str],
        *,
        log: IO[Any],
        concurrency: int = 1,
        loading_seconds: float = _LOADING_SECONDS,
    ) -> None:
        """Start the processes, without waiting for them. `handler` is `MODULE.FUNCTION`; `environment` is all of it.

        What the function prints goes to the file `log`. `loading_seconds` is what its module may take to be loaded.
        """
        self._handler, self._environment, self._log = handler, dict(environment), log
        self._loading_seconds = loading_seconds
        self._idle: LifoQueue[_Process] = LifoQueue()
        self._is_closed = False
        self._processes = [self._started() for _ in range(concurrency)]
        for process in self._processes:
            self._idle.put(process)

    def wait_until_ready(self) -> None:
        """Until the function is loaded in all of its processes. Raises FunctionFailed, FunctionDied."""
        processes = [self._idle.get() for _ in self._processes]
        try:
            for process in processes:
                process.wait_until_ready()
        finally:
            for process in processes:
                self._idle.put(process)

    def __call__(self, event: dict[str, Any], context: LambdaContext) -> Any:
        """The handler's answer. Raises FunctionFailed, FunctionDied, and TypeError for an event that is not JSON."""
        passed_on = _passed_on(context)
        call = json.dumps({"event": event, "context": passed_on}).encode() + b"\n"
        process = self._idle.get()
        try:
            if self._is_closed:
                raise FunctionClosed(f"{self._handler} is closed")
            if process.has_ended:
                _log.warning("a process of %s had ended (exit status %s): replaced", self._handler, process.end())
                process = self._replaced(process)
            return process.ask(call, passed_on["seconds"])
        finally:
            self._idle.put(process)

    def restart(self) -> None:
        """Replace the processes, each when its call is answered: what they have read, they read again."""
        for process in [self._idle.get() for _ in self._processes]:
            process.end()
            self._idle.put(self._replaced(process))

    def close(self, *, seconds: float = _CLOSING_SECONDS) -> None:
        """Wait for calls in flight, then end the processes. Calls that still come fail.

        What is at work after `seconds` is killed: its call fails.
        """
        self._is_closed = True
        ends = time.monotonic() + seconds
        for process in (processes := [self._taken(ends) for _ in self._processes]):
            process.end()
        for process in processes:
            self._idle.put(process)

    def _taken(self, ends: float) -> _Process:
        try:
            return self._idle.get(timeout=max(0.0, ends - time.monotonic()))
        except Empty:
            for process in self._processes:
                process.kill()
            return self._idle.get()  # now whoever waits for its answer gives it back

    def _replaced(self, process: _Process) -> _Process:
        replacement = self._started()
        self._processes[self._processes.index(process)] = replacement
        return replacement

    def _started(self) -> _Process:
        return _Process(self._handler, self._environment, self._log, self._loading_seconds)


class _Process:
    """Not to be used by two threads at once, but for `kill`."""

    def __init__(self, handler: str, environment: Mapping[str, str], log: IO[Any], loading_seconds: float) -> None:
        self._handler, self._loading_seconds = handler, loading_seconds
        self._process = subprocess.Popen(  # noqa: S603 - every word of the command is ours
            [sys.executable, "-P", "-m", "imagesearch_local.functions.worker", handler],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=environment,
            start_new_session=True,  # Ctrl-C goes to a whole session; a batch in flight is finished all the same
        )
        assert self._process.stdin
        assert self._process.stdout
        self._calls, self._answers = self._process.stdin, self._process.stdout
        self._is_ready = False
        self._ran_out = False

    @property
    def has_ended(self) -> bool:
        return self._ran_out or self._process.poll() is not None

    def wait_until_ready(self) -> None:
        if self._is_ready:
            return
        try:
            with self._limited(self._loading_seconds):
                self._read()
        except FunctionFailed:  # it could not be loaded, and ends
            self.end()
            raise
        self._is_ready = True

    def ask(self, call: bytes, seconds: float) -> Any:
        """`seconds` is what the function was told that it may take."""
        self.wait_until_ready()
        with self._limited(seconds + _LATE_SECONDS):
            try:
                self._calls.write(call)
                self._calls.flush()
            except BrokenPipeError:
                raise FunctionDied(self._obituary()) from None
            return self._read()["answer"]

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> int:
        """Its exit status. A process that does not end by itself is killed."""
        with suppress(OSError):  # a call that never left
            self._calls.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._answers.close()
        return self._process.wait()

    @contextmanager
    def _limited(self, seconds: float) -> Iterator[None]:
        """Kill the process where the block takes longer: its pipe closes then, and whoever reads there goes on."""

        def run_out() -> None:
            self._ran_out = True
            self._process.kill()

        timer = threading.Timer(seconds, run_out)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()  # or it might kill the process in the midst of the next call

    def _read(self) -> dict[str, Any]:
        try:
            line = self._answers.readline()
        except BaseException:  # Ctrl-C: the answer to come would be taken for that to the next call
            self._process.kill()
            raise
        if not line.endswith(b"\n"):
            raise FunctionDied(self._obituary())
        answer: dict[str, Any] = json.loads(line)
        if error := answer.get("error"):
            raise FunctionFailed(error["type"], error["message"])
        return answer

    def _obituary(self) -> str:
        if self._ran_out:
            self.end()
            return f"the process of {self._handler} was killed: it did not answer in its time"
        return f"the process of {self._handler} ended before it answered (exit status {self.end()})"


def _passed_on(context: LambdaContext) -> dict[str, Any]:
    return {
        "function_name": context.function_name,
        "seconds": context.get_remaining_time_in_millis() / 1000,
        "aws_request_id": context.aws_request_id,
    }
