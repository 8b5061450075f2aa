"""What is not added says why: no pictures, damaged or too large ones, and what is here already."""

from __future__ import annotations

import os
from pathlib import Path

from answered import answered
from page_errors import PageErrors
from page_site import Site
from PIL import Image
from playwright.sync_api import Page, Route, expect
from search_page import open_page
from upload_panel import (
    Files,
    add,
    button,
    expect_nothing_pending,
    expect_searchable,
    panel,
    row,
    rows,
    slow_network,
    summary,
)

from imagesearch.formats import CONTENT_TYPE_OF_SUFFIX

MAX_UPLOAD_BYTES = 50 * 1024 * 1024


def asked_for_forms(page: Page) -> list[str]:
    """Grows with each upload that the page asks the API for."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/api/uploads") else None)
    return asked


def test_a_file_that_is_no_picture_is_refused_before_anything_is_sent(page: Page, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("Milk, bread")
    asked = asked_for_forms(page)
    open_page(page)

    add(page, [notes])

    expect(panel(page)).to_contain_text("notes.txt is no picture that can be searched.")
    expect(summary(page)).to_have_text("Nothing to add")
    expect(rows(page)).to_have_count(0)
    assert not asked


def test_many_files_that_are_no_pictures_take_one_line(desktop: Page, files: Files, tmp_path: Path) -> None:
    others = [tmp_path / f"{number}.txt" for number in range(9)]
    for path in others:
        path.write_text("no picture")
    open_page(desktop)

    add(desktop, [*others, *files("coffee.png")])

    line = "9 files are no pictures that can be searched: 0.txt, 1.txt, 2.txt and 6 more."
    expect(panel(desktop)).to_contain_text(line)
    expect_searchable(desktop, "coffee.png")
    expect(summary(desktop)).to_have_text("1 of 1 searchable")


def test_the_page_takes_exactly_the_formats_that_are_indexed(desktop: Page) -> None:
    open_page(desktop)

    names = [f"Picture{suffix.upper()}" for suffix in CONTENT_TYPE_OF_SUFFIX]
    taken = desktop.evaluate(
        """async (names) => {
          const { contentType } = await import("/scripts/uploads/files.js");
          return names.map((name) => contentType({ name, type: "" }));
        }""",
        [*names, "notes.txt", "no suffix", "png"],
    )

    assert taken == [*CONTENT_TYPE_OF_SUFFIX.values(), None, None, None]


def test_a_picture_without_a_suffix_is_known_by_its_type(desktop: Page) -> None:
    open_page(desktop)

    of_type = "async (type) => (await import('/scripts/uploads/files.js')).contentType({ name: 'photo', type })"

    assert desktop.evaluate(of_type, "image/webp") == "image/webp"
    assert desktop.evaluate(of_type, "image/svg+xml") is None


def test_a_broken_picture_is_rejected_with_the_reason(page: Page, files: Files, site: Site) -> None:
    """Given a photograph cut short, When it is added, Then its row says what the indexer found."""
    whole = files("rocket.jpg")[0]
    broken = whole.with_name("broken.jpg")
    broken.write_bytes(whole.read_bytes()[:20_000])
    open_page(page)

    add(page, [broken])

    reason = "The picture is damaged, cut short, or of a rare kind that can't be read."
    expect(row(page, "broken.jpg")).to_contain_text(reason)
    expect(summary(page)).to_have_text("0 of 1 searchable, 1 failed")
    expect(row(page, "broken.jpg").get_by_role("button")).to_have_count(0)  # trying again would not help
    assert any(each["key"].endswith("-broken.jpg") for each in site.client.rejected(limit=100)["images"])


def test_an_empty_file_is_refused_before_anything_is_sent(desktop: Page, tmp_path: Path) -> None:
    empty = tmp_path / "empty.png"
    empty.touch()
    asked = asked_for_forms(desktop)
    open_page(desktop)

    add(desktop, [empty])

    expect(row(desktop, "empty.png")).to_contain_text("The file is empty.")
    assert not asked


def test_a_picture_that_is_too_large_says_how_large_it_may_be(desktop: Page, site: Site, tmp_path: Path) -> None:
    """The API tells the limit with its first form; what is larger is not sent, and nobody waits for it."""
    large, larger = tmp_path / "large.tif", tmp_path / "larger.tif"
    for path, size in ((large, MAX_UPLOAD_BYTES + 1024 * 1024), (larger, 2 * MAX_UPLOAD_BYTES)):
        path.touch()
        os.truncate(path, size)

    expect_nothing_pending(desktop, site)
    asked = asked_for_forms(desktop)
    open_page(desktop)

    add(desktop, [large])
    expect(row(desktop, "large.tif")).to_contain_text("It has 53 MB: 52 MB may be added.")
    add(desktop, [larger])
    expect(row(desktop, "larger.tif")).to_contain_text("It has 105 MB: 52 MB may be added.")

    assert len(asked) == 1
    expect_nothing_pending(desktop, site)


def test_the_same_file_added_twice_is_told_and_not_sent_twice(page: Page, files: Files) -> None:
    asked = asked_for_forms(page)
    paths = files("coffee.png", "rocket.jpg")
    open_page(page)
    add(page, paths)
    expect_searchable(page, "coffee.png", "rocket.jpg")

    add(page, paths)

    told = "2 files were added already, and are not sent twice: coffee.png, rocket.jpg."
    expect(panel(page)).to_contain_text(told)
    expect(rows(page)).to_have_count(2)
    assert len(asked) == 2


def test_another_file_of_the_same_name_and_size_is_added(desktop: Page, tmp_path: Path) -> None:
    """As pictures of a series out of an archive are: name, size and date are all the same."""
    series = [tmp_path / day / "frame.bmp" for day in ("monday", "tuesday")]
    for path, colour in zip(series, ("navy", "olive"), strict=True):
        path.parent.mkdir()
        Image.new("RGB", (80, 60), colour).save(path)
        os.utime(path, (0, 0))
    open_page(desktop)

    add(desktop, series[:1])
    expect_searchable(desktop, "frame.bmp")
    add(desktop, series[1:])

    expect(rows(desktop)).to_have_count(2)
    expect(summary(desktop)).to_have_text("2 of 2 searchable")


def test_a_picture_that_was_deleted_meanwhile_can_be_added_again(
    desktop: Page, site: Site, tmp_path: Path, page_errors: PageErrors
) -> None:
    page_errors.allow("404")  # the answer to whether it is still there
    drawn = site.draw(tmp_path)
    open_page(desktop)
    add(desktop, [drawn.path])
    expect_searchable(desktop, drawn.path.name)
    [found] = site.client.search({"text": drawn.word})["hits"]
    site.client.remove(found["id"])

    add(desktop, [drawn.path])

    expect(summary(desktop)).to_have_text("2 of 2 searchable")
    [again] = site.client.search({"text": drawn.word})["hits"]
    assert again["id"] != found["id"]


def test_a_file_that_is_gone_by_its_turn_says_so_and_the_others_go_on(
    desktop: Page, files: Files, page_errors: PageErrors
) -> None:
    page_errors.allow("ERR_FILE_NOT_FOUND|ERR_UPLOAD_FILE_CHANGED")
    paths = files("coffee.png", "rocket.jpg", "chelsea.png", "astronaut.png", "moon.png")
    open_page(desktop)

    with slow_network(desktop, kilobytes=20):
        add(desktop, paths)
        expect(row(desktop, "astronaut.png")).to_contain_text("waiting")
        paths[3].unlink()

    gone = "The file can't be read: it was moved, changed or deleted. Add it again."
    expect(row(desktop, "astronaut.png")).to_contain_text(gone)
    expect(summary(desktop)).to_have_text("4 of 5 searchable, 1 failed")


def test_who_may_not_add_pictures_is_told_once_and_for_all(
    desktop: Page, files: Files, page_errors: PageErrors
) -> None:
    """Given somebody whose rights were taken away, When many files are added, Then not each of them is asked for."""
    page_errors.allow("403")
    asked = asked_for_forms(desktop)
    problem = {"status": 403, "code": "forbidden", "title": "Not allowed", "detail": "Only editors may do this."}
    desktop.route("**/api/uploads", lambda route: route.fulfill(status=403, json=problem))
    open_page(desktop)

    names = ("coffee.png", "rocket.jpg", "chelsea.png", "astronaut.png", "moon.png", "coins.png", "page.png")
    add(desktop, files(*names))

    expect(summary(desktop)).to_have_text("0 of 7 searchable, 7 failed")
    expect(rows(desktop).get_by_text("Only editors may do this.")).to_have_count(7)
    assert len(asked) <= 3


def test_what_was_deleted_before_it_was_searchable_says_so(
    desktop: Page, site: Site, tmp_path: Path, page_errors: PageErrors
) -> None:
    """Given somebody who deletes a picture as soon as it is in the bucket, Then its row does not wait for it."""
    page_errors.allow("404")
    drawn = site.draw(tmp_path)
    ids: list[str] = []

    def prepare(route: Route) -> None:
        answer = route.fetch()
        ids.append(answer.json()["id"])
        route.fulfill(response=answer)

    def remove_first(route: Route) -> None:
        for each in ids:
            site.remove(each)
        site.up.settle()  # or the page may find it still: it was being indexed while it was deleted
        route.continue_()

    desktop.route("**/api/uploads", prepare)
    desktop.route("**/api/search", remove_first)
    open_page(desktop)

    add(desktop, [drawn.path])

    expect(row(desktop, drawn.path.name)).to_contain_text("It was deleted before it was searchable.")
    expect(button(desktop, "Try the failed ones again")).to_be_hidden()


def test_who_is_signed_out_after_sending_is_told_that_it_has_arrived(
    desktop: Page, files: Files, page_errors: PageErrors
) -> None:
    page_errors.allow("401")
    problem = {"status": 401, "code": "unauthorized", "title": "Unauthorized", "detail": "Sign in again."}
    open_page(desktop)
    with answered(desktop, "**/api/search", lambda route: route.fulfill(status=401, json=problem)):
        add(desktop, files("coffee.png"))

        expect(row(desktop, "coffee.png")).to_contain_text("It was sent, and may be searchable: Sign in again.")
    button(desktop, "Look again: coffee.png").click()
    expect_searchable(desktop, "coffee.png")
