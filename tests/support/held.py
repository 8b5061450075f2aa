"""Answers that come when a test wants them to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import Page, Request, Route


@dataclass
class Held:
    """Requests that wait for their answers."""

    routes: list[Route] = field(default_factory=list)
    open: bool = False

    @property
    def paths(self) -> set[str]:
        return {route.request.url for route in self.routes}

    def release(self) -> None:
        """Answer those that wait, and from now on at once."""
        self.open = True
        for route in self.routes:
            route.continue_()


def hold(page: Page, which: Callable[[Request], bool]) -> Held:
    """Hold the answers to these requests back until `release`."""
    held = Held()

    def handle(route: Route) -> None:
        if held.open or not which(route.request):
            route.fallback()
        else:
            held.routes.append(route)

    page.route("**/*", handle)
    return held
