"""Files dragged over the page are searched by or added, as one drops them. The browser is told to drag real files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe import assert_accessible
from page_site import Fresh, Site
from PIL import Image
from playwright.sync_api import CDPSession, Locator, Page, expect
from query_files import FLOWER, FROG
from query_panel import searched
from search_page import captions, cards, open_page

COPY = 1
MIDDLE_OF = {"search": 0.25, "add": 0.75}
"""Of the window's width."""


@dataclass(frozen=True, slots=True)
class Drag:
    """Files on their way over the page."""

    page: Page
    session: CDPSession
    files: list[str]

    def to(self, half: str) -> None:
        """A pointer tells where it is all the time; what it is over hears of it after what it has left."""
        for kind in ("dragEnter", "dragOver", "dragOver", "dragOver"):
            self._event(kind, half)

    def drop_on(self, half: str) -> None:
        self.to(half)
        self._event("drop", half)

    def away(self) -> None:
        """Out of the window, which the protocol has no word for: the page hears of it by this event."""
        self.page.locator("#drop .over, #drop .off").first.dispatch_event("dragleave", {"bubbles": True})

    def _event(self, kind: str, half: str) -> None:
        data = {"items": [], "files": self.files, "dragOperationsMask": COPY}
        place = {"x": 1280 * MIDDLE_OF[half], "y": 500}
        self.session.send("Input.dispatchDragEvent", {"type": kind, "data": data, **place})


def drag(page: Page, *paths: Path) -> Drag:
    return Drag(page, page.context.new_cdp_session(page), [str(path) for path in paths])


def half(page: Page, title: str) -> Locator:
    return page.locator("#drop > div").filter(has_text=title)


@pytest.fixture
def fresh(site: Site, tmp_path: Path) -> Iterator[Fresh]:
    """A file that is not in the library, and that goes from it again if the test has put it there."""
    fresh = site.draw(tmp_path)
    yield fresh
    for hit in site.client.search({"text": fresh.word})["hits"]:
        site.remove(hit["id"])


def test_while_a_file_is_over_the_page_both_things_to_do_with_it_are_offered(desktop: Page) -> None:
    open_page(desktop)
    one = drag(desktop, FROG)

    one.to("search")

    expect(half(desktop, "Search by this picture")).to_have_class("over")
    expect(half(desktop, "Add to the library")).to_be_visible()
    assert_accessible(desktop)
    one.to("add")
    expect(half(desktop, "Add to the library")).to_have_class("over")
    expect(half(desktop, "Search by this picture")).not_to_have_class("over")
    one.away()
    expect(desktop.locator("#drop")).to_be_hidden()


def test_dropped_on_the_one_half_it_is_searched_by(desktop: Page) -> None:
    open_page(desktop)

    with searched(desktop):
        drag(desktop, FROG).drop_on("search")

    expect(desktop.locator("#drop")).to_be_hidden()
    assert captions(desktop)[0] == "A frog."


def test_dropped_on_the_other_it_is_added(desktop: Page, fresh: Fresh) -> None:
    open_page(desktop)

    drag(desktop, fresh.path).drop_on("add")

    uploads = desktop.get_by_role("complementary", name="Uploads")
    expect(uploads).to_contain_text(fresh.path.name)
    expect(uploads).to_contain_text("Searchable after")


def test_several_can_only_be_added(desktop: Page) -> None:
    open_page(desktop)
    two = drag(desktop, FROG, FLOWER)

    two.to("search")

    expect(half(desktop, "Search by this picture")).to_contain_text("Only with one picture at a time")
    expect(half(desktop, "Search by this picture")).not_to_have_class("over")
    expect(half(desktop, "Add to the library")).to_contain_text("All 2")
    two.away()


def test_of_a_folder_the_pictures_are_added_however_deep_without_what_is_hidden_or_no_picture(
    desktop: Page, fresh: Fresh, tmp_path: Path
) -> None:
    folder = tmp_path / "holiday"
    (folder / "2024" / "june").mkdir(parents=True)
    scan = folder / "2024" / "june" / f"{fresh.word}.tga"  # a kind that browsers do not know
    with Image.open(fresh.path) as picture:
        picture.save(scan)
    (folder / "notes.txt").write_text("no picture")
    shutil.copy(FROG, folder / ".hidden.jpg")
    open_page(desktop)

    drag(desktop, folder).drop_on("add")

    uploads = desktop.get_by_role("complementary", name="Uploads")
    expect(uploads).to_contain_text(scan.name)
    expect(uploads).to_contain_text("Searchable after")
    expect(uploads).not_to_contain_text("notes.txt")
    expect(uploads).not_to_contain_text("hidden")


@pytest.mark.parametrize(
    ("where", "said"),
    [("search", "A search takes one picture, not a folder."), ("add", "There are no pictures in this folder.")],
)
def test_a_folder_that_is_of_no_use_is_told(desktop: Page, tmp_path: Path, where: str, said: str) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    open_page(desktop)

    drag(desktop, folder).drop_on(where)

    expect(desktop.locator("#toast")).to_have_text(said)
    expect(cards(desktop).first).to_be_visible()


def test_over_a_dialog_nothing_happens_and_the_page_stays(desktop: Page) -> None:
    open_page(desktop)
    address = desktop.url
    desktop.keyboard.press("?")
    dialog = desktop.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()

    drag(desktop, FROG).drop_on("search")

    expect(dialog).to_be_visible()
    assert desktop.url == address
