"""The page is plain files: put on another host, with a config.json of its own, it searches a library elsewhere."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import page_site
import pytest
from browsing import Browsing
from chromium import DESKTOP
from looking import button, lightbox, look_at, stored
from page_errors import PageErrors
from page_pictures import photographs
from page_site import Fresh, Site
from playwright.sync_api import Page, expect
from query_panel import choose
from search_page import box, captions, card, cards, first_thumbnail, open_page, search_for
from upload_panel import add, expect_searchable

from imagesearch_local.paths import CHECKOUT

FOLDER = "pictures"
"""The page need not be at the root of its host."""


class _Quiet(SimpleHTTPRequestHandler):
    """Files of a folder, as any web server gives them."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the other host serves: a copy of web/."""
    root = tmp_path_factory.mktemp("host")
    shutil.copytree(CHECKOUT / "web", root / FOLDER)
    return root


@pytest.fixture(scope="module")
def host(folder: Path) -> Iterator[str]:
    """Origin of a web server that knows nothing of us. By this name it is foreign to the library."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://localhost:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def site(host: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A library that the page of the other host may use."""
    with page_site.empty_site(tmp_path_factory.mktemp("elsewhere"), "--cors-origin", host) as site:
        yield site


@pytest.fixture
def there(host: str, folder: Path, site: Site) -> str:
    """Address of the page on the other host."""
    (folder / FOLDER / "config.json").write_text(json.dumps({"api": site.up.status["api"]}))
    return f"{host}/{FOLDER}/"


@pytest.fixture
def fresh(site: Site, tmp_path: Path) -> Iterator[Fresh]:
    added = site.add(tmp_path, tags=("bubbles",))
    yield added
    site.remove(added.id)


def test_it_searches_by_words_and_pictures_and_shows_what_it_finds(page: Page, there: str, fresh: Fresh) -> None:
    open_page(page, f"{there}?q={fresh.word}")
    expect(card(page, fresh.caption)).to_be_visible()

    search_for(page, "")
    choose(page, fresh.path)

    expect(page).to_have_url(re.compile(re.escape(f"{there}?picture=")))
    expect(cards(page).first).to_contain_text(fresh.caption)
    first_thumbnail(page)


def test_it_opens_a_picture_and_changes_its_words(page: Page, there: str, site: Site, fresh: Fresh) -> None:
    """Which takes the version that an answer's ETag names: pages elsewhere read it only where they are let."""
    open_page(page, f"{there}?q={fresh.word}")
    look_at(page, fresh.caption)
    button(page, "Edit words").click()
    lightbox(page).get_by_label("Caption", exact=True).fill(f"From elsewhere: {fresh.word}.")
    button(page, "Save").click()

    caption = f"From elsewhere: {fresh.word}."
    expect(lightbox(page).get_by_role("heading", level=2)).to_have_text(caption)
    stored(page, site, fresh.id, caption, fresh.tags)


def test_it_adds_pictures(desktop: Page, there: str, tmp_path: Path) -> None:
    open_page(desktop, there)

    add(desktop, [Path(shutil.copy(photographs() / "rocket.jpg", tmp_path / "rocket.jpg"))])

    expect_searchable(desktop, "rocket.jpg")


def test_its_way_home_is_its_own_folder(desktop: Page, there: str, fresh: Fresh) -> None:
    open_page(desktop, f"{there}?q={fresh.word}")

    desktop.get_by_role("link", name="Picture search").click()

    expect(desktop).to_have_url(there)
    expect(card(desktop, fresh.caption)).to_be_visible()


def test_a_page_that_the_library_does_not_name_learns_nothing(
    desktop: Page, there: str, fresh: Fresh, page_errors: PageErrors
) -> None:
    """The same files at an address that was not given to --cors-origin."""
    page_errors.allow("CORS|ERR_FAILED|403")

    desktop.goto(there.replace("localhost", "127.0.0.1"))

    expect(desktop.get_by_role("alert")).to_contain_text("The server does not answer.")
    assert captions(desktop) == []


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ("", "config.json beside this page can't be read (200)."),
        ("{}", "config.json beside this page lacks api."),
        ('{"api": "/api", "sign_in": "https://x.example"}', "config.json beside this page lacks client_id."),
        (None, "config.json beside this page can't be read (404)."),
    ],
)
def test_a_config_that_can_not_be_used_is_told(
    browsing: Browsing, host: str, folder: Path, config: str | None, told: str
) -> None:
    browsing.errors.allow("404|exception: Error: config.json")
    path = folder / FOLDER / "config.json"
    path.unlink() if config is None else path.write_text(config)
    desktop = browsing.open(DESKTOP)

    desktop.goto(f"{host}/{FOLDER}/")

    expect(desktop.get_by_role("status").first).to_have_text(f"The page can't start: {told}")
    expect(box(desktop)).to_be_visible()
