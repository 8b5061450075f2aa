"""Ctrl-C and SIGTERM, for a command that serves until one of them comes."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def until_stopped(told: Callable[[], None]) -> Iterator[Callable[[], None]]:
    """Ctrl-C or SIGTERM leaves the block, as wanted, and `told` is called; a second one does not break the cleaning up.

    What it gives waits for one of them, in the main thread. Nothing else does that for certain: the system may hand a
    signal to another thread, and a lock that the main thread waits for knows nothing of it
    (https://docs.python.org/3/library/signal.html#signals-and-threads). Each signal is a byte in a socket here.
    """
    waiting, woken = socket.socketpair()
    woken.setblocking(False)

    def stop(_signal: int, _frame: object) -> None:
        for number in handlers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    def wait() -> None:
        waiting.recv(1)
        raise KeyboardInterrupt

    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    wakeup = signal.set_wakeup_fd(woken.fileno())
    for number in handlers:
        signal.signal(number, stop)
    try:
        yield wait
    except KeyboardInterrupt:
        told()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(wakeup)
        waiting.close()
        woken.close()
