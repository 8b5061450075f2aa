"""The page lives under a policy without anything inline, and never turns words of others into HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from imagesearch_local.paths import CHECKOUT

WEB = CHECKOUT / "web"
SCRIPT = (WEB / "app.js").read_text("utf-8")


class Tags(HTMLParser):
    """The start tags of a page, with attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def tags() -> list[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed((WEB / "index.html").read_text("utf-8"))
    return parser.seen


def test_nothing_is_inline(tags: list[tuple[str, dict[str, str | None]]]) -> None:
    assert "style" not in {tag for tag, _ in tags}
    assert all(attributes.get("src") for tag, attributes in tags if tag == "script")
    assert not [name for _, attributes in tags for name in attributes if name == "style" or name.startswith("on")]


def test_everything_the_page_loads_is_beside_it(tags: list[tuple[str, dict[str, str | None]]]) -> None:
    loaded = [attributes.get("src") or attributes["href"] for tag, attributes in tags if tag in {"script", "link"}]

    assert len(loaded) == 3
    assert all((WEB / str(name)).is_file() for name in loaded)


def test_every_element_that_the_script_looks_up_exists(tags: list[tuple[str, dict[str, str | None]]]) -> None:
    looked_up = set(re.findall(r'\$\("([\w-]+)"\)', SCRIPT))

    assert looked_up
    assert looked_up <= {attributes["id"] for _, attributes in tags if "id" in attributes}


def test_words_go_in_as_text() -> None:
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", SCRIPT)


def test_the_page_is_small() -> None:
    assert sum(path.stat().st_size for path in WEB.iterdir()) < 20_000
