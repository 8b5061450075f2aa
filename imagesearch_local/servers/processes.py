"""Processes of servers: those that end with their owner, and those that live on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from imagesearch_local.servers import guard
from imagesearch_local.servers.errors import ServerError

_POLL_SECONDS = 0.1
_SAID_LINES = 5
_PROC = Path("/proc/self").parent
"""Of Linux, where not every system has `ps`."""


@dataclass(frozen=True, slots=True)
class Process:
    """A server's own process, seen from the one that started it."""

    pid: int
    _handle: subprocess.Popen[bytes]
    """The process itself, or its guard."""

    def ended(self) -> bool:
        return self._handle.poll() is not None

    def ending(self) -> str:
        """How it ended, in words; "" while it runs."""
        code = self._handle.poll()
        if code is None:
            return ""
        number = -code if code < 0 else code - 128  # of a signal: seen by itself, and as guards and shells tell it
        return f"by signal {number}" if number in signal.valid_signals() else f"with exit code {code}"

    def kill(self) -> None:
        """End it at once, as a power cut does, and wait until it is gone."""
        if not self.ended():
            os.kill(self.pid, signal.SIGKILL)
        self._handle.wait()
        self._end_what_is_left()

    def stop(self) -> None:
        """Let it finish, and wait until it is gone."""
        if self._handle.stdin:
            self._handle.stdin.close()  # the guard sees to the rest
            self._handle.wait()
            self._end_what_is_left()
        elif not self.ended():
            self._handle.terminate()
            try:
                self._handle.wait(guard.STOPPING_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()

    def _end_what_is_left(self) -> None:
        """By a guard that was itself killed; else the process id may be somebody else's by now."""
        if self._handle.stdin and self._handle.returncode < 0:
            with suppress(ProcessLookupError, PermissionError):  # macOS says the latter of those that just end
                os.killpg(self.pid, signal.SIGKILL)


@contextmanager
def owned(
    command: Sequence[str], log: Path, *, folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Process]:
    """Run a server while the block runs. It ends with this process, too, even where this one is killed.

    What it prints is appended to `log`; `folder` is its working directory.
    """
    guarded = [sys.executable, "-I", "-S", guard.__file__, *command]
    with log.open("ab") as output:
        handle = subprocess.Popen(  # noqa: S603 - our own arguments
            guarded,
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            start_new_session=True,
        )
    with handle:
        assert handle.stdout
        said = handle.stdout.readline()
        if not said.strip().isdigit():
            raise ServerError(f"{command[0]} could not be started: see {log}")
        process = Process(int(said), handle)
        try:
            yield process
        finally:
            process.stop()


def detached(command: Sequence[str], log: Path, *, folder: Path) -> Process:
    """Start a server that lives on when this process ends. What it prints is appended to `log`."""
    with log.open("ab") as output:
        handle = subprocess.Popen(  # noqa: S603 - our own arguments
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    return Process(handle.pid, handle)


def stop(pid: int) -> None:
    """Let a process that another one started finish; kill it where it takes too long. Waits until it is gone."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        patience = time.monotonic() + guard.STOPPING_SECONDS
        while time.monotonic() < patience:
            if not alive(pid):
                return
            time.sleep(_POLL_SECONDS)
    raise ServerError(f"Process {pid} does not end: look after it by hand")


def alive(pid: int) -> bool:
    """Whether there is such a process of ours."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # one that this process started is there until somebody asks how it ended
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def command_of(pid: int) -> str:
    """The command line of a process, empty where there is no such process: process ids are used again."""
    if not alive(pid):
        return ""
    if _PROC.is_dir():
        with suppress(OSError):
            return (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    listed = ["ps", "-o", "args=", "-p", str(pid)]
    return subprocess.run(listed, capture_output=True, text=True, check=False).stdout  # noqa: S603 - our own arguments


def those_with(word: str) -> Iterator[tuple[int, str]]:
    """Process ids and command lines of other processes that have this word in theirs."""
    listed = ["ps", "-A", "-o", "pid=,args="]
    if _PROC.is_dir():
        found = ((int(path.name), command_of(int(path.name))) for path in _PROC.glob("[0-9]*"))
    else:
        lines = subprocess.run(listed, capture_output=True, text=True, check=False).stdout.splitlines()  # noqa: S603 - our own arguments
        found = ((int(pid), command) for pid, _, command in (line.strip().partition(" ") for line in lines))
    yield from ((pid, command) for pid, command in found if word in command and pid != os.getpid())


def size_of(log: Path) -> int:
    """From where on a log is that of the start which comes now."""
    return log.stat().st_size if log.is_file() else 0


def last_lines(log: Path, *, since: int = 0, but: str | None = None) -> str:
    """The end of a log after its first `since` bytes, for an error message; without lines that hold `but`."""
    with log.open("rb") as file:
        file.seek(since)
        lines = (line.decode(errors="replace").strip() for line in file)
        return " ".join(deque((line for line in lines if but is None or but not in line), _SAID_LINES))
