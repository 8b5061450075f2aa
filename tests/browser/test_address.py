"""The address holds the search: it can be shared, reloaded, gone back to, and tampered with."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from page_site import Site
from playwright.sync_api import Page, expect
from search_page import box, captions, cards, open_page, scroll_to_the_end, search_for, settled

IDS = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=26, max_size=26)
KEPT = st.text("0123456789abcdef", min_size=16, max_size=16)
DAYS = st.one_of(st.just(""), st.dates().map(str))
CROPS = st.tuples(st.floats(0, 0.45), st.floats(0, 0.45), st.floats(0.5, 1), st.floats(0.5, 1))
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
SEARCHES = st.fixed_dictionaries(
    {
        "text": TEXT.map(str.strip),
        "picture": st.none() | KEPT,
        "similar": st.none() | IDS,
        "crop": st.none() | CROPS.map(lambda crop: [round(share, 3) for share in crop]),
        "more": st.lists(IDS, max_size=4, unique=True),
        "less": st.lists(IDS, max_size=4, unique=True),
        "balance": st.integers(0, 100),
        "tags": st.lists(TEXT.filter(bool), max_size=4, unique=True),
        "shape": st.sampled_from([[], ["landscape"], ["landscape", "square"]]),
        "dated": st.sampled_from(["uploaded", "taken"]),
        "from": DAYS,
        "to": DAYS,
        "sort": st.sampled_from(["relevance", "newest", "oldest", "taken_newest", "taken_oldest"]),
        "stacked": st.booleans(),
        "alike": st.booleans(),
        "variety": st.integers(0, 100),
        "open": st.none() | IDS,
    }
)
THERE_AND_BACK = """async (search) => {
  const { fromAddress, settled, toAddress } = await import("/scripts/search.js");
  const sense = settled(search);
  return [sense, fromAddress(toAddress(sense))];
}"""


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(SEARCHES)
def test_every_search_comes_back_from_its_address(opened: Page, search: dict[str, Any]) -> None:
    sense, again = opened.evaluate(THERE_AND_BACK, search)

    if not (sense["from"] or sense["to"]):
        sense["dated"] = again["dated"]  # of no dates there is no kind
    assert again == sense


@pytest.mark.parametrize(
    "address",
    [
        "/?crop=9,9,9,9&balance=lots&variety=-5&sort=sideways&shape=round&stacked=perhaps",
        "/?uploaded=yesterday..tomorrow&taken=..",
        "/?similar=../../health&more=<script>&open=%00",
        "/?q=%F0%9F%90%B8&tag=&tag=",
        "/?crop=0.1,0.1,0.5,0.5",
        "/?%E0%A4%A",
        "/?uploaded=2026-02-30..2026-13-01",
    ],
)
def test_what_makes_no_sense_in_an_address_is_left_out(page: Page, address: str) -> None:
    """The fixtures fail on any error."""
    open_page(page, address)

    expect(page.get_by_role("alert")).to_be_hidden()


@pytest.mark.parametrize("balance", ["NaN", "-1", "1e1", "0x10", ""])
def test_a_balance_that_is_no_share_is_the_usual_one(opened: Page, balance: str) -> None:
    usual, read = opened.evaluate(
        """async (balance) => {
          const { EMPTY, fromAddress } = await import("/scripts/search.js");
          return [EMPTY.balance, fromAddress(`?q=frog&balance=${balance}`).balance];
        }""",
        balance,
    )

    assert read == usual


def test_days_the_wrong_way_round_are_meant_the_right_way_round(page: Page) -> None:
    open_page(page, "/?uploaded=2030-01-01..2020-12-31")

    expect(page.get_by_role("button", name="Added 2020-12-31 to 2030-01-01")).to_be_visible()
    expect(cards(page).first).to_be_visible()


def test_a_link_to_a_search_shows_what_was_searched_for(page: Page) -> None:
    open_page(page, "/?q=flower&tag=plants&shape=square&sort=newest&uploaded=2020-01-01..")

    expect(box(page)).to_have_value("flower")
    expect(page.get_by_role("group", name="Tags").get_by_role("button", pressed=True)).to_contain_text("plants")
    expect(page.get_by_role("group", name="Shape").get_by_role("button", pressed=True)).to_contain_text("Square")
    expect(page.get_by_role("combobox", name="Order")).to_have_value("newest")
    expect(page.get_by_role("button", name="Added from 2020-01-01")).to_be_visible()
    assert page.title() == "flower · Picture search"


def test_back_and_forward_go_through_the_searches(page: Page) -> None:
    open_page(page)
    search_for(page, "frog")
    frogs = captions(page)
    search_for(page, "tiger")
    tigers = captions(page)

    page.go_back()
    expect(box(page)).to_have_value("frog")
    settled(page)
    assert captions(page) == frogs
    page.go_back()
    expect(box(page)).to_have_value("")
    settled(page)
    assert cards(page).count() > 10
    page.go_forward()
    page.go_forward()
    expect(box(page)).to_have_value("tiger")
    settled(page)

    assert captions(page) == tigers


def test_back_returns_to_the_same_place_of_the_same_list(page: Page, site: Site) -> None:
    """Given a list of all its pages, scrolled, when one comes back to it, then it is as it was, without a request."""
    open_page(page)
    total = site.client.search({"limit": 1})["total"]
    scroll_to_the_end(page, total)  # or it would go on by itself when one comes back
    page.evaluate("() => scrollTo(0, 900)")
    search_for(page, "frog")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/api/search") else None)

    page.go_back()
    expect(box(page)).to_have_value("")
    settled(page)

    assert not asked
    expect(cards(page)).to_have_count(total)
    page.wait_for_function("() => Math.abs(scrollY - 900) < 2")


def test_reloading_shows_the_same(page: Page) -> None:
    open_page(page, "/?q=flower&variety=40")
    before = captions(page)

    page.reload()
    settled(page)

    assert captions(page) == before


def test_the_logo_leads_back_to_everything(page: Page) -> None:
    open_page(page, "/?q=frog&tag=animals")

    page.get_by_role("banner").get_by_role("link", name="Picture search").click()
    settled(page)

    expect(box(page)).to_have_value("")
    assert cards(page).count() > 10
