"""One decoding process, seen from the product: started, asked, ended."""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from imagesearch.decoder import limits, wire
from imagesearch.decoder.messages import READY
from imagesearch.errors import DecoderUnavailable, ImageTooCostly

logger = logging.getLogger(__name__)

START_SECONDS: Final = 120
"""It takes a fifth of a second. On a machine as busy as this something else is wrong, and it will pass."""
_END_SECONDS: Final = 1.0
_PIPE_BYTES: Final = 1024 * 1024
_KEPT_VARIABLES: Final = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME", "TZ")
"""What an interpreter may need to run at all."""
TOO_LONG: Final = "The picture takes longer to decode than pictures may."


class Died(Exception):
    """The process ended while it had a picture: it crashed, or something killed it."""


class TimedOut(Exception):
    """The process did not answer in time, and was ended."""

    def __init__(self, used: float | None) -> None:
        super().__init__("no answer in time")
        self.used = used
        """Seconds of processor time that it worked on the picture; None where that can't be told."""


class Process:
    """A running decoding process. Not to be used by two threads at once."""

    def __init__(self, *, memory_bytes: int, seconds: float = START_SECONDS) -> None:
        """Start it and wait until it is ready. Raises DecoderUnavailable: not a picture's fault, try again."""
        self.has_ended = False
        self.is_fresh = True
        """Whether it has had no picture yet, so that nothing in it can be another picture's fault."""
        try:
            limits.conceal()  # our environment has the function's credentials
            self._process = _started(memory_bytes)
        except OSError as error:
            logger.warning("no decoding process can be started: %s", error)
            raise DecoderUnavailable from error
        try:
            header, _ = self._exchange([], min(seconds, START_SECONDS))
        except (wire.Closed, wire.Garbled, TimeoutError) as error:
            self.kill()
            logger.warning("a decoding process did not start: exit status %s", self._process.returncode)
            raise DecoderUnavailable from error
        except BaseException:  # Ctrl-C while it starts
            self.kill()
            raise
        if READY not in header:
            self.kill()
            raise DecoderUnavailable

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(
        self, header: wire.Header, data: wire.Buffer, *, processor_seconds: int, seconds: float
    ) -> tuple[dict[str, Any], memoryview]:
        """Send a message and wait for the answer. After anything that is raised, the process has ended.

        Raises ImageTooCostly where it took more processor time, TimedOut where it took more time in all, and Died.
        """
        message = wire.packed({**header, "processor_seconds": processor_seconds}, data)
        self.is_fresh = False
        used_before = _processor_seconds(self.pid)
        try:
            return self._exchange(message, seconds)
        except TimeoutError:
            used = _processor_seconds(self.pid)
            self.kill()
            raise TimedOut(None if used is None or used_before is None else used - used_before) from None
        except wire.Closed:
            status = self._status()
            if status == -signal.SIGXCPU:
                raise ImageTooCostly(TOO_LONG) from None
            raise Died(f"exit status {status}") from None
        except wire.Garbled:
            self.kill()
            raise Died("no proper answer") from None
        except BaseException:  # Ctrl-C: what the process answers later would be taken for the next picture's
            self.kill()
            raise

    def kill(self) -> None:
        """End it at once, whatever it does."""
        self._process.kill()
        self._status()

    def interrupt(self) -> None:
        """End it at once, though another thread may wait for its answer: that thread is told so, and tidies up."""
        self._process.kill()

    def _status(self) -> int:
        """Its exit status, when its end is due: killed where that takes long. Closes the pipes."""
        self.has_ended = True
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
        self._process.kill()
        status = self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            with suppress(OSError):
                pipe.close()
        return status

    def _exchange(self, message: Sequence[wire.Buffer], seconds: float) -> tuple[dict[str, Any], memoryview]:
        assert self._process.stdin
        assert self._process.stdout
        return wire.exchange(
            self._process.stdin.fileno(), self._process.stdout.fileno(), message, time.monotonic() + seconds
        )


def _started(memory_bytes: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(  # noqa: S603 - every word of the command is ours
        [
            sys.executable,
            "-P",
            "-B",
            "-W",
            "ignore",
            "-m",
            "imagesearch.decoder.worker",
            str(memory_bytes),
        ],
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=_environment(),
        cwd="/",
        start_new_session=True,  # Ctrl-C in a terminal goes to the whole session; its end is ours to decide
    )
    assert process.stdin
    assert process.stdout
    for pipe in (process.stdin, process.stdout):
        os.set_blocking(pipe.fileno(), False)
        with suppress(AttributeError, OSError):  # Linux only, and up to a limit of the user's
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return process


def _processor_seconds(pid: int) -> float | None:
    """What the process has used since it started, all threads together (proc(5), utime and stime).

    None where the system has no such file (macOS).
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _environment() -> dict[str, str]:
    """Nothing worth stealing: no credentials, no settings. Libraries keep to one thread, and so to less memory."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if Path(path).is_absolute()),
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "1",
    }
