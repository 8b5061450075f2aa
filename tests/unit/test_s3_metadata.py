"""Words in S3 metadata: ours round-trip, and the forms that other clients write are understood."""

from __future__ import annotations

import email.header
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagesearch.adapters.s3_metadata import decoded, encoded

text = st.text(st.characters(exclude_categories=["Cs"]))


@given(text)
def test_any_text_comes_back_exactly(words: str) -> None:
    assert decoded(encoded(words)) == words


@given(text)
def test_what_is_sent_is_printable_ascii_that_proxies_leave_alone(words: str) -> None:
    value = encoded(words)
    assert value.isascii()
    assert value.isprintable()
    assert value == value.strip()


@given(text)
def test_the_standard_library_reads_what_we_write(words: str) -> None:
    value = encoded(words)
    if value != words:
        assert str(email.header.make_header(email.header.decode_header(value))) == words
    assert all(len(word) <= 75 for word in value.split(" ") if word.startswith("=?"))


def test_plain_ascii_is_sent_as_it_is() -> None:
    assert encoded("A frog, 100% green.") == "A frog, 100% green."


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("Grüße".encode().decode("latin-1"), "Grüße"),  # UTF-8 on the wire, taken for Latin-1
        ("Gr\xfc\xdfe", "Grüße"),  # Latin-1 that was really meant
        ("=?UTF-8?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?utf-8?b?R3LDvMOfZQ==?=", "Grüße"),
        (quote("Grüße aus Köln"), "Grüße aus Köln"),
        ("100%25 wool", "100%25 wool"),
        ("50%FF", "50%FF"),
        ("=?no-such-charset?B?eA==?=", "=?no-such-charset?B?eA==?="),
    ],
)
def test_other_clients_forms_are_read_and_nonsense_is_left_alone(value: str, words: str) -> None:
    assert decoded(value) == words


@given(st.text() | st.from_regex(r"=\?[-A-Za-z0-9]{0,8}\?[bBqQ]\?[^?]{0,12}\?=|%[0-9A-F]{2}", fullmatch=False))
def test_no_value_is_too_strange_to_be_read(value: str) -> None:
    assert isinstance(decoded(value), str)
