"""The panel of uploads in the words of who uses it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from page_patience import until
from page_site import Site
from playwright.sync_api import Locator, Page, expect

Files = Callable[..., Sequence[Path]]
"""Makes files to add: `files("coffee.png", "rocket.jpg")` of real photographs."""
BUCKET = re.compile(r"^http://127\.0\.0\.1:\d+/images$")
"""Where the page sends pictures to."""


def add(page: Page, paths: Sequence[Path]) -> None:
    """Pick files as people do."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add pictures").first.click()
    chooser.value.set_files(paths)


def panel(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Uploads")


def summary(page: Page) -> Locator:
    """All uploads in one line."""
    return panel(page).get_by_role("heading")


def rows(page: Page) -> Locator:
    return panel(page).get_by_role("listitem")


def row(page: Page, name: str) -> Locator:
    """Of the file of this name."""
    return rows(page).filter(has=page.get_by_text(name, exact=True))


def bar(page: Page, name: str) -> Locator:
    return panel(page).get_by_role("progressbar", name=f"Sent of {name}")


def button(page: Page, name: str) -> Locator:
    return panel(page).get_by_role("button", name=name, exact=True)


def expect_searchable(page: Page, *names: str) -> None:
    for name in names:
        expect(row(page, name)).to_contain_text(re.compile(r"Searchable after \d+\.\d s"))


def expect_nothing_pending(page: Page, site: Site) -> None:
    """The library waits for no upload that was begun, be it of an earlier test."""

    def pending() -> int:
        return int(site.client.health()["index"]["states"].get("pending", 0))

    until(page, lambda: not pending(), lambda: f"{pending()} uploads are waited for")


def record(page: Page) -> Callable[[str], None]:
    """Keep all that the panel says. What is returned waits until it has said something, however briefly."""
    page.evaluate(
        """() => {
          window.panelSaid = [];
          const panel = document.getElementById("uploads");
          const watch = new MutationObserver(() => panelSaid.push(panel.textContent));
          watch.observe(panel, { childList: true, subtree: true, characterData: true });
        }"""
    )

    def has_said(text: str) -> None:
        page.wait_for_function("(text) => panelSaid.some((said) => said.includes(text))", arg=text)

    return has_said


@contextmanager
def slow_network(page: Page, *, kilobytes: int) -> Iterator[Callable[[], None]]:
    """No more than this goes out in a second while the block runs. What it is given cuts the network until then."""
    session = page.context.new_cdp_session(page)

    def limit(upload: int, *, offline: bool = False) -> None:
        limits = {"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": upload}
        session.send("Network.emulateNetworkConditions", limits)

    session.send("Network.enable")
    limit(kilobytes * 1000)
    try:
        yield lambda: limit(-1, offline=True)
    finally:
        limit(-1)
        session.detach()
