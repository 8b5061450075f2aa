"""A rectangle on the picture that is searched by says which part of it counts: by mouse, by touch and by keys."""

from __future__ import annotations

import pytest
from axe import assert_accessible
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from page_patience import until
from page_pictures import photographs
from page_site import Site
from playwright.sync_api import Page, expect
from query_files import FROG, in_base64
from query_panel import Shares, area, drag, marked_part, panel, part, pick, picture, request_of, searched
from search_page import captions, open_page, settled

from imagesearch.images import MIN_CROP

TOP_LEFT, MIDDLE, LOWER_RIGHT = Shares(0.2, 0.2), Shares(0.45, 0.45), Shares(0.7, 0.7)
MARKED = [0.2, 0.2, 0.7, 0.7]
PIXELS = st.integers(MIN_CROP, 20_000)
SHARES = st.tuples(st.floats(0, 1), st.floats(0, 1))
SMALL = st.tuples(st.floats(0, 0.01), st.floats(0, 0.01))
FITTED = """async ([one, other, size]) => {
  const { fitted, spanning } = await import("/scripts/query/crops.js");
  return fitted(spanning(one, other), size);
}"""


@pytest.fixture
def with_frog(page: Page) -> Page:
    """The page after a search by a picture."""
    open_page(page)
    pick(page, FROG)
    return page


@pytest.fixture
def desktop_with_frog(desktop: Page) -> Page:
    open_page(desktop)
    pick(desktop, FROG)
    return desktop


def crop_of(page: Page) -> list[float]:
    """The part in the page's address, to a hundredth."""
    query = page.evaluate("() => new URLSearchParams(location.search).get('crop')")
    return [round(float(share), 2) for share in query.split(",")] if query else []


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(SHARES, SMALL, st.tuples(PIXELS, PIXELS))
def test_none_is_too_small_for_the_api_however_large_the_picture(
    opened: Page, one: tuple[float, float], extent: tuple[float, float], size: tuple[int, int]
) -> None:
    width, height = size
    other = [min(1, start + far) for start, far in zip(one, extent, strict=True)]

    crop = opened.evaluate(FITTED, [one, other, {"width": width, "height": height}]) or [0, 0, 1, 1]

    left, top, right, bottom = (round(share * side) for share, side in zip(crop, [*size, *size], strict=True))
    assert right - left >= MIN_CROP
    assert bottom - top >= MIN_CROP
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height


