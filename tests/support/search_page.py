"""The search page in the words of who uses it."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect


def open_page(page: Page, address: str = "/") -> None:
    """Open the page, or a search by its address (`/?q=frog`), and wait for what it finds."""
    page.goto(address)
    settled(page)


def search_for(page: Page, text: str) -> None:
    """Type words, press Enter, and wait for what is found."""
    box(page).fill(text)
    box(page).press("Enter")
    settled(page)


def settled(page: Page) -> None:
    """Wait until no search is under way. What it finds, or that it failed, is shown then; thumbnails may still come."""
    expect(status(page)).not_to_have_text(re.compile("Loading|Searching|searching"))
    expect(hits(page)).not_to_have_attribute("aria-busy", "true")


def scroll_to_the_end(page: Page, total: int) -> None:
    """Of a list of so many pictures. Its pages come while one scrolls, and not each of them waits for that."""
    while (shown := cards(page).count()) < total:
        cards(page).last.scroll_into_view_if_needed()
        expect(cards(page).nth(shown)).to_be_attached()


def box(page: Page) -> Locator:
    """Where words go."""
    return page.get_by_role("combobox", name="Words to find")


def status(page: Page) -> Locator:
    """The line that says how much was found."""
    return page.locator("#status")


def hits(page: Page) -> Locator:
    """The grid: there even while it is empty."""
    return page.locator("#hits")


def cards(page: Page) -> Locator:
    """The pictures that are shown, best first."""
    return hits(page).get_by_role("listitem")


def first_thumbnail(page: Page) -> Locator:
    """The picture on the first card, once it has loaded: browsers drag none before."""
    thumbnail = cards(page).first.get_by_role("img")
    expect(thumbnail).to_have_js_property("complete", value=True)
    expect(thumbnail).not_to_have_js_property("naturalWidth", 0)
    return thumbnail


def card(page: Page, caption: str) -> Locator:
    """The one with this in its caption."""
    return cards(page).filter(has=page.locator(".caption", has_text=caption))


def captions(page: Page) -> list[str]:
    """Of the pictures that are shown, best first; without the tags that may stand behind them."""
    return [text.partition(" · ")[0] for text in cards(page).locator(".caption").all_inner_texts()]
