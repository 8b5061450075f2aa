"""While one types, words and tags that are really there are offered."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect
from search_page import box, cards, open_page, settled


def offered(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Suggestions").get_by_role("option")


def test_what_is_typed_is_completed(page: Page) -> None:
    open_page(page)

    box(page).press_sequentially("flo")

    expect(offered(page).filter(has_text="tag").first).to_contain_text("flowers")
    expect(box(page)).to_have_attribute("aria-expanded", "true")


def test_arrows_and_enter_choose_words(page: Page) -> None:
    open_page(page)
    box(page).fill("fro")
    expect(offered(page).filter(has_text="frog")).to_be_visible()
    wanted = [one.inner_text().split()[0] for one in offered(page).all()].index("frog")

    for _ in range(wanted + 1):
        box(page).press("ArrowDown")
    expect(offered(page).nth(wanted)).to_have_attribute("aria-selected", "true")
    box(page).press("Enter")
    settled(page)

    expect(box(page)).to_have_value("frog")
    assert "q=frog" in page.url
    expect(offered(page)).to_have_count(0)


def test_a_tag_becomes_a_filter(page: Page) -> None:
    open_page(page)
    box(page).fill("flow")

    offered(page).filter(has_text="tag").first.click()
    settled(page)

    assert "tag=flowers" in page.url
    expect(box(page)).to_have_value("")
    expect(page.get_by_role("group", name="Tags").get_by_role("button", pressed=True)).to_contain_text("flowers")


def test_escape_closes_them_and_keeps_what_was_typed(page: Page) -> None:
    open_page(page)
    box(page).press_sequentially("flo")
    expect(offered(page).first).to_be_visible()

    box(page).press("Escape")

    expect(offered(page)).to_have_count(0)
    expect(box(page)).to_have_value("flo")


def test_hostile_tags_are_offered_as_text(page: Page) -> None:
    open_page(page)

    box(page).press_sequentially("<img")

    expect(offered(page).first).to_contain_text("<img src=x onerror=alert(2)>")


def test_one_can_search_without_them(page: Page) -> None:
    """Given suggestions that fail, when words are searched for, then nothing is missing."""
    page.route("**/api/suggest*", lambda route: route.fulfill(status=200, json={"suggestions": []}))
    open_page(page)

    box(page).press_sequentially("frog")
    box(page).press("Enter")
    settled(page)

    expect(cards(page)).to_have_count(2)
