"""Words are changed where they are read: nothing typed is lost, nobody is overwritten unseen. And pictures deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from answered import answered
from axe import assert_accessible
from browsing import Browsing
from chromium import Device
from held import hold
from looking import AddFile, added_files, button, lightbox, look_at, looking_at, stored, whole
from page_errors import PageErrors
from page_patience import until
from page_pictures import QUERIES
from page_site import Fresh, FreshPicture, Site
from playwright.sync_api import Locator, Page, Route, expect
from search_page import box, captions, cards, open_page, search_for, settled, status


@pytest.fixture
def add_file(site: Site) -> Iterator[AddFile]:
    with added_files(site) as add:
        yield add


def caption(page: Page) -> Locator:
    return lightbox(page).get_by_label("Caption", exact=True)


def tag_field(page: Page) -> Locator:
    return lightbox(page).get_by_label("Tags", exact=True).and_(page.get_by_role("combobox"))


def tags(page: Page) -> list[str]:
    """As chips, while they are edited."""
    return lightbox(page).get_by_role("list", name="Tags", exact=True).get_by_role("listitem").all_inner_texts()


def question(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Leave without saving?")


def edit(page: Page, fresh: Fresh) -> None:
    """Find the picture, open it, and begin."""
    open_page(page, f"/?q={fresh.word}")
    look_at(page, fresh.caption)
    button(page, "Edit words").click()
    expect(caption(page)).to_be_focused()


def words(site: Site, fresh: Fresh) -> tuple[str, list[str]]:
    """What the API tells."""
    image = site.client.image(fresh.id)
    return image["caption"], image["tags"]


def edited_by_another(site: Site, fresh: Fresh, **changes: object) -> None:
    _, etag = site.client.image_and_etag(fresh.id)
    site.client.edit(fresh.id, changes, if_match=etag)


def refused(status: int, code: str, detail: str) -> Callable[[Route], None]:
    """Answers edits so, and lets everything else through."""

    def answer(route: Route) -> None:
        if route.request.method in {"PATCH", "DELETE"}:
            route.fulfill(status=status, json={"status": status, "code": code, "detail": detail})
        else:
            route.continue_()

    return answer


def test_caption_and_tags_are_changed_and_found(page: Page, site: Site, fresh_picture: FreshPicture) -> None:
    fresh = fresh_picture(tags=("old", "kept"))
    edit(page, fresh)

    caption(page).fill(f"  A new caption\nfor {fresh.word}. ")
    lightbox(page).get_by_role("button", name="Take the tag old away").click()
    tag_field(page).fill("quite new")
    tag_field(page).press("Enter")
    tag_field(page).press_sequentially("newer,")
    assert tags(page) == ["kept", "quite new", "newer"]
    button(page, "Save").click()

    expect(lightbox(page).get_by_text("Saved. Searches find it in a moment.")).to_be_visible()
    looking_at(page, f"A new caption for {fresh.word}.")
    expect(lightbox(page).get_by_role("list", name="Tags")).to_have_text("keptquite newnewer")
    expect(button(page, "Edit words")).to_be_focused()
    stored(page, site, fresh.id, f"A new caption for {fresh.word}.", ["kept", "quite new", "newer"])
    page.keyboard.press("Escape")
    expect(cards(page).first).to_contain_text(f"A new caption for {fresh.word}.")


def test_what_is_typed_as_a_tag_and_not_entered_is_saved_too(
    desktop: Page, site: Site, fresh_picture: FreshPicture
) -> None:
    fresh = fresh_picture(tags=())
    edit(desktop, fresh)

    tag_field(desktop).fill("forgotten to enter")
    caption(desktop).press("Control+Enter")

    stored(desktop, site, fresh.id, fresh.caption, ["forgotten to enter"])


def test_a_tag_is_there_once_whatever_its_case(desktop: Page, fresh_picture: FreshPicture) -> None:
    edit(desktop, fresh_picture(tags=("Bubbles",)))

    tag_field(desktop).fill("bubbles, BUBBLES, soap")
    tag_field(desktop).press("Enter")

    assert tags(desktop) == ["Bubbles", "soap"]


def test_backspace_goes_to_the_last_tag_and_enter_takes_it_away(desktop: Page, fresh_picture: FreshPicture) -> None:
    edit(desktop, fresh_picture(tags=("first", "second", "third")))

    tag_field(desktop).press("Backspace")
    assert tags(desktop) == ["first", "second", "third"], "nothing goes by accident"
    desktop.keyboard.press("Enter")

    assert tags(desktop) == ["first", "second"]
    expect(tag_field(desktop)).to_be_focused()


def test_tags_of_the_library_complete_what_is_typed(desktop: Page, fresh_picture: FreshPicture) -> None:
    edit(desktop, fresh_picture())

    tag_field(desktop).fill("amphi")

    expect(lightbox(desktop).locator("datalist option")).to_have_attribute("value", "amphibians")


def test_suggested_tags_are_added_by_a_click(page: Page, site: Site, add_file: AddFile) -> None:
    added = add_file(QUERIES / "frog.jpg", "image/jpeg")
    page.goto(f"/?open={added}")
    looking_at(page, "No caption")
    button(page, "Add words").click()

    suggested = lightbox(page).get_by_role("list", name="Suggested tags").get_by_role("button")
    name = str(site.client.image(added)["suggested_tags"][0]["tag"])
    suggested.filter(has_text=f"+ {name}").first.click()
    assert tags(page) == [name]
    expect(suggested.filter(has_text=f"+ {name}").first).to_be_hidden()
    button(page, "Save").click()

    expect(lightbox(page).get_by_role("list", name="Tags", exact=True)).to_have_text(name)
    until(page, lambda: site.client.image(added)["tags"] == [name])


def test_saving_twice_in_a_row_is_no_conflict_with_oneself(
    desktop: Page, site: Site, fresh_picture: FreshPicture
) -> None:
    """The index tells the words of before for a moment: a second edit must not stand on those."""
    fresh = fresh_picture()
    edit(desktop, fresh)
    caption(desktop).fill("One.")
    button(desktop, "Save").click()
    looking_at(desktop, "One.")

    desktop.keyboard.press("Escape")
    cards(desktop).first.get_by_role("button", name="Look at it").click()
    looking_at(desktop, "One.")
    button(desktop, "Edit words").click()
    caption(desktop).fill("Two.")
    button(desktop, "Save").click()

    looking_at(desktop, "Two.")
    stored(desktop, site, fresh.id, "Two.", ["fresh"])


def test_saving_nothing_new_sends_nothing(desktop: Page, fresh_picture: FreshPicture) -> None:
    sent: list[str] = []
    desktop.on("request", lambda request: sent.append(request.method))
    edit(desktop, fresh_picture())

    button(desktop, "Save").click()

    expect(button(desktop, "Edit words")).to_be_visible()
    assert "PATCH" not in sent


def close(page: Page) -> None:
    button(page, "Close").click()


def cancel(page: Page) -> None:
    button(page, "Cancel").click()


def escape(page: Page) -> None:
    page.keyboard.press("Escape")


def back(page: Page) -> None:
    page.go_back()


def more_like_this(page: Page) -> None:
    button(page, "More like this").click()


def next_picture(page: Page) -> None:
    button(page, "Next picture").click()
    whole(page)


@pytest.mark.parametrize("leave", [close, cancel, escape, back, more_like_this])
def test_leaving_with_unsaved_words_asks(
    page: Page, fresh_picture: FreshPicture, leave: Callable[[Page], None]
) -> None:
    fresh = fresh_picture()
    edit(page, fresh)
    caption(page).fill("Not saved yet.")

    leave(page)
    expect(question(page).get_by_role("button", name="Keep editing")).to_be_focused()
    page.keyboard.press("Enter")
    expect(question(page)).to_be_hidden()
    expect(caption(page)).to_have_value("Not saved yet.")
    assert fresh.id in page.url
    leave(page)
    question(page).get_by_role("button", name="Discard them").click()

    expect(caption(page)).to_be_hidden()
    open_page(page, f"/?q={fresh.word}&open={fresh.id}")
    looking_at(page, fresh.caption)


@pytest.fixture
def gone_back_twice(page: Page, fresh_picture: FreshPicture) -> Fresh:
    """With words typed and not saved, from a picture and from the search that it was opened in."""
    fresh = fresh_picture()
    open_page(page)
    search_for(page, fresh.word)
    look_at(page, fresh.caption)
    button(page, "Edit words").click()
    caption(page).fill("Not saved yet.")
    page.go_back()
    expect(question(page)).to_be_visible()
    page.go_back()
    return fresh


def test_who_goes_back_twice_is_asked_once_and_leaves(page: Page, site: Site, gone_back_twice: Fresh) -> None:
    question(page).get_by_role("button", name="Discard them").click()

    expect(lightbox(page)).to_be_hidden()
    expect(page).to_have_url(f"{site.url}/")
    settled(page)
    expect(box(page)).to_have_value("")
    assert cards(page).count() > 1


def test_who_goes_back_twice_and_stays_is_in_the_same_search_again(
    page: Page, site: Site, gone_back_twice: Fresh
) -> None:
    fresh = gone_back_twice

    question(page).get_by_role("button", name="Keep editing").click()

    expect(caption(page)).to_have_value("Not saved yet.")
    expect(page).to_have_url(f"{site.url}/?q={fresh.word}&open={fresh.id}")
    close(page)
    question(page).get_by_role("button", name="Discard them").click()
    expect(lightbox(page)).to_be_hidden()
    expect(page).to_have_url(f"{site.url}/?q={fresh.word}")
    expect(cards(page)).to_have_count(1)


def test_who_discards_words_and_is_at_the_same_picture_again_can_edit_them_anew(
    page: Page, fresh_picture: FreshPicture
) -> None:
    """Given a question to who went back, When they go forward before they answer, Then no form is left behind."""
    fresh = fresh_picture()
    edit(page, fresh)
    caption(page).fill("Not wanted.")
    page.go_back()
    expect(question(page)).to_be_visible()
    page.go_forward()

    question(page).get_by_role("button", name="Discard them").click()

    expect(caption(page)).to_be_hidden()
    looking_at(page, fresh.caption)
    button(page, "Edit words").click()
    expect(caption(page)).to_have_value(fresh.caption)
    caption(page).fill("Asked for again.")
    escape(page)
    expect(question(page)).to_be_visible()


def test_who_stays_finds_the_words_that_are_not_searched_for_yet(page: Page, fresh_picture: FreshPicture) -> None:
    fresh = fresh_picture()
    open_page(page, f"/?q={fresh.word}")
    box(page).fill(f"{fresh.word} half typed")
    look_at(page, fresh.caption)
    button(page, "Edit words").click()
    caption(page).fill("Not saved yet.")
    page.go_back()

    question(page).get_by_role("button", name="Keep editing").click()

    expect(caption(page)).to_have_value("Not saved yet.")
    expect(box(page)).to_have_value(f"{fresh.word} half typed")
    assert fresh.id in page.url


def test_the_question_fits_the_narrowest_page(desktop: Page, fresh_picture: FreshPicture) -> None:
    desktop.set_viewport_size({"width": 305, "height": 640})
    edit(desktop, fresh_picture())
    caption(desktop).fill("Typed, and not saved.")
    close(desktop)

    for answer in ("Keep editing", "Discard them"):
        place = question(desktop).get_by_role("button", name=answer).bounding_box()
        around = question(desktop).bounding_box()
        assert place
        assert around
        assert around["x"] <= place["x"]
        assert place["x"] + place["width"] <= around["x"] + around["width"]


def test_going_to_the_next_picture_with_unsaved_words_asks(desktop: Page, fresh_picture: FreshPicture) -> None:
    fresh_picture()
    fresh_picture()
    open_page(desktop)
    names = captions(desktop)
    look_at(desktop, names[0])
    button(desktop, "Edit words").click()
    caption(desktop).fill("Not saved yet.")

    button(desktop, "Next picture").click()
    question(desktop).get_by_role("button", name="Keep editing").click()
    expect(caption(desktop)).to_have_value("Not saved yet.")
    button(desktop, "Next picture").click()
    question(desktop).get_by_role("button", name="Discard them").click()

    looking_at(desktop, names[1])


def test_nothing_can_be_typed_or_cancelled_while_words_are_saved(
    desktop: Page, site: Site, fresh_picture: FreshPicture
) -> None:
    """What would be typed then would be in no request, and what is stored can't be taken back."""
    fresh = fresh_picture(tags=("one",))
    edit(desktop, fresh)
    held = hold(desktop, lambda request: request.method == "PATCH")
    caption(desktop).fill("Saved.")
    tag_field(desktop).fill("two")
    tag_field(desktop).press("Control+Enter")
    expect(button(desktop, "Saving…")).to_be_focused()

    expect(lightbox(desktop).locator(".tags-field")).to_have_js_property("inert", True)
    expect(caption(desktop)).not_to_be_editable()
    cancel_saving = button(desktop, "Cancel")
    expect(cancel_saving).to_have_attribute("aria-disabled", "true")
    cancel_saving.click(force=True)
    expect(question(desktop)).to_be_hidden()
    until(desktop, lambda: held.routes)
    held.release()

    looking_at(desktop, "Saved.")
    stored(desktop, site, fresh.id, "Saved.", ["one", "two"])