class TestByMouse:
    def test_a_rectangle_searches_by_that_part(self, with_frog: Page, site: Site) -> None:
        drag(with_frog, TOP_LEFT, LOWER_RIGHT)

        assert marked_part(with_frog) == pytest.approx(MARKED, abs=0.03)
        assert crop_of(with_frog) == pytest.approx(MARKED, abs=0.01)
        expect(panel(with_frog)).to_contain_text("Searched by the marked part.")
        crop = dict(zip(("left", "top", "right", "bottom"), crop_of(with_frog), strict=True))
        wanted = site.client.search({"image": in_base64(FROG), "crop": crop, "collapse_duplicates": True, "limit": 3})
        assert captions(with_frog)[:3] == [hit["caption"] for hit in wanted["hits"]]
        assert_accessible(with_frog)

    def test_it_can_be_drawn_from_any_corner(self, desktop_with_frog: Page) -> None:
        drag(desktop_with_frog, LOWER_RIGHT, TOP_LEFT)

        assert crop_of(desktop_with_frog) == pytest.approx(MARKED, abs=0.01)

    def test_beyond_the_edge_it_ends_at_the_edge(self, desktop_with_frog: Page) -> None:
        drag(desktop_with_frog, Shares(0.5, 0.5), Shares(1.4, 1.2))

        assert crop_of(desktop_with_frog) == pytest.approx([0.5, 0.5, 1, 1], abs=0.01)

    def test_it_moves_when_dragged_inside(self, desktop_with_frog: Page) -> None:
        drag(desktop_with_frog, TOP_LEFT, LOWER_RIGHT)

        drag(desktop_with_frog, MIDDLE, Shares(0.55, 0.4))

        assert crop_of(desktop_with_frog) == pytest.approx([0.3, 0.15, 0.8, 0.65], abs=0.01)

    def test_its_corners_can_be_dragged(self, desktop_with_frog: Page) -> None:
        drag(desktop_with_frog, TOP_LEFT, LOWER_RIGHT)

        drag(desktop_with_frog, LOWER_RIGHT, Shares(0.9, 0.5))

        assert crop_of(desktop_with_frog) == pytest.approx([0.2, 0.2, 0.9, 0.5], abs=0.02)

    def test_a_click_takes_it_away(self, desktop_with_frog: Page) -> None:
        drag(desktop_with_frog, TOP_LEFT, LOWER_RIGHT)

        desktop_with_frog.mouse.click(*Shares(0.9, 0.9).on(desktop_with_frog))

        expect(part(desktop_with_frog)).to_be_hidden()
        assert not crop_of(desktop_with_frog)

    def test_without_dragging_a_corner_goes_where_one_clicks_next(self, with_frog: Page) -> None:
        with searched(with_frog):
            panel(with_frog).get_by_role("button", name="Mark a part").click()
        assert crop_of(with_frog) == [0.25, 0.25, 0.75, 0.75]

        with_frog.mouse.click(*Shares(0.75, 0.75).on(with_frog))
        with searched(with_frog):
            with_frog.mouse.click(*Shares(0.9, 0.6).on(with_frog))

        assert crop_of(with_frog) == pytest.approx([0.25, 0.25, 0.9, 0.6], abs=0.01)

    def test_the_whole_picture_is_a_button_away(self, with_frog: Page) -> None:
        drag(with_frog, TOP_LEFT, LOWER_RIGHT)

        panel(with_frog).get_by_role("button", name="Whole picture").click()

        expect(part(with_frog)).to_be_hidden()
        expect(panel(with_frog).get_by_role("button", name="Mark a part")).to_be_visible()
        assert not crop_of(with_frog)

    def test_escape_in_the_middle_leaves_it_as_it_was(self, desktop_with_frog: Page) -> None:
        drag(desktop_with_frog, TOP_LEFT, LOWER_RIGHT)

        desktop_with_frog.mouse.move(*MIDDLE.on(desktop_with_frog))
        desktop_with_frog.mouse.down()
        desktop_with_frog.mouse.move(*LOWER_RIGHT.on(desktop_with_frog))
        desktop_with_frog.keyboard.press("Escape")
        desktop_with_frog.mouse.up()

        assert marked_part(desktop_with_frog) == pytest.approx(MARKED, abs=0.03)

    def test_a_tiny_one_grows_to_what_can_be_searched_by(self, with_frog: Page) -> None:
        drag(with_frog, Shares(0.5, 0.5), Shares(0.5 + 6 / 170, 0.5))

        left, top, right, bottom = crop_of(with_frog)
        assert (right - left) * 452 > 15
        assert (bottom - top) * 340 > 15
        expect(with_frog.locator("#notice")).to_be_hidden()

    @pytest.mark.parametrize("name", ["rocket.jpg", "page.png", "astronaut.png"])
    def test_what_is_marked_is_what_is_seen_whatever_the_shape_of_the_picture(self, page: Page, name: str) -> None:
        open_page(page)
        pick(page, photographs() / name)
        assert area(page).bounding_box() == picture(page).bounding_box()

        drag(page, TOP_LEFT, LOWER_RIGHT)

        assert crop_of(page) == pytest.approx(MARKED, abs=0.015)


class TestByTouch:
    def test_a_finger_draws_it_and_the_page_stays_where_it_is(self, phone: Page) -> None:
        open_page(phone)
        pick(phone, FROG)
        touch = phone.context.new_cdp_session(phone)
        points = [Shares(0.3, 0.8), Shares(0.4, 0.6), Shares(0.6, 0.3), Shares(0.8, 0.2)]

        with searched(phone):
            for number, share in enumerate(points):
                x, y = share.on(phone)
                kind = "touchMove" if number else "touchStart"
                touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
            touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

        assert crop_of(phone) == pytest.approx([0.3, 0.2, 0.8, 0.8], abs=0.015)
        assert phone.evaluate("() => scrollY") == 0

    def test_a_tap_takes_it_away(self, phone: Page) -> None:
        open_page(phone)
        pick(phone, FROG)
        with searched(phone):
            panel(phone).get_by_role("button", name="Mark a part").tap()

        phone.touchscreen.tap(*Shares(0.05, 0.5).on(phone))

        expect(part(phone)).to_be_hidden()


