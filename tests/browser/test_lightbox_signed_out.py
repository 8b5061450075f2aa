"""A picture that is looked at, and words that are typed, outlive a sign-in (see test_sign_in.py)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from browsing import Browsing
from chromium import Device

if not shutil.which("node"):
    pytest.skip(
        "without Node: the headers of the page are the deployment's, whose CDK runs on it", allow_module_level=True
    )

from deployed_page import DeployedPage, deployed_page
from looking import button, first_id, lightbox, look_at, looking_at, stored, whole
from page_errors import PageErrors
from page_policy import deployed_policy
from page_site import FreshPicture, Site
from playwright.sync_api import Page, expect
from sign_in_service import ADA, HOUR, PASSWORD


@pytest.fixture
def deployed(site: Site) -> Iterator[DeployedPage]:
    with deployed_page(site.up.status["api"], site.up.status["s3"]["endpoint"], deployed_policy()) as page:
        yield page


@pytest.fixture
def page(browsing: Browsing, deployed: DeployedPage, device: Device) -> Page:
    return browsing.open(device, base_url=deployed.url)


def identify(page: Page) -> None:
    """At the sign-in service."""
    page.get_by_label("Email").fill(ADA.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_link_to_a_picture_asks_to_sign_in_and_opens_it_then(page: Page, site: Site, deployed: DeployedPage) -> None:
    page.goto(f"/?q=frog&open={first_id(site, 'frog')}")
    expect(lightbox(page)).to_contain_text("Sign in to look at this picture.")
    assert deployed.answered == []

    button(page, "Sign in").click()
    identify(page)

    looking_at(page, "A frog.")
    whole(page)
    expect(button(page, "Next picture")).to_be_enabled()


def test_words_typed_when_the_session_ends_are_there_after_signing_in_again(
    page: Page,
    deployed: DeployedPage,
    site: Site,
    page_errors: PageErrors,
    fresh_picture: FreshPicture,
) -> None:
    page_errors.allow("40[01] ")
    fresh = fresh_picture()
    page.goto(f"/?q={fresh.word}")
    page.locator("#notice").get_by_role("button", name="Sign in").click()
    identify(page)
    look_at(page, fresh.caption)
    button(page, "Edit words").click()
    lightbox(page).get_by_label("Caption", exact=True).fill("Typed before.")
    deployed.sign_in.sign_everybody_out()
    deployed.sign_in.later = 2 * HOUR
    button(page, "Save").click()
    expect(lightbox(page)).to_contain_text("You are signed out. What you typed is still here.")

    button(page, "Sign in").click()
    expect(lightbox(page).get_by_label("Caption", exact=True)).to_have_value("Typed before.")
    button(page, "Save").click()

    looking_at(page, "Typed before.")
    stored(page, site, fresh.id, "Typed before.", fresh.tags)
