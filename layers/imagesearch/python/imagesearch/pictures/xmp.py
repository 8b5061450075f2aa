"""Words in XMP: the Dublin Core properties (ISO 16684-1, 8.4), as XML of strangers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from imagesearch.pictures.texts import Texts

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_BYTES: Final = 1024 * 1024
"""Programs write a few kilobytes; with an editing history some hundred. What is larger is not read."""

_DC: Final = "{http://purl.org/dc/elements/1.1/}"
_RDF: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"


def xmp_texts(packet: bytes) -> Texts:
    """Title, description and keywords of an XMP packet; none where it is malformed, too large or malicious.

    Document types and entities are refused: nothing is expanded or fetched.
    """
    if not packet or len(packet) > MAX_BYTES:
        return Texts()
    try:
        root = ElementTree.fromstring(packet.strip(b"\0 \t\r\n"), forbid_dtd=True)
    except (ElementTree.ParseError, DefusedXmlException, ValueError, LookupError):  # LookupError: an unknown encoding
        return Texts()
    return Texts(
        title=_alternative(root, "title"),
        description=_alternative(root, "description"),
        keywords=tuple(_text(item) for item in _items(root, "subject")),
    )


def _alternative(root: Element, name: str) -> str:
    """A text in several languages: the one marked as the default, else the first."""
    items = list(_items(root, name))
    chosen = next((item for item in items if item.get(_LANGUAGE) == "x-default"), items[0] if items else None)
    if chosen is not None:
        return _text(chosen)
    # Some programs write a plain text, as an element or an attribute, where the standard wants a list.
    plain = next((_text(element) for element in root.iter(_DC + name)), "")
    return plain or next((element.get(_DC + name, "").strip() for element in root.iter(_RDF + "Description")), "")


def _items(root: Element, name: str) -> Iterator[Element]:
    """Of the first property of this name: an rdf:Alt, rdf:Bag or rdf:Seq of rdf:li."""
    found = next(root.iter(_DC + name), None)
    return iter(()) if found is None else found.iter(_RDF + "li")


def _text(element: Element) -> str:
    return (element.text or "").strip()
