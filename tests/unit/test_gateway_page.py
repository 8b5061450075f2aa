"""The page has all its parts and nobody else's, nothing inline, and never turns words of others into HTML."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import brotli
import pytest

from imagesearch_local.paths import CHECKOUT

WEB = CHECKOUT / "web"
SCRIPTS = {path.relative_to(WEB).as_posix(): path.read_text("utf-8") for path in sorted(WEB.rglob("*.js"))}
STYLES = {path.relative_to(WEB).as_posix(): path.read_text("utf-8") for path in sorted(WEB.rglob("*.css"))}
LIMIT = 85_000
"""Bytes of all that the page consists of, compressed one by one, as it is served. With the headers of each answer there
is to be less than 100 kB of it (tests/browser/test_budget.py)."""

LOADING = frozenset(("script", "link", "img"))
"""Tags that have the browser load something."""
Tag = tuple[str, dict[str, str | None]]


class Tags(HTMLParser):
    """The start tags of a page, with attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Tag] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def tags() -> list[Tag]:
    parser = Tags()
    parser.feed((WEB / "index.html").read_text("utf-8"))
    return parser.seen


def linked(tags: list[Tag], rel: str) -> list[str]:
    """Where links of one kind lead."""
    return [str(attributes["href"]) for tag, attributes in tags if tag == "link" and attributes.get("rel") == rel]


def without_comments(script: str) -> str:
    return re.sub(r"/\*.*?\*/|//[^\n]*", "", script, flags=re.DOTALL)


def imported(name: str) -> list[str]:
    """The modules that a script names, as paths in the folder of the page."""
    found = re.findall(r'(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"', without_comments(SCRIPTS[name]))
    return [(WEB / name).parent.joinpath(each).resolve().relative_to(WEB).as_posix() for each in found]


def reached(name: str) -> set[str]:
    """A script and all those that it imports, directly or not."""
    found: set[str] = set()
    ahead = [name]
    while ahead:
        if (one := ahead.pop()) not in found:
            found.add(one)
            ahead += imported(one)
    return found


def test_nothing_is_inline(tags: list[Tag]) -> None:
    assert "style" not in {tag for tag, _ in tags}
    assert all(attributes.get("src") for tag, attributes in tags if tag == "script")
    assert not [name for _, attributes in tags for name in attributes if name == "style" or name.startswith("on")]


def test_a_copy_on_a_host_that_sends_no_headers_is_protected_too(tags: list[Tag]) -> None:
    said = {
        one.get("http-equiv") or one.get("name"): one["content"]
        for tag, one in tags
        if tag == "meta" and "content" in one
    }
    first = next(place for place, (tag, _) in enumerate(tags) if tag in LOADING)

    assert said["referrer"] == "no-referrer"
    assert said["Content-Security-Policy"] == "script-src 'self'; style-src 'self'; object-src 'none'; base-uri 'none'"
    assert any("http-equiv" in one for _, one in tags[:first]), "what is loaded before a policy is not under it"


def test_everything_the_page_names_is_beside_it(tags: list[Tag]) -> None:
    named = [attributes.get("src") or attributes.get("href") for tag, attributes in tags if tag in LOADING]
    drawn = [Path(name).parent / each for name in STYLES for each in re.findall(r'url\("?([^")]+)', STYLES[name])]

    assert len(named) > 10
    assert [name for name in map(str, [*named, *drawn]) if not (WEB / name).is_file()] == []


def test_every_style_is_linked(tags: list[Tag]) -> None:
    assert sorted(linked(tags, "stylesheet")) == sorted(STYLES)


def test_there_is_one_script_and_all_that_it_needs_is_fetched_along_with_it(tags: list[Tag]) -> None:
    [script] = [str(attributes["src"]) for tag, attributes in tags if tag == "script"]

    assert sorted(linked(tags, "modulepreload")) == sorted(reached(script) - {script})


def test_every_script_is_used(tags: list[Tag]) -> None:
    assert sorted(reached("scripts/app.js")) == sorted(SCRIPTS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_imports_point_one_way(name: str) -> None:
    assert name not in {later for each in imported(name) for later in reached(each)}


def test_every_element_that_scripts_look_up_is_in_the_page_or_made_by_a_script(tags: list[Tag]) -> None:
    every = "\n".join(SCRIPTS.values())
    looked_up = set(re.findall(r'(?:\$|getElementById)\("([\w-]+)"\)', every))
    made = set(re.findall(r'\bid: "([\w-]+)"', every))

    assert looked_up
    assert looked_up - {str(attributes["id"]) for _, attributes in tags if "id" in attributes} - made == set()


def test_every_icon_that_scripts_show_is_drawn_in_the_page(tags: list[Tag]) -> None:
    shown = {name for script in SCRIPTS.values() for name in re.findall(r'\b(?:icon|iconButton)\("([\w-]+)"', script)}
    drawn = {str(attributes["id"]) for tag, attributes in tags if tag == "symbol"}

    assert shown
    assert {f"i-{name}" for name in shown} <= drawn
    used = {str(attributes["href"]).lstrip("#") for tag, attributes in tags if tag == "use"}
    assert used <= drawn


def test_ids_are_unique(tags: list[Tag]) -> None:
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]

    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", SCRIPTS)
def test_words_go_in_as_text(name: str) -> None:
    as_html = r"innerHTML|outerHTML|insertAdjacentHTML|setHTML|createContextualFragment|parseFromString|srcdoc"
    as_code = r"document\.write|\beval\b|new Function|javascript:"

    assert not re.search(f"{as_html}|{as_code}", without_comments(SCRIPTS[name]))


@pytest.mark.parametrize("name", SCRIPTS)
def test_nobody_elses_address_is_in_a_script(name: str) -> None:
    """Namespaces are no addresses: nobody asks there."""
    addresses = re.findall(r"https?://[\w.-]+", without_comments(SCRIPTS[name]))

    assert set(addresses) <= {"http://www.w3.org"}


def test_as_it_stands_in_the_repository_the_page_knows_nobodys_deployment() -> None:
    assert json.loads((WEB / "config.json").read_text("utf-8")) == {"api": "/api"}


def test_the_page_is_small() -> None:
    assert sum(len(brotli.compress(path.read_bytes())) for path in WEB.rglob("*") if path.is_file()) < LIMIT
