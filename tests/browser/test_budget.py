"""The page is small, is there at once, and stands still."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from held import hold
from layout_shifts import shifts, watch_shifts
from page_patience import until
from page_site import Site
from playwright.sync_api import Page, Request, Response, expect
from search_page import captions, cards, hits, open_page, scroll_to_the_end, search_for, settled

LIMIT = 100_000
"""Bytes of our own and anybody else's as Lighthouse counts them, as they travel: compressed, and with the headers of
their answers (https://github.com/GoogleChrome/lighthouse/blob/main/docs/performance-budgets.md). Pictures and the API's
answers are apart."""
UNPACKED = 246_000
"""Bytes of the same, with all comments: what a browser has to read, and a person may."""

# Those that are near the viewport: the others are fetched when they come near it.
ALL_ARRIVED = """() => [...document.querySelectorAll("#hits img")]
  .filter((image) => image.checkVisibility() && Math.abs(image.getBoundingClientRect().y) < innerHeight)
  .every((image) => image.complete && image.naturalWidth)"""


def is_api(request: Request) -> bool:
    return urlsplit(request.url).path.startswith("/api/")


def is_thumbnail(request: Request) -> bool:
    return request.resource_type == "image" and not is_icon(request)


def is_icon(request: Request) -> bool:
    return request.url.endswith(".svg")


@pytest.fixture
def watched(page: Page) -> Page:
    watch_shifts(page)
    return page


def test_all_that_the_page_loads_is_its_own_and_less_than_100_kb(page: Page, site: Site) -> None:
    loaded: dict[str, Response] = {}
    page.on("response", lambda response: loaded.update({response.url: response}))

    open_page(page)
    search_for(page, "frog")

    own = {url: one for url, one in loaded.items() if not is_api(one.request) and not is_thumbnail(one.request)}
    assert f"{site.url}/scripts/app.js" in own
    assert not [url for url in own if not url.startswith(site.url)]
    assert sum(len(one.body()) for one in own.values()) < UNPACKED
    sizes = [one.request.sizes() for one in own.values()]
    assert sum(size["responseHeadersSize"] + size["responseBodySize"] for size in sizes) < LIMIT


def test_nothing_waits_for_a_script_to_name_it(page: Page, site: Site) -> None:
    """While no script and no configuration has arrived, all that the page ever loads has been asked for."""
    asked: set[str] = set()

    def ask(request: Request) -> None:
        if not (is_api(request) or is_thumbnail(request) or is_icon(request)):
            asked.add(request.url)

    page.on("request", ask)
    open_page(page)
    loaded = set(asked)
    assert {f"{site.url}/config.json", f"{site.url}/scripts/app.js"} <= loaded

    asked.clear()
    held = hold(page, lambda request: request.url.endswith((".js", ".json")))
    page.reload(wait_until="commit")
    until(page, lambda: loaded <= asked, lambda: f"not asked for: {loaded - asked}")

    held.release()
    settled(page)


def test_first_results_are_painted_after_one_round_trip(page: Page) -> None:
    """Given that only the first request to the API is answered, and no thumbnail, pictures stand there with words."""
    asked: list[str] = []

    def comes_later(request: Request) -> bool:
        if is_api(request):
            asked.append(f"{request.method} {urlsplit(request.url).path}")
        return is_thumbnail(request) or (is_api(request) and len(asked) > 1)

    held = hold(page, comes_later)
    page.goto("/", wait_until="commit")

    expect(cards(page).first).to_be_in_viewport()
    expect(cards(page).first.locator(".caption")).to_be_in_viewport()
    assert all(captions(page))
    assert asked[0] == "POST /api/search"
    held.release()


def test_nothing_moves_while_first_results_arrive(watched: Page) -> None:
    """Given an API and thumbnails that take their time, what stands on the page stays where it is."""
    api, thumbnails = hold(watched, is_api), hold(watched, is_thumbnail)
    watched.goto("/", wait_until="load")
    until(watched, lambda: api.routes)
    api.release()
    expect(cards(watched).first).to_be_in_viewport()
    until(watched, lambda: thumbnails.routes)
    thumbnails.release()
    watched.wait_for_function(ALL_ARRIVED)

    assert not (moved := shifts(watched)), moved


def test_nothing_moves_while_one_scrolls_and_more_arrives(watched: Page, site: Site) -> None:
    open_page(watched)

    scroll_to_the_end(watched, site.client.search({"limit": 1})["total"])
    watched.wait_for_function(ALL_ARRIVED)

    assert not (moved := shifts(watched)), moved


def test_what_moves_is_seen_by_these_tests(watched: Page) -> None:
    open_page(watched)

    hits(watched).evaluate("(list) => { list.style.marginTop = '200px'; }")

    assert shifts(watched)
