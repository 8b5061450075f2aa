"""One picture over the whole page: looked at, gone on from, downloaded, explained."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from answered import answered
from axe import assert_accessible
from browsing import Browsing
from chromium import PHONE, Device
from held import hold
from looking import AddFile, added_files, button, first_id, lightbox, look_at, looking_at, original, picture, whole
from page_errors import PageErrors
from page_patience import until
from page_pictures import HOSTILE_ATTRIBUTES, HOSTILE_CAPTION, HOSTILE_NAME, HOSTILE_TAGS, QUERIES, SAMPLES
from page_site import FreshPicture, Site
from PIL import Image
from playwright.sync_api import Page, Response, Route, expect
from search_page import captions, cards, open_page, search_for, settled, status


@pytest.fixture
def add_file(site: Site) -> Iterator[AddFile]:
    with added_files(site) as add:
        yield add


# What is said by the live heading: whenever it, or what is in it, is put in anew.
NOTE_CHANGES = """() => {
  window.changes = [];
  const dialog = document.getElementById("lightbox");
  const heading = () => dialog.querySelector("h2");
  new MutationObserver((records) => {
    const live = ({ target, addedNodes }) => heading().contains(target) || [...addedNodes].includes(heading());
    const said = records.filter((record) => record.addedNodes.length && live(record));
    window.changes.push(...said.map(() => heading().textContent));
  }).observe(dialog, { childList: true, subtree: true });
}"""


def is_reading(response: Response) -> bool:
    """Whether the API answers all about a picture."""
    return "/api/images/" in response.url


def opened(page: Page) -> str | None:
    """The id of the picture that the address says is open."""
    return parse_qs(urlsplit(page.url).query).get("open", [None])[0]


def test_a_picture_is_shown_with_its_words_and_all_that_is_known_of_it(page: Page) -> None:
    open_page(page, "/?q=astronaut")

    dialog = look_at(page, captions(page)[0])

    whole(page)
    expect(dialog.get_by_role("list", name="Tags")).to_contain_text("people")
    for name, value in {
        "Taken": "14 Jul 1992, 10:30",
        "Camera": "NASA Hasselblad 500",
        "Size": r"512 \D 512, \d+ kB",
        "Format": "JPEG",
        "File": r"astronaut\.jpg$",
    }.items():
        expect(dialog.locator(f"dt:text-is('{name}') + dd")).to_have_text(re.compile(value))


def test_the_thumbnail_is_there_at_once_and_nothing_moves_when_the_original_comes(page: Page) -> None:
    held: list[Route] = []
    page.route(original, lambda route: held.append(route))  # noqa: PLW0108 - Playwright counts a handler's parameters
    open_page(page, "/?q=coffee")

    look_at(page, captions(page)[0])
    expect(picture(page)).to_have_js_property("complete", True)
    expect(picture(page)).to_have_attribute("src", re.compile("/thumbnails/"))
    before = picture(page).bounding_box()
    assert held
    for route in held:
        route.continue_()
    whole(page)

    assert picture(page).bounding_box() == before
    assert before is not None
    assert before["width"] > 350, "it is shown small"


def test_a_tall_picture_is_seen_as_a_whole(page: Page, site: Site, tmp_path: Path, add_file: AddFile) -> None:
    path = tmp_path / "tall.png"
    Image.new("RGB", (200, 2400), "teal").save(path)
    added = add_file(path, "image/png", caption="A tall picture.")
    page.goto(f"/?open={added}")
    looking_at(page, "A tall picture.")
    whole(page)

    box, stage = picture(page).bounding_box(), lightbox(page).locator(".stage").bounding_box()

    assert box is not None
    assert stage is not None
    assert stage["y"] <= box["y"]
    assert box["y"] + box["height"] <= stage["y"] + stage["height"]
    assert box["width"] / box["height"] == pytest.approx(1 / 12, rel=0.02)


def test_a_picture_that_the_browser_cannot_show_stays_a_preview_with_a_plain_line(
    page: Page, tmp_path: Path, add_file: AddFile
) -> None:
    path = tmp_path / "scan.tif"
    Image.new("RGB", (300, 200), "olive").save(path)
    added = add_file(path, "image/tiff", caption="A scan.")

    page.goto(f"/?open={added}")

    expect(looking_at(page, "A scan.").get_by_text("This browser can't show TIFF pictures")).to_be_visible()
    expect(picture(page)).to_have_attribute("src", re.compile("/thumbnails/"))
    with page.expect_download() as download:
        button(page, "Download").click()
    assert download.value.suggested_filename.endswith("scan.tif")


def test_an_original_that_fails_once_is_asked_for_again(page: Page, page_errors: PageErrors) -> None:
    page_errors.allow("403")
    page.route(original, lambda route: route.fulfill(status=403), times=1)
    open_page(page, "/?q=coffee")

    look_at(page, captions(page)[0])

    whole(page)


def test_an_original_that_does_not_come_can_be_asked_for_again(page: Page, page_errors: PageErrors) -> None:
    page_errors.allow("ERR_FAILED")
    with answered(page, original, lambda route: route.abort()):
        open_page(page, "/?q=coffee")
        dialog = look_at(page, captions(page)[0])
        expect(dialog.get_by_text("The whole picture can't be loaded")).to_be_visible()

    button(page, "Try again").click()

    whole(page)
    expect(dialog.get_by_text("The whole picture can't be loaded")).to_be_hidden()


def test_buttons_lead_to_the_next_picture_and_back(page: Page) -> None:
    open_page(page, "/?q=flower")
    names = captions(page)
    look_at(page, names[0])
    expect(button(page, "Previous picture")).to_be_disabled()

    button(page, "Next picture").click()
    looking_at(page, names[1])
    assert opened(page) == cards(page).nth(1).get_attribute("data-id")
    button(page, "Previous picture").click()

    looking_at(page, names[0])


def test_arrow_keys_lead_on_and_stop_at_the_ends(desktop: Page) -> None:
    open_page(desktop, "/?q=lion")
    names = captions(desktop)
    look_at(desktop, names[0])

    for name in [*names[1:], names[-1]]:
        desktop.keyboard.press("ArrowRight")
        looking_at(desktop, name)
    expect(button(desktop, "Next picture")).to_be_disabled()
    for name in [*names[-2::-1], names[0]]:
        desktop.keyboard.press("ArrowLeft")
        looking_at(desktop, name)


def swipe(page: Page, across: int, down: int = 0) -> None:
    """Move one finger over the picture, as a touch screen tells it."""
    whole(page)  # what takes the place of its thumbnail under the finger would end the touch
    box = picture(page).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = page.context.new_cdp_session(page)
    for number in range(6):
        point = {"x": x + across * number / 5, "y": y + down * number / 5}
        event = {"type": "touchMove" if number else "touchStart", "touchPoints": [point]}
        touch.send("Input.dispatchTouchEvent", event)
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_swiping_leads_on(phone: Page) -> None:
    open_page(phone, "/?q=flower")
    names = captions(phone)
    look_at(phone, names[0])

    swipe(phone, -120)
    looking_at(phone, names[1])
    swipe(phone, 120)
    looking_at(phone, names[0])
    swipe(phone, -30)  # too short
    swipe(phone, -60, down=-200)  # that is scrolling
    expect(lightbox(phone).get_by_text("File")).to_be_in_viewport()

    looking_at(phone, names[0])


def test_the_next_page_is_loaded_before_the_end_of_this_one(desktop: Page) -> None:
    open_page(desktop)
    fetched = cards(desktop).count()
    button_of_last = cards(desktop).nth(fetched - 1).get_by_role("button", name="Look at it")
    button_of_last.click()
    expect(lightbox(desktop)).to_be_visible()

    for _ in range(12):
        desktop.keyboard.press("ArrowRight")

    expect(lightbox(desktop)).to_be_visible()
    number = "id => [...document.querySelectorAll('#hits > li')].findIndex((one) => one.dataset.id === id)"
    until(desktop, lambda: desktop.evaluate(number, opened(desktop)) >= fetched)


def by_button(page: Page) -> None:
    button(page, "Close").click()


def by_key(page: Page) -> None:
    page.keyboard.press("Escape")


def by_clicking_outside(page: Page) -> None:
    lightbox(page).locator(".stage").click(position={"x": 12, "y": 12})


def by_going_back(page: Page) -> None:
    page.go_back()


@pytest.mark.parametrize("close", [by_button, by_key, by_clicking_outside, by_going_back])
def test_it_closes_and_the_search_is_as_it_was(page: Page, close: Callable[[Page], None]) -> None:
    open_page(page, "/?q=flower")
    before, names = page.url, captions(page)
    look_at(page, names[1])

    close(page)

    expect(lightbox(page)).to_be_hidden()
    assert page.url == before
    expect(cards(page).nth(1).get_by_role("link")).to_be_focused()
    page.go_forward()
    looking_at(page, names[1])


def test_the_focus_goes_to_the_card_of_the_picture_seen_last(desktop: Page) -> None:
    open_page(desktop, "/?q=flower")
    names = captions(desktop)
    look_at(desktop, names[0])
    for name in names[1:4]:
        desktop.keyboard.press("ArrowRight")
        looking_at(desktop, name)

    desktop.keyboard.press("Escape")

    expect(cards(desktop).nth(3).get_by_role("link")).to_be_focused()
    desktop.go_back()
    assert desktop.url == "about:blank", "each picture looked at became a step of its own"


def test_an_address_opens_a_picture_that_the_search_does_not_find(page: Page, site: Site) -> None:
    page.goto(f"/?q=frog&open={first_id(site, 'astronaut')}")

    dialog = looking_at(page, site.client.image(first_id(site, "astronaut"))["caption"])
    whole(page)
    settled(page)
    expect(dialog.get_by_text("Why it was found")).to_be_hidden()
    expect(button(page, "Next picture")).to_be_hidden()
    button(page, "Close").click()

    expect(lightbox(page)).to_be_hidden()
    assert captions(page) == ["A frog.", "A frog."]
    assert opened(page) is None


def test_an_address_opens_a_picture_among_those_that_the_search_finds(page: Page, site: Site) -> None:
    page.goto(f"/?q=frog&open={first_id(site, 'frog')}")

    dialog = looking_at(page, "A frog.")

    expect(dialog.get_by_text("Why it was found")).to_be_visible()
    expect(button(page, "Next picture")).to_be_enabled()


def test_a_picture_that_is_not_there_is_said_so(page: Page, page_errors: PageErrors) -> None:
    page_errors.allow("404")

    page.goto("/?open=aaaaaaaaaaaaaaaaaaaaaaaaaa")

    expect(lightbox(page).get_by_text("This picture is not there any more.")).to_be_visible()
    expect(button(page, "More like this")).to_be_disabled()
    expect(button(page, "Delete")).to_be_disabled()


def test_a_picture_on_its_way_is_looked_at_again(page: Page, site: Site, tmp_path: Path) -> None:
    drawn = site.draw(tmp_path)
    form = site.client.prepare_upload({"filename": drawn.path.name, "content_type": "image/png"})
    page.goto(f"/?open={form['id']}")
    expect(lightbox(page).get_by_text("This picture is on its way")).to_be_visible()

    button(page, "Look again").click()

    expect(lightbox(page).get_by_text("This picture is on its way")).to_be_visible()
    expect(button(page, "Download")).to_be_disabled()


def test_a_file_that_is_no_picture_says_why_and_can_be_deleted(page: Page, tmp_path: Path, add_file: AddFile) -> None:
    path = tmp_path / "broken.jpg"
    path.write_bytes((QUERIES / "frog.jpg").read_bytes()[:2000])
    added = add_file(path, "image/jpeg", state="rejected")

    page.goto(f"/?open={added}")

    said = lightbox(page).get_by_text("This file could not be read as a picture:")
    expect(said).to_be_visible()
    assert "corrupt-image" not in said.inner_text(), "a code for programs"
    expect(button(page, "Delete")).to_be_enabled()


def test_what_cannot_be_read_is_said_and_asked_for_again(page: Page, page_errors: PageErrors, site: Site) -> None:
    page_errors.allow("503")
    problem = {"status": 503, "code": "index-unavailable", "detail": "The index does not answer: try again later."}
    frog = first_id(site, "frog")
    with answered(page, f"**/api/images/{frog}", lambda route: route.fulfill(status=503, json=problem)):
        page.goto(f"/?open={frog}")
        expect(lightbox(page).get_by_text("The index does not answer")).to_be_visible()

    button(page, "Look again").click()

    looking_at(page, "A frog.")
    expect(lightbox(page).get_by_text("The index does not answer")).to_be_hidden()


def test_nearly_the_same_pictures_are_shown_and_open(page: Page) -> None:
    open_page(page, "/?q=coffee")
    stacked = cards(page).filter(has=page.get_by_role("button", name="1 more, nearly the same"))
    stacked.get_by_role("button", name="1 more, nearly the same").click()
    dialog = lightbox(page)
    shown = dialog.get_by_role("heading", level=2).inner_text()
    expect(dialog.get_by_role("heading", name="1 near-duplicate", exact=True)).to_be_visible()

    dialog.get_by_role("button", name=re.compile("^Nearly the same: ")).click()
    expect(dialog.get_by_role("heading", level=2)).not_to_have_text(shown)
    page.go_back()

    looking_at(page, shown)


def test_words_are_explained_one_by_one(page: Page) -> None:
    open_page(page, "/?q=green+frog")

    dialog = look_at(page, "A frog.")

    expect(dialog.get_by_role("heading", level=2).locator("mark")).to_have_text("frog")
    why = dialog.get_by_role("region", name="Why it was found")
    expect(why.locator("li").filter(has_text="frog")).to_have_text("frog in caption, file name")
    expect(why.locator("li").filter(has_text="green").locator("s")).to_have_text("green")
    expect(why.get_by_text("place 1")).to_be_visible()


def test_they_are_explained_as_they_were_typed(page: Page) -> None:
    """And not as the index knows them: "candi", "citi", "citizen" and "frog"."""
    open_page(page, "/?q=Candies,+city+citizen,+Frógs!")

    why = look_at(page, "A frog.").get_by_role("region", name="Why it was found")

    expect(why.locator("mark")).to_have_text("Frógs")
    expect(why.locator("s")).to_have_text(["Candies", "city", "citizen"])


def test_what_words_and_picture_add_makes_the_score(page: Page, site: Site) -> None:
    open_page(page, f"/?q=frog&similar={first_id(site, 'lion')}")
    dialog = look_at(page, captions(page)[0])

    why = dialog.get_by_role("region", name="Why it was found")
    score = float(why.get_by_role("heading").locator(".number").inner_text())
    rows = why.locator(".legs li").all_inner_texts()

    assert [row.split()[0] for row in rows] == ["Words", "Picture"]
    added = [float(found.group(1)) for row in rows if (found := re.search(r"adds (\d\.\d\d)", row))]
    assert len(added) == 2
    assert sum(added) == pytest.approx(score, abs=0.011)


def test_a_look_alike_leads_to_the_picture_that_it_looks_like(page: Page) -> None:
    open_page(page, "/?q=tiger&alike=yes")
    alike = cards(page).filter(has_text="looks like").first
    alike.get_by_role("button", name="Look at it").click()
    why = lightbox(page).get_by_role("region", name="Why it was found")
    expect(why).to_contain_text(re.compile(r"it looks like .+ \(\d+ % alike\)"))

    source = why.get_by_role("button")
    name = source.inner_text()
    source.click()

    looking_at(page, name)


def test_browsing_explains_nothing(desktop: Page) -> None:
    open_page(desktop)
    look_at(desktop, captions(desktop)[0])

    expect(lightbox(desktop).get_by_text("Why it was found")).to_be_hidden()


def test_more_like_this_searches_by_the_picture(page: Page) -> None:
    open_page(page, "/?q=frog")
    frog = cards(page).first.get_attribute("data-id")
    look_at(page, "A frog.")

    button(page, "More like this").click()

    expect(lightbox(page)).to_be_hidden()
    settled(page)
    assert parse_qs(urlsplit(page.url).query) == {"similar": [frog]}
    expect(status(page)).to_contain_text("alike")


@pytest.mark.parametrize(("label", "mark"), [("More like this, too", "more"), ("Less like this", "less")])
def test_a_picture_is_marked_as_wanted_or_not(page: Page, label: str, mark: str) -> None:
    open_page(page, "/?q=flower")
    chosen = cards(page).nth(1).get_attribute("data-id")
    look_at(page, captions(page)[1])

    button(page, label).click()

    expect(lightbox(page)).to_be_hidden()
    settled(page)
    assert parse_qs(urlsplit(page.url).query)[mark] == [chosen]
    page.go_back()
    expect(button(page, label)).to_have_attribute("aria-pressed", "false")


@pytest.mark.parametrize("width", [320, 360, 390, 430])
def test_the_way_out_lies_on_no_other_button_however_far_one_scrolls(browsing: Browsing, width: int) -> None:
    """On a phone it stays where it is, while all about the picture passes below it."""
    page = browsing.open(replace(PHONE, width=width))
    open_page(page, "/?q=frog")
    look_at(page, captions(page)[0])

    close, others = page.evaluate(
        """() => {
          const sides = (one) => { const { left, right } = one.getBoundingClientRect(); return { left, right }; };
          const dialog = document.querySelector("dialog[open]");
          const buttons = [...dialog.querySelectorAll('[aria-label="This picture"] button')];
          return [sides(dialog.querySelector(".close")), buttons.map(sides)];
        }"""
    )

    assert max(other["right"] for other in others) < close["left"]
    assert min(other["left"] for other in others) >= 0


def test_a_tag_of_one_long_word_stays_within_the_page(page: Page, fresh_picture: FreshPicture) -> None:
    fresh = fresh_picture(tags=("x" * 100,))
    open_page(page, f"/?q={fresh.word}")

    look_at(page, fresh.caption)

    tag = lightbox(page).get_by_role("list", name="Tags").get_by_role("button")
    assert tag.evaluate("one => one.getBoundingClientRect().right < innerWidth")


def test_a_tag_searches_within_it(page: Page) -> None:
    open_page(page, "/?q=frog")
    look_at(page, "A frog.")

    lightbox(page).get_by_role("button", name="Search within the tag amphibians").click()

    expect(lightbox(page)).to_be_hidden()
    settled(page)
    assert parse_qs(urlsplit(page.url).query) == {"q": ["frog"], "tag": ["amphibians"]}


def test_the_very_file_is_downloaded_under_its_name(page: Page) -> None:
    open_page(page, "/?q=frog")
    look_at(page, "A frog.")
    whole(page)

    with page.expect_download() as download:
        button(page, "Download").click()

    name = download.value.suggested_filename
    assert name in {"frog.png", "frog-1.png"}
    assert download.value.path().read_bytes() == (SAMPLES / "pictures/animals/amphibians" / name).read_bytes()


def test_a_large_picture_tells_how_far_its_download_is(desktop: Page, tmp_path: Path, add_file: AddFile) -> None:
    path = tmp_path / "noise.png"
    Image.frombytes("RGB", (1200, 900), random.Random(7).randbytes(1200 * 900 * 3)).save(path)
    added = add_file(path, "image/png", caption="Noise.")
    desktop.goto(f"/?open={added}")
    looking_at(desktop, "Noise.")
    whole(desktop)
    network = desktop.context.new_cdp_session(desktop)
    network.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": 600_000, "uploadThroughput": -1}
    network.send("Network.emulateNetworkConditions", slow)

    progress = lightbox(desktop).get_by_role("progressbar", name="Download")
    with desktop.expect_download() as download:
        button(desktop, "Download").click()
        expect(progress).to_be_visible()
        expect(progress).to_have_js_property("max", 1)
        network.send("Network.emulateNetworkConditions", {**slow, "downloadThroughput": -1})

    assert download.value.path().read_bytes() == path.read_bytes()
    expect(progress).to_be_hidden()


def test_a_download_that_fails_offers_to_open_the_picture_by_a_link_of_now(
    desktop: Page, page_errors: PageErrors
) -> None:
    page_errors.allow("ERR_FAILED")
    page_errors.allow("favicon.ico")  # of the bucket: it has none
    open_page(desktop, "/?q=frog")
    look_at(desktop, "A frog.")
    whole(desktop)
    with answered(desktop, original, lambda route: route.abort()):
        button(desktop, "Download").click()
        expect(lightbox(desktop).get_by_text("The picture can't be downloaded here.")).to_be_visible()

    with desktop.expect_response(is_reading) as reading, desktop.expect_popup() as popup:
        button(desktop, "Open it").click()

    popup.value.wait_for_url(original)
    assert popup.value.url == reading.value.json()["url"]
    assert popup.value.evaluate("() => window.opener") is None


def test_a_second_download_waits_for_the_first_and_is_told_so(desktop: Page) -> None:
    open_page(desktop, "/?q=frog")
    look_at(desktop, "A frog.")
    whole(desktop)
    held = hold(desktop, lambda request: original(request.url))
    button(desktop, "Download").click()

    button(desktop, "Download").click()

    expect(lightbox(desktop).get_by_text("Another picture is being downloaded")).to_be_visible()
    with desktop.expect_download():
        held.release()


def test_leafing_through_pictures_loads_only_those_that_somebody_stays_with(desktop: Page) -> None:
    """Given a clock that stands still, when the arrow is pressed again and again, then nothing large is asked for."""
    desktop.clock.install()
    open_page(desktop)
    ids = [card.get_attribute("data-id") for card in cards(desktop).all()[:6]]
    cards(desktop).first.get_by_role("button", name="Look at it").click()
    whole(desktop)
    asked: list[str] = []
    desktop.on("request", lambda request: asked.append(request.url))
    desktop.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))

    for each in ids[1:]:
        desktop.keyboard.press("ArrowRight")
        expect(desktop).to_have_url(re.compile(f"open={each}"))
    assert not [url for url in asked if original(url) or "/api/images/" in url]
    desktop.clock.run_for(1000)

    whole(desktop)
    assert [urlsplit(url).path for url in asked if "/api/images/" in url] == [f"/api/images/{ids[-1]}"]


def test_an_original_that_is_left_behind_is_cancelled(desktop: Page) -> None:
    open_page(desktop, "/?q=flower")
    names = captions(desktop)
    held = hold(desktop, lambda request: original(request.url))
    look_at(desktop, names[0])
    until(desktop, lambda: held.routes)
    left = held.routes[0].request

    with desktop.expect_event("requestfailed", lambda request: request.url == left.url):
        desktop.keyboard.press("ArrowRight")

    looking_at(desktop, names[1])


def by_double_click(page: Page) -> None:
    lightbox(page).locator(".stage").dblclick(position={"x": 12, "y": 12})


def by_two_keys(page: Page) -> None:
    lightbox(page).evaluate("""(dialog) => {
      for (const _ of "12") dialog.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", cancelable: true }));
    }""")


@pytest.mark.parametrize("close", [by_double_click, by_two_keys])
def test_closing_it_twice_goes_back_once(desktop: Page, close: Callable[[Page], None]) -> None:
    open_page(desktop, "/?q=lion")
    search_for(desktop, "flower")
    name = captions(desktop)[0]
    look_at(desktop, name)

    close(desktop)
    expect(lightbox(desktop)).to_be_hidden()
    desktop.go_forward()

    looking_at(desktop, name)


def test_what_the_browser_closes_by_itself_is_closed_in_the_address_too(desktop: Page) -> None:
    """As Back on a phone may do, whatever the page says."""
    open_page(desktop, "/?q=flower")
    names = captions(desktop)
    look_at(desktop, names[0])

    lightbox(desktop).evaluate("(dialog) => dialog.close()")

    expect(desktop).to_have_url(re.compile(r"\?q=flower$"))
    look_at(desktop, names[0])


def test_words_in_another_direction_leave_the_question_as_it_is(
    desktop: Page, tmp_path: Path, add_file: AddFile
) -> None:
    """Given a name that would turn around what follows it, then it turns itself alone."""
    path = tmp_path / "turning.png"
    Image.new("RGB", (30, 20), "teal").save(path)
    caption = "\u202egpj.tac"
    desktop.goto(f"/?open={add_file(path, 'image/png', caption=caption)}")
    looking_at(desktop, caption)
    expect(lightbox(desktop).get_by_role("heading", level=2)).to_have_attribute("dir", "auto")

    button(desktop, "Delete").click()

    asked = desktop.get_by_role("heading", name="Delete")
    expect(asked).to_have_text(f"Delete “{caption}”?")
    expect(asked.locator("bdi")).to_have_text(caption)


def test_a_caption_is_read_aloud_once(desktop: Page) -> None:
    """Its heading speaks whenever it changes: while all about the picture is read, it does not."""
    open_page(desktop, "/?q=flower")
    name = captions(desktop)[0]
    desktop.evaluate(NOTE_CHANGES)

    look_at(desktop, name)

    assert desktop.evaluate("() => window.changes") == [name]


def test_hostile_words_stay_text(page: Page) -> None:
    """Given a picture whose words are code, when it is opened, then they are shown as they are."""
    open_page(page, "/?q=hostile")

    dialog = look_at(page, HOSTILE_CAPTION)

    whole(page)
    for tag in HOSTILE_TAGS:
        expect(dialog.get_by_role("list", name="Tags").get_by_text(tag, exact=True)).to_be_visible()
    for name, value in HOSTILE_ATTRIBUTES.items():
        expect(dialog.get_by_text(name, exact=True)).to_be_visible()
        expect(dialog.get_by_text(value, exact=True)).to_be_visible()
    expect(dialog.get_by_text(f"hostile/{HOSTILE_NAME}", exact=True)).to_be_visible()
    expect(dialog.locator("img")).to_have_count(1)
    expect(dialog.locator("script, b, i, [onerror], [onload], [onmouseover]")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_used_by_everybody(browsing: Browsing, device: Device, scheme: str, site: Site) -> None:
    page = browsing.open(device, color_scheme=scheme)
    open_page(page, f"/?q=coffee&similar={first_id(site, 'lion')}")
    look_at(page, captions(page)[0])
    whole(page)

    assert_accessible(page)


def test_a_double_click_opens_a_picture_and_leaves_it_open(desktop: Page) -> None:
    open_page(desktop, "/?q=frog")

    cards(desktop).first.hover()
    cards(desktop).first.get_by_role("button", name="Look at it").dblclick()

    expect(desktop.get_by_role("dialog", name="Picture")).to_be_visible()
    settled(desktop)
    assert "open=" in desktop.url
