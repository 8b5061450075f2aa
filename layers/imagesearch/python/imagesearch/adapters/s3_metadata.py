"""User metadata of S3 objects. HTTP headers are ASCII, people's words are not.

S3 itself returns what it can't print as RFC 2047 encoded words
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html), so that is how words are written here.
Other clients do otherwise; read are, besides:

- raw UTF-8, which HTTP libraries take for Latin-1;
- percent-encoded UTF-8 (many SDK wrappers do this), recognised only where it hides a character beyond ASCII, so that
  '100%25 wool' stays what it is.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header
from urllib.parse import unquote

_ENCODED_WORD = re.compile(r"=\?[^?\s]+\?[bBqQ]\?[^?]*\?=")
_WORD_BYTES = 45  # 60 base64 digits: an encoded word has at most 75 characters (RFC 2047, section 2)


def encoded(text: str) -> str:
    """`text` as a header value that `decoded` reads back exactly: itself where that will do, else RFC 2047."""
    if text.isascii() and text.isprintable() and text == text.strip() and decoded(text) == text:
        return text
    return " ".join(f"=?UTF-8?B?{base64.b64encode(piece).decode()}?=" for piece in _pieces(text))


def decoded(value: str) -> str:
    """The words in a metadata value as an HTTP library returned it. Never fails: what makes no sense stays as it is."""
    if not value.isascii():
        return _utf8_taken_for_latin1(value)
    if _ENCODED_WORD.search(value):
        return _rfc2047(value)
    if "%" in value:
        return _percent(value)
    return value


def _pieces(text: str) -> Iterator[bytes]:
    """UTF-8 of `text` in pieces of at most `_WORD_BYTES`, cut between characters."""
    piece = b""
    for character in text:
        data = character.encode("utf-8", "replace")
        if len(piece) + len(data) > _WORD_BYTES:
            yield piece
            piece = b""
        piece += data
    yield piece


def _utf8_taken_for_latin1(value: str) -> str:
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def _rfc2047(value: str) -> str:
    try:
        parts = decode_header(value)
        return "".join(
            part if isinstance(part, str) else part.decode(charset or "ascii", "replace") for part, charset in parts
        )
    except (HeaderParseError, LookupError, ValueError, binascii.Error):
        return value


def _percent(value: str) -> str:
    try:
        text = unquote(value, errors="strict")
    except UnicodeDecodeError:
        return value
    return value if text.isascii() else text
