"""Texts with the words that a search found marked."""

from __future__ import annotations

import html

from imagesearch.records import TextField

OPEN, CLOSE = "(\x02)", "(\x03)"
"""What an index puts around a word: control characters, which no caption and no tag has.

In brackets, since OpenSearch cuts bare ones from the ends of a text, as Java's `trim` does.
"""


def marked(caption: str, tags: str) -> dict[TextField, str]:
    """Those of the two that have marks, as escaped HTML with <em> for the marks."""
    fields: dict[TextField, str] = {"caption": caption, "tags": tags}
    return {
        field: html.escape(text).replace(OPEN, "<em>").replace(CLOSE, "</em>")
        for field, text in fields.items()
        if OPEN in text
    }
