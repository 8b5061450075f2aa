"""Pages that tests look at: each in a context of its own, watched for errors, with what a failure leaves behind."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, field
from typing import Any

from chromium import Device
from page_errors import PageErrors
from playwright.sync_api import Browser, BrowserContext, Page

from imagesearch_local.paths import CHECKOUT

KEPT = CHECKOUT / "build" / "browser"
"""What is left of tests that failed: a folder each."""
_TOASTS_STAY = """{
  const later = window.setTimeout;
  window.setTimeout = (then, pause, ...more) => later(then, then?.name === "hide" ? 600_000 : pause, ...more);
}"""
"""Short news would go away (by `hide` of web/scripts/page/toasts.js) before a busy machine has looked at it.

A test that installs a clock of its own decides on that again.
"""


@dataclass(slots=True)
class Browsing:
    """What one test opens."""

    browser: Browser
    base_url: str
    name: str
    """Of the test."""
    errors: PageErrors = field(default_factory=PageErrors)
    contexts: list[BrowserContext] = field(default_factory=list)
    kept: str = ""
    """Where what is left of the test is, once it has failed."""

    def open(self, device: Device, **options: Any) -> Page:
        """A page that is still blank, `options` are those of a context. `page.goto("/")` opens the search page."""
        settings = {"base_url": self.base_url, "locale": "en-GB", "timezone_id": "Europe/Berlin"}
        context = self.browser.new_context(**{**settings, **device.context(), **options})
        context.tracing.start(snapshots=True)
        self.errors.watch(context)
        context.add_init_script(_TOASTS_STAY)
        self.contexts.append(context)
        return context.new_page()

    def keep(self) -> str:
        """Keep screenshots, traces and errors for who looks why the test failed, once. Says where."""
        if self.kept:
            return self.kept
        folder = KEPT / re.sub(r"[^\w.-]+", "-", self.name)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for number, context in enumerate(self.contexts):
            for place, page in enumerate(context.pages):
                page.screenshot(path=folder / f"page-{number}-{place}.png")
            context.tracing.stop(path=folder / f"trace-{number}.zip")
        (folder / "errors.json").write_text(json.dumps(self.errors.seen, indent=1, ensure_ascii=False), "utf-8")
        self.kept = f"Screenshots and traces (.venv/bin/playwright show-trace) are in {folder.relative_to(CHECKOUT)}/"
        return self.kept

    def close(self) -> None:
        for context in self.contexts:
            context.close()
