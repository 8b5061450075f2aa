"""Nothing is lost while network or server are away, and whatever is under way can be stopped, and taken up again."""

from __future__ import annotations

import re
import time

from answered import answered
from page_errors import PageErrors
from page_site import Site
from playwright.sync_api import Page, Route, expect
from search_page import card, open_page, search_for
from upload_panel import (
    BUCKET,
    Files,
    add,
    bar,
    button,
    expect_nothing_pending,
    expect_searchable,
    panel,
    record,
    row,
    rows,
    slow_network,
    summary,
)

FROM_ANYWHERE = {"Access-Control-Allow-Origin": "*"}
"""Which S3 says of its errors, too, where a page may use the bucket at all."""
EXPIRED = "<Error><Code>AccessDenied</Code><Message>Invalid according to Policy: Policy expired.</Message></Error>"


def test_the_store_that_fails_once_is_asked_again(page: Page, files: Files, page_errors: PageErrors) -> None:
    page_errors.allow("500")
    open_page(page)
    has_said = record(page)
    page.route(BUCKET, lambda route: route.fulfill(status=500, headers=FROM_ANYWHERE, body="oops"), times=1)

    add(page, files("coffee.png", "rocket.jpg"))

    has_said("The library does not take it: it answered 500. It goes on by itself")
    expect_searchable(page, "coffee.png", "rocket.jpg")
    expect(panel(page)).not_to_contain_text("It goes on by itself")


def test_the_store_that_goes_on_failing_fails_the_file_which_can_be_tried_again(
    desktop: Page, files: Files, page_errors: PageErrors, site: Site
) -> None:
    page_errors.allow("500")
    expect_nothing_pending(desktop, site)
    open_page(desktop)
    with answered(desktop, BUCKET, lambda route: route.fulfill(status=500, headers=FROM_ANYWHERE, body="oops")):
        add(desktop, files("coffee.png"))
        expect(row(desktop, "coffee.png")).to_contain_text("The library does not take it: it answered 500.")
        expect(summary(desktop)).to_have_text("0 of 1 searchable, 1 failed")

    button(desktop, "Try again: coffee.png").click()

    expect_searchable(desktop, "coffee.png")
    expect_nothing_pending(desktop, site)


def test_all_that_failed_can_be_tried_again_together(desktop: Page, files: Files, page_errors: PageErrors) -> None:
    page_errors.allow("400")
    open_page(desktop)
    body = "<Error><Code>MalformedPOSTRequest</Code><Message>The body is malformed.</Message></Error>"
    desktop.route(BUCKET, lambda route: route.fulfill(status=400, headers=FROM_ANYWHERE, body=body), times=2)
    add(desktop, files("coffee.png", "rocket.jpg", "chelsea.png"))
    expect(summary(desktop)).to_have_text("1 of 3 searchable, 2 failed")
    told = "The library does not take it: The body is malformed."
    expect(rows(desktop).get_by_text(told)).to_have_count(2)

    button(desktop, "Try the failed ones again").click()

    expect(summary(desktop)).to_have_text("3 of 3 searchable")


def test_offline_in_the_middle_it_pauses_and_goes_on_by_itself(
    page: Page, files: Files, page_errors: PageErrors, site: Site
) -> None:
    """Given files on their way, When the network goes and comes back, Then all arrive, each once."""
    page_errors.allow("ERR_INTERNET_DISCONNECTED")
    names = ("coffee.png", "rocket.jpg", "chelsea.png", "astronaut.png")
    expect_nothing_pending(page, site)
    total = site.client.search({"limit": 1})["total"]
    open_page(page)

    with slow_network(page, kilobytes=20) as cut:
        add(page, files(*names))
        expect(row(page, "coffee.png")).to_contain_text(re.compile("[1-9] %"))
        cut()
        expect(panel(page)).to_contain_text("You are offline. It goes on by itself when the network is back.")
        expect(row(page, "astronaut.png")).to_contain_text("waiting")
        expect(summary(page)).to_have_text("Adding 4 pictures")

    expect_searchable(page, *names)
    expect(panel(page)).not_to_contain_text("You are offline")
    assert site.client.search({"limit": 1})["total"] == total + 4
    expect_nothing_pending(page, site)


def test_a_connection_that_breaks_is_made_anew(desktop: Page, files: Files, page_errors: PageErrors) -> None:
    page_errors.allow("ERR_CONNECTION_RESET")
    open_page(desktop)
    has_said = record(desktop)
    desktop.route(BUCKET, lambda route: route.abort("connectionreset"), times=2)

    add(desktop, files("coffee.png", "rocket.jpg"))

    has_said("The library does not answer. It goes on by itself")
    expect_searchable(desktop, "coffee.png", "rocket.jpg")


def test_a_busy_server_is_given_the_time_it_asks_for(desktop: Page, files: Files, page_errors: PageErrors) -> None:
    page_errors.allow("503|429")
    asked: list[float] = []
    desktop.on(
        "request", lambda request: asked.append(time.monotonic()) if request.url.endswith("/api/uploads") else None
    )

    def busy(route: Route) -> None:
        problem = {"status": 503, "code": "unavailable", "title": "Busy", "detail": "The service has a lot to do."}
        route.fulfill(status=503, json=problem, headers={"Retry-After": "3"})

    desktop.route("**/api/uploads", busy, times=1)
    open_page(desktop)
    has_said = record(desktop)

    add(desktop, files("coffee.png"))

    has_said("The service has a lot to do. It goes on by itself: the next attempt is in 3 s.")
    expect_searchable(desktop, "coffee.png")
    first, second = asked
    assert second - first >= 3


