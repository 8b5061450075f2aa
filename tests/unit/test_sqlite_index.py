"""What only the embedded index has: a file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import apsw
import pytest
from image_indexes import an_image, found_by, gone, put

from imagesearch.adapters.sqlite.index import SqliteIndex
from imagesearch.errors import IndexUnavailable
from imagesearch.records import Words


def test_it_survives_its_process(tmp_path: Path) -> None:
    put(SqliteIndex(tmp_path / "index.sqlite"), "frog", an_image(words=Words(caption="frog")))
    assert found_by(SqliteIndex(tmp_path / "index.sqlite"), "frog") == {"frog"}


@pytest.mark.parametrize("schema", ["1", "999"])
def test_a_file_of_another_version_is_refused_with_what_to_do(tmp_path: Path, schema: str) -> None:
    SqliteIndex(tmp_path / "index.sqlite")
    connection = apsw.Connection(str(tmp_path / "index.sqlite"))
    connection.execute("update meta set value = ? where name = 'schema'", (schema,))
    connection.close()
    with pytest.raises(IndexUnavailable, match=f"another version.*schema is {schema}.*new one is made"):
        SqliteIndex(tmp_path / "index.sqlite")


def test_nothing_is_left_of_what_was_removed(tmp_path: Path) -> None:
    """Given an image with every kind of words; when it is removed and swept; then no table has a row of it."""
    index = SqliteIndex(tmp_path / "index.sqlite")
    put(index, "frog", an_image(1, words=Words("secret", ("secret tag",), {"secret": "secret"})))
    put(index, "frog", gone(2))
    assert index.sweep(datetime.now(UTC) + timedelta(seconds=1)) == 1
    connection = apsw.Connection(str(tmp_path / "index.sqlite"))
    tables = ("records", "parts", "vectors", "words", "tags", "attributes", "spellings", "tag_tails")
    assert {table: connection.execute(f"select count(*) from {table}").get for table in tables} == dict.fromkeys(
        tables, 0
    )
    connection.close()
