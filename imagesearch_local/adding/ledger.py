"""What was sent to an API, remembered on this machine: there keys are made anew, so only content tells what is known.

One file for each endpoint, a JSON object a line, only ever appended to; of one content the last line counts. A line
that a crash cut short is skipped; the lock goes with the process, however it ends.
"""

from __future__ import annotations

import fcntl
import hashlib
import ipaddress
import json
import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs

from imagesearch_local.loopback import LOOPBACK

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Entry:
    """A picture that was sent, or is about to be."""

    sha256: str
    image_id: str
    words: str
    """Digest of the words sent with it; empty where there were none."""
    sent: bool = True
    """False before it is: where it stays so, only the API knows whether the picture arrived."""


class LedgerUnwritable(Exception):
    """What is sent from now on would not be remembered, and be sent again; the message says why."""


class Ledger:
    """Open and locked. Methods may be called from several threads."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._guard = threading.Lock()
        self._entries = {entry.sha256: entry for entry in _read(descriptor)}

    def find(self, sha256: str) -> Entry | None:
        return self._entries.get(sha256)

    def note(self, entry: Entry) -> None:
        """Raises LedgerUnwritable; what was noted before stays readable, and so does what is noted after."""
        line = json.dumps(asdict(entry)).encode() + b"\n"
        with self._guard:
            # At once and whole, so that whatever happens next it is known.
            try:
                _append(self._descriptor, line)
            except OSError as error:
                raise LedgerUnwritable(f"what is sent can't be remembered: {error.strerror}") from error
            self._entries[entry.sha256] = entry

    def close(self) -> None:
        """Unlock it, too. Notes raise LedgerUnwritable from then on: the descriptor may be another file's."""
        with self._guard:
            os.close(self._descriptor)
            self._descriptor = -1


@contextmanager
def open_ledger(
    endpoint: str, folder: Path | None = None, on_wait: Callable[[], None] = lambda: None
) -> Iterator[Ledger]:
    """The ledger of an endpoint, while nobody else has it; `on_wait` is called before waiting for another process.

    In the user's state folder where no other is given. Raises OSError.
    """
    folder = folder or platformdirs.user_state_path("imagesearch")
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / _name(endpoint), os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        ledger = Ledger(descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    try:
        yield ledger
    finally:
        ledger.close()


def _name(endpoint: str) -> str:
    """One name for one place, however it is written; no user name or password is in it."""
    parts = urlsplit(endpoint.rstrip("/"))
    scheme, host = parts.scheme.lower(), _host(parts.hostname or "")
    port = "" if parts.port in {None, _DEFAULT_PORTS.get(scheme)} else f":{parts.port}"
    place = f"{scheme}://{host}{port}{parts.path}"
    readable = re.sub(r"[^a-z0-9.-]+", "-", f"{host}{port}")[:80]
    return f"sent-{readable}-{hashlib.sha256(place.encode()).hexdigest()[:16]}.jsonl"


def _host(name: str) -> str:
    """All names of this machine are one."""
    if name == "localhost":
        return LOOPBACK
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return name
    return LOOPBACK if address.is_loopback else f"[{name}]" if address.version == 6 else name


def _append(descriptor: int, line: bytes) -> None:
    """All of it or nothing. Raises OSError."""
    size = os.fstat(descriptor).st_size
    written = 0
    try:
        while written < len(line):  # a disk that is nearly full takes a part
            written += os.write(descriptor, line[written:])
    except OSError:
        os.ftruncate(descriptor, size)
        raise


def _read(descriptor: int) -> Iterator[Entry]:
    with os.fdopen(os.dup(descriptor), "rb") as file:
        file.seek(0)
        data = file.read()
    if data and not data.endswith(b"\n"):
        # The next line must not continue one that was cut short.
        os.write(descriptor, b"\n")
    for line in data.splitlines():
        try:
            yield Entry(**json.loads(line))
        except (ValueError, TypeError):
            continue
