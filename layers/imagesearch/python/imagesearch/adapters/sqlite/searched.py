"""Keeping what is searched of a record's words in line with its parts."""

from __future__ import annotations

import apsw

from imagesearch.adapters.columns import attribute_rows, listed, name_words, tails, texts_of, word_count
from imagesearch.adapters.sqlite.rows import SELECT_RECORDS, record_of
from imagesearch.records import Record
from imagesearch.spelling import words_of


def write_searched_words(connection: apsw.Connection, rowid: int) -> None:
    """Bring the words that are searched in line with the record: those in force, of live records only."""
    former = [tag for (tag,) in connection.execute("select tag from tags where record = ?", (rowid,))]
    connection.execute("delete from words where rowid = ?", (rowid,))
    connection.execute("update records set word_count = null where rowid = ?", (rowid,))
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
    texts = (caption, listed(tags), texts_of(attributes), name_words(record.ref))
    connection.execute(
        "insert into words (rowid, caption, tags, attributes, name) values (?, ?, ?, ?, ?)", (rowid, *texts)
    )
    connection.execute("update records set word_count = ? where rowid = ?", (word_count(*texts), rowid))
    folded = {tag.lower() for tag in tags}
    connection.executemany("insert into tags values (?, ?)", [(rowid, tag) for tag in folded])
    connection.executemany(
        "insert or ignore into tag_tails values (?, ?)",
        [(tail, tag) for tag in folded for tail in tails(words_of(tag))],
    )
    spellings = {word for text in (caption, listed(tags)) for word in words_of(text)}
    connection.executemany("insert into spellings values (?, ?)", [(rowid, word) for word in spellings])
    connection.executemany(
        "insert into attributes values (?, ?, ?, ?, ?)", [(rowid, *each) for each in attribute_rows(attributes)]
    )
