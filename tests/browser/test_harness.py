"""What the tests of the page stand on: whatever goes wrong behind the scenes is seen."""

from __future__ import annotations

import re

import pytest
from axe import assert_accessible
from page_errors import PageErrors
from page_patience import until
from playwright.sync_api import Page

# Each is run in the page as if it were its own.
SCRIPT = "const script = document.createElement('script'); document.body.append(script)"
MISHAPS = {
    "console: oh no": "console.error('oh no')",
    "exception: .*boo": "setTimeout(() => { throw new Error('boo'); })",
    "exception: .*nobody": "Promise.reject(new Error('nobody cares'))",
    "securitypolicyviolation: script-src-elem inline": f"{SCRIPT}; script.textContent = 'alert(1)'",
    "securitypolicyviolation: script-src-elem .*:1/": f"{SCRIPT}; script.src = 'http://127.0.0.1:1/'",
    "securitypolicyviolation: style-src-attr": "document.body.setAttribute('style', 'color: red')",
    "console: .*404.*/nothing": "void fetch('/nothing')",
    "request: net::ERR_FAILED GET .*/lost": "void fetch('/lost')",
    "dialog: alert hello": "setTimeout(() => alert('hello'))",
}


@pytest.mark.parametrize("mishap", MISHAPS)
def test_what_goes_wrong_behind_the_scenes_is_seen(desktop: Page, page_errors: PageErrors, mishap: str) -> None:
    desktop.route("**/lost", lambda route: route.abort())
    page_errors.allow("")
    desktop.goto("/")

    desktop.evaluate(f"() => {{ {MISHAPS[mishap]}; }}")

    def seen() -> bool:
        return any(re.search(mishap, error) for error in page_errors.seen)

    until(desktop, seen, lambda: f"{mishap} is not among {page_errors.seen}")


def test_only_what_was_allowed_is_forgiven() -> None:
    errors = PageErrors(["console: the one", "console: the other"])
    errors.allow("the one")

    assert errors.unexpected == ["console: the other"]


def test_a_button_without_a_name_and_a_text_without_contrast_are_found(desktop: Page) -> None:
    desktop.goto("/")
    assert_accessible(desktop)

    desktop.evaluate(
        """() => {
          const text = document.createElement("p");
          text.textContent = "Hardly to be read";
          text.style.color = "#eee";
          text.style.background = "#fff";
          document.body.prepend(document.createElement("button"), text);
        }"""
    )

    with pytest.raises(AssertionError, match=r"(?s)button-name.*color-contrast"):
        assert_accessible(desktop)
