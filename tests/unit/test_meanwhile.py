"""Two things at a time."""

from __future__ import annotations

import threading
import time

import pytest

from imagesearch.deadlines import seconds_left, until
from imagesearch.meanwhile import meanwhile


def test_work_goes_on_while_the_block_runs() -> None:
    begun, told = threading.Event(), threading.Event()

    def work(answer: str) -> str:
        begun.set()
        told.wait()
        return answer

    with meanwhile(work, "done") as answered:
        begun.wait()
        told.set()
        assert answered() == "done"


def test_it_has_the_deadline_of_who_asked_for_it() -> None:
    with until(time.monotonic() - 1), meanwhile(seconds_left) as left:
        assert left() < 0


def test_what_it_raises_is_raised_where_its_answer_is_wanted() -> None:
    with meanwhile(int, "no number") as answered, pytest.raises(ValueError, match="no number"):
        answered()
