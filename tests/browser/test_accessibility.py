"""The page can be used by everybody, in each of its states, light and dark.

The lightbox, uploads, the picture searched by and editing have such tests beside their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe import assert_accessible
from browsing import Browsing
from chromium import DESKTOP, PHONE, Device
from page_errors import PageErrors
from playwright.sync_api import Page, expect
from query_files import FROG
from query_panel import pick
from search_page import box, cards, hits, open_page, search_for, settled, status

SEARCHES = "**/api/search"
SMALLEST_TARGET = 40
"""Pixels across that a finger meets. WCAG 2.2 AA asks for 24."""
# What can be pressed, its name and its size; a part of it that reaches further, like a label, counts.
TARGETS = """() => [...document.querySelectorAll("button, select, input, a[href], [role=slider]")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !one.closest(".skip"))
  .map((one) => (one.closest("label") ?? one))
  .map((one) => [one, one.getBoundingClientRect()])
  .map(([one, { width, height }]) => [one.ariaLabel || one.textContent || one.id, width, height])"""
IS_TOO_WIDE = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"


def start(page: Page) -> None:
    open_page(page)


def results(page: Page) -> None:
    open_page(page)
    search_for(page, "red flower")
    cards(page).first.hover()


def narrowed(page: Page) -> None:
    open_page(page, "/?q=flower&tag=plants&shape=square&sort=newest&uploaded=2020-01-01..")


def suggested(page: Page) -> None:
    open_page(page)
    box(page).press_sequentially("fl")
    expect(page.get_by_role("option").first).to_be_visible()
    box(page).press("ArrowDown")


def dates(page: Page) -> None:
    open_page(page)
    page.get_by_role("button", name="Any date").first.click()
    expect(page.get_by_label("From", exact=True)).to_be_visible()


def ranking(page: Page) -> None:
    open_page(page, "/?q=flower")
    page.get_by_role("button", name="Options").click()
    expect(page.get_by_role("slider").first).to_be_visible()


def nothing(page: Page) -> None:
    open_page(page, "/?q=qwxyz&tag=flowers")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()


def failed(page: Page) -> None:
    page.route(SEARCHES, lambda route: route.fulfill(status=422, json={"title": "No", "detail": "A plain reason."}))
    open_page(page)
    expect(page.get_by_role("alert")).to_be_visible()


def waiting(page: Page) -> None:
    page.route(SEARCHES, lambda route: None)
    page.goto("/")
    expect(status(page)).to_have_text("Searching…")


def keys(page: Page) -> None:
    open_page(page)
    hits(page).focus()
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()


STATES: tuple[Callable[[Page], None], ...] = (
    start,
    results,
    narrowed,
    suggested,
    dates,
    ranking,
    nothing,
    failed,
    waiting,
    keys,
)


def state_name(value: Any) -> str:
    return str(getattr(value, "__name__", value))


@pytest.mark.parametrize("state", STATES, ids=state_name)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_anybody_out(
    browsing: Browsing, device: Device, scheme: str, state: Callable[[Page], None], page_errors: PageErrors
) -> None:
    page_errors.allow("422")
    page = browsing.open(device, color_scheme=scheme)
    state(page)

    assert_accessible(page)


@pytest.mark.parametrize("state", STATES, ids=state_name)
def test_a_finger_meets_what_it_means(phone: Page, state: Callable[[Page], None], page_errors: PageErrors) -> None:
    page_errors.allow("422")
    state(phone)

    targets = phone.evaluate(TARGETS)

    assert targets
    assert [one for one in targets if min(one[1], one[2]) < SMALLEST_TARGET] == []


def compared(page: Page) -> None:
    open_page(page, "/?q=flower")
    pick(page, FROG)
    page.get_by_role("button", name="Mark a part").click()
    expect(page.get_by_role("button", name="Whole picture")).to_be_visible()


@pytest.mark.parametrize("state", [*STATES, compared], ids=state_name)
def test_at_320_pixels_nobody_has_to_scroll_sideways(
    browsing: Browsing, state: Callable[[Page], None], page_errors: PageErrors
) -> None:
    """As wide as a desktop's page is when it is magnified four times (WCAG 1.4.10), less its scroll bar."""
    page_errors.allow("422")
    page = browsing.open(Device("magnified", 305, 640))
    state(page)

    assert not page.evaluate(IS_TOO_WIDE)


def test_who_wants_no_motion_sees_none(browsing: Browsing, device: Device) -> None:
    page = browsing.open(device, reduced_motion="reduce")
    waiting(page)

    assert page.evaluate("() => document.getAnimations().length") == 0


def test_motion_is_seen_by_who_does_not_mind(browsing: Browsing) -> None:
    page = browsing.open(DESKTOP)
    waiting(page)

    page.wait_for_function("() => document.getAnimations().length > 0")


@pytest.mark.parametrize("colours", ["active", "none"])
def test_it_can_be_used_with_colours_of_ones_own(browsing: Browsing, colours: str) -> None:
    """Given the system's high contrast, or none, what is chosen and what has the focus can still be told."""
    page = browsing.open(PHONE, forced_colors=colours)
    open_page(page, "/?q=flower")
    page.get_by_role("group", name="Shape").get_by_role("button", name="Square").click()
    settled(page)

    expect(page.get_by_role("button", name="Square", pressed=True).locator("svg")).to_be_visible()
    assert_accessible(page)
