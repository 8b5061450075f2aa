"""What a decoding process denies itself, by the operating system's resource limits.

Memory and processor time; files to write, and many open ones; core dumps. On macOS the limit of memory has no effect:
there the time limits and the limits of pixels and bytes must do. The number of processes is not limited: that counts
threads, of all processes of the user, and HEIC decoders start one and end the process where they may not.
"""

from __future__ import annotations

import math
import resource
from contextlib import suppress
from typing import Final

_OPEN_FILES: Final = 32
"""Python opens a few while it imports a decoder."""


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
