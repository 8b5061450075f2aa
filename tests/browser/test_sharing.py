"""A link to a search works for whoever gets it, with the picture that is searched by, which no server sees."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import Browsing
from chromium import DESKTOP
from page_errors import PageErrors
from playwright.sync_api import Page, expect
from query_files import FROG, tiff
from query_panel import Shares, balance, drag, marked_part, panel, part, pick, picture
from search_page import captions, cards, open_page, settled

CLIPBOARD = ["clipboard-read", "clipboard-write"]


def copied_link(page: Page) -> str:
    page.context.grant_permissions(CLIPBOARD)
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#toast")).to_contain_text("Link copied")
    link: str = page.evaluate("() => navigator.clipboard.readText()")
    return link


@pytest.fixture
def elsewhere(browsing: Browsing) -> Page:
    """Another browser: nothing of the first one is in it."""
    return browsing.open(DESKTOP)


def test_the_link_of_a_search_by_words_is_its_address(page: Page) -> None:
    open_page(page, "/?q=frog")

    assert copied_link(page) == page.url


def test_a_picture_goes_along_and_finds_the_same_elsewhere(page: Page, elsewhere: Page) -> None:
    open_page(page, "/?q=green")
    pick(page, FROG)
    balance(page).fill("80")
    settled(page)
    found = captions(page)[0]

    link = copied_link(page)
    assert len(link) < 17_000
    open_page(elsewhere, link)

    assert captions(elsewhere)[0] == found
    expect(picture(elsewhere)).to_be_visible()
    expect(balance(elsewhere)).to_have_value("80")
    assert "#" not in elsewhere.url
    elsewhere.reload()
    settled(elsewhere)
    assert captions(elsewhere)[0] == found


def test_so_does_its_part(desktop: Page, elsewhere: Page) -> None:
    open_page(desktop)
    pick(desktop, FROG)
    drag(desktop, Shares(0.2, 0.2), Shares(0.7, 0.7))
    found = captions(desktop)[0]

    open_page(elsewhere, copied_link(desktop))

    expect(part(elsewhere)).to_be_visible()
    assert marked_part(elsewhere) == pytest.approx([0.2, 0.2, 0.7, 0.7], abs=0.03)
    assert captions(elsewhere)[0] == found


def test_the_picture_is_in_no_request_for_the_page(desktop: Page, elsewhere: Page) -> None:
    open_page(desktop)
    pick(desktop, FROG)
    link = copied_link(desktop)
    content = link.partition("#picture=")[2]
    asked: list[str] = []
    elsewhere.on("request", lambda request: asked.append(request.url + str(request.headers)))

    open_page(elsewhere, link)

    assert content
    assert not [one for one in asked if content in one]


def test_of_a_picture_that_this_browser_cannot_show_the_page_says_how_far_the_link_goes(
    desktop: Page, page_errors: PageErrors, tmp_path: Path
) -> None:
    page_errors.allow("connect-src")  # Playwright's trace fetches pictures that did not load
    open_page(desktop)
    pick(desktop, tiff(tmp_path / "scan.tif"))

    assert copied_link(desktop) == desktop.url

    expect(desktop.locator("#toast")).to_contain_text("It works in this browser alone")


def test_a_picture_that_cannot_be_put_into_a_link_is_told_and_the_rest_is_copied(desktop: Page) -> None:
    """As under a browser's protection against fingerprinting, which leaves canvases unreadable."""
    open_page(desktop)
    pick(desktop, FROG)
    desktop.evaluate("() => { OffscreenCanvas.prototype.convertToBlob = () => Promise.reject(new Error('no')); }")

    assert copied_link(desktop) == desktop.url

    expect(desktop.locator("#toast")).to_contain_text(
        "It works in this browser alone: the picture could not be put into it."
    )


def test_the_whole_link_after_a_damaged_one_brings_the_picture(desktop: Page, elsewhere: Page) -> None:
    """Given a tab that was opened by half a link, When the whole one is pasted there, Then it finds what it should."""
    open_page(desktop, "/?q=green")
    pick(desktop, FROG)
    found, link = captions(desktop)[0], copied_link(desktop)
    elsewhere.goto(link[:-3000])
    expect(elsewhere.locator("#notice")).to_contain_text("The picture of this search is not in this browser")

    elsewhere.goto(link)

    expect(picture(elsewhere)).to_be_visible()
    settled(elsewhere)
    assert captions(elsewhere)[0] == found
    assert "#" not in elsewhere.url


@pytest.mark.parametrize("content", ["", "AAAA", "%%%", "_9j_4AAQ", "<script>alert(1)</script>"])
def test_a_damaged_link_says_so_and_the_page_works(desktop: Page, page_errors: PageErrors, content: str) -> None:
    page_errors.allow("connect-src")  # as above

    desktop.goto(f"/?q=frog#picture={content}")

    expect(desktop.locator("#toast")).to_have_text(
        "The picture in this link is damaged. Copy the whole link again, or pick the picture itself."
    )
    expect(cards(desktop).first).to_be_visible()
    expect(panel(desktop)).to_be_hidden()


def test_where_the_clipboard_is_refused_the_link_is_shown_to_be_copied(page: Page) -> None:
    page.add_init_script("navigator.clipboard.write = () => Promise.reject(new DOMException('no', 'NotAllowedError'))")
    open_page(page, "/?q=frog")

    page.get_by_role("button", name="Copy link").click()

    dialog = page.get_by_role("dialog", name="Copy this link")
    field = dialog.get_by_role("textbox", name="Link to this search")
    expect(field).to_have_value(page.url)
    expect(field).to_be_focused()
    assert page.evaluate("() => getSelection().toString()") == page.url
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)
