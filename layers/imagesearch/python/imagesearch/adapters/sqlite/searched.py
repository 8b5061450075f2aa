"""Keeping what is searched of a record's words in line with its parts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

import apsw

from imagesearch.adapters.sqlite.rows import SELECT_RECORDS, record_of
from imagesearch.adapters.sqlite.tokens import words_of
from imagesearch.records import AttributeValue, Record
from imagesearch.retrieval import shown_value

AttributeRow = tuple[str, str, float | None, int | None]
"""Name, what facets show, and the value as number or truth."""


def write_searched_words(connection: apsw.Connection, rowid: int) -> None:
    """Bring the words that are searched in line with the record: those in force, of live records only."""
    former = [tag for (tag,) in connection.execute("select tag from tags where record = ?", (rowid,))]
    connection.execute("delete from words where rowid = ?", (rowid,))
    for table in ("tags", "attributes", "spellings"):
        connection.execute(f"delete from {table} where record = ?", (rowid,))
    row = connection.execute(f"{SELECT_RECORDS} where r.rowid = ?", (rowid,)).get
    record = record_of(connection, row, descriptors=False)
    if record.live:
        _insert(connection, rowid, record)
    connection.executemany(
        "delete from tag_tails where tag = ?1 and not exists (select 1 from tags where tag = ?1)",
        [(tag,) for tag in former],
    )


def _insert(connection: apsw.Connection, rowid: int, record: Record) -> None:
    caption, tags, attributes = record.words.caption or "", record.words.tags or (), record.words.attributes or {}
    listed, name = ", ".join(tags), PurePosixPath(record.ref.key).stem
    texts = " ".join(value for value in attributes.values() if isinstance(value, str))
    connection.execute(
        "insert into words (rowid, caption, tags, attributes, name) values (?, ?, ?, ?, ?)",
        (rowid, caption, listed, texts, name),
    )
    folded = {tag.lower() for tag in tags}
    connection.executemany("insert into tags values (?, ?)", [(rowid, tag) for tag in folded])
    connection.executemany(
        "insert or ignore into tag_tails values (?, ?)",
        [(tail, tag) for tag in folded for tail in _tails(words_of(connection, tag))],
    )
    spellings = {word for text in (caption, listed) for word in words_of(connection, text)}
    connection.executemany("insert into spellings values (?, ?)", [(rowid, word) for word in spellings])
    connection.executemany(
        "insert into attributes values (?, ?, ?, ?, ?)", [(rowid, *each) for each in _attribute_rows(attributes)]
    )


def _tails(words: list[str]) -> set[str]:
    """Of `big red flower`: itself, `red flower` and `flower`."""
    return {" ".join(words[start:]) for start in range(len(words))}


def _attribute_rows(attributes: Mapping[str, AttributeValue]) -> list[AttributeRow]:
    return [_attribute_row(name, value) for name, value in attributes.items()]


def _attribute_row(name: str, value: AttributeValue) -> AttributeRow:
    shown = shown_value(value)
    if isinstance(value, str):
        return name, shown, None, None
    if isinstance(value, bool):  # before numbers: Python's truth values are numbers too
        return name, shown, None, int(value)
    return name, shown, float(value), None
