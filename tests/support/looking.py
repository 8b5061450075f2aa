"""The lightbox in the words of who uses it, and files of any kind to look at."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import patience
import patiently
from page_patience import until
from page_site import Site
from playwright.sync_api import Locator, Page, expect
from search_page import card

AddFile = Callable[..., str]
"""`add_file(path, "image/tiff", caption="...", state="indexed")` gives the id."""


def lightbox(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Picture", exact=True)


def look_at(page: Page, caption: str) -> Locator:
    """Open the first picture found with this caption. Returns the lightbox, once all about the picture is there."""
    card(page, caption).first.get_by_role("button", name="Look at it").click()
    return looking_at(page, caption)


def looking_at(page: Page, caption: str) -> Locator:
    """The lightbox, with this picture and all about it."""
    dialog = lightbox(page)
    expect(dialog.get_by_role("heading", level=2)).to_have_text(caption)
    expect(dialog.get_by_text("Format")).to_be_visible()  # only who asked for this one picture knows that
    return dialog


def picture(page: Page) -> Locator:
    """The picture that is looked at."""
    return lightbox(page).locator(".easel").get_by_role("img")


def button(page: Page, name: str) -> Locator:
    return lightbox(page).get_by_role("button", name=name, exact=True)


def whole(page: Page) -> None:
    """Wait until the picture is the original, and no longer its thumbnail."""
    expect(picture(page)).to_have_attribute("src", re.compile(r"/images/"))


def stored(page: Page, site: Site, image_id: str, caption: str, tags: Sequence[str]) -> None:
    """Wait until the API tells these words."""

    def words() -> tuple[str, list[str]]:
        image = site.client.image(image_id)
        return image["caption"], image["tags"]

    until(page, lambda: words() == (caption, [*tags]), lambda: f"the words are {words()}")


def original(url: str) -> bool:
    """Whether a request is for an original in the bucket."""
    return "/images/" in url and "X-Amz-Signature" in url


def first_id(site: Site, text: str) -> str:
    """Of the best hit."""
    return str(site.client.search({"text": text, "limit": 1})["hits"][0]["id"])


@contextmanager
def added_files(site: Site) -> Iterator[AddFile]:
    """Upload files as the page does; they go when the test ends."""
    added: list[str] = []

    def add(path: Path, content_type: str, *, caption: str | None = None, state: str = "indexed") -> str:
        form = site.client.prepare_upload({"filename": path.name, "content_type": content_type, "caption": caption})
        added.append(str(form["id"]))
        with path.open("rb") as file:
            sent = patiently.post(form["url"], data=form["fields"], files={"file": file}, trust_env=False)
        sent.raise_for_status()
        patience.until(lambda: site.client.image(added[-1])["state"] == state, f"the file was not {state}")
        return added[-1]

    yield add
    for each in added:
        site.remove(each)
