"""Chips, dates and order narrow what is found, say how much there is, and can be taken back."""

from __future__ import annotations

import re

import pytest
from browsing import Browsing
from chromium import DESKTOP
from held import hold
from page_site import Site
from playwright.sync_api import Locator, Page, expect
from search_page import captions, card, cards, open_page, search_for, settled, status


def tags(page: Page) -> Locator:
    return page.get_by_role("group", name="Tags").get_by_role("button")


def tag(page: Page, name: str) -> Locator:
    return tags(page).filter(has_text=re.compile(rf"^{name}\s*\d+$"))


def total(page: Page) -> int:
    found = re.match(r"[\d,]+", status(page).inner_text())
    assert found
    return int(found.group().replace(",", ""))


def test_tags_are_told_with_their_counts_most_frequent_first(page: Page, site: Site) -> None:
    open_page(page)

    counted = site.client.search({"facets": ["tags"], "limit": 1})["facets"]["tags"]
    expect(tags(page)).to_have_text([f"{one['value']}{one['count']}" for one in counted])


def test_a_tag_narrows_and_its_count_is_kept(page: Page) -> None:
    open_page(page)
    count = int(tag(page, "flowers").locator(".number").inner_text())

    tag(page, "flowers").click()
    settled(page)

    assert total(page) == count
    expect(tag(page, "flowers")).to_have_attribute("aria-pressed", "true")
    expect(tags(page).first).to_contain_text("flowers")


def test_two_tags_must_both_be_there_and_are_taken_back_one_by_one(page: Page) -> None:
    open_page(page)
    everything = total(page)

    tag(page, "animals").click()
    settled(page)
    animals = total(page)
    tag(page, "portrait").click()
    settled(page)
    assert captions(page) == ["Chelsea the cat, close up."]

    tag(page, "portrait").click()
    settled(page)
    assert total(page) == animals
    page.get_by_role("button", name="Clear filters").click()
    settled(page)

    assert total(page) == everything
    expect(page.get_by_role("button", name="Clear filters")).to_be_hidden()


def test_counts_follow_the_search(page: Page, site: Site) -> None:
    open_page(page)

    search_for(page, "flower")

    counted = site.client.search({"text": "flower", "facets": ["tags"], "limit": 1})["facets"]["tags"]
    expect(tags(page)).to_have_text([f"{one['value']}{one['count']}" for one in counted])


def test_all_tags_can_be_unfolded(desktop: Page) -> None:
    open_page(desktop)
    last = tags(desktop).last
    expect(last).not_to_be_in_viewport()

    desktop.get_by_role("button", name="More tags").click()

    expect(last).to_be_in_viewport()


@pytest.mark.parametrize(("name", "shape"), [("Wide", "landscape"), ("Tall", "portrait"), ("Square", "square")])
def test_shapes_narrow(page: Page, site: Site, name: str, shape: str) -> None:
    open_page(page)

    page.get_by_role("group", name="Shape").get_by_role("button", name=name).click()
    settled(page)

    assert total(page) == site.client.search({"filters": {"orientation": [shape]}, "limit": 1})["total"]
    assert f"shape={shape}" in page.url


def test_dates_of_capture_narrow_and_the_last_day_belongs_to_them(page: Page) -> None:
    open_page(page)

    page.get_by_role("button", name="Any date").click()
    page.get_by_role("combobox", name="Date").select_option("Taken")
    page.get_by_label("From", exact=True).fill("2014-09-07")
    page.get_by_label("To", exact=True).fill("2019-06-01")
    page.get_by_label("To", exact=True).press("Enter")
    expect(page.get_by_role("button", name="Taken 2014-09-07 to 2019-06-01")).to_be_visible()
    settled(page)

    assert sorted(captions(page)) == ["A motorcycle in a garage.", "A rocket on its launch pad."]

    page.get_by_role("button", name="Any date").click()
    settled(page)
    assert total(page) > 2


