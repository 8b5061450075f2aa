"""Words find pictures, a picture finds its like, and every result says how good it is, and why."""

from __future__ import annotations

import re

import pytest
from page_pictures import HOSTILE_CAPTION
from page_site import Site
from playwright.sync_api import Page, expect
from search_page import box, captions, card, cards, open_page, search_for, settled, status


def test_at_first_all_pictures_are_there_newest_first(page: Page, site: Site) -> None:
    open_page(page)

    total = site.client.search({"limit": 1})["total"]
    expect(status(page)).to_have_text(f"{total} pictures, newest first")
    newest = site.client.search({"limit": 5})["hits"]
    assert captions(page)[:5] == [hit["caption"] or hit["key"].rpartition("/")[2] for hit in newest]


def test_words_find_pictures_best_first(page: Page, site: Site) -> None:
    open_page(page)

    search_for(page, "red flower")

    found = site.client.search({"text": "red flower", "collapse_duplicates": True})
    assert captions(page) == [hit["caption"] for hit in found["hits"]]
    expect(status(page)).to_have_text(f"{found['total']} pictures with any of these words")


def test_a_result_says_how_good_it_is_and_which_words_it_has(page: Page) -> None:
    open_page(page)

    search_for(page, "green frog")

    frog = card(page, "A frog.").first
    expect(frog.locator("mark")).to_have_text(["frog"])
    score = frog.locator(".why strong").inner_text()
    assert 0 < float(score) < 1
    expect(frog.locator(".leg")).to_have_text([f"words {score}"])


def test_words_found_in_tags_alone_are_marked_there(page: Page) -> None:
    open_page(page)

    search_for(page, "whiskers")

    expect(card(page, "Chelsea the cat, close up.").locator("mark")).to_have_text(["whiskers"])


def test_a_click_on_a_result_shows_more_like_it(page: Page, site: Site) -> None:
    open_page(page, "/?q=coffee")

    cards(page).first.get_by_role("link").click()
    settled(page)

    cup = site.client.search({"text": "coffee", "collapse_duplicates": True})["hits"][0]
    alike = site.client.search({"image_id": cup["id"], "collapse_duplicates": True, "limit": 5})["hits"]
    expect(box(page)).to_have_value("")
    assert captions(page)[:5] == [hit["caption"] or hit["key"].rpartition("/")[2] for hit in alike]
    expect(cards(page).first.locator(".leg")).to_have_text([re.compile(r"picture \d\.\d\d")])


def test_ctrl_and_click_opens_more_like_it_in_a_tab_of_its_own(desktop: Page) -> None:
    open_page(desktop, "/?q=frog")

    with desktop.context.expect_page() as opened:
        cards(desktop).first.get_by_role("link").click(modifiers=["ControlOrMeta"])

    settled(opened.value)
    assert "similar=" in opened.value.url
    expect(box(desktop)).to_have_value("frog")


def test_plus_and_minus_steer(page: Page, site: Site) -> None:
    open_page(page, "/?q=flower")
    first, second = (one["id"] for one in site.client.search({"text": "flower", "limit": 2})["hits"])
    plus = page.locator(f'[data-id="{first}"]').get_by_role("button", name="More like this, too")
    minus = page.locator(f'[data-id="{second}"]').get_by_role("button", name="Less like this")

    page.locator(f'[data-id="{first}"]').hover()
    plus.click()
    settled(page)
    assert f"more={first}" in page.url
    # What is named in a search is never among its answers: the panel has it, to be taken back.
    expect(page.locator(f'[data-id="{first}"]')).to_have_count(0)
    page.locator(f'[data-id="{second}"]').hover()
    minus.click()
    settled(page)

    assert f"less={second}" in page.url
    steered = {"text": "flower", "like": [{"image_id": first}], "unlike": [{"image_id": second}]}
    wanted = site.client.search({**steered, "collapse_duplicates": True, "limit": 10})["hits"]
    assert captions(page)[:10] == [hit["caption"] for hit in wanted]


def test_near_duplicates_stand_in_one_stack(page: Page) -> None:
    open_page(page)

    search_for(page, "coffee")

    expect(cards(page)).to_have_count(1)
    expect(cards(page).get_by_role("button", name="1 more, nearly the same")).to_have_text("+1")


def test_stacks_can_be_spread(page: Page) -> None:
    open_page(page, "/?q=coffee")

    page.get_by_role("button", name="Options").click()
    page.get_by_role("checkbox", name="Stack near-duplicates").uncheck()
    settled(page)

    expect(cards(page)).to_have_count(2)
    assert "stacked=no" in page.url


def test_look_alikes_follow_the_hits_by_words_and_are_marked(page: Page) -> None:
    open_page(page, "/?q=tiger")
    direct = cards(page).count()

    page.get_by_role("button", name="Options").click()
    page.get_by_role("checkbox", name="Look-alikes, too").check()
    settled(page)

    assert cards(page).count() > direct
    assert [one.inner_text() for one in cards(page).locator(".leg").all()[direct:]] == ["looks like a match"] * (
        cards(page).count() - direct
    )


def test_variety_changes_the_order(page: Page) -> None:
    open_page(page, "/?q=flower")
    before = captions(page)

    page.get_by_role("button", name="Options").click()
    page.get_by_role("slider", name="Variety").fill("100")
    settled(page)

    assert "variety=100" in page.url
    assert sorted(captions(page)) == sorted(before)
    assert captions(page) != before


@pytest.mark.parametrize("words", ["hostile", "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_what_looks_like_markup_stays_text(page: Page, words: str) -> None:
    """Captions, tags, attributes, keys and the words searched for; the fixtures fail on any dialog or error."""
    open_page(page)

    search_for(page, words)
    search_for(page, "hostile")

    hostile = card(page, HOSTILE_CAPTION)
    expect(hostile.locator(".caption")).to_have_text(re.compile(re.escape(HOSTILE_CAPTION)))
    expect(page.get_by_role("group", name="Tags")).to_contain_text("<img src=x onerror=alert(2)>")
    assert page.locator("#hits b, #hits script, #filters img, #filters script").count() == 0


def test_a_picture_without_words_is_called_by_its_name(page: Page) -> None:
    open_page(page)

    search_for(page, "img_2071")

    expect(card(page, "IMG_2071.jpg")).to_be_visible()


def test_the_newest_search_alone_is_shown(page: Page) -> None:
    """Given a slow search, when another is made meanwhile, then the slow one's results never replace its own."""
    open_page(page)
    held = []
    page.route(
        "**/api/search",
        lambda route: held.append(route) if "frog" in (route.request.post_data or "") else route.continue_(),
    )

    box(page).fill("frog")
    box(page).press("Enter")
    search_for(page, "tiger")
    for route in held:
        route.continue_()

    expect(box(page)).to_have_value("tiger")
    assert all("tiger" in caption.lower() for caption in captions(page))
