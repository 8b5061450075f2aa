"""Functions as real Lambda processes: awslambdaric under Lambda's own runtime interface emulator.

The emulator starts the function's process at its first invocation (the cold start), hands it one event at a time and
ends it when its time is over. What it does not do: limit memory, or run several processes of one function; the latter
is done here, as Lambda scales. https://github.com/aws/aws-lambda-runtime-interface-emulator
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import LifoQueue
from typing import Any

import httpx
import sam
from process_tree import descendants

from imagesearch_local.loopback import LOOPBACK
from imagesearch_local.servers.ports import any_free_port
from imagesearch_local.servers.processes import Process, owned

MAX_EVENT_BYTES = 6 * 1024 * 1024
"""https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: the emulator cuts longer ones in silence."""
_PATIENCE_SECONDS = 20
_ATTEMPTS = 3
_FUNCTION_ERROR = {"errorType", "errorMessage"}
_FUNCTION_ERROR_ALSO = {"requestId", "stackTrace"}
_PROCESS_ENDED = {"Sandbox.Timedout", "Sandbox.Failure", "Runtime.ExitError"}


class FunctionError(RuntimeError):
    """The function raised, ran out of time or crashed."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        """Lambda's `errorType`, such as `ValueError`, `Runtime.ExitError` or `Sandbox.Timedout`."""


@dataclass(frozen=True, slots=True)
class Function:
    """What Lambda is told of a function."""

    handler: str
    """`package.module.name`."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """All of it, but for PATH: nothing else is inherited."""
    seconds: int = 60
    """For one event, a cold start included."""
    memory_mib: int = 2048
    """Only told to the function."""

    @property
    def name(self) -> str:
        return self.handler.partition(".")[0]


class LambdaFunction:
    """A function that Lambda runs: call it as the handler is called, from as many threads as `concurrency`.

    Each call takes the process that was busy last, and starts another only where none is free.
    """

    def __init__(self, function: Function, *, concurrency: int, log: Path) -> None:
        """`log` gets what the processes print; it is appended to."""
        self._free: LifoQueue[LambdaProcess] = LifoQueue()
        self.processes = tuple(LambdaProcess(function, log) for _ in range(concurrency))
        for process in reversed(self.processes):
            self._free.put(process)

    def __call__(self, event: Any, context: object = None) -> Any:
        """The function's answer. Raises FunctionError."""
        process = self._free.get()
        try:
            return process(event, context)
        finally:
            self._free.put(process)

    def close(self) -> None:
        for process in self.processes:
            process.close()


class LambdaProcess:
    """One process of a function. Call it as the handler is called; one call at a time, others wait.

    When the process ended, the next call has a new one, under a new emulator: an emulator may still be clearing away
    the old process when the next event comes, and then fails that one, too (`ErrGateCanceled`).
    """

    def __init__(self, function: Function, log: Path) -> None:
        self.function = function
        self._log = log
        self._turn = threading.Lock()
        self._emulator: _Emulator | None = None

    def __call__(self, event: Any, context: object = None) -> Any:
        """The function's answer. The process makes its own context. Raises FunctionError."""
        del context
        body = json.dumps(event).encode()
        if len(body) > MAX_EVENT_BYTES:
            raise FunctionError("RequestTooLargeException", f"an event of {len(body):,} bytes is over Lambda's limit")
        with self._turn:
            emulator = self._started()
            try:
                return _answer(emulator.invoke(body))
            except httpx.TransportError as error:
                self._stop()
                raise FunctionError("Sandbox.Failure", f"the emulator ended: {error}") from error
            except FunctionError as error:
                if error.kind in _PROCESS_ENDED:
                    self._stop()
                raise

    def start(self) -> None:
        """Start the emulator, which a call would do; the function's own process waits for the first call."""
        with self._turn:
            self._started()

    def pids(self) -> list[int]:
        """Of the function's own process and those that it started; none before the first call."""
        emulator = self._emulator
        return [] if emulator is None else descendants(emulator.process.pid)

    def close(self) -> None:
        """After the call that runs. May be called again; another call starts the process anew."""
        with self._turn:
            self._stop()

    def _started(self) -> _Emulator:
        if self._emulator is None:
            self._emulator = _started(self.function, self._log)
        return self._emulator

    def _stop(self) -> None:
        if self._emulator is not None:
            self._emulator.running.close()
            self._emulator = None


@contextmanager
def lambda_function(function: Function, *, log: Path, concurrency: int = 1) -> Iterator[LambdaFunction]:
    """The function while the block runs; then its processes are stopped."""
    with closing(LambdaFunction(function, concurrency=concurrency, log=log)) as running:
        yield running


@dataclass(frozen=True, slots=True)
class _Emulator:
    process: Process
    client: httpx.Client
    url: str
    running: ExitStack
    """Stops all that."""

    def invoke(self, body: bytes) -> httpx.Response:
        return self.client.post(f"{self.url}/2015-03-31/functions/function/invocations", content=body)


def _started(function: Function, log: Path) -> _Emulator:
    for _ in range(_ATTEMPTS):  # another program may take a port between the look and the use
        address, runtime_address = (f"{LOOPBACK}:{any_free_port()}" for _ in range(2))
        command = [str(sam.emulator()), "--log-level", "error", "--runtime-api-address", runtime_address]
        command += ["--runtime-interface-emulator-address", address]
        command += [sys.executable, "-m", "awslambdaric", function.handler]
        with ExitStack() as stack:
            process = stack.enter_context(owned(command, log, folder=Path.cwd(), environment=_environment(function)))
            # The emulator ends a call that takes too long; the client only must not wait for ever for a dead one.
            client = stack.enter_context(httpx.Client(trust_env=False, timeout=function.seconds + _PATIENCE_SECONDS))
            url = f"http://{address}"
            if _answers(process, client, url):
                return _Emulator(process, client, url, stack.pop_all())
    raise FunctionError("Sandbox.Failure", f"the emulator of {function.name} did not start: see {log}")


def _answers(process: Process, client: httpx.Client, url: str) -> bool:
    ends = time.monotonic() + _PATIENCE_SECONDS
    while not process.ended() and time.monotonic() < ends:
        with suppress(httpx.ConnectError):
            return client.get(url).status_code == httpx.codes.NOT_FOUND  # it knows no such path
        time.sleep(0.01)
    return False


def _answer(response: httpx.Response) -> Any:
    """Raises FunctionError. The emulator tells most errors by the body alone."""
    try:
        answer = response.json()
    except ValueError:
        raise FunctionError("Sandbox.Timedout", response.text) from None  # a sentence: `Task timed out after ...`
    if isinstance(answer, dict) and answer.keys() >= _FUNCTION_ERROR >= answer.keys() - _FUNCTION_ERROR_ALSO:
        raise FunctionError(answer["errorType"], answer["errorMessage"])
    if not response.is_success:
        raise FunctionError("Sandbox.Failure", response.text)
    return answer


def _environment(function: Function) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(function.seconds),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mib),
        **function.environment,
    }
