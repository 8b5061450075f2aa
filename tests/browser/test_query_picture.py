"""A picture to search by may come from any file, be of any size, and stays with the search it belongs to."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from answered import answered
from axe import assert_accessible
from held import hold
from layout_shifts import shifts, two_frames, watch_shifts
from page_errors import PageErrors
from page_patience import until
from page_pictures import photographs
from page_site import Site
from playwright.sync_api import Page, expect
from query_files import (
    CAT_CAPTION,
    FLOWER,
    FROG,
    cut_out,
    drawing,
    heic,
    in_base64,
    large_photograph,
    sent_picture,
    tiff,
    turned,
)
from query_panel import DATA_TRANSFER, FIRST_WAITS, choose, panel, pick, picture, refused, request_of, searched
from search_page import box, captions, cards, first_thumbnail, open_page, search_for, settled, status

MIB = 1024 * 1024

COUNT_KEPT = "async () => (await (await caches.open('query-pictures')).keys()).length"


@pytest.fixture(scope="module")
def photograph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return large_photograph(tmp_path_factory.mktemp("photograph") / "DSC_0001.jpg")


def found_by(site: Site, path: Path) -> list[str]:
    """The first captions that the API finds by this file."""
    hits = site.client.search({"image": in_base64(path), "collapse_duplicates": True, "limit": 3})["hits"]
    return [hit["caption"] for hit in hits]


@pytest.fixture
def unshown(page_errors: PageErrors) -> None:
    """Playwright's trace fetches pictures that did not load, and the page's policy keeps it from doing so."""
    page_errors.allow("connect-src")


class TestAnyFile:
    def test_a_picture_finds_its_like_and_is_shown_beside_it(self, page: Page, site: Site) -> None:
        open_page(page)

        pick(page, FROG)

        assert captions(page)[:3] == found_by(site, FROG)
        expect(picture(page)).to_be_visible()
        expect(panel(page).get_by_role("heading")).to_have_text("Looks like your picture")
        assert_accessible(page)

    def test_a_small_picture_is_sent_as_it_is(self, page: Page) -> None:
        open_page(page)

        body = request_of(page, lambda: pick(page, FROG))

        assert body["image"] == in_base64(FROG)

    def test_a_photograph_of_40_megapixels_and_20_megabytes_is_made_small_and_found(
        self, page: Page, photograph: Path
    ) -> None:
        open_page(page)

        body = request_of(page, lambda: pick(page, photograph))

        with sent_picture(body) as sent:
            assert (sent.format, sent.size) == ("JPEG", (1024, 683))
        assert len(body["image"]) < MIB
        assert captions(page)[0] == CAT_CAPTION

    def test_while_it_is_made_small_the_panel_says_so(self, page: Page) -> None:
        page.add_init_script(FIRST_WAITS)
        open_page(page)

        page.locator("#picked").set_input_files(FROG)
        expect(panel(page).get_by_role("heading")).to_have_text("Preparing the picture…")
        page.wait_for_function("() => window.release")
        page.evaluate("() => window.release()")

        expect(panel(page).get_by_role("heading")).to_have_text("Looks like your picture")
        settled(page)
        assert captions(page)[0] == "A frog."

    def test_of_two_the_one_picked_last_is_searched_by(self, desktop: Page) -> None:
        desktop.add_init_script(FIRST_WAITS)
        open_page(desktop)
        desktop.locator("#picked").set_input_files(FROG)
        expect(panel(desktop).get_by_role("heading")).to_have_text("Preparing the picture…")
        desktop.wait_for_function("() => window.release")

        pick(desktop, FLOWER)
        address = desktop.url
        desktop.evaluate("() => window.release()")

        until(desktop, lambda: desktop.evaluate(COUNT_KEPT) == 2, "the first picture was not prepared")
        assert desktop.url == address
        expect(panel(desktop).get_by_role("heading")).to_have_text("Looks like your picture")

    def test_of_one_that_is_taken_back_meanwhile_nothing_comes(self, page: Page) -> None:
        page.add_init_script(FIRST_WAITS)
        open_page(page, "/?q=green")
        found, address = captions(page), page.url
        choose(page, FROG)
        expect(panel(page).get_by_role("heading")).to_have_text("Preparing the picture…")
        page.wait_for_function("() => window.release")

        panel(page).get_by_role("button", name="Search without this picture").click()
        page.evaluate("() => window.release()")

        until(page, lambda: page.evaluate(COUNT_KEPT) == 1, "the picture was not prepared")
        two_frames(page)
        expect(panel(page)).to_be_hidden()
        assert (captions(page), page.url) == (found, address)

    def test_words_that_are_searched_for_meanwhile_are_searched_with_it(self, page: Page) -> None:
        """Given a picture in preparation, When an answer to words comes, Then it keeps its place and is added."""
        page.add_init_script(FIRST_WAITS)
        open_page(page)
        choose(page, FROG)
        heading = panel(page).get_by_role("heading")
        expect(heading).to_have_text("Preparing the picture…")
        page.wait_for_function("() => window.release")

        search_for(page, "flower")
        expect(heading).to_have_text("Preparing the picture…")
        expect(panel(page).get_by_role("button", name="Search without this picture")).to_be_visible()
        body = request_of(page, lambda: page.evaluate("() => window.release()"))

        assert (body["text"], "image" in body) == ("flower", True)
        expect(heading).to_have_text("Looks like your picture")

    def test_taken_back_the_one_before_is_searched_by(self, page: Page, site: Site) -> None:
        page.add_init_script(FIRST_WAITS)
        [frog, *_] = site.client.search({"text": "frog"})["hits"]
        open_page(page, f"/?similar={frog['id']}")
        choose(page, FLOWER)
        expect(panel(page).get_by_role("heading")).to_have_text("Preparing the picture…")
        page.wait_for_function("() => window.release")
        search_for(page, "green")
        away = panel(page).get_by_role("button", name="Search without this picture")

        away.click()
        expect(panel(page).get_by_role("heading")).to_contain_text(frog["caption"])
        expect(page).to_have_url(f"{site.url}/?q=green&similar={frog['id']}")
        away.click()

        expect(panel(page)).to_be_hidden()
        expect(page).to_have_url(f"{site.url}/?q=green")
        page.evaluate("() => window.release()")
        until(page, lambda: page.evaluate(COUNT_KEPT) == 1, "the picture was not prepared")
        two_frames(page)
        expect(panel(page)).to_be_hidden()

    def test_who_searches_by_another_one_meanwhile_does_not_want_it(self, page: Page, site: Site) -> None:
        page.add_init_script(FIRST_WAITS)
        open_page(page, "/?q=frog")
        [frog, *_] = site.client.search({"text": "frog"})["hits"]
        choose(page, FLOWER)
        expect(panel(page).get_by_role("heading")).to_have_text("Preparing the picture…")
        page.wait_for_function("() => window.release")

        with searched(page):
            first_thumbnail(page).click()
        expect(panel(page).get_by_role("heading")).to_contain_text(frog["caption"])
        expect(page).to_have_url(f"{site.url}/?similar={frog['id']}")
        page.go_back()
        expect(panel(page)).to_be_hidden()
        page.evaluate("() => window.release()")

        until(page, lambda: page.evaluate(COUNT_KEPT) == 1, "the picture was not prepared")
        two_frames(page)
        expect(panel(page)).to_be_hidden()
        expect(page).to_have_url(f"{site.url}/?q=frog")

    def test_where_the_one_before_is_taken_away_at_once_no_other_is_announced(self, page: Page, site: Site) -> None:
        page.add_init_script(FIRST_WAITS)
        page.clock.install()
        [frog, *_] = site.client.search({"text": "frog"})["hits"]
        open_page(page, f"/?similar={frog['id']}")
        page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))
        choose(page, FLOWER)
        page.wait_for_function("() => window.release", polling=50)

        with searched(page):
            panel(page).get_by_role("button", name="Search without this picture").click()
        page.clock.run_for(1000)

        expect(panel(page)).to_be_hidden()

    @pytest.mark.parametrize("orientation", [3, 6, 8])
    @pytest.mark.parametrize("scale", [1, 4], ids=["small", "large"])
    def test_a_photograph_is_found_however_the_camera_was_held(
        self, desktop: Page, tmp_path: Path, orientation: int, scale: int
    ) -> None:
        open_page(desktop)

        pick(desktop, turned(tmp_path / "turned.jpg", orientation, scale))

        assert captions(desktop)[0] == "A frog."
        size = picture(desktop).bounding_box()
        assert size
        assert size["width"] / size["height"] == pytest.approx(452 / 340, rel=0.02)

    def test_what_is_transparent_is_white_as_it_is_when_indexed(self, desktop: Page, tmp_path: Path) -> None:
        open_page(desktop)

        body = request_of(desktop, lambda: pick(desktop, cut_out(tmp_path / "cut-out.png")))

        with sent_picture(body) as sent:
            assert sent.getpixel((10, 10)) == (255, 255, 255)
            assert sent.size == (1024, 768)

    @pytest.mark.parametrize("name", ["hubble_deep_field.jpg", "no_time_for_that_tiny.gif", "moon.png"])
    def test_whatever_the_browser_can_show_can_be_searched_by(self, desktop: Page, name: str) -> None:
        open_page(desktop)

        pick(desktop, photographs() / name)

        expect(picture(desktop)).to_be_visible()
        expect(cards(desktop).first).to_be_visible()

    def test_a_telephone_takes_a_photograph_and_searches_by_it(self, phone: Page) -> None:
        open_page(phone)

        with phone.expect_file_chooser() as camera:
            phone.get_by_role("button", name="Take a photograph to search by").tap()
        with searched(phone):
            camera.value.set_files(FROG)

        assert camera.value.element.get_attribute("capture") == "environment"
        assert captions(phone)[0] == "A frog."


@pytest.mark.usefixtures("unshown")
class TestFilesThatThisBrowserCannotShow:
    def test_heic_is_left_to_the_api_and_the_panel_says_so(self, page: Page, site: Site, tmp_path: Path) -> None:
        cat = heic(tmp_path / "IMG_0001.HEIC")
        open_page(page)

        body = request_of(page, lambda: pick(page, cat))

        assert body["image"] == in_base64(cat)
        assert captions(page)[:3] == found_by(site, cat)
        expect(panel(page)).to_contain_text("This browser can't show HEIC pictures, so no part of it can be marked.")
        expect(panel(page).get_by_role("button", name="Mark a part")).to_be_hidden()
        assert_accessible(page)

    def test_so_is_tiff(self, desktop: Page, tmp_path: Path) -> None:
        open_page(desktop)

        pick(desktop, tiff(tmp_path / "scan.tif"))

        assert captions(desktop)[0] == "A frog."
        expect(panel(desktop)).to_contain_text("This browser can't show TIFF pictures")

    def test_over_4_mib_the_page_says_what_to_do(self, page: Page, tmp_path: Path) -> None:
        open_page(page)

        said = refused(page, heic(tmp_path / "IMG_0002.HEIC", at_least=4 * MIB + 1))

        expect(said).to_contain_text("This browser can't open HEIC pictures to make them smaller")
        expect(said).to_contain_text("Save it as JPEG, or use a browser that shows HEIC pictures, such as Safari.")
        expect(panel(page)).to_be_hidden()

    def test_its_format_is_told_by_its_content_whatever_it_is_called(self, desktop: Page, tmp_path: Path) -> None:
        open_page(desktop)

        said = refused(desktop, tiff(tmp_path / "holiday.jpg", scale=4))

        expect(said).to_contain_text("This browser can't open TIFF pictures")


@pytest.mark.usefixtures("unshown")
class TestFilesThatAreNoPictures:
    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"Dear diary, ...", "is not a picture that this browser can open."),
            (b"", "is empty."),
            (FROG.read_bytes()[:5000] if FROG.exists() else b"\xff\xd8\xff", "can't be opened by this browser."),
        ],
        ids=["a text", "nothing", "a picture cut short"],
    )
    def test_are_refused_by_name_and_the_search_stays(
        self, page: Page, tmp_path: Path, content: bytes, said: str
    ) -> None:
        path = tmp_path / "holiday.jpg"
        path.write_bytes(content)
        open_page(page, "/?q=frog")

        toast = refused(page, path)

        expect(toast).to_contain_text(f"“holiday.jpg” {said}")
        assert "picture=" not in page.url
        expect(cards(page).first).to_be_visible()

    def test_a_hostile_name_stays_text(self, desktop: Page, tmp_path: Path) -> None:
        name = "<img src=x onerror=alert(1)>.jpg"
        (tmp_path / name).write_text("no picture")
        open_page(desktop)

        expect(refused(desktop, tmp_path / name)).to_contain_text(f"“{name}” is not a picture")


class TestItStaysWithItsSearch:
    def test_through_reload_back_and_in_another_tab(self, page: Page) -> None:
        open_page(page)
        pick(page, FROG)
        found = captions(page)[:3]
        search_for(page, "flower")

        page.go_back()
        settled(page)
        assert captions(page)[:3] == found
        page.reload()
        settled(page)
        assert captions(page)[:3] == found
        expect(picture(page)).to_be_visible()
        tab = page.context.new_page()
        open_page(tab, page.url)

        assert captions(tab)[:3] == found
        expect(picture(tab)).to_be_visible()

    def test_words_that_are_there_are_searched_too(self, page: Page, site: Site) -> None:
        open_page(page, "/?q=green")

        pick(page, FROG)

        expect(box(page)).to_have_value("green")
        both = {"text": "green", "image": in_base64(FROG), "collapse_duplicates": True, "limit": 3}
        assert captions(page)[:3] == [hit["caption"] for hit in site.client.search(both)["hits"]]

    def test_it_can_be_taken_away_and_picked_again(self, page: Page) -> None:
        open_page(page)
        before = captions(page)[0]
        pick(page, FROG)

        panel(page).get_by_role("button", name="Search without this picture").click()
        expect(panel(page)).to_be_hidden()
        expect(cards(page).get_by_role("img").first).to_have_attribute("alt", before)
        page.locator("#picked").set_input_files(FROG)

        expect(panel(page)).to_be_visible()
        expect(cards(page).get_by_role("img").first).to_have_attribute("alt", "A frog.")

    def test_the_last_20_are_kept(self, desktop: Page, tmp_path: Path) -> None:
        open_page(desktop)
        addresses = []
        for seed in range(21):
            pick(desktop, drawing(tmp_path / f"{seed}.png", seed))
            addresses.append(desktop.url)
        tab = desktop.context.new_page()

        open_page(tab, addresses[1])
        expect(cards(tab).first).to_be_visible()
        tab.goto(addresses[0])

        expect(tab.locator("#notice")).to_contain_text("The picture of this search is not in this browser")

    def test_where_nothing_can_be_stored_it_lasts_as_long_as_the_page(self, desktop: Page) -> None:
        """As in the private windows of some browsers."""
        desktop.add_init_script(
            "caches.open = caches.match = () => Promise.reject(new DOMException('no', 'SecurityError'))"
        )
        open_page(desktop)
        pick(desktop, FROG)
        search_for(desktop, "flower")

        desktop.go_back()
        settled(desktop)

        assert captions(desktop)[0] == "A frog."

    def test_without_it_nothing_is_searched_and_the_page_says_why(self, page: Page) -> None:
        searches: list[str] = []
        page.on("request", lambda request: searches.append(request.url) if request.url.endswith("/search") else None)

        page.goto("/?picture=0123456789abcdef&q=frog")

        expect(page.locator("#notice")).to_contain_text("The picture of this search is not in this browser")
        assert not searches
        assert_accessible(page)

    def test_picked_again_where_it_was_missing_it_is_searched_by(self, page: Page) -> None:
        open_page(page)
        pick(page, FROG)
        page.evaluate("() => caches.delete('query-pictures')")
        page.reload()
        expect(page.locator("#notice")).to_contain_text("The picture of this search is not in this browser")

        pick(page, FROG)

        assert captions(page)[0] == "A frog."
        expect(page.locator("#notice")).to_be_hidden()
        expect(picture(page)).to_be_visible()

    def test_picked_again_where_the_search_failed_it_is_searched_by(self, page: Page, page_errors: PageErrors) -> None:
        page_errors.allow("422")
        open_page(page)
        with answered(page, "**/api/search", lambda route: route.fulfill(status=422, json={"detail": "Not now."})):
            choose(page, FROG)
            expect(page.get_by_role("alert")).to_contain_text("Not now.")

        pick(page, FROG)

        expect(page.get_by_role("alert")).to_be_hidden()
        assert captions(page)[0] == "A frog."

    def test_nothing_moves_when_it_comes(self, page: Page) -> None:
        open_page(page)
        pick(page, FROG)
        tab = page.context.new_page()
        watch_shifts(tab)

        open_page(tab, page.url)
        expect(picture(tab)).to_be_visible()

        # How its counts fill the row of filters is another test's matter.
        assert shifts(tab, but_within="filters") == []

    def test_its_place_is_there_before_it_is(self, desktop: Page) -> None:
        open_page(desktop)
        pick(desktop, FROG)
        high = panel(desktop).bounding_box()
        desktop.get_by_role("link", name="Picture search").click()
        settled(desktop)

        pick(desktop, photographs() / "rocket.jpg")

        assert panel(desktop).bounding_box() == high


class TestPasting:
    def paste(self, page: Page, onto: str, paths: list[Path], text: str = "") -> None:
        files = [{"name": path.name, "type": "image/jpeg", "base64": in_base64(path)} for path in paths]
        transfer = page.evaluate_handle(DATA_TRANSFER, [files, text])
        page.locator(onto).evaluate(
            """(target, clipboardData) =>
              target.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }))""",
            transfer,
        )

    def test_a_picture_pasted_anywhere_is_searched_by(self, page: Page) -> None:
        open_page(page)

        with searched(page):
            self.paste(page, "body", [FROG])

        assert captions(page)[0] == "A frog."

    def test_of_several_the_first(self, desktop: Page) -> None:
        open_page(desktop)

        body = request_of(desktop, lambda: self.paste(desktop, "#text", [FLOWER, FROG]))

        assert body["image"] == in_base64(FLOWER)

    def test_text_that_comes_with_a_picture_of_it_stays_text_in_a_field(self, desktop: Page) -> None:
        open_page(desktop)

        self.paste(desktop, "#text", [FROG], text="frog")

        search_for(desktop, "flower")
        assert "picture=" not in desktop.url

    def test_a_picture_really_copied_is_pasted_with_the_keys(self, desktop: Page) -> None:
        desktop.context.grant_permissions(["clipboard-read", "clipboard-write"])
        open_page(desktop)
        png = base64.b64encode((photographs() / "coffee.png").read_bytes()).decode()
        desktop.evaluate(
            """async (base64) => {
              const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
              const picture = new Blob([bytes], { type: "image/png" });
              await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
            }""",
            png,
        )

        with searched(desktop):
            desktop.keyboard.press("ControlOrMeta+v")

        assert captions(desktop)[0] == "A cup of coffee on a wooden table."


class TestDraggedFromThePageItself:
    def test_a_result_dropped_on_the_search_box_is_searched_by_with_the_words(self, desktop: Page, site: Site) -> None:
        open_page(desktop, "/?q=flower")
        first = cards(desktop).first.get_attribute("data-id")
        thumbnail = first_thumbnail(desktop)

        with searched(desktop):
            thumbnail.drag_to(box(desktop))

        assert re.search(rf"q=flower&similar={first}", desktop.url)
        wanted = {"text": "flower", "image_id": first, "collapse_duplicates": True}
        assert captions(desktop)[:20] == [hit["caption"] for hit in site.client.search(wanted)["hits"]]

    def test_the_box_shows_that_it_takes_it(self, desktop: Page) -> None:
        open_page(desktop)
        first_thumbnail(desktop).hover()
        desktop.mouse.down()
        box(desktop).hover()

        expect(desktop.locator("#box.target")).to_be_visible()
        expect(desktop.locator("#drop")).to_be_hidden()

        status(desktop).hover()
        desktop.mouse.up()
        expect(desktop.locator("#box.target")).to_have_count(0)


class TestMoreLikeAResult:
    def test_its_thumbnail_is_known_from_the_hit_and_not_asked_for(self, page: Page) -> None:
        open_page(page, "/?q=frog")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if "/api/images/" in request.url else None)

        cards(page).first.get_by_role("link").click()
        settled(page)

        expect(panel(page).get_by_role("heading")).to_have_text("Looks like “A frog.”")
        expect(picture(page)).to_be_visible()
        assert not asked

    def test_from_an_address_it_is_asked_for(self, page: Page, site: Site) -> None:
        frog = site.client.search({"text": "frog"})["hits"][0]["id"]

        open_page(page, f"/?similar={frog}")

        expect(panel(page).get_by_role("heading")).to_have_text("Looks like “A frog.”")
        expect(picture(page)).to_be_visible()

    def test_what_could_not_be_asked_for_is_asked_for_with_the_next_search(
        self, desktop: Page, page_errors: PageErrors, site: Site
    ) -> None:
        page_errors.allow("503")
        frog = site.client.search({"text": "frog"})["hits"][0]["id"]
        with answered(
            desktop, f"**/api/images/{frog}", lambda route: route.fulfill(status=503, json={"title": "Busy"})
        ):
            open_page(desktop, f"/?similar={frog}")
            expect(panel(desktop)).to_contain_text("The picture can't be shown.")

        desktop.get_by_label("Order").select_option("oldest")
        settled(desktop)

        expect(panel(desktop).get_by_role("heading")).to_have_text("Looks like “A frog.”")
        expect(picture(desktop)).to_be_visible()

    def test_of_one_that_is_gone_the_panel_says_so(self, page: Page, page_errors: PageErrors) -> None:
        page_errors.allow("404")

        open_page(page, f"/?similar={'a' * 26}")

        expect(panel(page)).to_contain_text("This picture is gone.")
        panel(page).get_by_role("button", name="Search without this picture").click()
        expect(cards(page).first).to_be_visible()

    def test_what_is_heard_of_it_late_is_not_said_of_the_picture_searched_by_since(
        self, desktop: Page, page_errors: PageErrors
    ) -> None:
        """Given a thumbnail that failed and is asked for anew, when another picture is picked before the answer."""
        page_errors.allow("ERR_FAILED|request: |connect-src")
        answer = hold(desktop, lambda request: "/api/images/" in request.url)
        desktop.route("**/thumbnails/**", lambda route: route.abort())
        open_page(desktop, "/?q=frog")
        cards(desktop).first.get_by_role("link").click()
        expect(panel(desktop).get_by_role("heading")).to_have_attribute("title", "Looks like “A frog.”")
        until(desktop, lambda: answer.routes, "the thumbnail was not asked for anew")
        pick(desktop, FLOWER)

        with desktop.expect_response("**/api/images/*"):
            answer.release()
        two_frames(desktop)

        expect(panel(desktop).get_by_role("heading")).to_have_text("Looks like your picture")
        expect(panel(desktop).get_by_role("heading")).to_have_attribute("title", "")
        expect(picture(desktop)).to_have_attribute("alt", "Your picture")
