"""axe-core, which finds what keeps people from using a page. It comes out of a wheel that is never imported."""

from __future__ import annotations

from functools import cache
from importlib.metadata import files
from typing import Any

from playwright.sync_api import Page

GRAVE = ("serious", "critical")
# What fades in has not its colours yet. What goes on for ever is not waited for.
_ENDED = """() => Promise.allSettled(document.getAnimations()
  .filter((one) => one.effect.getComputedTiming().endTime !== Infinity)
  .map((one) => one.finished))"""


def assert_accessible(page: Page) -> None:
    """Nothing that is shown now is a serious or critical violation of WCAG 2.2 AA or of axe's best practices."""
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(_script())
    page.evaluate(_ENDED)
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")["violations"]
    grave = [_told(violation) for violation in found if violation["impact"] in GRAVE]
    assert not grave, "\n\n".join(grave)


def _told(violation: dict[str, Any]) -> str:
    places = [f"  {' '.join(map(str, node['target']))}\n    {node['failureSummary']}" for node in violation["nodes"]]
    return "\n".join([f"{violation['id']} ({violation['impact']}): {violation['help']}", *places])


@cache
def _script() -> str:
    [path] = [path for path in files("axe-playwright-python") or () if path.name == "axe.min.js"]
    return path.read_text("utf-8")
