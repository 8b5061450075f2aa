"""What a decoding process is denied: resources, by the operating system's limits; and a look into other processes.

Memory and processor time; files to write, and many open ones; core dumps. On macOS the limit of memory has no effect:
there the time limits and the limits of pixels and bytes must do. The number of processes is not limited: that counts
threads, of all processes of the user, and HEIC decoders start one and end the process where they may not.
"""

from __future__ import annotations

import ctypes
import math
import os
import resource
import sys
from contextlib import suppress
from typing import Final

_OPEN_FILES: Final = 32
"""Python opens a few while it imports a decoder."""
_PR_SET_DUMPABLE: Final = 4
"""linux/prctl.h"""


def conceal() -> None:
    """From now on other processes of the same user can't read this one's memory or environment, or debug it.

    By prctl(2), PR_SET_DUMPABLE; without it /proc/<pid>/environ and ptrace are open to every process of the user.
    Linux only, and of no effect on root. This process itself loses its core dumps and /proc/self/environ. A program
    that it starts has to do this again for itself. Raises OSError.
    """
    if sys.platform != "linux":
        return
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def confine(memory_bytes: int) -> None:
    """From now on: no more address space than this, no files written, no core dumps."""
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_NOFILE, _OPEN_FILES)
    with suppress(ValueError, OSError):  # macOS refuses
        _lower(resource.RLIMIT_AS, memory_bytes)


def renew_processor_time(seconds: int) -> None:
    """From now on so many more seconds of processor time, all threads together; then SIGXCPU ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = math.ceil(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _lower(limit: int, value: int) -> None:
    _, hard = resource.getrlimit(limit)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(limit, (value, value))
