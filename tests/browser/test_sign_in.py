"""Signing in with a Cognito user pool, as the deployed page does it.

Cognito itself can't be had here, and the page was never run against it: an authorization server of Authlib's stands for
it, at an origin of its own (tests/support/sign_in_server.py), and the API behind the page takes nobody without a good
token, as API Gateway would. The page is under the very headers that CloudFront sends with it.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import query_panel
from browsing import Browsing
from chromium import DESKTOP, Device

if not shutil.which("node"):
    pytest.skip(
        "without Node: the headers of the page are the deployment's, whose CDK runs on it", allow_module_level=True
    )

from deployed_page import DeployedPage, deployed_page
from held import hold
from looking import button, lightbox, look_at, stored
from page_errors import PageErrors
from page_patience import until
from page_policy import PagePolicy, deployed_policy
from page_site import FreshPicture, Site
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect
from search_page import box, card, cards, settled
from sign_in_service import ADA, HOUR, NOBODY, PASSWORD, VIC, User
from upload_panel import add

SEARCH = "/?q=coffee&sort=newest"
COFFEE = "Coffee, a smaller copy."
UNAUTHORIZED = "401 "
ASKS_FOR_LONGER = """
const later = window.setTimeout;
window.asksForLonger = false;
window.setTimeout = (then, pause, ...more) => {
  const asks = !window.asksForLonger && pause === 200;
  window.asksForLonger ||= asks;
  return later(then, asks ? 20_000 : pause, ...more);
};
"""
"""How long a tab waits the first time that it asks others for a session: in 200 ms a busy machine answers nothing."""


@pytest.fixture(scope="module")
def policy() -> PagePolicy:
    return deployed_policy()


@pytest.fixture
def deployed(site: Site, policy: PagePolicy) -> Iterator[DeployedPage]:
    """The page, and a sign-in service that only this test uses."""
    with deployed_page(site.up.status["api"], site.up.status["s3"]["endpoint"], policy) as page:
        yield page


@pytest.fixture
def page(browsing: Browsing, deployed: DeployedPage, device: Device) -> Page:
    """A blank page at each of the two sizes."""
    return browsing.open(device, base_url=deployed.url)


@pytest.fixture
def desktop(browsing: Browsing, deployed: DeployedPage) -> Page:
    return browsing.open(DESKTOP, base_url=deployed.url)


def invitation(page: Page) -> None:
    """Wait until the page asks to sign in."""
    expect(page.get_by_role("heading", name="Sign in to search")).to_be_visible()
    expect(cards(page)).to_have_count(0)


def says(page: Page, text: str) -> None:
    """Wait until the page asks to sign in, and says why nobody is."""
    invitation(page)
    expect(page.locator("#notice")).to_contain_text(text)


def leave_for_sign_in(page: Page) -> None:
    page.locator("#notice").get_by_role("button", name="Sign in").click()


def sign_in(page: Page, user: User = ADA) -> None:
    """From the page's invitation to what the search finds."""
    leave_for_sign_in(page)
    enter(page, user)
    expect(page.locator("#sign")).to_have_text("Sign out")
    settled(page)


def enter(page: Page, user: User = ADA) -> None:
    """Address and password, on the sign-in service's own page."""
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def signed_in(page: Page, user: User = ADA, address: str = SEARCH) -> Page:
    page.goto(address)
    sign_in(page, user)
    return page


def open_beside(page: Page) -> None:
    """Open the search in a tab, to which another one of the same browser hands its session."""
    with page.add_init_script(ASKS_FOR_LONGER):
        page.goto(SEARCH)
        expect(card(page, COFFEE)).to_be_visible()
    assert page.evaluate("() => window.asksForLonger"), "it waits another time than 200 ms"


def before_the_tokens(page: Page, do: Callable[[], None]) -> None:
    """Once the code has come back, and before it is exchanged."""

    def first(route: Route) -> None:
        do()
        route.continue_()

    page.route("**/oauth2/token", first, times=1)


def kept(page: Page) -> object:
    """All that the page keeps in the browser."""
    return page.evaluate("async () => [{...sessionStorage}, {...localStorage}, await caches.keys()]")


def session(page: Page) -> object:
    """What the page keeps as long as its tab is open: the tokens."""
    return page.evaluate("() => ({...sessionStorage})")


