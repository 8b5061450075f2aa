"""A contact sheet: one HTML file that needs nothing else.

Thumbnails are inside, since their links end within hours and the file is there to be kept. Nothing in it runs: a
policy allows its own style and pictures within itself, no more, and all that people wrote is escaped.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import urlsplit

_STYLE = """
:root { color-scheme: light dark; font: 15px/1.4 system-ui, sans-serif; }
body { margin: 2rem; }
h1 { font-size: 1.2rem; } h2 { font-size: 1rem; margin: 2rem 0 .5rem; }
ul { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: 1rem; padding: 0; }
li { list-style: none; overflow-wrap: anywhere; }
img, .none { width: 100%; height: 11rem; object-fit: contain; background: #8882; border-radius: .4rem; }
.none { display: grid; place-items: center; }
p { margin: .2rem 0; white-space: pre-line; }
.score { font-weight: 600; } .tags, .key, footer { opacity: .7; font-size: .85rem; }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; img-src data:; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True, slots=True)
class Section:
    """Pictures under a heading."""

    heading: str
    images: Sequence[Mapping[str, Any]]
    """Hits or images, as the API answers them; each may have a further `note`."""


def contact_sheet(title: str, sections: Sequence[Section], thumbnails: Mapping[str, bytes]) -> str:
    """The file. `thumbnails` are WebP, by image id; where one is missing a place is left."""
    return "\n".join(_lines(title, sections, thumbnails)) + "\n"


def _lines(title: str, sections: Sequence[Section], thumbnails: Mapping[str, bytes]) -> Iterator[str]:
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield '<meta name="referrer" content="no-referrer">\n<meta name="viewport" content="width=device-width">'
    yield f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>"
    for section in sections:
        if section.heading:
            yield f"<h2>{escape(section.heading)}</h2>"
        yield "<ul>"
        for image in section.images:
            yield f"<li>{''.join(_image(image, thumbnails.get(str(image['id']))))}</li>"
        yield "</ul>"
    yield "<footer>Links to the full pictures work for about an hour.</footer>\n</body>\n</html>"


def _image(image: Mapping[str, Any], thumbnail: bytes | None) -> Iterator[str]:
    caption = str(image.get("caption") or "")
    picture = '<div class="none">no thumbnail</div>'
    if thumbnail:
        data = base64.b64encode(thumbnail).decode()
        picture = f'<img alt="{escape(caption or str(image["key"]))}" src="data:image/webp;base64,{data}">'
    link = str(image.get("url") or "")
    safe = urlsplit(link).scheme in {"http", "https"}
    yield f'<a href="{escape(link)}" rel="noopener noreferrer">{picture}</a>' if safe else picture
    if image.get("score") is not None:
        yield f'<p class="score">{image["score"]:.3f}</p>'
    for name, text in (("note", image.get("note")), ("caption", caption)):
        if text:
            yield f'<p class="{name}">{escape(str(text))}</p>'
    if image.get("tags"):
        yield f'<p class="tags">{escape(", ".join(image["tags"]))}</p>'
    yield f'<p class="key">{escape(str(image["key"]))}</p>'