def test_who_leaves_while_words_are_saved_leaves_once_they_are(desktop: Page, fresh_picture: FreshPicture) -> None:
    fresh = fresh_picture()
    edit(desktop, fresh)
    held = hold(desktop, lambda request: request.method == "PATCH")
    caption(desktop).fill("Saved.")
    button(desktop, "Save").click()
    until(desktop, lambda: held.routes)

    button(desktop, "Close").click()
    held.release()

    expect(lightbox(desktop)).to_be_hidden()
    expect(cards(desktop).first).to_contain_text("Saved.")


def test_arrows_within_a_field_move_the_cursor_alone(desktop: Page, fresh_picture: FreshPicture) -> None:
    fresh_picture()
    edit(desktop, fresh_picture())

    desktop.keyboard.press("ArrowLeft")
    desktop.keyboard.press("ArrowRight")

    expect(question(desktop)).to_be_hidden()
    expect(caption(desktop)).to_be_focused()


def test_a_reload_asks_and_what_was_typed_is_there_again(
    desktop: Page, page_errors: PageErrors, site: Site, fresh_picture: FreshPicture
) -> None:
    page_errors.allow("beforeunload")
    fresh = fresh_picture(tags=("one",))
    edit(desktop, fresh)
    caption(desktop).press("End")
    caption(desktop).press_sequentially(" More.")
    tag_field(desktop).fill("two")

    desktop.reload()

    expect(caption(desktop)).to_have_value(f"{fresh.caption} More.")
    assert tags(desktop) == ["one", "two"]
    assert any("beforeunload" in seen for seen in page_errors.seen), "nobody asked"
    button(desktop, "Save").click()
    stored(desktop, site, fresh.id, f"{fresh.caption} More.", ["one", "two"])