def test_a_server_that_is_busy_when_searched_is_searched_later(
    desktop: Page, files: Files, page_errors: PageErrors
) -> None:
    page_errors.allow("429")
    problem = {"status": 429, "code": "too-many-requests", "title": "Too many", "detail": "That is too much at once."}
    open_page(desktop)
    has_said = record(desktop)
    desktop.route(
        "**/api/search", lambda route: route.fulfill(status=429, json=problem, headers={"Retry-After": "1"}), times=1
    )

    add(desktop, files("coffee.png"))

    has_said("That is too much at once. It goes on by itself")
    expect_searchable(desktop, "coffee.png")


def test_a_form_that_has_expired_is_asked_for_anew(
    desktop: Page, files: Files, page_errors: PageErrors, site: Site
) -> None:
    """As on a laptop that slept between the form and the file."""
    page_errors.allow("403")
    expect_nothing_pending(desktop, site)
    forms: list[str] = []
    desktop.on("request", lambda request: forms.append(request.url) if request.url.endswith("/api/uploads") else None)
    desktop.route(BUCKET, lambda route: route.fulfill(status=403, headers=FROM_ANYWHERE, body=EXPIRED), times=1)
    open_page(desktop)

    add(desktop, files("coffee.png"))

    expect_searchable(desktop, "coffee.png")
    assert len(forms) == 2
    expect_nothing_pending(desktop, site)


def test_one_can_be_cancelled_and_the_others_go_on(page: Page, files: Files, site: Site) -> None:
    expect_nothing_pending(page, site)
    open_page(page)

    with slow_network(page, kilobytes=20):
        add(page, files("coffee.png", "rocket.jpg", "chelsea.png", "astronaut.png"))
        expect(row(page, "coffee.png")).to_contain_text("%")
        button(page, "Cancel coffee.png").click()
        expect(row(page, "coffee.png")).to_contain_text("cancelled")
        expect(bar(page, "coffee.png")).to_be_hidden()
        button(page, "Cancel astronaut.png").click()

    expect(summary(page)).to_have_text("2 of 4 searchable, 2 cancelled")
    expect_nothing_pending(page, site)


def test_the_rest_can_be_cancelled_and_taken_up_again(desktop: Page, files: Files) -> None:
    names = ("coffee.png", "rocket.jpg", "chelsea.png", "astronaut.png")
    open_page(desktop)
    with slow_network(desktop, kilobytes=20):
        add(desktop, files(*names))
        expect(row(desktop, "coffee.png")).to_contain_text("%")
        button(desktop, "Cancel the rest").click()
        expect(summary(desktop)).to_have_text("0 of 4 searchable, 4 cancelled")
        expect(button(desktop, "Cancel the rest")).to_be_hidden()

    for name in names:
        button(desktop, f"Try again: {name}").click()

    expect(summary(desktop)).to_have_text("4 of 4 searchable")


def test_what_was_cancelled_and_is_added_again_goes_on_in_its_row(desktop: Page, files: Files) -> None:
    paths = files("coffee.png")
    open_page(desktop)
    with slow_network(desktop, kilobytes=20):
        add(desktop, paths)
        button(desktop, "Cancel coffee.png").click()
        expect(row(desktop, "coffee.png")).to_contain_text("cancelled")

    add(desktop, paths)

    expect_searchable(desktop, "coffee.png")
    expect(rows(desktop)).to_have_count(1)


def test_the_summary_counts_what_is_searchable_failed_and_cancelled(desktop: Page, files: Files) -> None:
    paths = [*files("coffee.png", "rocket.jpg", "moon.png", "hubble_deep_field.jpg")]
    paths[2].write_bytes(b"no picture at all")
    open_page(desktop)

    with slow_network(desktop, kilobytes=100):
        add(desktop, paths)
        button(desktop, "Cancel hubble_deep_field.jpg").click()
        desktop.mouse.move(0, 0)  # nothing moves under a pointer

    expect(summary(desktop)).to_have_text("2 of 4 searchable, 1 failed, 1 cancelled")
    expect(rows(desktop).first).to_contain_text("moon.png")  # what failed is on top, where it is seen


def test_what_does_not_come_is_told_after_ten_minutes_and_can_be_looked_for_again(desktop: Page, files: Files) -> None:
    """As while the indexer stands still."""

    def not_yet(route: Route) -> None:
        answer = route.fetch()
        found = answer.json()
        route.fulfill(response=answer, json={**found, "hits": []} if "hits" in found else {**found, "state": "pending"})

    desktop.clock.install()
    open_page(desktop)
    with answered(desktop, "**/api/search", not_yet), answered(desktop, "**/api/images/*", not_yet):
        add(desktop, files("coffee.png"))
        expect(row(desktop, "coffee.png")).to_contain_text("sent, being indexed")

        desktop.clock.fast_forward("11:00")

        expect(row(desktop, "coffee.png")).to_contain_text("It was sent, but is not searchable yet.")

    button(desktop, "Look again: coffee.png").click()
    expect_searchable(desktop, "coffee.png")


def test_a_search_remembered_from_before_is_asked_anew(desktop: Page, files: Files) -> None:
    """Given words that found nothing, When a picture comes that has them, Then Back finds it."""
    open_page(desktop, "/?q=astronaut")
    search_for(desktop, "nothing has these words")
    add(desktop, files("astronaut.png"))
    expect_searchable(desktop, "astronaut.png")

    with desktop.expect_request("**/api/search"):
        desktop.go_back()

    expect(card(desktop, "astronaut.png").first).to_be_visible()
