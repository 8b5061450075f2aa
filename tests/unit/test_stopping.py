"""`imagesearch up` ends at Ctrl-C and SIGTERM, whatever it does at that moment."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest

from imagesearch_local.commands.stopping import until_stopped

SIGNALS = [signal.SIGINT, signal.SIGTERM]


def to_another_thread(number: signal.Signals) -> None:
    """As the system may do it with a signal for the whole process."""
    thread = threading.Thread(target=lambda: signal.pthread_kill(threading.get_ident(), number))
    thread.start()
    thread.join()


def to_the_process(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("send", [to_the_process, to_another_thread])
def test_whoever_waits_is_woken_by_a_signal_that_any_thread_got(
    send: Callable[[signal.Signals], None], number: signal.Signals
) -> None:
    told: list[str] = []
    sender = threading.Timer(0.2, send, [number])

    with until_stopped(lambda: told.append("stopped")) as wait:
        sender.start()
        wait()
        pytest.fail("the wait ended, and so must the block")

    sender.join()
    assert told == ["stopped"]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_that_comes_while_something_is_started_ends_that(number: signal.Signals) -> None:
    told: list[str] = []

    with until_stopped(lambda: told.append("stopped")):
        to_the_process(number)
        pytest.fail("it would go on")

    assert told == ["stopped"]


def test_a_signal_whose_exception_somebody_swallowed_is_still_known_by_who_waits() -> None:
    """As `__del__` does it with whatever is raised in it."""
    told: list[str] = []

    with until_stopped(lambda: told.append("stopped")) as wait:
        with suppress(KeyboardInterrupt):
            to_the_process(signal.SIGTERM)
        wait()

    assert told == ["stopped"]


def test_a_second_signal_does_not_break_the_cleaning_up() -> None:
    cleaned: list[str] = []

    with until_stopped(lambda: None) as wait:
        try:
            to_the_process(signal.SIGINT)
            wait()
        finally:
            to_the_process(signal.SIGINT)
            cleaned.append("all")

    assert cleaned == ["all"]


def test_afterwards_signals_do_what_they_did() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]

    with until_stopped(lambda: None):
        assert [signal.getsignal(number) for number in SIGNALS] != before

    assert [signal.getsignal(number) for number in SIGNALS] == before
