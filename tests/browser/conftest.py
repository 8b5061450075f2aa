"""The search page in a real Chromium, against a real `imagesearch up` with real pictures.

A test that uses `page` runs twice, at the size of a desktop and of a phone; one that uses `desktop` or `phone`, once.
Whatever the page does wrong behind the scenes fails the test at its end, unless it was allowed by `page_errors`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import chromium
import page_site
import pytest
import search_page
from browsing import Browsing
from chromium import DESKTOP, PHONE, ChromiumMissing, Device
from page_errors import PageErrors
from page_pictures import SamplesMissing
from page_site import Fresh, FreshPicture, Site
from playwright.sync_api import Browser, Page, expect

expect.set_options(timeout=30_000)
"""Milliseconds, as long as Playwright waits for all else: the machine may be busy."""

BROWSING = pytest.StashKey[Browsing]()

OpenPage = Callable[..., Page]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Of a failure, keep what the browser showed."""
    report = yield
    if report.when == "call" and report.failed and (browsing := item.stash.get(BROWSING, None)):
        report.sections.append(("Browser", browsing.keep()))
    return report


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The page over a library that all tests share: leave it as it was, with `fresh_picture` for what you change."""
    try:
        with page_site.filled_site(tmp_path_factory.mktemp("site")) as site:
            yield site
    except SamplesMissing as error:
        pytest.skip(str(error))


# Of a module: while it runs, nothing else in this process can run an event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    try:
        with chromium.running() as browser:
            yield browser
    except ChromiumMissing as error:
        pytest.skip(str(error))


@pytest.fixture
def browsing(request: pytest.FixtureRequest, browser: Browser, site: Site) -> Iterator[Browsing]:
    browsing = Browsing(browser, site.url, request.node.name)
    request.node.stash[BROWSING] = browsing
    yield browsing
    unexpected = browsing.errors.unexpected
    kept = browsing.keep() if unexpected else ""
    browsing.close()
    assert not unexpected, "\n".join(["The page did what no test allowed:", *unexpected, kept])


@pytest.fixture
def page_errors(browsing: Browsing) -> PageErrors:
    """What went wrong so far; `page_errors.allow("422")` where a test provokes it."""
    return browsing.errors


@pytest.fixture(params=[DESKTOP, PHONE], ids=lambda device: device.name)
def device(request: pytest.FixtureRequest) -> Device:
    """Each of the two."""
    device: Device = request.param
    return device


@pytest.fixture
def open_page(browsing: Browsing) -> OpenPage:
    """A blank page: `open_page(DESKTOP, color_scheme="dark")`. Options are those of Playwright's contexts."""
    return browsing.open


@pytest.fixture
def page(browsing: Browsing, device: Device) -> Page:
    """A blank page at each of the two sizes."""
    return browsing.open(device)


@pytest.fixture
def desktop(browsing: Browsing) -> Page:
    """A blank page, 1280 x 800."""
    return browsing.open(DESKTOP)


@pytest.fixture
def phone(browsing: Browsing) -> Page:
    """A blank page, 390 x 844, touched rather than clicked."""
    return browsing.open(PHONE)


@pytest.fixture
def opened(desktop: Page) -> Page:
    """The search page, for tests that call its modules."""
    search_page.open_page(desktop)
    return desktop


@pytest.fixture
def fresh_picture(site: Site, tmp_path: Path) -> Iterator[FreshPicture]:
    """Add pictures of the test's own to the library: `fresh_picture(tags=("one",))`. They go when it ends."""
    added: list[Fresh] = []

    def add(**words: Any) -> Fresh:
        added.append(site.add(tmp_path, **words))
        return added[-1]

    yield add
    for each in added:
        site.remove(each.id)
