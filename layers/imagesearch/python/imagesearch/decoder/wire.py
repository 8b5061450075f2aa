"""Messages between the product and a decoding process: a JSON header and raw bytes, each led by its length.

Never pickle: a process that a picture has taken over must not be able to run anything on the other side.
"""

from __future__ import annotations

import json
import os
import selectors
import struct
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, Final

PREFIX: Final = struct.Struct("<IQ")
"""Bytes of the header, bytes of the body."""
MAX_HEADER: Final = 1024 * 1024
MAX_BODY: Final = 256 * 1024 * 1024
_PIECE: Final = 1024 * 1024

Header = Mapping[str, Any]
Buffer = bytes | bytearray | memoryview


class Closed(Exception):
    """The other side has closed its pipe: its process has ended."""


class Garbled(Exception):
    """What came is no message."""


def packed(header: Header, *body: Buffer) -> list[Buffer]:
    """A message as the pieces to write one after the other: what is large is not copied."""
    encoded = json.dumps(header).encode()
    return [PREFIX.pack(len(encoded), sum(len(piece) for piece in body)) + encoded, *body]


def send(file: BinaryIO, header: Header, *body: Buffer) -> None:
    """Write a message to a blocking pipe."""
    file.writelines(packed(header, *body))
    file.flush()


def receive(file: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """Read a message from a blocking pipe; None where it was closed."""
    prefix = file.read(PREFIX.size)
    if len(prefix) < PREFIX.size:
        return None
    header_size, body_size = PREFIX.unpack(prefix)
    header = file.read(header_size)
    body = file.read(body_size)
    return (json.loads(header), body) if len(body) == body_size else None


def exchange(
    writable: int, readable: int, message: Sequence[Buffer], deadline: float
) -> tuple[dict[str, Any], memoryview]:
    """Write a message and read the answer, over two non-blocking pipes at once.

    So it can't block for good, whatever the other side does: neither when both pipes are full, nor past `deadline`
    (of `time.monotonic`), where it raises TimeoutError. Raises Closed and Garbled, too.
    """
    pending = deque(memoryview(piece).cast("B") for piece in message if len(piece))
    answer = bytearray()
    with selectors.PollSelector() as selector:
        selector.register(readable, selectors.EVENT_READ)
        if pending:
            selector.register(writable, selectors.EVENT_WRITE)
        while True:
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if not ready and time.monotonic() >= deadline:
                raise TimeoutError
            for key, _ in ready:
                if key.fd == writable:
                    _write(writable, pending)
                    if not pending:
                        selector.unregister(writable)
                elif _read(readable, answer) and (found := _parsed(answer)):
                    return found


def _write(writable: int, pending: deque[memoryview]) -> None:
    try:
        written = os.write(writable, pending[0][:_PIECE])
    except BlockingIOError:
        return
    except BrokenPipeError:
        raise Closed from None
    pending[0] = pending[0][written:]
    if not pending[0]:
        pending.popleft()


def _read(readable: int, answer: bytearray) -> bool:
    try:
        piece = os.read(readable, _PIECE)
    except BlockingIOError:
        return False
    if not piece:
        raise Closed
    answer += piece
    return True


def _parsed(answer: bytearray) -> tuple[dict[str, Any], memoryview] | None:
    """The message, once all of it is there."""
    if len(answer) < PREFIX.size:
        return None
    header_size, body_size = PREFIX.unpack_from(answer)
    if header_size > MAX_HEADER or body_size > MAX_BODY:
        raise Garbled
    end = PREFIX.size + header_size + body_size
    if len(answer) > end:
        raise Garbled
    if len(answer) < end:
        return None
    try:
        header = json.loads(answer[PREFIX.size : PREFIX.size + header_size])
    except (ValueError, RecursionError):
        raise Garbled from None
    if not isinstance(header, dict):
        raise Garbled
    return header, memoryview(answer)[PREFIX.size + header_size :]