def test_who_follows_a_link_to_a_search_signs_in_and_lands_on_that_very_search(
    page: Page, deployed: DeployedPage
) -> None:
    page.goto(SEARCH)
    invitation(page)

    sign_in(page)

    expect(page).to_have_url(f"{deployed.url}{SEARCH}")
    expect(card(page, COFFEE)).to_be_visible()
    expect(box(page)).to_have_value("coffee")
    assert deployed.sign_in.granted == ["authorization_code"]


def test_nothing_of_the_library_is_asked_for_before_somebody_has_signed_in(
    desktop: Page, deployed: DeployedPage
) -> None:
    desktop.goto(SEARCH)
    invitation(desktop)

    assert deployed.answered == []


def test_a_reload_asks_for_no_password(desktop: Page, deployed: DeployedPage) -> None:
    signed_in(desktop)

    desktop.reload()

    expect(card(desktop, COFFEE)).to_be_visible()
    assert deployed.sign_in.granted == ["authorization_code"]


def test_what_was_typed_but_not_searched_for_comes_back_too(desktop: Page) -> None:
    desktop.goto("/?sort=newest")
    invitation(desktop)
    box(desktop).fill("coffee")

    sign_in(desktop)

    expect(box(desktop)).to_have_value("coffee")
    expect(card(desktop, COFFEE)).to_be_visible()


def test_editors_may_add_and_change_pictures(page: Page) -> None:
    signed_in(page, ADA)

    expect(page.get_by_role("button", name="Add pictures")).to_be_visible()
    dialog = look_at(page, COFFEE)
    expect(dialog.get_by_role("button", name="Edit words")).to_be_visible()
    expect(dialog.get_by_role("button", name="Delete")).to_be_visible()


@pytest.mark.parametrize("user", [VIC, NOBODY], ids=["of the group viewers", "of no group"])
def test_viewers_search_and_are_offered_nothing_that_they_may_not_do(page: Page, user: User) -> None:
    signed_in(page, user)

    dialog = look_at(page, COFFEE)
    expect(dialog.get_by_role("button", name=re.compile("Edit|Delete|Save"))).to_have_count(0)
    expect(page.locator("#add")).to_be_hidden()


def test_a_token_that_is_about_to_run_out_is_renewed_before_anybody_notices(
    desktop: Page, deployed: DeployedPage
) -> None:
    deployed.sign_in.id_token_seconds = 30  # less than the page gives itself
    signed_in(desktop)

    search(desktop, "frog")

    assert deployed.sign_in.granted[:2] == ["authorization_code", "refresh_token"]
    assert {status for _, status in deployed.answered} == {200}


def search(page: Page, text: str) -> None:
    box(page).fill(text)
    box(page).press("Enter")
    settled(page)
    expect(cards(page).first).to_be_visible()


def test_a_token_that_ended_while_nobody_looked_is_renewed_in_silence(
    desktop: Page, deployed: DeployedPage, page_errors: PageErrors
) -> None:
    """By the clock of the browser it is still good: a machine that slept, or whose clock is slow."""
    page_errors.allow(UNAUTHORIZED)
    signed_in(desktop)

    deployed.sign_in.later = 2 * HOUR
    search(desktop, "frog")

    assert deployed.sign_in.granted == ["authorization_code", "refresh_token"]
    assert ("POST /search", 401) in deployed.answered


def test_a_clock_that_is_twenty_years_behind_keeps_nobody_out(desktop: Page, deployed: DeployedPage) -> None:
    desktop.clock.set_fixed_time(datetime(2006, 1, 1, tzinfo=UTC))

    signed_in(desktop)

    expect(card(desktop, COFFEE)).to_be_visible()
    assert deployed.sign_in.granted == ["authorization_code"]


def test_rights_given_meanwhile_are_there_with_the_next_token(
    desktop: Page, deployed: DeployedPage, page_errors: PageErrors
) -> None:
    page_errors.allow(UNAUTHORIZED)
    signed_in(desktop, VIC)
    expect(desktop.locator("#add")).to_be_hidden()

    for token in deployed.sign_in.refreshing.values():
        token.user = User(VIC.email, ("viewers", "editors"))
    deployed.sign_in.later = 2 * HOUR
    search(desktop, "frog")

    expect(desktop.locator("#add")).to_be_visible()


