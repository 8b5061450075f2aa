"""Rows are full from edge to edge, pages follow each other while one scrolls, and nothing ever moves."""

from __future__ import annotations

from typing import Any

import pytest
from answered import answered
from held import Held, hold
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from page_patience import until
from page_site import Site
from playwright.sync_api import FloatRect, Page, expect
from search_page import box, captions, cards, hits, open_page, scroll_to_the_end, settled, status

RATIOS = st.lists(st.floats(0.75, 2.4), min_size=1, max_size=60)
ROWS = """async ([ratios, width, gap, height, complete]) => {
  const { rows } = await import("/scripts/results/grid.js");
  return rows(ratios, width, gap, height, complete);
}"""
PLACES = """() =>
  [...document.querySelectorAll(".card:not([hidden])")].map((one) => [one.dataset.id, one.offsetLeft, one.offsetTop])"""


def boxes(page: Page) -> list[FloatRect]:
    return [box for one in cards(page).all() if (box := one.bounding_box())]


def by_row(placed: list[FloatRect]) -> list[list[FloatRect]]:
    found: dict[float, list[FloatRect]] = {}
    for one in placed:
        found.setdefault(one["y"], []).append(one)
    return [*found.values()]


def more_is_asked_for_before_the_answer(page: Page, held: Held) -> None:
    """Of the search that is under way; then comes the answer."""
    expect(status(page)).to_contain_text("Searching")
    page.get_by_role("button", name="More pictures").evaluate("(button) => button.click()")
    until(page, lambda: held.routes)
    held.release()
    settled(page)


def test_rows_reach_from_edge_to_edge(page: Page) -> None:
    open_page(page)

    grid = hits(page).bounding_box()
    assert grid
    rows = by_row(boxes(page))
    assert len(rows) > 2
    for row in rows:
        assert row[0]["x"] == grid["x"]
        assert abs(row[-1]["x"] + row[-1]["width"] - grid["x"] - grid["width"]) < 1
        assert len({round(one["height"]) for one in row}) == 1


def test_a_picture_has_its_place_before_it_is_there(page: Page) -> None:
    page.route("**/thumbnails/**", lambda route: None)
    page.goto("/?q=flower")
    settled(page)
    before = boxes(page)

    assert len(before) > 5
    assert all(box["height"] > 100 for box in before)


def test_scrolling_brings_one_page_after_the_other_and_every_picture_once(page: Page, site: Site) -> None:
    open_page(page)
    total = site.client.search({"limit": 1})["total"]
    assert cards(page).count() < total

    scroll_to_the_end(page, total)

    ids = [one.get_attribute("data-id") for one in cards(page).all()]
    assert len(set(ids)) == len(ids) == total
    expect(page.get_by_role("button", name="More pictures")).to_be_hidden()


def test_what_is_shown_stays_where_it_is_when_the_next_page_comes(page: Page) -> None:
    open_page(page)
    before = page.evaluate(PLACES)

    hits(page).evaluate("() => scrollTo(0, document.body.scrollHeight)")
    expect(cards(page).nth(len(before))).to_be_attached()

    assert page.evaluate(PLACES)[: len(before)] == before


def test_a_page_that_fails_leaves_what_is_there_and_can_be_asked_for_again(page: Page, page_errors: Any) -> None:
    page_errors.allow("400")
    with answered(
        page,
        "**/api/search",
        lambda route: (
            route.fulfill(
                status=400, json={"code": "invalid-cursor", "title": "Too old", "detail": "The cursor is too old."}
            )
            if "cursor" in (route.request.post_data or "")
            else route.continue_()
        ),
    ):
        open_page(page)
        before = captions(page)
        hits(page).evaluate("() => scrollTo(0, document.body.scrollHeight)")
        expect(page.get_by_role("alert")).to_contain_text("This list has grown old")

        assert captions(page) == before
    page.get_by_role("button", name="Search again").click()
    settled(page)

    expect(page.get_by_role("alert")).to_be_hidden()
    assert captions(page)[: len(before)] == before


def test_a_page_of_the_last_search_never_lands_in_the_next_one(page: Page) -> None:
    """Given a search that takes its time, When somebody asks for more meanwhile, Then it shows its own alone."""
    open_page(page)
    held = hold(page, lambda request: request.url.endswith("/api/search"))

    box(page).fill("frog")
    box(page).press("Enter")
    more_is_asked_for_before_the_answer(page, held)

    expect(status(page)).to_have_text("2 pictures with this word")
    assert all("frog" in caption.lower() for caption in captions(page))


def test_who_asked_for_more_too_early_gets_it_all_the_same(page: Page, site: Site) -> None:
    """Given a search under way, When the button is pressed before its answer, Then its own list goes on to the end."""
    open_page(page)
    held = hold(page, lambda request: request.url.endswith("/api/search"))
    page.get_by_label("Order").select_option("Oldest first")
    more_is_asked_for_before_the_answer(page, held)

    total = site.client.search({"limit": 1})["total"]
    scroll_to_the_end(page, total)

    expect(cards(page)).to_have_count(total)


@pytest.mark.parametrize("width", [640, 768, 820, 1024])
def test_rows_are_full_where_the_width_is_no_whole_number_of_pixels(desktop: Page, width: int) -> None:
    """As on tablets: margins are shares of the window."""
    desktop.set_viewport_size({"width": width, "height": 900})
    open_page(desktop)

    grid = hits(desktop).bounding_box()
    assert grid
    for row in by_row(boxes(desktop)[:12])[:-1]:
        assert abs(row[-1]["x"] + row[-1]["width"] - grid["x"] - grid["width"]) < 2


def test_a_double_click_on_a_picture_searches_for_the_like_of_that_one(desktop: Page) -> None:
    """Given an answer that comes between the two clicks, the second one meets another picture, and means none."""
    open_page(desktop, "/?q=flower")
    clicked = cards(desktop).nth(1)
    name = clicked.get_attribute("data-id")

    clicked.get_by_role("link").dblclick()
    settled(desktop)
    assert f"similar={name}" in desktop.url

    cards(desktop).nth(2).get_by_role("link").dispatch_event("click", {"detail": 2, "button": 0})
    settled(desktop)
    assert f"similar={name}" in desktop.url


def test_another_width_of_the_window_fills_rows_anew(desktop: Page) -> None:
    open_page(desktop)

    desktop.set_viewport_size({"width": 700, "height": 800})

    grid = hits(desktop).bounding_box()
    assert grid
    expect(cards(desktop).first).to_be_visible()
    assert max(box["x"] + box["width"] for box in boxes(desktop)) <= grid["x"] + grid["width"] + 1


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(RATIOS, st.integers(280, 2600), st.integers(0, 20), st.booleans())
def test_rows_keep_the_order_and_never_overflow(
    desktop: Page, ratios: list[float], width: int, gap: int, complete: bool
) -> None:
    if desktop.url == "about:blank":
        open_page(desktop)

    rows = desktop.evaluate(ROWS, [ratios, width, gap, 200, complete])

    assert [one["index"] for row in rows for one in row] == list(range(len(ratios)))
    for row in rows:
        assert sum(one["width"] for one in row) + gap * (len(row) - 1) <= width
        assert all(one["width"] > 0 for one in row)
    for row in rows[:-1]:
        assert all(one["visible"] for one in row)
    # Held back until the next page fills it, or all there is.
    assert complete is False or all(one["visible"] for one in rows[-1])
