"""A decoding process: reads pictures from standard input, answers on standard output, ends when its input ends.

python -m imagesearch.decoder.worker MEMORY_BYTES
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

# All that most pictures need is imported before the limits are set: files, memory and time for it are not theirs.
from imagesearch.decoder import limits, wire
from imagesearch.decoder.messages import (
    NOT_INSTALLED,
    OUT_OF_MEMORY,
    PICTURE,
    READY,
    UNEXPECTED,
    Answer,
    error_answer,
    picture_answer,
    query_answer,
)
from imagesearch.errors import ImageSearchError
from imagesearch.images import read_picture, read_query
from imagesearch.records import Sizing


def main() -> None:
    limits.conceal()
    (memory_bytes,) = (int(argument) for argument in sys.argv[1:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it decides when it ends
    # Decoders print what they like: it must neither mix with the answers nor fill anybody's log.
    with os.fdopen(os.dup(0), "rb") as requests, os.fdopen(os.dup(1), "wb") as answers:
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        limits.confine(memory_bytes)
        wire.send(answers, {READY: True})
        while request := wire.receive(requests):
            limits.renew_processor_time(request[0]["processor_seconds"])
            header, body = _answer(*request)
            del request
            wire.send(answers, header, *body)


def _answer(header: dict[str, Any], data: bytes) -> Answer:
    try:
        options = {**header["options"], "sizing": Sizing(**header["options"]["sizing"])}
        if header["kind"] == PICTURE:
            return picture_answer(read_picture(data, **options))
        return query_answer(read_query(data, **options))
    except ImageSearchError as error:
        return error_answer(error)
    except MemoryError:
        return {"error": OUT_OF_MEMORY}, []
    except ImportError as error:
        return {"error": NOT_INSTALLED, "detail": str(error.name)}, []
    except Exception as error:  # noqa: BLE001 - a mistake of ours: the other side logs it
        return {"error": UNEXPECTED, "detail": type(error).__name__}, []


if __name__ == "__main__":
    main()
