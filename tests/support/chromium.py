"""The Chromium that is installed, driven through Playwright, and quiet: it fetches nothing of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import Browser, ViewportSize, sync_playwright

NAMES: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first one draws no window of its own around a page, which takes the others a third of their time."""
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True, slots=True)
class Device:
    """What somebody looks at the page with."""

    name: str
    width: int
    height: int
    scale: float = 1
    touch: bool = False

    def context(self) -> dict[str, Any]:
        """Options of a browser's context."""
        return {
            "viewport": ViewportSize(width=self.width, height=self.height),
            "device_scale_factor": self.scale,
            "is_mobile": self.touch,
            "has_touch": self.touch,
        }


DESKTOP: Final = Device("desktop", 1280, 800)
PHONE: Final = Device("phone", 390, 844, scale=2, touch=True)


class ChromiumMissing(RuntimeError):
    """There is none; the message says what to do."""


def installed() -> str:
    """Path of the program: `$CHROMIUM`, or the first that is found by name. Raises ChromiumMissing."""
    given = os.environ.get("CHROMIUM")
    found = (shutil.which(name) for name in ([given] if given else NAMES))
    if path := next(filter(None, found), None):
        return path
    raise ChromiumMissing(f"There is no {given or 'chromium'}: install it (apt-get install chromium), or set CHROMIUM")


@contextmanager
def running() -> Iterator[Browser]:
    """A browser, until it is left. Playwright runs an event loop in this thread: nothing else can meanwhile."""
    program = installed()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
