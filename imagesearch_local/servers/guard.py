"""Run a command that ends when its owner does, however that ends: `python guard.py COMMAND...`.

The owner holds the other end of standard input. When that closes, by intent or because the owner was killed, the
command is told to stop, and killed where it takes too long. What it prints goes to this process's standard error;
standard output is one line, its process id. Imports the standard library alone, so that it starts at once.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress

STOPPING_SECONDS = 20
_PR_SET_PDEATHSIG = 1


def main(command: Sequence[str]) -> int:
    """The command's own exit code, or, as shells tell it, 128 and the number of the signal that ended it."""
    # Out of the terminal's reach: Ctrl-C is for the owner, who then stops this in good order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with subprocess.Popen(  # noqa: S603 - what the owner asked for
        command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        start_new_session=True,
        preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - no other thread runs yet
    ) as child:
        signal.signal(signal.SIGTERM, lambda *_: os.killpg(child.pid, signal.SIGTERM))
        print(child.pid, flush=True)  # for the owner
        threading.Thread(target=_watch, args=(child,), daemon=True).start()
        code = child.wait()
        return code if code >= 0 else 128 - code


def _die_with_parent() -> None:
    """Have the kernel kill this process when the guard is killed: nobody would be left to end it (prctl(2))."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _watch(child: subprocess.Popen[bytes]) -> None:
    sys.stdin.read()
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGTERM)
    try:
        child.wait(STOPPING_SECONDS)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
