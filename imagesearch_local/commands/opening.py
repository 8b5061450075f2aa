"""Pages on this machine, shown in the browser."""

from __future__ import annotations

import os
import sys
import tempfile
import webbrowser
from pathlib import Path

from imagesearch_local.commands.common import err, plain


def has_browser() -> bool:
    """Whether there is a screen to show a browser on, or the user named one (`$BROWSER`)."""
    desktop = sys.platform in {"darwin", "win32"} or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(desktop or os.environ.get("BROWSER"))


def show_page(html: str, name: str) -> Path:
    """Write the page where only this user can read it, say where, and open it. It stays: the browser may reload it."""
    page = Path(tempfile.mkdtemp(prefix="imagesearch-")) / f"{name}.html"
    page.write_text(html, encoding="utf-8")
    err.print(plain(f"Contact sheet: {page}"), soft_wrap=True)
    if has_browser():
        webbrowser.open(page.as_uri())
    return page
