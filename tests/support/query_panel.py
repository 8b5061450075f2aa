"""The panel of what is searched by, in the words of who uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, Request, expect
from search_page import settled

FIRST_WAITS = """
const decode = createImageBitmap;
window.createImageBitmap = async (...all) => {
  if (!window.release) await new Promise((resolve) => (window.release = resolve));
  return decode(...all);
};
"""
"""A slow computer: the first picture is decoded when the test says so."""
DATA_TRANSFER = """([files, text]) => {
  const transfer = new DataTransfer();
  for (const { name, type, base64 } of files) {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type }));
  }
  if (text) transfer.setData("text/plain", text);
  return transfer;
}"""
"""Of a list of files and a text, what a browser hands to a page with a paste."""


def panel(page: Page) -> Locator:
    return page.get_by_role("region", name="What is searched by")


def picture(page: Page) -> Locator:
    """The picture that is searched by."""
    return panel(page).locator(".query-frame img")


def area(page: Page) -> Locator:
    """What lies over that picture, to mark a part of it."""
    return panel(page).get_by_role("application")


def part(page: Page) -> Locator:
    """The rectangle that is marked."""
    return area(page).locator(".region")


def balance(page: Page) -> Locator:
    return panel(page).get_by_role("slider", name="Balance of words and picture")


def marks(page: Page, title: str) -> Locator:
    """The pictures marked as `More like` or `Less like`."""
    return panel(page).get_by_role("list", name=title).get_by_role("button")


def _asks_something_new(request: Request) -> bool:
    """Not for the next page of what was asked before."""
    return request.url.endswith("/api/search") and "cursor" not in (request.post_data_json or {})


@contextmanager
def searched(page: Page) -> Iterator[None]:
    """What is done within starts a search: wait for what it finds."""
    with page.expect_response(lambda response: _asks_something_new(response.request)):
        yield
    settled(page)


def request_of(page: Page, action: Callable[[], object]) -> dict[str, Any]:
    """What is asked of the API by the search that this starts."""
    with page.expect_request(_asks_something_new) as asked:
        action()
    settled(page)
    return dict(asked.value.post_data_json or {})


def choose(page: Page, path: Path) -> None:
    """Choose a file by the button of the search box."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Pick a picture to search by").click()
    chooser.value.set_files(path)


def pick(page: Page, path: Path) -> None:
    """Choose a file, and wait for what it finds."""
    with searched(page):
        choose(page, path)
    expect(panel(page)).to_be_visible()


def refused(page: Page, path: Path) -> Locator:
    """Choose a file that can't be searched by; returns where the page says why."""
    choose(page, path)
    return page.locator("#toast")


@dataclass(frozen=True, slots=True)
class Shares:
    """A point in the picture that is searched by, as shares of its sides."""

    across: float
    down: float

    def on(self, page: Page) -> tuple[float, float]:
        """Where that is in the window, in pixels."""
        box = picture(page).bounding_box()
        assert box
        return box["x"] + box["width"] * self.across, box["y"] + box["height"] * self.down


def drag(page: Page, start: Shares, end: Shares) -> None:
    """With the mouse, and wait for what that finds."""
    with searched(page):
        page.mouse.move(*start.on(page))
        page.mouse.down()
        page.mouse.move(*end.on(page), steps=5)
        page.mouse.up()


def marked_part(page: Page) -> list[float]:
    """Where the rectangle is seen: left, top, right, bottom, as shares of the picture, to a hundredth."""
    whole, marked = picture(page).bounding_box(), part(page).bounding_box()
    assert whole
    assert marked
    left = (marked["x"] - whole["x"]) / whole["width"]
    top = (marked["y"] - whole["y"]) / whole["height"]
    right = left + marked["width"] / whole["width"]
    return [round(share, 2) for share in (left, top, right, top + marked["height"] / whole["height"])]
