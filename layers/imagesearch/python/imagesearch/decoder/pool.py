"""Decoders for all threads of a function: as many processes as there are cores, each started when first needed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from functools import partial
from queue import Empty, LifoQueue
from threading import Event
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import finalize

from imagesearch.decoder import messages, wire
from imagesearch.decoder.process import Died, Process
from imagesearch.errors import DecoderCrashed, DecoderUnavailable, ImageTooCostly
from imagesearch.records import Picture, Sizing

if TYPE_CHECKING:
    from imagesearch.records import Box, Pixels

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


class Decoder:
    """A pool of decoding processes. Every method may be called from several threads at once.

    A picture can bring down the process that decodes it, or take more memory or time than it may: then it is that
    picture that can't be read, and another process takes over. What may be somebody else's doing (an earlier picture
    of the same process, somebody who kills processes) is tried once more, in a fresh one, before a picture is blamed.
    """

    def __init__(self, processes: int, *, memory_bytes: int, seconds: int) -> None:
        """Limits: `memory_bytes` of address space a process; `seconds` of processor time (twice that in all) a picture.

        No process is started yet.
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
        picture = self._decoded(messages.PICTURE, data, sizing, options, checked)
        return picture if keep_position else replace(picture, facts=replace(picture.facts, position=None))

    def read_query(self, data: bytes, *, sizing: Sizing, max_pixels: int, crop: Box | None = None) -> Pixels:
        """As `images.read_query`, whose errors it raises; and ImageTooCostly, DecoderCrashed, DecoderUnavailable."""
        options = {"max_pixels": max_pixels, "crop": crop}
        return self._decoded(messages.QUERY, data, sizing, options, partial(messages.pixels_of, sizing=sizing))

    def start(self) -> None:
        """Have one process ready before the first picture comes. Raises DecoderUnavailable."""
        with self._process():
            pass

    def close(self) -> None:
        """End all processes. A picture that is being decoded fails with DecoderUnavailable, as all later ones do."""
        self._closed.set()
        self._end()

    def _decoded(
        self,
        kind: str,
        data: bytes,
        sizing: Sizing,
        options: Mapping[str, Any],
        result_of: Callable[[Mapping[str, Any], memoryview], Result],
    ) -> Result:
        message = wire.packed({"kind": kind, "options": {**options, "sizing": asdict(sizing)}}, data)
        try:
            with self._process() as process:
                return _attempt(process, message, result_of)
        except (Died, _OutOfMemory) as error:
            logger.info("tried once more in a fresh decoding process: %s", error)
        try:
            with self._process(fresh=True) as process:
                return _attempt(process, message, result_of)
        except _OutOfMemory:
            raise ImageTooCostly("The picture takes more memory to decode than pictures may.") from None
        except Died as error:
            logger.warning("a picture brought down the decoding process: %s", error)
            raise DecoderCrashed from None

    @contextmanager
    def _process(self, *, fresh: bool = False) -> Iterator[Process]:
        """A process for one picture, waiting for one to be idle where all are at work. Raises DecoderUnavailable."""
        process = self._idle.get()
        try:
            if process and fresh and not process.is_fresh:
                process.kill()
                self._running.discard(process)
            if process is None or process.has_ended:
                process = self._started()
            yield process
        finally:
            ended = process is None or process.has_ended
            if process and ended:
                self._running.discard(process)
            self._idle.put(None if ended else process)
            if self._closed.is_set():
                _end_all(self._idle, self._running)

    def _started(self) -> Process:
        if self._closed.is_set():
            raise DecoderUnavailable
        process = Process(memory_bytes=self._memory_bytes, seconds=self._seconds)
        self._running.add(process)
        return process


class _OutOfMemory(Exception):
    """The process could not get the memory that the picture needs."""


def _attempt(
    process: Process,
    message: Sequence[wire.Buffer],
    result_of: Callable[[Mapping[str, Any], memoryview], Result],
) -> Result:
    header, body = process.ask(message)
    try:
        if "error" not in header:
            return result_of(header, body)
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