def raced(page: Page, site: Site, fresh_picture: FreshPicture, *, tags: list[str]) -> Fresh:
    """Somebody else has saved a caption and these tags while mine stands in the editor."""
    fresh = fresh_picture(tags=("one",))
    edit(page, fresh)
    caption(page).fill("My caption.")
    edited_by_another(site, fresh, caption="Their caption.", tags=tags)
    return fresh


def test_a_lost_race_shows_the_other_words_and_keeps_mine_if_wanted(
    page: Page, page_errors: PageErrors, site: Site, fresh_picture: FreshPicture
) -> None:
    """Given words that somebody else changes, when mine are kept, then only what I changed replaces theirs."""
    page_errors.allow("412")
    fresh = raced(page, site, fresh_picture, tags=["one", "theirs"])

    button(page, "Save").click()
    theirs = lightbox(page).get_by_role("alert").filter(has_text="Somebody else has changed these words meanwhile, to:")
    expect(theirs).to_contain_text("Their caption.")
    expect(theirs).to_contain_text("one, theirs")
    expect(caption(page)).to_have_value("My caption.")
    expect(theirs).to_be_focused()
    button(page, "Keep mine").click()

    looking_at(page, "My caption.")
    stored(page, site, fresh.id, "My caption.", ["one", "theirs"])


