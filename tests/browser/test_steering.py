"""Words and picture are weighed against each other, and pictures marked as more or less like what is wanted."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from answered import answered
from axe import assert_accessible
from page_errors import PageErrors
from page_site import Fresh, Site
from playwright.sync_api import Page, expect
from query_files import FROG, in_base64
from query_panel import balance, marks, panel, pick, request_of, searched
from search_page import captions, card, cards, open_page, search_for, settled

MOVE = """(slider, value) => {
  slider.value = value;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
}"""
"""A pointer that is still down."""


def expected(site: Site, body: dict[str, Any]) -> list[str]:
    """The first captions that the API finds."""
    hits = site.client.search({**body, "collapse_duplicates": True, "limit": 20})["hits"]
    return [hit["caption"] or hit["key"].rpartition("/")[2] for hit in hits]


def steer(page: Page, image_id: str, name: str) -> None:
    """Press + or - on a card."""
    one = page.locator(f'.card[data-id="{image_id}"]')
    one.hover()
    with searched(page):
        one.get_by_role("button", name=name).click()


def ids(site: Site, text: str) -> list[str]:
    return [hit["id"] for hit in site.client.search({"text": text})["hits"]]


class TestTheBalance:
    def test_is_shown_where_there_are_words_and_a_picture(self, page: Page) -> None:
        open_page(page)
        pick(page, FROG)
        expect(balance(page)).to_be_hidden()

        search_for(page, "green")

        expect(balance(page)).to_be_visible()
        expect(balance(page)).to_have_value("50")
        assert_accessible(page)

    def test_changes_what_counts_and_is_kept_in_the_address(self, page: Page, site: Site) -> None:
        open_page(page, "/?q=green")
        pick(page, FROG)

        with searched(page):
            balance(page).fill("80")

        assert "balance=80" in page.url
        weighed = {"text": "green", "image": in_base64(FROG), "weights": {"text": 20, "semantic": 80}}
        assert captions(page)[:20] == expected(site, weighed)
        page.reload()
        settled(page)
        expect(balance(page)).to_have_value("80")

    def test_moves_by_keys_and_says_what_it_stands_at(self, desktop: Page) -> None:
        open_page(desktop, "/?q=green")
        pick(desktop, FROG)
        balance(desktop).focus()

        with searched(desktop):
            desktop.keyboard.press("ArrowRight")

        expect(balance(desktop)).to_have_attribute("aria-valuetext", "words 45, picture 55")
        expect(balance(desktop)).to_be_focused()

    def test_searches_when_it_rests_and_back_undoes_it_at_once(self, desktop: Page) -> None:
        open_page(desktop, "/?q=green")
        pick(desktop, FROG)
        asked: list[Any] = []
        desktop.on(
            "request", lambda request: asked.append(request.post_data_json) if "/search" in request.url else None
        )

        # A clock that stands still, however slow the machine is.
        desktop.clock.install(time=datetime(2026, 1, 1, tzinfo=UTC))
        desktop.clock.pause_at(datetime(2026, 1, 1, 1, tzinfo=UTC))
        for value in range(45, -1, -5):
            balance(desktop).evaluate(MOVE, value)
            desktop.clock.run_for(200)
        assert not asked
        desktop.clock.run_for(100)
        expect(desktop).to_have_url(re.compile("balance=0"))
        settled(desktop)

        assert [body["weights"] for body in asked] == [{"text": 100, "semantic": 0}]
        desktop.go_back()
        expect(panel(desktop)).to_be_hidden()


class TestMarks:
    def test_more_and_less_like_change_what_is_found_and_stand_in_the_panel(self, page: Page, site: Site) -> None:
        first, second, *_ = ids(site, "flower")
        open_page(page, "/?q=flower")

        steer(page, first, "More like this, too")
        steer(page, second, "Less like this")

        steered = {"text": "flower", "like": [{"image_id": first}], "unlike": [{"image_id": second}]}
        assert captions(page)[:20] == expected(site, steered)
        expect(marks(page, "More like")).to_have_count(1)
        expect(marks(page, "Less like")).to_have_count(1)
        for mark in (marks(page, "More like"), marks(page, "Less like")):
            expect(mark.get_by_role("presentation")).to_have_js_property("complete", value=True)
        expect(balance(page)).to_be_visible()
        assert_accessible(page)

    def test_are_named_and_taken_back_in_the_panel(self, page: Page, site: Site) -> None:
        frog, *_ = ids(site, "frog")
        open_page(page, "/?q=frog")
        steer(page, frog, "More like this, too")
        expect(page.locator(f'.card[data-id="{frog}"]')).to_have_count(0)

        marks(page, "More like").get_by_role("presentation").click()

        expect(panel(page)).to_be_hidden()
        expect(page.locator(f'.card[data-id="{frog}"]')).to_be_visible()
        assert "more=" not in page.url

    def test_say_what_they_are(self, desktop: Page, site: Site) -> None:
        frog, *_ = ids(site, "frog")

        open_page(desktop, f"/?less={frog}")

        expect(marks(desktop, "Less like")).to_have_accessible_name("Remove: less like A frog.")

    def test_stay_through_reload_and_go_with_back(self, page: Page, site: Site) -> None:
        frog, *_ = ids(site, "frog")
        open_page(page, "/?q=frog")
        steer(page, frog, "Less like this")

        page.reload()
        settled(page)
        expect(marks(page, "Less like")).to_have_count(1)
        page.go_back()

        expect(panel(page)).to_be_hidden()
        expect(card(page, "A frog.").first).to_be_visible()

    def test_steer_a_search_by_picture_as_well(self, desktop: Page, site: Site) -> None:
        open_page(desktop)
        pick(desktop, FROG)
        third = str(cards(desktop).nth(2).get_attribute("data-id"))

        body = request_of(desktop, lambda: steer(desktop, third, "Less like this"))

        assert body["image"] == in_base64(FROG)
        assert body["unlike"] == [{"image_id": third}]
        assert captions(desktop)[:20] == expected(site, {"image": in_base64(FROG), "unlike": [{"image_id": third}]})

    def test_that_could_not_be_asked_for_are_asked_for_with_the_next_search(
        self, desktop: Page, page_errors: PageErrors, site: Site
    ) -> None:
        page_errors.allow("503")
        [flower, *_] = ids(site, "flower")
        with answered(
            desktop, f"**/api/images/{flower}", lambda route: route.fulfill(status=503, json={"title": "Busy"})
        ):
            with desktop.expect_response(lambda response: response.status == 503):
                open_page(desktop, f"/?q=frog&more={flower}&sort=oldest")
            expect(marks(desktop, "More like")).to_have_accessible_name("Remove: more like this picture")

        search_for(desktop, "flower")

        caption = site.client.image(flower)["caption"]
        expect(marks(desktop, "More like")).to_have_accessible_name(f"Remove: more like {caption}")

    def test_of_deleted_pictures_are_shown_as_gone_and_can_be_taken_away(
        self,
        desktop: Page,
        page_errors: PageErrors,
        fresh_picture: Callable[..., Fresh],
        site: Site,
    ) -> None:
        page_errors.allow("404")
        gone = fresh_picture()
        site.remove(gone.id)

        open_page(desktop, f"/?q=frog&more={gone.id}")
        expect(marks(desktop, "More like")).to_have_accessible_name("This picture is gone: remove the mark")
        marks(desktop, "More like").click()

        expect(panel(desktop)).to_be_hidden()
        expect(card(desktop, "A frog.").first).to_be_visible()
