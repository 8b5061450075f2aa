"""Contact sheets: one file that needs nothing else, in which nothing runs and nobody's words become markup."""

from __future__ import annotations

import stat
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from command_line import FROG, NOTHING, Api, Run
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.wrappers import Request, Response

from imagesearch_local.contact_sheet import Section, contact_sheet
from imagesearch_local.gateway.serving import LoopbackServer, serving


class Seen(HTMLParser):
    """The tags with their attributes, and the text, that a browser would see."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.paragraphs: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.tags and self.tags[-1][0] == "p" and data.strip():
            self.paragraphs.append(data)

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def image(**words: Any) -> dict[str, Any]:
    link = "https://pictures/a.png?x=1&y=2"
    return {"id": "a" * 26, "key": "a.png", "caption": None, "tags": [], "url": link, **words}


def sheet(*images: dict[str, Any], thumbnails: dict[str, bytes] | None = None) -> Seen:
    return Seen(contact_sheet("Frogs", [Section("", images)], thumbnails or {}))


def test_score_caption_tags_and_picture_are_there() -> None:
    seen = sheet(image(score=0.5, caption="A frog.", tags=["animals", "green"]), thumbnails={"a" * 26: b"webp"})

    assert seen.paragraphs == ["0.500", "A frog.", "animals, green", "a.png"]
    assert seen.all("img") == [{"alt": "A frog.", "src": "data:image/webp;base64,d2VicA=="}]
    assert seen.all("a")[0]["href"] == "https://pictures/a.png?x=1&y=2"


@given(st.text(), st.text(), st.text())
def test_words_of_others_never_become_markup(caption: str, tag: str, key: str) -> None:
    clean = sheet(image(caption="x", tags=["x"]))
    others = sheet(image(caption=f"x{caption}", tags=[f"x{tag}"], key=key))

    assert [name for name, _ in others.tags] == [name for name, _ in clean.tags]


def test_only_web_addresses_are_linked_to() -> None:
    assert sheet(image(url="javascript:alert(1)")).all("a") == []
    assert sheet(image(url=None)).all("a") == []


def test_the_policy_allows_its_own_style_and_pictures_within_alone() -> None:
    page = contact_sheet("Frogs", [], {})

    [policy] = [meta["content"] for meta in Seen(page).all("meta") if "http-equiv" in meta]
    assert policy
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert "unsafe" not in policy
    assert Seen(page).all("script") == []


@pytest.fixture
def opened(run: Run, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command with --open, and read the page that the browser was given."""
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {tmp_path}/shown\n')
    browser.chmod(0o755)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)

    def run_and_read(*arguments: object) -> Path:
        monkeypatch.setenv("BROWSER", f"{browser} %s")
        ran = run(*arguments, "--open", "--port", api.port)
        assert ran.code == 0, ran.err
        return Path((tmp_path / "shown").read_text().removeprefix("file://"))

    return run_and_read


def test_open_shows_a_page_with_the_thumbnails_inside(opened: Any, api: Api) -> None:
    """Given two hits, of which one's thumbnail can't be had; then the page has the other's, and is the user's alone."""

    @Request.application
    def thumbnails(request: Request) -> Response:
        return Response(b"WEBP", 200 if request.path == "/frog.webp" else 404)

    with serving(LoopbackServer(0), thumbnails) as links:
        root = f"http://127.0.0.1:{links.port}"
        frog = {**FROG, "url": f"{root}/frog.png", "thumbnail_url": f"{root}/frog.webp"}
        toad = {**FROG, "id": "toad", "url": f"{root}/toad.png", "thumbnail_url": f"{root}/toad.webp"}
        api.answers["POST /search"] = (200, {**NOTHING, "hits": [frog, toad], "total": 2})

        path = opened("search", "frog")

    seen = Seen(path.read_text(encoding="utf-8"))
    assert [img["src"] for img in seen.all("img")] == ["data:image/webp;base64,V0VCUA=="]
    assert "no thumbnail" in seen.text
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_without_a_browser_the_path_is_told(
    run: Run, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.answers["POST /search"] = (200, {**NOTHING, "hits": [FROG], "total": 1})
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    ran = run("search", "frog", "--open", "--port", api.port)

    [line] = [line for line in ran.err.splitlines() if line.startswith("Contact sheet: ")]
    assert Path(line.removeprefix("Contact sheet: ")).is_file()