def test_a_lost_race_can_be_left_to_the_others(
    page: Page, page_errors: PageErrors, site: Site, fresh_picture: FreshPicture
) -> None:
    page_errors.allow("412")
    fresh = raced(page, site, fresh_picture, tags=["theirs"])
    button(page, "Save").click()

    button(page, "Take theirs").click()

    looking_at(page, "Their caption.")
    expect(lightbox(page).get_by_role("list", name="Tags")).to_have_text("theirs")
    page.keyboard.press("Escape")
    expect(lightbox(page)).to_be_hidden()
    expect(cards(page).first).to_contain_text("Their caption.")
    assert words(site, fresh) == ("Their caption.", ["theirs"])


def test_limits_are_told_before_anything_is_sent(desktop: Page, fresh_picture: FreshPicture) -> None:
    sent: list[str] = []
    desktop.on("request", lambda request: sent.append(request.method))
    edit(desktop, fresh_picture(tags=("one",)))

    caption(desktop).fill("ü" * 2001)
    expect(lightbox(desktop).get_by_text("2,001 of 2,000 letters")).to_be_visible()
    button(desktop, "Save").click()
    expect(lightbox(desktop).get_by_text("The caption is too long")).to_be_visible()
    expect(caption(desktop)).to_be_focused()
    caption(desktop).fill("🐸" * 2000)
    tag_field(desktop).fill("x" * 101)
    button(desktop, "Save").click()
    expect(lightbox(desktop).get_by_text("A tag has 100 letters at most; this one has 101.")).to_be_visible()
    expect(tag_field(desktop)).to_have_value("x" * 101)
    tag_field(desktop).fill(", ".join(f"tag {number}" for number in range(100)))
    tag_field(desktop).press("Enter")

    expect(lightbox(desktop).get_by_text("A picture has 100 tags at most.")).to_be_visible()
    expect(tag_field(desktop)).to_have_value("tag 99")
    assert "PATCH" not in sent


