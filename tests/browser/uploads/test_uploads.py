"""Many files are added at once, and each says how far it is, until it is searchable."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from answered import answered
from axe import assert_accessible
from browsing import Browsing
from chromium import DESKTOP, PHONE, Device
from page_errors import PageErrors
from page_patience import until
from page_site import Site
from PIL import Image
from playwright.sync_api import Page, Route, expect
from query_panel import FIRST_WAITS, choose
from search_page import box, captions, card, cards, hits, open_page, search_for, status
from upload_panel import (
    BUCKET,
    Files,
    add,
    bar,
    button,
    expect_searchable,
    panel,
    row,
    rows,
    slow_network,
    summary,
)

FIVE = ("coffee.png", "rocket.jpg", "chelsea.png", "astronaut.png", "hubble_deep_field.jpg")


def test_each_file_shows_its_progress_and_when_it_is_searchable(page: Page, site: Site, files: Files) -> None:
    """Given a slow network, When many files are picked, Then each has its bar, and in the end all are found."""
    open_page(page)

    with slow_network(page, kilobytes=100):
        add(page, files(*FIVE))
        expect(summary(page)).to_have_text("Adding 5 pictures")
        expect(bar(page, "coffee.png")).to_be_visible()
        expect(row(page, "coffee.png")).to_contain_text(re.compile(r"467 kB · [1-9]\d? %"))
        assert 0 < float(bar(page, "coffee.png").get_attribute("value") or 0) < 1

    expect_searchable(page, *FIVE)
    expect(summary(page)).to_have_text("5 of 5 searchable")
    expect(panel(page).get_by_role("progressbar", name="All uploads")).to_have_attribute("value", "1")
    newest = [hit["key"] for hit in site.client.search({"sort": "newest", "limit": 5})["hits"]]
    assert {key.partition("-")[2] for key in newest} == set(FIVE)


def test_three_files_are_sent_at_once_and_the_others_wait(desktop: Page, files: Files) -> None:
    open_page(desktop)

    with slow_network(desktop, kilobytes=20):
        add(desktop, files(*FIVE))
        expect(panel(desktop).get_by_role("progressbar", name="Sent of")).to_have_count(3)
        expect(rows(desktop).get_by_text("waiting")).to_have_count(2)

    expect_searchable(desktop, *FIVE)


def test_a_row_shows_its_picture_name_and_size(desktop: Page, files: Files) -> None:
    open_page(desktop)

    with slow_network(desktop, kilobytes=20):
        add(desktop, files("coffee.png"))
        expect(row(desktop, "coffee.png")).to_contain_text("467 kB")
        expect(row(desktop, "coffee.png").locator("canvas")).to_be_visible()
        colours = (
            row(desktop, "coffee.png")
            .locator("canvas")
            .evaluate(
                "(canvas) => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size"
            )
        )

    assert colours > 50, "the preview is one colour"


def test_a_picture_that_browsers_can_not_show_gets_its_preview_from_the_library(desktop: Page, tmp_path: Path) -> None:
    path = tmp_path / "scan.tif"
    Image.radial_gradient("L").save(path)
    open_page(desktop)

    add(desktop, [path])

    expect_searchable(desktop, "scan.tif")
    preview = row(desktop, "scan.tif").locator("img")
    expect(preview).to_have_js_property("complete", value=True)
    assert preview.evaluate("(image) => image.naturalWidth") > 0


def test_a_searchable_picture_can_be_opened(page: Page, files: Files) -> None:
    open_page(page)
    add(page, files("rocket.jpg"))
    expect_searchable(page, "rocket.jpg")

    button(page, "Open rocket.jpg").click()

    expect(page.get_by_role("dialog", name="Picture")).to_be_visible()
    expect(page.get_by_role("dialog", name="Picture")).to_contain_text("rocket.jpg")


def test_new_pictures_appear_by_themselves_where_the_newest_are_shown(desktop: Page, files: Files) -> None:
    open_page(desktop)

    add(desktop, files("coins.png", "page.png"))

    expect(cards(desktop).nth(0).get_by_role("img")).to_have_attribute("alt", re.compile("(coins|page).png"))
    expect(cards(desktop).nth(1).get_by_role("img")).to_have_attribute("alt", re.compile("(coins|page).png"))


def test_what_is_shown_stays_where_a_look_at_what_is_new_fails(
    desktop: Page, files: Files, page_errors: PageErrors, site: Site, tmp_path: Path
) -> None:
    """Given an API that is busy when the page looks by itself, Then nobody loses what they look at."""
    page_errors.allow("429")
    site.add(tmp_path)
    open_page(desktop)
    shown = captions(desktop)
    looks: list[str] = []

    def busy(route: Route) -> None:
        if "facets" not in (route.request.post_data or ""):
            route.fallback()  # the panel's own look at what has arrived
            return
        looks.append(route.request.url)
        route.fulfill(status=429, content_type="application/problem+json", body='{"title": "Busy", "detail": "Busy."}')

    desktop.route("**/api/search", busy)
    add(desktop, files("grass.png"))
    until(desktop, lambda: looks)
    expect_searchable(desktop, "grass.png")

    assert captions(desktop) == shown
    expect(desktop.locator("#notice")).to_be_hidden()


def test_a_picture_that_was_picked_is_searched_by_though_the_list_was_renewed_meanwhile(
    desktop: Page, files: Files, tmp_path: Path, site: Site
) -> None:
    desktop.add_init_script(FIRST_WAITS)
    open_page(desktop)
    [picked] = files("coffee.png")
    choose(desktop, picked)
    expect(desktop.get_by_text("Preparing the picture…")).to_be_visible()
    desktop.wait_for_function("() => window.release")

    drawn = site.draw(tmp_path)
    add(desktop, [drawn.path])
    expect(cards(desktop).first.get_by_role("img")).to_have_attribute("alt", drawn.path.name)
    desktop.evaluate("() => window.release()")

    expect(desktop).to_have_url(re.compile(r"\?picture="))


def test_somebody_who_is_typing_is_not_disturbed(desktop: Page, files: Files) -> None:
    """Given words that are typed and not searched for yet, When pictures come, Then the words stay."""
    open_page(desktop)
    add(desktop, files("moon.png"))
    box(desktop).press_sequentially("half a wor")

    expect_searchable(desktop, "moon.png")
    with desktop.expect_response("**/api/suggest*"):
        box(desktop).press_sequentially("d")

    expect(box(desktop)).to_have_value("half a word")


def test_show_them_leads_from_any_search_to_the_newest(page: Page, files: Files) -> None:
    open_page(page, "/?q=nothing+has+these+words")
    add(page, files("horse.png"))
    expect_searchable(page, "horse.png")

    button(page, "Show them").click()

    expect(status(page)).to_contain_text("newest first")
    expect(cards(page).first.get_by_role("img")).to_have_attribute("alt", re.compile("horse.png"))
    assert "?" not in page.url


def test_what_was_added_is_found_by_its_words(desktop: Page, site: Site, tmp_path: Path) -> None:
    """The name of a file is among its words."""
    drawn = site.draw(tmp_path)
    open_page(desktop)
    add(desktop, [drawn.path])
    expect_searchable(desktop, drawn.path.name)

    search_for(desktop, drawn.word)

    expect(cards(desktop)).to_have_count(1)
    expect(card(desktop, drawn.word)).to_be_visible()


def test_the_panel_folds_to_one_line_and_closes_when_all_is_done(page: Page, files: Files) -> None:
    open_page(page)
    add(page, files("grass.png"))
    expect_searchable(page, "grass.png")

    fold = panel(page).get_by_role("button", name="1 of 1 searchable")
    fold.click()

    expect(fold).to_have_attribute("aria-expanded", "false")
    expect(row(page, "grass.png")).to_be_hidden()
    expect(panel(page).get_by_role("progressbar", name="All uploads")).to_be_visible()
    fold.click()
    expect(row(page, "grass.png")).to_be_visible()

    button(page, "Close uploads").press("Enter")
    expect(panel(page)).to_be_hidden()
    expect(status(page)).to_be_focused()
    expect(page.locator(".unseen[role=status]", has_text="searchable")).to_have_count(0)


def test_files_that_are_added_while_it_closes_are_not_lost(desktop: Page, files: Files) -> None:
    desktop.clock.install()
    open_page(desktop)
    add(desktop, files("coffee.png"))
    expect_searchable(desktop, "coffee.png")
    desktop.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))

    with slow_network(desktop, kilobytes=20):
        with desktop.expect_request("**/api/uploads"):
            add(desktop, files("rocket.jpg"))
        button(desktop, "Close uploads").click()
        desktop.clock.resume()
        expect(row(desktop, "rocket.jpg")).to_be_visible()

    expect_searchable(desktop, "rocket.jpg")


def test_a_file_that_is_refused_while_it_closes_is_told(desktop: Page, files: Files, tmp_path: Path) -> None:
    empty = tmp_path / "empty.png"
    empty.touch()
    desktop.clock.install()
    open_page(desktop)
    add(desktop, files("coffee.png"))
    expect_searchable(desktop, "coffee.png")
    desktop.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))

    add(desktop, [empty])
    button(desktop, "Close uploads").click()
    desktop.clock.resume()

    expect(row(desktop, "empty.png")).to_contain_text("The file is empty.")


def test_what_is_still_being_indexed_when_it_closes_appears_by_itself(desktop: Page, files: Files) -> None:
    def not_yet(route: Route) -> None:
        answer = route.fetch()
        # Only the panel's own looks ask for no facets.
        hits = answer.json()["hits"] if "facets" in (route.request.post_data or "") else []
        route.fulfill(response=answer, json={**answer.json(), "hits": hits})

    open_page(desktop)
    with answered(desktop, "**/api/search", not_yet):
        add(desktop, files("brick.png"))
        expect(row(desktop, "brick.png")).to_contain_text("sent, being indexed")

        button(desktop, "Close uploads").click()

    expect(cards(desktop).first.get_by_role("img")).to_have_attribute("alt", "brick.png")
    expect(panel(desktop)).to_be_hidden()


def test_it_can_not_be_closed_while_files_are_sent(desktop: Page, files: Files) -> None:
    open_page(desktop)

    with slow_network(desktop, kilobytes=20):
        add(desktop, files("coffee.png"))
        expect(row(desktop, "coffee.png")).to_be_visible()
        expect(button(desktop, "Close uploads")).to_be_hidden()

    expect(button(desktop, "Close uploads")).to_be_visible()


def test_files_can_be_added_while_others_are_on_their_way(desktop: Page, files: Files) -> None:
    open_page(desktop)

    with slow_network(desktop, kilobytes=20):
        add(desktop, files("coffee.png"))
        expect(summary(desktop)).to_have_text("Adding a picture")
        add(desktop, files("rocket.jpg"))
        expect(summary(desktop)).to_have_text("Adding 2 pictures")

    expect_searchable(desktop, "coffee.png", "rocket.jpg")


def test_everything_works_by_keyboard(desktop: Page, files: Files) -> None:
    open_page(desktop)
    with slow_network(desktop, kilobytes=20):
        add(desktop, files("chelsea.png"))
        cancel = button(desktop, "Cancel chelsea.png")
        cancel.focus()
        desktop.keyboard.press("Enter")

        again = button(desktop, "Try again: chelsea.png")
        expect(again).to_be_focused()
        desktop.keyboard.press("Space")

        expect(cancel).to_be_focused()

    expect_searchable(desktop, "chelsea.png")
    expect(panel(desktop).get_by_role("list", name="Files")).to_be_focused()
    desktop.keyboard.press("Tab")
    expect(button(desktop, "Open chelsea.png")).to_be_focused()


def test_screen_readers_hear_the_summary_and_not_each_percent(desktop: Page, files: Files) -> None:
    open_page(desktop)
    desktop.evaluate(
        """() => {
          window.heard = [];
          const said = document.querySelector("body > .unseen[role=status]");
          new MutationObserver(() => heard.push(said.textContent)).observe(said, { childList: true });
        }"""
    )

    with slow_network(desktop, kilobytes=200):
        add(desktop, files("coffee.png", "astronaut.png"))
        expect(row(desktop, "coffee.png")).to_contain_text("%")
    expect_searchable(desktop, "coffee.png", "astronaut.png")

    expect(desktop.locator("body > .unseen[role=status]")).to_have_text("2 of 2 searchable")
    heard = desktop.evaluate("heard")
    assert heard[0] == "Adding 2 pictures"
    assert not [line for line in heard if "%" in line]
    assert len(heard) <= 4


def test_on_a_phone_it_is_a_sheet_at_the_bottom_with_buttons_for_thumbs(phone: Page, files: Files) -> None:
    open_page(phone)
    with slow_network(phone, kilobytes=20):
        add(phone, files(*FIVE))
        expect(row(phone, "coffee.png")).to_contain_text("%")

        sheet = panel(phone).bounding_box()
        assert sheet
        assert (sheet["x"], sheet["width"]) == (0, PHONE.width)
        assert round(sheet["y"] + sheet["height"]) == PHONE.height
        assert sheet["height"] <= PHONE.height / 2
        for each in panel(phone).get_by_role("button").all():
            size = each.bounding_box()
            assert size
            assert min(size["width"], size["height"]) >= 40, each.get_attribute("aria-label")
    expect_searchable(phone, *FIVE)
    assert phone.evaluate("document.documentElement.scrollWidth") == PHONE.width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=lambda device: device.name)
def test_it_is_accessible_under_way_and_in_the_end(
    browsing: Browsing, device: Device, scheme: str, files: Files, tmp_path: Path
) -> None:
    page = browsing.open(device, color_scheme=scheme, reduced_motion="reduce")
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n")
    notes = tmp_path / "notes.txt"
    notes.write_text("no picture")
    open_page(page)
    with slow_network(page, kilobytes=20):
        add(page, [notes, broken, *files("coffee.png", "rocket.jpg")])
        expect(row(page, "coffee.png")).to_contain_text("%")
        assert_accessible(page)
    expect(summary(page)).to_have_text("2 of 3 searchable, 1 failed")
    assert_accessible(page)


def test_leaving_while_files_are_sent_asks_first(desktop: Page, files: Files, page_errors: PageErrors) -> None:
    open_page(desktop)
    with slow_network(desktop, kilobytes=20):
        add(desktop, files("coffee.png"))
        expect(row(desktop, "coffee.png")).to_contain_text("%")

        with desktop.expect_event("dialog") as asked:
            desktop.close(run_before_unload=True)

        assert asked.value.type == "beforeunload"
        expect(row(desktop, "coffee.png")).to_be_visible()  # who says no stays, and nothing was lost
    expect_searchable(desktop, "coffee.png")
    assert [seen for seen in page_errors.seen if "beforeunload" in seen]
    page_errors.allow("beforeunload")


def test_leaving_when_all_has_arrived_does_not_ask(desktop: Page, files: Files) -> None:
    open_page(desktop)
    add(desktop, files("coffee.png"))
    expect_searchable(desktop, "coffee.png")

    with desktop.expect_event("close"):
        desktop.close(run_before_unload=True)


def test_names_of_files_stay_text(page: Page, files: Files, tmp_path: Path) -> None:
    names = ('<img src=x onerror="alert(1)">.png', "'\"><script>alert(2)<script>.txt")
    picture, text = (tmp_path / name for name in names)
    files("logo.png")[0].rename(picture)
    text.write_text("no picture")
    open_page(page)

    add(page, [picture, text])

    expect_searchable(page, names[0])
    expect(panel(page)).to_contain_text(f"{names[1]} is no picture that can be searched.")
    expect(panel(page).locator("script, img[src=x]")).to_have_count(0)
    expect(hits(page).locator("script, img[src=x]")).to_have_count(0)


def test_each_file_is_sent_once(desktop: Page, files: Files) -> None:
    sent = []
    desktop.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    open_page(desktop)

    add(desktop, files(*FIVE))
    expect_searchable(desktop, *FIVE)

    assert len([url for url in sent if BUCKET.match(url)]) == len(FIVE)
    assert len([url for url in sent if url.endswith("/api/uploads")]) == len(FIVE)
