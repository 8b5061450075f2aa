"""Waiting for what a page does, or has done by others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import patience
from playwright.sync_api import Page

T = TypeVar("T")


def until(page: Page, condition: Callable[[], T], otherwise: str | Callable[[], str] = "") -> T:
    """`patience.until`, while the page's events and routes are attended to.

    Playwright does that only inside calls to it: in a plain sleep no request of a routed page goes on, and no listener
    is called.
    """
    return patience.until(condition, otherwise, pause=lambda seconds: page.wait_for_timeout(1000 * seconds))