def test_the_longest_words_are_saved(desktop: Page, site: Site, fresh_picture: FreshPicture) -> None:
    fresh = fresh_picture(tags=())
    edit(desktop, fresh)

    caption(desktop).fill("🐸" * 2000)
    tag_field(desktop).fill("🐸" * 100)
    button(desktop, "Save").click()

    looking_at(desktop, "🐸" * 2000)
    stored(desktop, site, fresh.id, "🐸" * 2000, ["🐸" * 100])


REFUSALS = {
    "The store does not answer": (503, "store-unavailable", "The store does not answer: try again later."),
    "Only editors may do that.": (403, "forbidden", "Only editors may do that."),
    "You are signed out.": (401, "unauthorized", "Send a token."),
}
"""By what is said of them."""


@pytest.mark.parametrize("said", REFUSALS)
def test_words_that_are_refused_are_still_there_to_try_again(
    page: Page, page_errors: PageErrors, site: Site, fresh_picture: FreshPicture, said: str
) -> None:
    status, code, detail = REFUSALS[said]
    page_errors.allow(str(status))
    fresh = fresh_picture()
    edit(page, fresh)
    caption(page).fill("Hard to save.")
    with answered(page, "**/api/images/*", refused(status, code, detail)):
        button(page, "Save").click()
        expect(lightbox(page).get_by_role("alert").filter(has_text=said)).to_contain_text(
            "What you typed is still here."
        )
        expect(caption(page)).to_have_value("Hard to save.")
    button(page, "Try again").click()

    looking_at(page, "Hard to save.")
    stored(page, site, fresh.id, "Hard to save.", ["fresh"])


def test_words_typed_offline_are_saved_once_the_network_is_back(
    page: Page, page_errors: PageErrors, site: Site, fresh_picture: FreshPicture
) -> None:
    page_errors.allow("ERR_INTERNET_DISCONNECTED")
    fresh = fresh_picture()
    edit(page, fresh)
    caption(page).fill("Typed in a tunnel.")
    page.context.set_offline(True)

    button(page, "Save").click()
    expect(lightbox(page).get_by_text("You are offline. What you typed is still here.")).to_be_visible()
    page.context.set_offline(False)
    button(page, "Try again").click()

    stored(page, site, fresh.id, "Typed in a tunnel.", ["fresh"])