def test_a_sign_in_that_was_withdrawn_is_asked_for_again_and_loses_nothing_that_was_typed(
    page: Page, deployed: DeployedPage, page_errors: PageErrors
) -> None:
    """By an administrator, or after 30 days. The sign-in service may still know them: then there is no password."""
    page_errors.allow("40[01] ")
    signed_in(page, address="/?tag=animals")

    deployed.sign_in.sign_everybody_out()
    deployed.sign_in.later = 2 * HOUR
    box(page).fill("frog")
    box(page).press("Enter")

    says(page, "Your sign-in has run out.")
    expect(box(page)).to_have_value("frog")
    leave_for_sign_in(page)
    expect(page).to_have_url(f"{deployed.url}/?q=frog&tag=animals")
    expect(card(page, "A frog.").first).to_be_visible()


def test_words_that_were_typed_when_the_session_ended_are_saved_once_there_is_another(
    desktop: Page, deployed: DeployedPage, site: Site, page_errors: PageErrors, fresh_picture: FreshPicture
) -> None:
    """One may sign in in another tab meanwhile: what was typed stays where it is."""
    page_errors.allow("40[01] ")
    fresh = fresh_picture()
    signed_in(desktop, address=f"/?q={fresh.word}")
    look_at(desktop, fresh.caption)
    button(desktop, "Edit words").click()
    lightbox(desktop).get_by_label("Caption", exact=True).fill("Typed before.")
    deployed.sign_in.sign_everybody_out()
    deployed.sign_in.later = 2 * HOUR
    button(desktop, "Save").click()
    expect(lightbox(desktop)).to_contain_text("You are signed out.")

    other = desktop.context.new_page()
    other.goto(SEARCH)
    leave_for_sign_in(other)
    expect(card(other, COFFEE)).to_be_visible()
    button(desktop, "Try again").click()

    expect(lightbox(desktop).get_by_role("heading", level=2)).to_have_text("Typed before.")
    stored(desktop, site, fresh.id, "Typed before.", fresh.tags)


def test_without_the_sign_in_service_nobody_is_signed_out(
    desktop: Page, deployed: DeployedPage, page_errors: PageErrors
) -> None:
    page_errors.allow("401 |503 |oauth2/token|CORS")
    signed_in(desktop)

    deployed.sign_in.later, deployed.sign_in.down = 2 * HOUR, True
    box(desktop).fill("frog")
    box(desktop).press("Enter")
    expect(desktop.get_by_role("alert")).to_contain_text("The sign-in service does not answer.")

    deployed.sign_in.down = False
    desktop.get_by_role("button", name="Try again").click()
    expect(card(desktop, "A frog.").first).to_be_visible()


def test_who_signs_out_leaves_nothing_behind(page: Page, deployed: DeployedPage) -> None:
    """Neither tokens, here or there, nor the pictures that were searched by."""
    signed_in(page)
    page.evaluate("async () => (await caches.open('query-pictures')).put('/a', new Response('a picture'))")

    page.locator("#sign").click()

    invitation(page)
    expect(page).to_have_url(f"{deployed.url}/")
    assert kept(page) == [{}, {}, []]
    families = {each.family for each in deployed.sign_in.refreshing.values()}
    until(page, lambda: deployed.sign_in.revoked == families, "the refresh token still works")
    sign_in(page, VIC)  # who is asked for a password


def test_who_signs_out_and_stays_sees_nothing_of_the_library(
    desktop: Page, tmp_path: Path, page_errors: PageErrors
) -> None:
    """Given uploads under way, When somebody signs out and then tells the browser to stay, no picture is left."""
    signed_in(desktop)
    cards(desktop).first.get_by_role("link").click()
    expect(query_panel.panel(desktop)).to_be_visible()
    settled(desktop)
    held = hold(desktop, lambda request: request.method == "POST" and request.url.endswith("/images"))
    picture, broken = tmp_path / "held.png", tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    Image.new("RGB", (40, 30), "teal").save(picture)
    add(desktop, [picture])
    until(desktop, lambda: held.routes)

    desktop.locator("#sign").click()
    until(desktop, lambda: page_errors.seen)
    # Which says "stay".
    assert page_errors.seen == ["dialog: beforeunload "]
    page_errors.seen.clear()

    invitation(desktop)
    expect(cards(desktop)).to_have_count(0)
    expect(query_panel.panel(desktop)).to_be_hidden()
    for group in ("Tags", "Shape"):
        expect(desktop.get_by_role("group", name=group).get_by_role("button")).to_have_count(0)
    expect(desktop.locator("#sign")).to_have_text("Sign in")
    assert kept(desktop) == [{}, {}, []]
    query_panel.choose(desktop, broken)
    expect(desktop.get_by_text("“broken.png” is not a picture that this browser can open.")).to_be_visible()
    expect(query_panel.panel(desktop)).to_be_hidden()