def test_dates_of_adding_narrow(page: Page) -> None:
    open_page(page, "/?uploaded=..2001-01-01")

    expect(status(page)).to_have_text("Nothing found")
    page.locator("#notice").get_by_role("button", name="Without filters").click()
    settled(page)

    assert total(page) > 2


@pytest.mark.parametrize("order", ["oldest", "taken_newest", "taken_oldest"])
def test_order_by_date(page: Page, site: Site, order: str) -> None:
    open_page(page)

    page.get_by_role("combobox", name="Order").select_option(order)
    settled(page)

    hits = site.client.search({"sort": order, "limit": 4})["hits"]
    assert captions(page)[:4] == [hit["caption"] or hit["key"].rpartition("/")[2] for hit in hits]


def test_a_day_of_capture_is_the_cameras_wherever_one_looks_from(browsing: Browsing) -> None:
    """Given a picture taken at 18:04 on 5 March, In Tokyo, too, it is found under that day, and says so."""
    page = browsing.open(DESKTOP, timezone_id="Asia/Tokyo")
    open_page(page, "/?taken=2021-03-05..2021-03-05&sort=taken_newest")

    assert captions(page) == ["Chelsea the cat, close up."]
    expect(cards(page).first.locator(".why")).to_have_text("5 Mar 2021")


def test_cards_say_the_date_that_they_are_ordered_by(page: Page) -> None:
    """Given a picture taken years before it was added."""
    open_page(page, "/?tag=portrait")
    expect(card(page, "Chelsea").locator(".why")).not_to_contain_text("2021")

    page.get_by_role("combobox", name="Order").select_option("Newest taken first")
    settled(page)

    expect(card(page, "Chelsea").locator(".why")).to_have_text("5 Mar 2021")


def test_what_words_find_can_be_ordered_by_date(page: Page, site: Site) -> None:
    open_page(page, "/?q=flower")

    page.get_by_role("combobox", name="Order").select_option("Newest first")
    settled(page)

    hits = site.client.search({"text": "flower", "sort": "newest"})["hits"]
    assert captions(page) == [hit["caption"] for hit in hits]
    # What only means something beside scores is gone.
    expect(page.get_by_role("button", name="Options")).to_be_hidden()


def test_who_works_by_keyboard_stays_on_the_chip_that_was_pressed(desktop: Page) -> None:
    open_page(desktop)

    tag(desktop, "food").focus()
    desktop.keyboard.press("Enter")
    settled(desktop)

    expect(cards(desktop).first).to_be_visible()
    expect(tag(desktop, "food")).to_be_focused()


def test_a_chip_pressed_twice_before_the_answer_is_as_before(page: Page) -> None:
    open_page(page)
    everything = total(page)

    held = hold(page, lambda request: request.url.endswith("/api/search"))
    tag(page, "food").click()
    expect(page).to_have_url(re.compile("tag=food"))
    tag(page, "food").click()
    held.release()
    settled(page)

    assert total(page) == everything
    expect(tag(page, "food")).to_have_attribute("aria-pressed", "false")


def test_a_double_click_presses_one_chip_once(page: Page) -> None:
    """The first press moves the chips: the second one lands on whatever came there, and means none of it."""
    open_page(page)

    tag(page, "food").dblclick()
    settled(page)

    expect(page).to_have_url(re.compile(r"\?tag=food$"))
    expect(tags(page).and_(page.locator("[aria-pressed=true]"))).to_have_count(1)
    expect(tag(page, "food")).to_have_attribute("aria-pressed", "true")


def test_a_chip_that_says_the_same_after_an_answer_stays_the_same_element(page: Page) -> None:
    """Or a press that has begun when the answer comes would be lost."""
    open_page(page)
    page.evaluate("document.querySelector('.tags .chip').before = true")

    page.get_by_label("Order").select_option("Oldest first")
    expect(page).to_have_url(re.compile("sort=oldest"))
    settled(page)

    assert page.evaluate("document.querySelector('.tags .chip').before")
