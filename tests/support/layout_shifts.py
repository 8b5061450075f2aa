"""What moves on a page without anybody having wanted that (https://web.dev/articles/cls)."""

from __future__ import annotations

from playwright.sync_api import Page

# Buffered: from the very beginning.
_WATCH = """
window.shifted = [];
const around = (node) => (node ? [node.id ?? "", ...around(node.parentElement)] : []);
const told = ({ node, previousRect, currentRect }) =>
  `${node?.nodeName} ${node?.id || node?.className} from ${previousRect.y} to ${currentRect.y}`;
new PerformanceObserver((list) => {
  for (const { value, sources } of list.getEntries()) {
    const parts = sources.map((source) => ({ within: around(source.node), told: told(source) }));
    window.shifted.push({ told: `${value.toFixed(4)}: ${parts.map((part) => part.told)}`, parts });
  }
}).observe({ type: "layout-shift", buffered: true });
"""
_TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"


def watch_shifts(page: Page) -> None:
    """Before it opens anything."""
    page.add_init_script(_WATCH)


def two_frames(page: Page) -> None:
    """Later whatever was laid out has been looked at, and whatever was heard has been understood."""
    page.evaluate(_TWO_FRAMES)


def shifts(page: Page, *, but_within: str | None = None) -> list[str]:
    """All so far, but for those of which each part lies within the element of this id. Not of each are parts told."""
    two_frames(page)
    shifted = page.evaluate("() => window.shifted")
    expected = [bool(one["parts"]) and all(but_within in part["within"] for part in one["parts"]) for one in shifted]
    return [one["told"] for one, as_expected in zip(shifted, expected, strict=True) if not as_expected]