def test_who_changes_their_mind_is_told_so_and_can_change_it_again(desktop: Page, deployed: DeployedPage) -> None:
    desktop.goto(SEARCH)
    leave_for_sign_in(desktop)
    desktop.get_by_role("button", name="Cancel").click()

    says(desktop, "You were not signed in: it was cancelled, or you are not allowed in.")
    expect(desktop).to_have_url(f"{deployed.url}{SEARCH}")
    sign_in(desktop)
    expect(card(desktop, COFFEE)).to_be_visible()


@pytest.mark.parametrize("answer", ["code=stolen", "error=access_denied&error_description=Call+555-0100"])
def test_an_answer_that_nobody_here_asked_for_is_refused(desktop: Page, deployed: DeployedPage, answer: str) -> None:
    """A link by which somebody would have others work in a library of their own, or read a text of theirs."""
    desktop.goto(f"/?{answer}&state=forged")

    says(desktop, "That sign-in was not begun in this tab")
    expect(desktop.locator("body")).not_to_contain_text("555-0100")
    expect(desktop).to_have_url(f"{deployed.url}/")
    assert deployed.sign_in.granted == deployed.sign_in.refused == []


def test_a_forged_answer_does_not_end_a_session(desktop: Page, deployed: DeployedPage) -> None:
    signed_in(desktop)

    desktop.goto("/?code=stolen&state=forged")

    expect(cards(desktop).first).to_be_visible()
    expect(desktop).to_have_url(f"{deployed.url}/")


def test_a_code_that_was_used_before_leads_to_a_new_sign_in(
    desktop: Page, deployed: DeployedPage, page_errors: PageErrors
) -> None:
    page_errors.allow("400 ")
    desktop.goto(SEARCH)
    before_the_tokens(desktop, deployed.sign_in.codes.clear)
    leave_for_sign_in(desktop)
    enter(desktop)

    says(desktop, "or was used before. Please sign in again.")
    assert deployed.sign_in.refused == ["authorization_code"]
    leave_for_sign_in(desktop)
    expect(card(desktop, COFFEE)).to_be_visible()
    expect(desktop).to_have_url(f"{deployed.url}{SEARCH}")


def test_a_code_of_another_sign_in_is_refused(desktop: Page, deployed: DeployedPage) -> None:
    """The id token repeats what the page said when it began: one of another beginning is not taken."""

    def another() -> None:
        for code in deployed.sign_in.codes.values():
            code.nonce = "of another sign-in"

    desktop.goto(SEARCH)
    before_the_tokens(desktop, another)
    leave_for_sign_in(desktop)
    enter(desktop)

    says(desktop, "You were not signed in")
    expect(desktop.locator("#sign")).to_have_text("Sign in")


def test_a_sign_in_service_that_fails_halfway_is_told_and_tried_again(
    desktop: Page, deployed: DeployedPage, page_errors: PageErrors
) -> None:
    page_errors.allow("503 |oauth2/token|CORS")
    desktop.goto(SEARCH)
    before_the_tokens(desktop, lambda: setattr(deployed.sign_in, "down", True))
    leave_for_sign_in(desktop)
    enter(desktop)
    says(desktop, "The sign-in service does not answer.")

    deployed.sign_in.down = False
    leave_for_sign_in(desktop)

    expect(card(desktop, COFFEE)).to_be_visible()


def test_back_after_a_sign_in_uses_no_code_twice(desktop: Page, deployed: DeployedPage) -> None:
    """Back from the search is the sign-in service's page, and behind it the search as it was before."""
    signed_in(desktop)

    desktop.go_back()
    expect(desktop.get_by_label("Password")).to_be_visible()
    desktop.go_back()
    expect(card(desktop, COFFEE)).to_be_visible()
    desktop.go_forward()
    desktop.go_forward()
    expect(card(desktop, COFFEE)).to_be_visible()

    assert deployed.sign_in.granted == ["authorization_code"]
    assert deployed.sign_in.refused == []


def test_another_tab_is_signed_in_with_the_first(desktop: Page, deployed: DeployedPage) -> None:
    signed_in(desktop)

    open_beside(desktop.context.new_page())

    assert deployed.sign_in.granted == ["authorization_code"]


def test_a_tab_that_waits_for_a_sign_in_goes_on_once_another_has_it(desktop: Page) -> None:
    waiting = desktop.context.new_page()
    waiting.goto(SEARCH)
    invitation(waiting)

    signed_in(desktop, address="/?q=frog")

    expect(card(waiting, COFFEE)).to_be_visible()
    expect(waiting.locator("#sign")).to_have_text("Sign out")