def test_hostile_words_that_are_typed_stay_text(page: Page, site: Site, fresh_picture: FreshPicture) -> None:
    fresh = fresh_picture(tags=())
    edit(page, fresh)

    caption(page).fill("<img src=x onerror=alert(1)>")
    tag_field(page).fill('"><script>alert(2)</script>')
    tag_field(page).press("Enter")
    button(page, "Save").click()

    looking_at(page, "<img src=x onerror=alert(1)>")
    expect(lightbox(page).get_by_role("list", name="Tags")).to_have_text('"><script>alert(2)</script>')
    stored(page, site, fresh.id, "<img src=x onerror=alert(1)>", ['"><script>alert(2)</script>'])


def test_from_a_search_to_a_saved_edit_by_keys_alone(desktop: Page, site: Site, fresh_picture: FreshPicture) -> None:
    fresh = fresh_picture(tags=("one",))
    open_page(desktop)
    press = desktop.keyboard.press

    def tab_to(place: str) -> None:
        until(desktop, lambda: press("Tab") or desktop.evaluate(f"() => document.activeElement.{place}"))

    press("/")
    desktop.keyboard.type(fresh.word)
    press("Enter")
    settled(desktop)
    expect(cards(desktop)).to_have_count(1)
    tab_to("closest('.card') !== null")
    press("o")
    looking_at(desktop, fresh.caption)
    tab_to("textContent === 'Edit words'")
    press("Enter")
    expect(caption(desktop)).to_be_focused()
    press("Control+a")
    desktop.keyboard.type("Typed without a mouse.")
    tab_to("matches('#tag')")
    desktop.keyboard.type("keys")
    press("Enter")
    press("Control+Enter")
    expect(button(desktop, "Edit words")).to_be_focused()
    press("Escape")

    expect(lightbox(desktop)).to_be_hidden()
    expect(cards(desktop).first.get_by_role("link")).to_be_focused()
    expect(box(desktop)).to_have_value(fresh.word)
    stored(desktop, site, fresh.id, "Typed without a mouse.", ["one", "keys"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_editing_can_be_done_by_everybody(browsing: Browsing, device: Device, scheme: str, add_file: AddFile) -> None:
    page = browsing.open(device, color_scheme=scheme)
    page.goto(f"/?open={add_file(QUERIES / 'frog.jpg', 'image/jpeg')}")
    looking_at(page, "No caption")
    button(page, "Add words").click()
    tag_field(page).fill("one, two,")
    caption(page).fill("x" * 2001)
    button(page, "Save").click()
    expect(lightbox(page).get_by_text("The caption is too long")).to_be_visible()
    whole(page)

    assert_accessible(page)


def test_a_question_can_be_answered_by_everybody(page: Page, fresh_picture: FreshPicture) -> None:
    fresh = fresh_picture()
    open_page(page, f"/?q={fresh.word}")
    look_at(page, fresh.caption)
    button(page, "Delete").click()
    expect(page.get_by_role("dialog", name=f"Delete “{fresh.caption}”?")).to_be_visible()

    assert_accessible(page)


def asked_about(page: Page, site: Site, fresh: Fresh, called: str) -> Locator:
    """Whether a picture with this caption is to be deleted."""
    edited_by_another(site, fresh, caption=called)
    stored(page, site, fresh.id, called, [*fresh.tags])
    page.goto(f"/?open={fresh.id}")
    looking_at(page, called)
    button(page, "Delete").click()
    asked = page.get_by_role("dialog", name=f"Delete “{called[:10]}")
    expect(asked).to_be_visible()
    return asked


def test_a_question_about_one_long_word_stays_within_itself(
    page: Page, site: Site, fresh_picture: FreshPicture
) -> None:
    asked = asked_about(page, site, fresh_picture(), "x" * 200)

    assert asked.evaluate("(dialog) => dialog.scrollWidth <= dialog.clientWidth")


def test_a_question_about_a_long_caption_does_not_fill_the_page(
    phone: Page, site: Site, fresh_picture: FreshPicture
) -> None:
    asked = asked_about(phone, site, fresh_picture(), ("many words " * 150).strip())

    assert asked.evaluate("(dialog) => dialog.clientHeight < innerHeight / 2")


def test_whoever_goes_back_from_the_question_deletes_nothing(
    page: Page, site: Site, fresh_picture: FreshPicture
) -> None:
    fresh = fresh_picture()
    open_page(page, f"/?q={fresh.word}")
    look_at(page, fresh.caption)
    button(page, "Delete").click()
    asked = page.get_by_role("dialog", name="Delete “")
    expect(asked).to_be_visible()

    page.go_back()

    expect(lightbox(page)).to_be_hidden()
    expect(asked).to_be_hidden()
    assert site.client.image(fresh.id)["state"] == "indexed"


def test_deleting_asks_and_names_the_file(page: Page, site: Site, fresh_picture: FreshPicture) -> None:
    fresh = fresh_picture()
    open_page(page, f"/?q={fresh.word}")
    look_at(page, fresh.caption)

    button(page, "Delete").click()
    asked = page.get_by_role("dialog", name=f"Delete “{fresh.caption}”?")
    expect(asked).to_contain_text(site.client.image(fresh.id)["key"])
    expect(asked.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Enter")
    expect(asked).to_be_hidden()
    button(page, "Delete").click()
    expect(asked).to_be_visible()
    page.keyboard.press("Escape")
    expect(asked).to_be_hidden()

    looking_at(page, fresh.caption)
    assert site.client.image(fresh.id)["state"] == "indexed"


def test_after_a_deletion_the_next_picture_is_shown_and_after_the_last_the_search(
    page: Page, site: Site, fresh_picture: FreshPicture
) -> None:
    for _ in range(2):
        fresh_picture(tags=("doomed",))
    open_page(page, "/?tag=doomed")
    names = captions(page)
    look_at(page, names[0])

    for name in names:
        looking_at(page, name)
        button(page, "Delete").click()
        page.get_by_role("dialog", name=f"Delete “{name}”?").get_by_role("button", name="Delete").click()
        expect(page.get_by_text(f"Deleted: {name}")).to_be_visible()

    expect(lightbox(page)).to_be_hidden()
    expect(cards(page)).to_have_count(0)
    assert site.client.search({"filters": {"tags": {"all": ["doomed"]}}})["total"] == 0


def test_a_deletion_that_fails_is_said_and_tried_again(
    page: Page, page_errors: PageErrors, fresh_picture: FreshPicture
) -> None:
    page_errors.allow("503")
    fresh = fresh_picture()
    open_page(page, f"/?q={fresh.word}")
    look_at(page, fresh.caption)
    with answered(
        page, "**/api/images/*", refused(503, "store-unavailable", "The store does not answer: try again later.")
    ):
        asked = page.get_by_role("dialog", name=f"Delete “{fresh.caption}”?")
        button(page, "Delete").click()
        asked.get_by_role("button", name="Delete").click()
        expect(lightbox(page).get_by_text("Not deleted: The store does not answer")).to_be_visible()

    button(page, "Try again").click()
    asked.get_by_role("button", name="Delete").click()

    expect(lightbox(page)).to_be_hidden()
    expect(page.get_by_text(f"Deleted: {fresh.caption}")).to_be_visible()


def deleted(page: Page, caption: str) -> None:
    """Asked for and confirmed."""
    page.get_by_role("dialog", name=f"Delete “{caption}”?").get_by_role("button", name="Delete").click()


@pytest.mark.parametrize("elsewhere", [next_picture, close])
def test_trying_again_deletes_the_picture_that_was_meant_wherever_one_is(
    desktop: Page,
    page_errors: PageErrors,
    site: Site,
    fresh_picture: FreshPicture,
    elsewhere: Callable[[Page], None],
) -> None:
    """Given a deletion that failed, when it is tried again from elsewhere, then it is about the same picture."""
    page_errors.allow("503")
    ids = {fresh.caption: fresh.id for fresh in (fresh_picture(tags=("pair",)), fresh_picture(tags=("pair",)))}
    open_page(desktop, "/?tag=pair")
    meant, other = captions(desktop)
    look_at(desktop, meant)
    with answered(
        desktop, "**/api/images/*", refused(503, "store-unavailable", "The store does not answer: try again later.")
    ):
        button(desktop, "Delete").click()
        deleted(desktop, meant)
        expect(lightbox(desktop).get_by_text("Not deleted")).to_be_visible()

    elsewhere(desktop)
    desktop.get_by_role("button", name="Try again").click()
    deleted(desktop, meant)

    expect(desktop.get_by_text(f"Deleted: {meant}")).to_be_visible()
    expect(cards(desktop)).to_have_count(1)
    assert captions(desktop) == [other]
    assert site.client.image(ids[other])["state"] == "indexed"


def test_deleting_again_while_it_is_under_way_sends_nothing(desktop: Page, fresh_picture: FreshPicture) -> None:
    fresh_picture(tags=("twice",))
    fresh_picture(tags=("twice",))
    open_page(desktop, "/?tag=twice")
    name = captions(desktop)[0]
    look_at(desktop, name)
    held = hold(desktop, lambda request: request.method == "DELETE")
    button(desktop, "Delete").click()
    deleted(desktop, name)
    until(desktop, lambda: held.routes)

    button(desktop, "Delete").click()
    expect(desktop.get_by_role("dialog", name="Delete")).to_be_hidden()
    held.release()

    expect(desktop.get_by_text(f"Deleted: {name}")).to_be_visible()
    expect(status(desktop)).to_contain_text("1 picture")
    whole(desktop)  # the next one
    assert len(held.routes) == 1


def test_the_top_of_a_stack_leaves_its_near_duplicate_behind(
    desktop: Page, site: Site, add_file: AddFile, fresh_picture: FreshPicture
) -> None:
    fresh = fresh_picture()
    add_file(fresh.path, "image/png", caption=fresh.caption)
    open_page(desktop, f"/?q={fresh.word}")
    expect(cards(desktop)).to_have_count(1)
    gone = cards(desktop).get_attribute("data-id")
    look_at(desktop, fresh.caption)

    button(desktop, "Delete").click()
    deleted(desktop, fresh.caption)

    expect(lightbox(desktop)).to_be_hidden()
    expect(cards(desktop)).to_have_count(1)
    expect(cards(desktop)).not_to_have_attribute("data-id", str(gone))


@pytest.mark.parametrize("leave", [close, back])
def test_words_that_are_typed_while_their_picture_is_deleted_are_asked_for_no_more(
    desktop: Page, fresh_picture: FreshPicture, leave: Callable[[Page], None]
) -> None:
    """Given "Leave without saving?", When the picture is gone, Then so are the question and the editor."""
    fresh = fresh_picture()
    open_page(desktop, f"/?q={fresh.word}")
    look_at(desktop, fresh.caption)
    held = hold(desktop, lambda request: request.method == "DELETE")
    button(desktop, "Delete").click()
    deleted(desktop, fresh.caption)
    until(desktop, lambda: held.routes)
    button(desktop, "Edit words").click()
    caption(desktop).fill("Typed in vain.")
    leave(desktop)
    expect(question(desktop)).to_be_visible()

    held.release()

    expect(lightbox(desktop)).to_be_hidden()
    expect(question(desktop)).to_be_hidden()
    expect(cards(desktop)).to_have_count(0)


def test_words_of_a_picture_that_somebody_else_has_deleted_are_not_saved_and_the_page_says_why(
    desktop: Page, page_errors: PageErrors, site: Site, fresh_picture: FreshPicture
) -> None:
    page_errors.allow("404")
    fresh = fresh_picture()
    edit(desktop, fresh)
    whole(desktop)
    caption(desktop).fill("Typed too late.")
    site.remove(fresh.id)

    button(desktop, "Save").click()

    said = lightbox(desktop).get_by_role("alert")
    expect(said).to_have_text("This picture is not there any more. What you typed is still here.")
    expect(caption(desktop)).to_have_value("Typed too late.")


def test_a_picture_that_somebody_else_has_deleted_goes_as_well(
    desktop: Page, page_errors: PageErrors, site: Site, fresh_picture: FreshPicture
) -> None:
    page_errors.allow("404")
    fresh = fresh_picture()
    open_page(desktop, f"/?q={fresh.word}")
    look_at(desktop, fresh.caption)
    site.remove(fresh.id)

    button(desktop, "Delete").click()
    desktop.get_by_role("dialog", name="Delete").get_by_role("button", name="Delete").click()

    expect(lightbox(desktop)).to_be_hidden()
    expect(cards(desktop)).to_have_count(0)
