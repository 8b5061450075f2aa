"""Words of pictures are anybody's: they are shown as they are, and nothing of them ever runs."""

from __future__ import annotations

from urllib.parse import parse_qs, quote, urlsplit

import pytest
from page_errors import PageErrors
from page_pictures import HOSTILE_CAPTION, HOSTILE_NAME, HOSTILE_TAGS
from page_site import Site
from playwright.sync_api import Locator, Page, Route, expect
from search_page import box, captions, cards, open_page, search_for, settled, status

CODE = "<img src=x onerror=alert(7)><script>alert(8)</script>\"'><svg onload=alert(9)>"
# What no element of the page is or has, unless words have become one.
MADE_OF_WORDS = (
    "script:not([src]), iframe, object, embed, b, i, img[src='x'], [onerror], [onload], [onmouseover], "
    "[href^='javascript:']"
)


@pytest.fixture(autouse=True)
def _nothing_of_it_runs(page: Page) -> None:
    """A dialog would fail the test (`page_errors`); so does an `alert` that nobody sees."""
    page.add_init_script("window.alert = (text) => console.error(`somebody's words ran: ${text}`);")


def expect_no_element_of_it(page: Page) -> None:
    expect(page.locator(MADE_OF_WORDS)).to_have_count(0)


def hostile(page: Page) -> Locator:
    return cards(page).filter(has_text="Hostile")


def test_a_hostile_caption_stays_text_in_the_grid(page: Page) -> None:
    open_page(page)

    search_for(page, "hostile")

    assert captions(page) == [HOSTILE_CAPTION]
    expect(hostile(page).locator(".caption")).to_have_text(HOSTILE_CAPTION)
    expect(hostile(page).locator(".caption mark")).to_have_text(["Hostile"])
    expect(hostile(page).locator(".caption")).to_have_attribute("title", f"hostile/{HOSTILE_NAME}")
    expect_no_element_of_it(page)


def test_words_of_code_are_marked_as_words(page: Page) -> None:
    """Given words that are markup themselves, when they are searched for, then they are marked, and stay words."""
    open_page(page)

    search_for(page, "onerror script img")

    expect(hostile(page).locator(".caption")).to_have_text(HOSTILE_CAPTION)
    assert {each.lower() for each in hostile(page).locator(".caption mark").all_inner_texts()} == {
        "img",
        "onerror",
        "script",
    }
    expect_no_element_of_it(page)


def test_hostile_tags_stay_text_among_the_filters_and_can_be_chosen(page: Page) -> None:
    open_page(page, "/?q=hostile")
    chips = page.get_by_role("group", name="Tags").get_by_role("button")
    expect(chips).to_have_text([f"{tag.lower()}1" for tag in sorted(HOSTILE_TAGS, key=str.lower)], ignore_case=True)

    chips.filter(has_text="onerror=alert(2)").click()
    settled(page)

    assert captions(page) == [HOSTILE_CAPTION]
    assert parse_qs(urlsplit(page.url).query)["tag"] == ["<img src=x onerror=alert(2)>"]
    expect_no_element_of_it(page)


def test_hostile_words_in_the_address_stay_text(page: Page) -> None:
    address = "&".join(
        f"{name}={quote(CODE)}" for name in ("q", "tag", "sort", "shape", "crop", "similar", "open", "uploaded")
    )

    open_page(page, f"/?{address}#{quote(CODE)}")

    expect(box(page)).to_have_value(CODE)
    expect(page).to_have_title(f"{CODE} · Picture search")
    expect(page.get_by_role("group", name="Tags").get_by_role("button").first).to_contain_text(CODE)
    expect_no_element_of_it(page)


def test_hostile_words_in_an_error_stay_text(page: Page, page_errors: PageErrors) -> None:
    page_errors.allow("422")
    page.route("**/api/search", lambda route: route.fulfill(status=422, json={"title": CODE, "detail": CODE}))

    open_page(page)

    expect(page.get_by_role("alert")).to_contain_text(CODE)
    expect_no_element_of_it(page)


def test_highlights_mean_nothing_but_marks(page: Page) -> None:
    """Given an API that has lost its mind and sends other markup than its marks, then that is shown as text."""

    def answer_oddly(route: Route) -> None:
        answer = route.fetch().json()
        for hit in answer["hits"]:
            hit["caption"] = f"A frog. {CODE}"
            hit["highlights"] = {"caption": f"A <em onclick=alert(1)>frog</em><em>.</em> {CODE}"}
        route.fulfill(json=answer)

    page.route("**/api/search", answer_oddly)
    open_page(page, "/?q=frog")

    expect(cards(page).first).to_contain_text("onclick=alert(1)")
    expect(page.locator("[onclick]")).to_have_count(0)
    expect_no_element_of_it(page)


def test_links_of_hits_are_used_only_as_pictures(page: Page, page_errors: PageErrors) -> None:
    """Given a link that is a script, when the picture is shown, then the browser gets nothing that it would run."""
    page_errors.allow("img-src javascript|javascript:")
    page_errors.allow("request: ")

    def answer_oddly(route: Route) -> None:
        answer = route.fetch().json()
        for hit in answer["hits"]:
            hit["thumbnail_url"] = hit["url"] = "javascript:alert(1)"
        route.fulfill(json=answer)

    page.route("**/api/search", answer_oddly)
    open_page(page, "/?q=frog")

    expect(cards(page)).to_have_count(2)
    expect(page.locator("a[href^='javascript:']")).to_have_count(0)


def test_the_page_talks_to_itself_and_to_the_bucket_alone(page: Page, site: Site) -> None:
    asked: set[str] = set()
    page.on("request", lambda request: asked.add("://".join(urlsplit(request.url)[:2])))

    open_page(page)
    search_for(page, "coffee")
    cards(page).first.get_by_role("button", name="Look at it").click()
    expect(page.get_by_role("dialog", name="Picture", exact=True).get_by_text("Format")).to_be_visible()

    assert asked - {"blob://"} == {site.url, site.up.status["s3"]["endpoint"]}
    expect(status(page)).not_to_be_empty()
