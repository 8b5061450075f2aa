"""What goes wrong in a page behind the back of who looks at it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Request, WebError

_REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`securitypolicyviolation: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""
"""Violations that name no resource reach the console in other words, or not at all."""


@dataclass  # without slots: Playwright keeps what it wraps a listener in on the listener's object
class PageErrors:
    """Console errors, exceptions that nobody caught, violations of the policy, failed requests and native dialogs."""

    seen: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)

    def allow(self, pattern: str) -> None:
        """What this regular expression is found in belongs to the test. A dialog that it is found in is accepted."""
        self.allowed.append(pattern)

    @property
    def unexpected(self) -> list[str]:
        return [error for error in self.seen if not self._allows(error)]

    def watch(self, context: BrowserContext) -> None:
        """Look at every page of the context from now on."""
        context.add_init_script(_REPORT_VIOLATIONS)
        context.on("console", self._console)
        context.on("weberror", self._exception)
        context.on("requestfailed", self._request)
        context.on("dialog", self._dialog)

    def _allows(self, error: str) -> bool:
        return any(re.search(pattern, error) for pattern in self.allowed)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.seen.append(f"console: {message.text} ({message.location['url']})")

    def _exception(self, error: WebError) -> None:
        self.seen.append(f"exception: {error.error.stack or error.error.message}")

    def _request(self, request: Request) -> None:
        # A search that was overtaken by the next, or a picture that was scrolled away, is cancelled by the page itself.
        if request.failure != "net::ERR_ABORTED":
            self.seen.append(f"request: {request.failure} {request.method} {request.url}")

    def _dialog(self, dialog: Dialog) -> None:
        said = f"dialog: {dialog.type} {dialog.message}"
        self.seen.append(said)
        if self._allows(said):
            dialog.accept()
        else:
            dialog.dismiss()