def test_two_tabs_renew_one_session_together(desktop: Page, deployed: DeployedPage, page_errors: PageErrors) -> None:
    """Refresh tokens rotate: the one that a tab still has works no longer once another has renewed the session."""
    page_errors.allow(UNAUTHORIZED)
    signed_in(desktop)
    other = desktop.context.new_page()
    open_beside(other)

    deployed.sign_in.later = 2 * HOUR
    search(desktop, "frog")
    until(other, lambda: session(other) == session(desktop), "the other tab has not heard of it")
    deployed.sign_in.later += 10 * 60
    search(other, "frog")
    deployed.sign_in.later += 2 * HOUR
    search(other, "cat")
    until(other, lambda: session(other) == session(desktop), "the first tab has not heard of it")
    search(desktop, "cat")

    assert deployed.sign_in.granted == ["authorization_code", "refresh_token", "refresh_token"]
    assert deployed.sign_in.refused == []


def test_a_tab_that_was_away_while_another_renewed_the_session_is_still_signed_in(
    desktop: Page, deployed: DeployedPage, page_errors: PageErrors
) -> None:
    """Its own refresh token works no longer. A closed tab that is opened again is the same."""
    page_errors.allow(UNAUTHORIZED)
    signed_in(desktop)
    other = desktop.context.new_page()
    open_beside(other)
    other.goto("about:blank")

    deployed.sign_in.later = 2 * HOUR
    search(desktop, "frog")
    deployed.sign_in.later += 10 * 60
    open_beside(other)

    assert deployed.sign_in.granted == ["authorization_code", "refresh_token"]
    assert deployed.sign_in.refused == []


def test_who_signs_out_has_signed_out_in_all_tabs(desktop: Page) -> None:
    signed_in(desktop)
    other = desktop.context.new_page()
    open_beside(other)
    other.evaluate("() => { window.before = true; }")

    desktop.locator("#sign").click()

    invitation(desktop)
    other.wait_for_function("() => !window.before")  # it loads itself anew, once it has forgotten everything
    invitation(other)
    assert kept(other) == [{}, {}, []]


def test_two_people_in_two_tabs_keep_apart_until_one_of_them_signs_out(desktop: Page, deployed: DeployedPage) -> None:
    """The sign-in service has one session in a browser: who ends it ends it for both."""
    other = desktop.context.new_page()
    for page in (desktop, other):
        page.goto(SEARCH)
        leave_for_sign_in(page)
        expect(page.get_by_label("Password")).to_be_visible()
    for page, user in ((desktop, ADA), (other, VIC)):
        enter(page, user)
    for page in (desktop, other):
        expect(page.locator("#sign")).to_have_text("Sign out")
    expect(desktop.locator("#add")).to_be_visible()
    expect(other.locator("#add")).to_be_hidden()

    desktop.locator("#sign").click()

    invitation(desktop)
    invitation(other)
    families = {each.family for each in deployed.sign_in.refreshing.values()}
    assert len(families) == 2
    until(desktop, lambda: deployed.sign_in.revoked == families, "a refresh token still works")


def test_the_page_itself_may_be_index_html(desktop: Page, deployed: DeployedPage) -> None:
    """The sign-in service knows one address of the page alone."""
    desktop.goto("/index.html?q=coffee")

    sign_in(desktop)

    expect(card(desktop, COFFEE)).to_be_visible()
    expect(desktop).to_have_url(f"{deployed.url}/index.html?q=coffee")


def test_an_address_without_tls_is_told_to_be_one(browser: Browser, deployed: DeployedPage, browsing: Browsing) -> None:
    """Browsers offer no cryptography there. (The machine itself counts as safe.)"""
    page = browsing.open(DESKTOP, base_url="http://pictures.example.org")
    page.route(
        "http://pictures.example.org/**",
        lambda route: route.fulfill(
            response=route.fetch(url=route.request.url.replace("http://pictures.example.org", deployed.url))
        ),
    )

    page.goto("/")

    says(page, "open this page by one that begins with https://")


def test_a_browser_that_keeps_nothing_is_told_what_to_allow(desktop: Page) -> None:
    desktop.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', {get() { throw new DOMException('no', 'SecurityError'); }})"
    )

    desktop.goto("/")

    says(desktop, "allow site data (cookies) for it")
