"""Everything can be done without a mouse."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from search_page import box, captions, cards, open_page, search_for, settled, status


def focused(page: Page) -> str:
    """Caption of the card that has the focus."""
    caption: str = page.evaluate("() => document.activeElement.closest('.card')?.querySelector('img').alt ?? ''")
    return caption


def test_a_slash_goes_to_the_words(desktop: Page) -> None:
    open_page(desktop, "/?q=frog")

    desktop.keyboard.press("/")

    expect(box(desktop)).to_be_focused()
    assert desktop.evaluate("() => getSelection().toString()") == "frog"


def test_the_first_tab_skips_to_the_pictures(desktop: Page) -> None:
    open_page(desktop)

    desktop.keyboard.press("Tab")
    desktop.keyboard.press("Enter")
    desktop.keyboard.press("Tab")

    assert focused(desktop) == captions(desktop)[0]


def test_what_has_the_focus_is_not_under_the_header(page: Page) -> None:
    """Given a page scrolled down, whoever goes back up by Shift+Tab sees where they are (WCAG 2.4.11)."""
    open_page(page)
    cards(page).nth(12).get_by_role("link").focus()

    for _ in range(20):
        page.keyboard.press("Shift+Tab")
        under = page.evaluate(
            """() => {
              const { top, height } = document.activeElement.getBoundingClientRect();
              const covered = document.activeElement.closest(".card") && top + height / 2 <
                document.querySelector("header").getBoundingClientRect().bottom;
              return covered ? document.activeElement.outerHTML : "";
            }"""
        )
        assert not under


def test_the_list_of_keys_is_at_hand_where_the_window_is_narrow(desktop: Page) -> None:
    """As on a desktop at 200 %."""
    desktop.set_viewport_size({"width": 630, "height": 400})
    open_page(desktop)

    desktop.get_by_role("button", name="Keyboard shortcuts").click()

    expect(desktop.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def test_arrows_go_from_picture_to_picture(desktop: Page) -> None:
    open_page(desktop, "/?tag=animals")
    names = captions(desktop)
    cards(desktop).first.get_by_role("link").focus()

    desktop.keyboard.press("ArrowRight")
    desktop.keyboard.press("ArrowRight")
    assert focused(desktop) == names[2]
    desktop.keyboard.press("ArrowLeft")
    assert focused(desktop) == names[1]
    desktop.keyboard.press("ArrowDown")
    below = desktop.evaluate("() => document.activeElement.getBoundingClientRect().top")
    desktop.keyboard.press("ArrowUp")
    above = desktop.evaluate("() => document.activeElement.getBoundingClientRect().top")
    assert above < below
    desktop.keyboard.press("End")
    assert focused(desktop) == names[-1]
    desktop.keyboard.press("Home")

    assert focused(desktop) == names[0]


def test_enter_on_a_picture_shows_more_like_it_and_the_focus_is_not_lost(desktop: Page) -> None:
    open_page(desktop, "/?q=frog")
    cards(desktop).first.get_by_role("link").focus()

    desktop.keyboard.press("Enter")
    settled(desktop)

    assert "similar=" in desktop.url
    expect(status(desktop)).to_be_focused()


def test_plus_and_minus_mark_the_picture_in_focus(desktop: Page) -> None:
    open_page(desktop, "/?q=flower")
    cards(desktop).nth(1).get_by_role("link").focus()

    desktop.keyboard.press("-")
    settled(desktop)

    assert "less=" in desktop.url


def test_letters_typed_into_the_box_are_words(desktop: Page) -> None:
    open_page(desktop)
    box(desktop).press_sequentially("o+-?/")

    expect(box(desktop)).to_have_value("o+-?/")
    expect(desktop.get_by_role("dialog")).to_have_count(0)


def test_a_question_mark_tells_the_keys(desktop: Page) -> None:
    open_page(desktop)

    desktop.keyboard.press("?")
    expect(desktop.get_by_role("dialog", name="Keyboard shortcuts")).to_contain_text("go from picture to picture")
    desktop.keyboard.press("Escape")

    expect(desktop.get_by_role("dialog")).to_have_count(0)


def test_who_hits_keys_by_accident_turns_off_those_that_work_anywhere(desktop: Page) -> None:
    """Given the switch in the list of keys (WCAG 2.1.4), `/` and `?` do nothing, also when the page is opened again."""
    open_page(desktop)
    desktop.keyboard.press("?")
    desktop.get_by_role("checkbox", name="work wherever the focus is").uncheck()
    desktop.keyboard.press("Escape")

    for _ in ("at once", "after a reload"):
        desktop.keyboard.press("/")
        expect(box(desktop)).not_to_be_focused()
        desktop.keyboard.press("?")
        expect(desktop.get_by_role("dialog")).to_have_count(0)
        desktop.reload()
        settled(desktop)

    desktop.get_by_role("button", name="Keyboard shortcuts").click()
    desktop.get_by_role("checkbox", name="work wherever the focus is").check()
    desktop.keyboard.press("Escape")
    desktop.keyboard.press("/")
    expect(box(desktop)).to_be_focused()


def test_menus_open_and_close_by_keys_and_give_the_focus_back(desktop: Page) -> None:
    open_page(desktop, "/?q=frog")
    dates = desktop.get_by_role("button", name="Any date")
    dates.focus()

    desktop.keyboard.press("Enter")
    expect(desktop.get_by_label("From", exact=True)).to_be_visible()
    desktop.keyboard.press("Escape")

    expect(desktop.get_by_label("From", exact=True)).to_be_hidden()
    expect(dates).to_be_focused()


def test_the_result_of_a_search_is_told_to_who_cannot_see(desktop: Page) -> None:
    open_page(desktop)

    search_for(desktop, "frog")

    expect(desktop.get_by_role("status").filter(has_text="2 pictures with this word")).to_be_visible()
