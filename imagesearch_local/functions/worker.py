"""The inside of a function's process: `python -m imagesearch_local.functions.worker MODULE.FUNCTION`.

One JSON document a line: calls come by standard input, answers leave by standard output. What the function itself
prints goes to standard error, which is the log. The first line out says whether the function could be loaded.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable
from queue import SimpleQueue
from typing import IO, Any

from imagesearch_local.relay.lambda_context import LambdaContext

Handler = Callable[[dict[str, Any], Any], Any]


def main(name: str) -> None:
    """Load the function, then answer calls until their pipe is closed."""
    calls, answers = _pipes()
    logging.basicConfig(stream=sys.stdout, level=logging.WARNING)
    try:
        handler = _loaded(name)
    except Exception as error:  # noqa: BLE001 - whatever it is, who started the process tells the user
        _send(answers, {"error": _told(error)})
        return
    _send(answers, {"ready": True})
    busy = threading.Event()
    lines: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_listen, args=(calls, lines, busy), name="calls", daemon=True).start()
    while line := lines.get():
        busy.set()
        answer = _answer(handler, json.loads(line))
        busy.clear()  # before it is sent: a clean stop follows the answer at once
        _send(answers, answer)


def _pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Where calls come from and answers go, out of reach of whatever reads standard input or prints."""
    calls, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    # Standard output is a file now, and Python would keep what is printed until there is much of it.
    sys.stdout = os.fdopen(1, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)
    return calls, answers


def _listen(calls: IO[bytes], lines: SimpleQueue[bytes], busy: threading.Event) -> None:
    while line := calls.readline():
        lines.put(line)
    if busy.is_set():
        # A clean stop waits for the answer: whoever called is dead, and with it bucket and queue.
        os._exit(1)
    lines.put(b"")


def _loaded(name: str) -> Handler:
    module, _, function = name.rpartition(".")
    handler: Handler = getattr(importlib.import_module(module), function)
    return handler


def _answer(handler: Handler, call: dict[str, Any]) -> dict[str, Any]:
    try:
        answer = {"answer": handler(call["event"], LambdaContext(**call["context"]))}
        json.dumps(answer)  # what is not JSON is the function's failure
    except Exception as error:  # noqa: BLE001 - a function may fail in any way: its caller is told, as Lambda does it
        traceback.print_exc()
        return {"error": _told(error)}
    return answer


def _told(error: Exception) -> dict[str, str]:
    return {"type": type(error).__name__, "message": str(error)}


def _send(answers: IO[bytes], answer: dict[str, Any]) -> None:
    try:
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()
    except BrokenPipeError:
        os._exit(1)  # nobody is left who wants it


if __name__ == "__main__":
    main(sys.argv[1])
