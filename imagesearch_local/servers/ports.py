"""Free ports of this machine."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterable

from imagesearch_local.loopback import LOOPBACK


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Whether somebody listens there: unlike `is_free` this never has the port itself, not for a moment."""
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def free_port_of(ports: Iterable[int]) -> int | None:
    """One of them that is free, at random: several who look at the same time should not find the same one."""
    shuffled = random.sample(found := list(ports), len(found))
    return next(filter(is_free, shuffled), None)


def any_free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
