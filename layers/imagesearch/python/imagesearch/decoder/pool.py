"""Decoders for all threads of a function: as many processes as there are cores, each started when first needed."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from functools import partial
from queue import Empty, LifoQueue
from threading import Event
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import finalize

from imagesearch.decoder import messages, wire
from imagesearch.decoder.process import TOO_LONG, Died, Process, TimedOut
from imagesearch.errors import DecoderCrashed, DecoderUnavailable, ImageTooCostly
from imagesearch.records import Picture, QueryPicture, Sizing

if TYPE_CHECKING:
    from imagesearch.records import Box

logger = logging.getLogger(__name__)

_BUSY = 0.5
"""Share of the processor time that a picture may take."""

Result = TypeVar("Result")
Checked = Callable[[Mapping[str, Any], memoryview], Result]
"""Header and body of an answer to what it says. Raises Garbled."""

_TOO_MUCH_MEMORY = "The picture takes more memory to decode than pictures may."


class Decoder:
    """A pool of decoding processes. Every method may be called from several threads at once.

    A picture can bring down the process that decodes it, or take more memory or time than it may: then it is that
    picture that can't be read, and another process takes over. What may be somebody else's doing (an earlier picture
    of the same process, somebody who kills processes, a machine that is too busy) is tried once more, in a fresh one,
    before a picture is blamed; for taking long only if its process was really at work.
    """

    def __init__(self, processes: int, *, memory_bytes: int, seconds: int) -> None:
        """Limits: `memory_bytes` of address space a process; `seconds` of processor time (twice that in all) a picture.

        For an idle process nobody waits longer than twice that, either. No process is started yet.
        """
        self._memory_bytes = memory_bytes
        self._seconds = seconds
        self._idle: LifoQueue[Process | None] = LifoQueue()  # the one used last is the warmest; None: not started
        for _ in range(processes):
            self._idle.put(None)
        self._running: set[Process] = set()
        self._closed = Event()
        # Processes end with the interpreter even without this, as their pipes do; it ends them with the pool.
        self._end = finalize(self, _end_all, self._idle, self._running)

    def read_picture(
        self, data: bytes, *, sizing: Sizing, max_pixels: int, thumbnail_size: int, keep_position: bool = False
    ) -> Picture:
        """As `images.read_picture`, whose errors it raises; and ImageTooCostly, DecoderCrashed, DecoderUnavailable."""
        options = {"max_pixels": max_pixels, "thumbnail_size": thumbnail_size, "keep_position": keep_position}
        checked = partial(messages.picture_of, sizing=sizing, max_pixels=max_pixels, thumbnail_size=thumbnail_size)
        picture = self._decoded(_header(messages.PICTURE, sizing, options), data, checked, math.inf, self._seconds)
        return picture if keep_position else replace(picture, facts=replace(picture.facts, position=None))

    def read_query(
        self,
        data: bytes,
        *,
        sizing: Sizing,
        max_pixels: int,
        crop: Box | None = None,
        seconds: float = math.inf,
        allowance: float = math.inf,
    ) -> QueryPicture:
        """As `images.read_query`, whose errors it raises; and ImageTooCostly, DecoderCrashed, DecoderUnavailable.

        It takes `seconds` at most (and a little to end what takes longer), with the wait for an idle process. A picture
        is blamed for that only if it was worked on for half of the seconds of its `allowance`: others may have waited.
        """
        header = _header(messages.QUERY, sizing, {"max_pixels": max_pixels, "crop": crop})
        checked = partial(messages.query_of, sizing=sizing, max_pixels=max_pixels)
        return self._decoded(header, data, checked, time.monotonic() + seconds, min(self._seconds, allowance))

    def start(self) -> None:
        """Have one process ready before the first picture comes. Raises DecoderUnavailable."""
        with self._process():
            pass

    def close(self) -> None:
        """End all processes. A picture that is being decoded fails with DecoderUnavailable, as all later ones do."""
        self._closed.set()
        self._end()

    def _decoded(
        self, header: wire.Header, data: bytes, checked: Checked[Result], deadline: float, allowance: float
    ) -> Result:
        """What the picture is, at the first or the second attempt."""
        try:
            return self._attempt(header, data, checked, deadline, allowance)
        except (Died, TimedOut, _OutOfMemory) as error:
            if isinstance(error, TimedOut) and time.monotonic() >= deadline:
                raise _to_blame(error, allowance) from None
            logger.info("tried once more in a fresh decoding process: %s", error)
        try:
            return self._attempt(header, data, checked, deadline, allowance, fresh=True)
        except TimedOut as error:
            raise _to_blame(error, allowance) from None
        except Died as error:
            logger.warning("a picture brought down the decoding process: %s", error)
            raise DecoderCrashed from None

    def _attempt(
        self,
        header: wire.Header,
        data: bytes,
        checked: Checked[Result],
        deadline: float,
        allowance: float,
        *,
        fresh: bool = False,
    ) -> Result:
        with self._process(deadline, fresh=fresh) as process:
            was_fresh = process.is_fresh
            processor_seconds = max(1, math.ceil(allowance))
            seconds = min(2 * self._seconds, max(0.0, deadline - time.monotonic()))
            answer, body = process.ask(header, data, processor_seconds=processor_seconds, seconds=seconds)
            try:
                return _result(process, answer, body, checked)
            except _OutOfMemory:
                if was_fresh:  # nobody else has taken of its memory
                    raise ImageTooCostly(_TOO_MUCH_MEMORY) from None
                raise

    @contextmanager
    def _process(self, deadline: float = math.inf, *, fresh: bool = False) -> Iterator[Process]:
        """A process for one picture, waiting for one to be idle where all are at work. Raises DecoderUnavailable."""
        left = max(0.0, deadline - time.monotonic())
        try:
            process = self._idle.get(timeout=min(left, 2 * self._seconds))
        except Empty:
            logger.warning("all decoding processes are at work, and stay so")
            raise DecoderUnavailable from None
        try:
            if process and fresh and not process.is_fresh:
                process.kill()
                self._running.discard(process)
            if process is None or process.has_ended:
                process = self._started(deadline)
            yield process
        finally:
            ended = process is None or process.has_ended
            if process and ended:
                self._running.discard(process)
            self._idle.put(None if ended else process)
            if self._closed.is_set():
                _end_all(self._idle, self._running)

    def _started(self, deadline: float) -> Process:
        if self._closed.is_set():
            raise DecoderUnavailable
        process = Process(memory_bytes=self._memory_bytes, seconds=max(0.0, deadline - time.monotonic()))
        self._running.add(process)
        return process


class _OutOfMemory(Exception):
    """The process could not get the memory that the picture needs."""


def _header(kind: str, sizing: Sizing, options: Mapping[str, Any]) -> wire.Header:
    return {"kind": kind, "options": {**options, "sizing": asdict(sizing)}}


def _to_blame(error: TimedOut, allowance: float) -> ImageTooCostly | DecoderUnavailable:
    """The picture for taking long to decode, or the machine for not getting to it."""
    if error.used is None or error.used >= _BUSY * allowance:
        return ImageTooCostly(TOO_LONG)
    logger.warning("a decoding process got next to no processor time")
    return DecoderUnavailable()


def _result(process: Process, header: wire.Header, body: memoryview, checked: Checked[Result]) -> Result:
    """What the process answers. Raises what it says is wrong; Died and _OutOfMemory once it is ended."""
    try:
        if "error" not in header:
            return checked(header, body)
        if header["error"] == messages.OUT_OF_MEMORY:
            process.kill()
            raise _OutOfMemory("out of memory")
        if header["error"] == messages.NOT_INSTALLED:
            logger.error("the decoding process can't import %.80r", header.get("detail"))
            raise DecoderUnavailable
        if header["error"] == messages.UNEXPECTED:
            process.kill()
            raise Died(f"unexpected {str(header.get('detail'))[:80]!r}")
        error = messages.error_of(header)
    except wire.Garbled:
        process.kill()
        raise Died("no proper answer") from None
    raise error


def _end_all(idle: LifoQueue[Process | None], running: set[Process]) -> None:
    """Those at work are killed, and cleaned up after by the threads that wait for them."""
    for process in list(running):
        process.interrupt()
    places: list[Process | None] = []
    with suppress(Empty):  # all of them first: what is put back comes out again before the others
        while True:
            places.append(idle.get_nowait())
    for waiting in places:
        if waiting:
            waiting.kill()
            running.discard(waiting)
        idle.put(None)  # for whoever asks a closed pool, to be told so
