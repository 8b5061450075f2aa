"""Who started whom, as Linux tells it in `/proc`. Processes may end while one looks: those are left out."""

from __future__ import annotations

from pathlib import Path

_PROC = Path("/proc")
_ZOMBIE = "Z"
"""One that has ended, and that its parent, in a container perhaps nobody, has not asked for its end."""


def parents() -> dict[int, int]:
    """Of every process that there is, the one that started it."""
    found = ((int(path.name), _stat(int(path.name))) for path in _PROC.glob("[0-9]*"))
    return {pid: int(fields[1]) for pid, fields in found if fields}


def descendants(pid: int) -> list[int]:
    """All that a process started, directly or not: those before the ones that they started."""
    table = parents()
    found = [pid]
    for one in found:
        found += sorted(child for child, parent in table.items() if parent == one)
    return found[1:]


def command_line(pid: int) -> str:
    """With spaces between its words; "" where there is no such process."""
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def is_running(pid: int) -> bool:
    fields = _stat(pid)
    return bool(fields) and fields[0] != _ZOMBIE


def _stat(pid: int) -> list[str]:
    """What follows the name in its `stat`: state, parent, ... See proc_pid_stat(5)."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