class TestByKeys:
    def test_enter_marks_the_middle_arrows_move_it_and_shift_resizes(self, with_frog: Page) -> None:
        area(with_frog).focus()

        with searched(with_frog):
            with_frog.keyboard.press("Enter")
        assert crop_of(with_frog) == [0.25, 0.25, 0.75, 0.75]
        with searched(with_frog):
            for key in ("ArrowLeft", "ArrowLeft", "ArrowDown", "Shift+ArrowRight", "Shift+ArrowUp"):
                with_frog.keyboard.press(key)

        # Where keys come slowly, that was not the last search.
        until(with_frog, lambda: crop_of(with_frog) == [0.21, 0.27, 0.73, 0.75], lambda: f"it is {crop_of(with_frog)}")
        expect(area(with_frog)).to_be_focused()

    def test_it_is_reached_by_the_tab_key_and_says_what_it_is_and_where(self, desktop_with_frog: Page) -> None:
        page = desktop_with_frog
        panel(page).get_by_role("button", name="Mark a part").focus()
        page.keyboard.press("Shift+Tab")
        expect(area(page)).to_be_focused()
        expect(area(page)).to_have_accessible_name("Searched by: the whole picture")

        with searched(page):
            page.keyboard.press("Enter")

        place = "Searched by: from 25 to 75 percent across, from 25 to 75 percent down"
        expect(area(page)).to_have_accessible_name(place)
        expect(area(page).get_by_role("status")).to_have_text(place)

    @pytest.mark.parametrize("key", ["Delete", "Escape"])
    def test_it_is_taken_away(self, desktop_with_frog: Page, key: str) -> None:
        page = desktop_with_frog
        area(page).focus()
        with searched(page):
            page.keyboard.press("Enter")

        page.keyboard.press(key)

        expect(part(page)).to_be_hidden()
        assert not crop_of(page)

    def test_a_part_that_a_button_has_marked_is_moved_by_arrows(self, desktop_with_frog: Page) -> None:
        with searched(desktop_with_frog):
            panel(desktop_with_frog).get_by_role("button", name="Mark a part").press("Enter")
        expect(area(desktop_with_frog)).to_be_focused()

        with searched(desktop_with_frog):
            desktop_with_frog.keyboard.press("ArrowRight")

        assert crop_of(desktop_with_frog) == pytest.approx([0.27, 0.25, 0.77, 0.75])

    def test_many_arrows_are_one_step_for_back(self, desktop_with_frog: Page) -> None:
        page = desktop_with_frog
        area(page).focus()
        with searched(page):
            page.keyboard.press("Enter")
        with searched(page):
            for _ in range(5):
                page.keyboard.press("ArrowUp")
        until(page, lambda: crop_of(page) == [0.25, 0.15, 0.75, 0.65], lambda: f"it is {crop_of(page)}")  # as above

        page.go_back()

        expect(part(page)).to_be_hidden()
        expect(picture(page)).to_be_visible()


class TestItBelongsToTheSearch:
    def test_through_reload_and_back(self, with_frog: Page) -> None:
        drag(with_frog, TOP_LEFT, LOWER_RIGHT)
        drag(with_frog, MIDDLE, Shares(0.55, 0.45))
        found = captions(with_frog)[:3]

        with_frog.reload()
        settled(with_frog)
        expect(part(with_frog)).to_be_visible()
        assert marked_part(with_frog) == pytest.approx([0.3, 0.2, 0.8, 0.7], abs=0.03)
        assert captions(with_frog)[:3] == found
        with_frog.go_back()

        expect(area(with_frog)).to_have_accessible_name(
            "Searched by: from 20 to 70 percent across, from 20 to 70 percent down"
        )

    def test_another_picture_is_searched_by_as_a_whole(self, desktop_with_frog: Page) -> None:
        drag(desktop_with_frog, TOP_LEFT, LOWER_RIGHT)

        pick(desktop_with_frog, photographs() / "rocket.jpg")

        expect(part(desktop_with_frog)).to_be_hidden()
        assert not crop_of(desktop_with_frog)

    def test_a_part_of_a_picture_of_the_library_counts_as_well(self, page: Page, site: Site) -> None:
        rocket = site.client.search({"text": "rocket"})["hits"][0]["id"]
        open_page(page, f"/?similar={rocket}")
        expect(picture(page)).to_be_visible()

        body = request_of(page, lambda: drag(page, TOP_LEFT, LOWER_RIGHT))

        assert body["image_id"] == rocket
        assert list(body["crop"].values()) == pytest.approx(MARKED, abs=0.01)

    def test_in_the_dark_it_can_be_used_too(self, desktop: Page) -> None:
        desktop.emulate_media(color_scheme="dark")
        open_page(desktop)
        pick(desktop, FROG)

        drag(desktop, TOP_LEFT, LOWER_RIGHT)

        assert_accessible(desktop)
