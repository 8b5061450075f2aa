"""Who wrote what the layer ships, and under which licences."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, Final

from build_layers.errors import LayerError
from build_layers.stripping import distributions_in

FILE: Final = "THIRD_PARTY_NOTICES.md"
TEXTS: Final = Path(__file__).parents[1] / "licences"
"""Licences whose texts no wheel has, as gnu.org publishes them."""
_LICENCE: Final = re.compile(r"^(licen[cs]e|copying)", re.IGNORECASE)
_BESIDE: Final = re.compile(r"^(notice|thirdpartynotices|authors)", re.IGNORECASE)
"""What is to be passed on, too, but allows nothing by itself."""
_CODE: Final = {".py", ".pyi", ".pyc"}
_CLASSIFIER: Final = re.compile(r"^License :: (?:OSI Approved :: )?(.+)$")


@dataclass(frozen=True, slots=True)
class Notice:
    """Of one distribution."""

    name: str
    version: str
    licence: str
    page: str
    """Its project's, or nothing."""
    texts: tuple[str, ...]
    """Files with licences and notices, relative to the layer's `python/`."""


@dataclass(frozen=True, slots=True)
class Bundled:
    """Shared libraries in a wheel, under another licence than the distribution's, whose text the wheel lacks."""

    folder: str
    libraries: tuple[str, ...]
    licence: str
    texts: tuple[str, ...]
    """Files of `TEXTS`."""


_BUNDLED: Final = {
    # LICENSES_bundled.txt in its wheel only links. The LGPL adds to the GPL; its section 4 asks for both texts.
    "pi_heif": Bundled("pi_heif.libs", ("libheif", "libde265"), "LGPL-3.0", ("LGPL-3.0.txt", "GPL-3.0.txt")),
}


def notices_of(folder: Path) -> list[Notice]:
    """Of everything installed in a folder, whose RECORD files are still there."""
    return [
        Notice(
            name=each.name,
            version=each.version,
            licence=licence_of(each.metadata),
            page=_page_of(each.metadata),
            texts=tuple(sorted(str(path) for path in each.files or () if _is_notice(path))),
        )
        for each in distributions_in(folder)
    ]


def licence_of(metadata: Any) -> str:
    """As the distribution's core metadata says it: an SPDX expression, or in words.

    https://packaging.python.org/en/latest/specifications/core-metadata/
    """
    stated = metadata.get("License-Expression") or metadata.get("License") or ""
    if stated and "\n" not in stated:  # some put the whole text there
        return str(stated)
    found = [_CLASSIFIER.match(each) for each in metadata.get_all("Classifier") or ()]
    return ", ".join(match[1] for match in found if match) or "see its licence"


def write_notices(notices: Sequence[Notice], layer: Path) -> None:
    """Write the list into a layer for the distributions that are still in it, and texts that wheels lack.

    Raises LayerError where one has no licence's text: whoever passes software on must pass that on, too. So it does
    where a library that has such a text is no longer there.
    """
    inside = layer / "python"
    shipped = {each.name for each in distributions_in(inside)}
    lines = ["# Third-party software in this layer", "", "Paths are relative to `python/`."]
    for notice in (each for each in notices if each.name in shipped):
        texts = [text for text in notice.texts if (inside / text).is_file()]
        if not any(_LICENCE.match(Path(text).name) for text in texts):
            raise LayerError(f"{notice.name} {notice.version} comes without the text of its licence: add it by hand.")
        licence = notice.licence
        if bundled := _BUNDLED.get(notice.name):
            licence += f"; {bundled.licence} of {' and '.join(bundled.libraries)} in `{bundled.folder}`"
            texts += _texts_added(bundled, inside)
        lines += ["", f"## {notice.name} {notice.version}", "", f"Licence: {licence}  "]
        lines += [f"Project: {notice.page}  "] if notice.page else []
        lines += [f"Texts: {', '.join(f'`{text}`' for text in texts)}"]
    (layer / FILE).write_text("\n".join(lines) + "\n", "utf-8")


def _is_notice(path: PurePath) -> bool:
    known = _LICENCE.match(path.name) or _BESIDE.match(path.name)
    return known is not None and path.suffix not in _CODE


def _texts_added(bundled: Bundled, inside: Path) -> list[str]:
    """Put licences beside the libraries that they are of; where they are now, relative to `inside`."""
    folder = inside / bundled.folder
    for library in bundled.libraries:
        if not any(folder.glob(f"{library}*")):
            raise LayerError(f"{bundled.folder} has no {library} any more: correct _BUNDLED in notices.py.")
    for text in bundled.texts:
        shutil.copyfile(TEXTS / text, folder / text)
    return [f"{bundled.folder}/{text}" for text in bundled.texts]


def _page_of(metadata: Any) -> str:
    if page := metadata.get("Home-page"):
        return str(page)
    urls = dict(each.split(", ", 1) for each in metadata.get_all("Project-URL") or () if ", " in each)
    by_label = {label.lower(): url for label, url in urls.items()}
    return next((by_label[label] for label in ("homepage", "source", "repository") if label in by_label), "")
