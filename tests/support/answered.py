"""Answers that a test gives in another's place, for a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from re import Pattern

from playwright.sync_api import Page, Route

Address = str | Pattern[str] | Callable[[str], bool]


@contextmanager
def answered(page: Page, url: Address, answer: Callable[[Route], None]) -> Iterator[None]:
    """What the page asks for at this address is answered so, within.

    The route stays when it is over, and lets all through: `unroute` would answer what is on its way a second time, and
    the handler that is at work on it fails (`Route is already handled!`).
    """
    within = True

    def handle(route: Route) -> None:
        if within:
            answer(route)
        else:
            route.fallback()

    page.route(url, handle)
    try:
        yield
    finally:
        within = False
