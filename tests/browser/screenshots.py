"""Pictures of the page for the README and docs/page.md, taken of the real thing: `make screenshots`.

Names (`light`, `upload`, ...) take only those.

It stands beside the tests because it drives the page as they do: the same Chromium, the same `imagesearch up`.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from typing import Any

import chromium
import page_site
from chromium import DESKTOP, PHONE, Device
from page_pictures import QUERIES, SAMPLES, photographs
from page_site import Site
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from search_page import card, cards, open_page, search_for, settled

from imagesearch_local.paths import CHECKOUT

TARGET = CHECKOUT / "docs" / "images"
SHARP = 1.5  # pixels of the picture to one of the page
QUALITY = 84
UPLOADED = (
    "astronaut.png",
    "chelsea.png",
    "coffee.png",
    "rocket.jpg",
    "motorcycle_left.png",
    "retina.jpg",
    "coins.png",
)
HALF_WAY = """() => [...document.querySelectorAll("#uploads li progress")]
  .some((bar) => bar.checkVisibility() && bar.value > 0.3)"""
BYTES_A_SECOND = 40_000
SECONDS = 60


def light(page: Page) -> None:
    open_page(page)
    search_for(page, "red flower")
    cards(page).nth(1).hover()


def dark(page: Page) -> None:
    open_page(page, "/?q=bird")


def phone(page: Page) -> None:
    open_page(page, "/?q=flower")


def lightbox(page: Page) -> None:
    open_page(page, "/?q=red+flower")
    card(page, "A red and white anemone flower.").get_by_role("button", name="Look at it").click()
    expect(page.get_by_role("dialog").get_by_text("Why it was found")).to_be_visible()
    expect(page.locator(".easel")).not_to_have_class("loading")


def region(page: Page) -> None:
    """Of a picture with several things in it, one is marked: its like is found."""
    open_page(page)
    pick(page, "a shelf.jpg", still_life("guitar.jpg", "rabbit.jpg", "apple.jpg", "wrench.jpg"))
    area = page.locator(".region-area").bounding_box()
    assert area
    page.mouse.move(area["x"] + area["width"] * 0.53, area["y"] + 6)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] - 6, area["y"] + area["height"] * 0.47, steps=8)
    page.mouse.up()
    settled(page)
    page.mouse.move(640, 700)


def hybrid(page: Page) -> None:
    open_page(page, "/?q=yellow+flower")
    pick(page, "flower.jpg", (QUERIES / "flower.jpg").read_bytes())
    page.get_by_role("slider", name="Words and picture").fill("65")
    settled(page)


def upload(page: Page) -> None:
    """Some are there already, and then the line becomes slow: one sees files at every stage."""
    open_page(page)
    files = [photographs() / name for name in UPLOADED]
    panel = page.get_by_role("complementary", name="Uploads")
    page.locator("#added").set_input_files(files[:3])
    expect(panel.get_by_text("Searchable after")).to_have_count(3)
    line = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": BYTES_A_SECOND}
    line.send("Network.emulateNetworkConditions", slow)
    page.locator("#added").set_input_files(files[3:])
    expect(panel.get_by_role("progressbar").nth(3)).to_be_visible()
    page.wait_for_function(
        "() => [...document.querySelectorAll('#uploads li progress')].some((bar) => bar.value > 0.3)"
    )


def pick(page: Page, name: str, content: bytes) -> None:
    page.locator("#picked").set_input_files({"name": name, "mimeType": "image/jpeg", "buffer": content})
    expect(page.get_by_role("region", name="What is searched by").get_by_role("img").first).to_be_visible()
    settled(page)


def still_life(*names: str) -> bytes:
    """Four pictures on one shelf."""
    shelf = Image.new("RGB", (800, 800))
    for place, name in enumerate(names):
        with Image.open(QUERIES / name) as picture:
            shelf.paste(picture.convert("RGB").resize((400, 400)), (400 * (place % 2), 400 * (place // 2)))
    file = io.BytesIO()
    shelf.save(file, "JPEG", quality=90)
    return file.getvalue()


def take(browser: Browser, site: Site, name: str, device: Device, **options: Any) -> None:
    """One picture, of a context of its own."""
    settings = {**device.context(), "device_scale_factor": device.scale if device.touch else SHARP, "locale": "en-GB"}
    with browser.new_context(base_url=site.url, **{**settings, **options}) as context:
        page = context.new_page()
        globals()[name](page)
        page.evaluate("() => document.activeElement.blur()")
        page.wait_for_load_state("networkidle" if name != "upload" else "load")
        path = TARGET / f"page-{name}.webp"
        with Image.open(io.BytesIO(page.screenshot(animations="disabled", caret="hide"))) as shot:
            shot.save(path, quality=QUALITY, method=6)
    print(f"{path.relative_to(CHECKOUT)}: {path.stat().st_size // 1024} KiB")


def main() -> None:
    expect.set_options(timeout=SECONDS * 1000)
    with tempfile.TemporaryDirectory() as folder, page_site.empty_site(Path(folder)) as site:
        print("Indexing the samples")
        added = site.up.run("add", SAMPLES / "pictures")
        if added.returncode:
            sys.exit(f"The samples could not be added: {added.stderr}")
        with chromium.running() as browser:
            for name in sys.argv[1:] or ("light", "dark", "phone", "region", "hybrid", "lightbox", "upload"):
                dark = {"color_scheme": "dark"} if name == "dark" else {}
                take(browser, site, name, PHONE if name == "phone" else DESKTOP, **dark)


if __name__ == "__main__":
    main()
