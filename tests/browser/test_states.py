"""Nothing there, nothing found, something wrong, nobody answering, taking long: each is said, with what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator

import page_site
import pytest
from answered import answered
from browsing import Browsing
from chromium import DESKTOP
from page_errors import PageErrors
from page_site import Site
from playwright.sync_api import Page, Route, expect
from search_page import box, cards, open_page, search_for, settled, status

SEARCHES = "**/api/search"


@pytest.fixture(scope="module")
def empty_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with page_site.empty_site(tmp_path_factory.mktemp("empty")) as site:
        yield site


def notice(page: Page, title: str) -> None:
    expect(page.locator("#notice").get_by_role("heading")).to_have_text(title)


def test_an_empty_library_says_how_to_fill_it(browsing: Browsing, empty_site: Site) -> None:
    page = browsing.open(DESKTOP, base_url=empty_site.url)
    open_page(page)

    notice(page, "There are no pictures yet")
    with page.expect_file_chooser() as chooser:
        page.locator("#notice").get_by_role("button", name="Add pictures").click()

    assert chooser.value.is_multiple()


def test_nothing_found_offers_other_ways(page: Page) -> None:
    open_page(page, "/?q=frog&tag=flowers")
    notice(page, "Nothing found")

    page.locator("#notice").get_by_role("button", name="Without filters").click()
    settled(page)

    expect(page.locator("#notice")).to_be_hidden()
    expect(cards(page)).to_have_count(2)


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ("q=qwxyz", "No picture has these words in its caption, tags or name."),
        ("tag=qwxyz", "No picture fits these filters."),
        ("q=frog&tag=qwxyz", "No picture with these words fits these filters."),
    ],
)
def test_nothing_found_says_of_what(desktop: Page, search: str, said: str) -> None:
    open_page(desktop, f"/?{search}")

    expect(desktop.locator("#notice")).to_contain_text(said)


def test_nothing_found_leads_back_to_everything(page: Page) -> None:
    open_page(page, "/?q=qwxyz")

    page.get_by_role("button", name="All pictures").click()
    settled(page)

    expect(box(page)).to_have_value("")
    assert cards(page).count() > 10


def test_an_error_says_what_the_api_says_and_the_search_can_be_tried_again(page: Page, page_errors: PageErrors) -> None:
    page_errors.allow("422")
    with answered(
        page, SEARCHES, lambda route: route.fulfill(status=422, json={"title": "No", "detail": "A plain reason."})
    ):
        open_page(page, "/?q=frog")
        expect(page.get_by_role("alert")).to_contain_text("A plain reason.")

    page.get_by_role("button", name="Try again").click()
    settled(page)

    expect(page.get_by_role("alert")).to_be_hidden()
    expect(cards(page)).to_have_count(2)


def test_what_the_server_cannot_do_for_now_is_tried_again_by_itself(page: Page, page_errors: PageErrors) -> None:
    """Given a 503 that says when to come back, then the page does, without anybody doing anything."""
    page_errors.allow("503")
    answers = iter([503])

    def answer(route: Route) -> None:
        if status := next(answers, None):
            headers = {"Retry-After": "1"}
            route.fulfill(status=status, headers=headers, json={"detail": "The index rests.", "code": "unavailable"})
        else:
            route.continue_()

    page.route(SEARCHES, answer)
    open_page(page, "/?q=frog")

    expect(cards(page)).to_have_count(2)
    assert next(answers, "used up") == "used up"


def test_another_search_is_tried_again_by_itself_however_often_the_last_one_was(
    page: Page, page_errors: PageErrors
) -> None:
    page_errors.allow("503")
    page.route(
        SEARCHES,
        lambda route: route.fulfill(status=503, headers={"Retry-After": "1"}, json={"detail": "The index rests."}),
    )
    by_itself = page.get_by_role("alert").get_by_text("It is tried again in 1 second.")
    open_page(page, "/?q=frog")
    expect(by_itself).to_be_visible()
    said = page.get_by_role("alert").get_by_role("paragraph").first
    expect(said).to_have_text("The index rests.")
    expect(by_itself).to_be_hidden()

    search_for(page, "flower")

    expect(by_itself).to_be_visible()


def test_offline_is_said_and_the_search_goes_on_by_itself(page: Page, page_errors: PageErrors) -> None:
    page_errors.allow("ERR_INTERNET_DISCONNECTED")
    open_page(page)
    page.context.set_offline(True)

    search_for(page, "frog")
    notice(page, "You are offline")
    page.context.set_offline(False)

    expect(page.locator("#notice")).to_be_hidden()
    expect(cards(page)).to_have_count(2)


def test_a_server_that_does_not_answer_is_said(page: Page, page_errors: PageErrors) -> None:
    page_errors.allow("ERR_CONNECTION_REFUSED")
    open_page(page)
    page.route(SEARCHES, lambda route: route.abort("connectionrefused"))

    search_for(page, "frog")

    expect(page.get_by_role("alert")).to_contain_text("The server does not answer.")


def test_an_answer_that_is_no_json_is_an_error_in_words(page: Page, page_errors: PageErrors) -> None:
    page_errors.allow("502")
    page.route(SEARCHES, lambda route: route.fulfill(status=502, content_type="text/html", body="<h1>Bad gateway</h1>"))

    open_page(page, "/?q=frog")

    expect(page.get_by_role("alert")).to_contain_text("The server answered 502.")


def test_a_slow_search_shows_that_it_goes_on(desktop: Page) -> None:
    """What is there stays, dimmed, until the answer comes."""
    desktop.clock.install()
    open_page(desktop)
    held: list[Route] = []
    desktop.route(SEARCHES, lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks what it calls, which a built-in refuses

    box(desktop).fill("frog")
    box(desktop).press("Enter")
    expect(desktop.locator("#hits")).to_have_attribute("aria-busy", "true")
    expect(status(desktop)).to_have_text("Searching…")
    shown = cards(desktop).count()
    assert shown
    desktop.clock.fast_forward(5000)
    expect(status(desktop)).to_have_text(re.compile("Still searching"))
    assert cards(desktop).count() == shown
    held[0].continue_()

    expect(cards(desktop)).to_have_count(2)


def test_without_its_settings_the_page_says_so(page: Page, page_errors: PageErrors) -> None:
    page_errors.allow("config.json|404")
    page.route("**/config.json", lambda route: route.fulfill(status=404, body="no"))

    page.goto("/")

    expect(status(page)).to_contain_text("The page can't start")
