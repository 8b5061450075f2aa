"""Connections to the embedded index's file (apsw, FTS5, sqlite-vec)."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import apsw
import sqlite_vec

from imagesearch.adapters.sqlite.schema import SCHEMA_VERSION, TABLES
from imagesearch.errors import IndexUnavailable


class Connections:
    """Connections to one file, handed out one to a caller and kept for the next."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: queue.SimpleQueue[apsw.Connection] = queue.SimpleQueue()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise IndexUnavailable from error
        with self.writing() as connection:
            _create(connection)

    @contextmanager
    def reading(self) -> Iterator[apsw.Connection]:
        """A connection that sees one state of the index throughout. Raises IndexUnavailable."""
        with self._transaction("begin") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[apsw.Connection]:
        """A connection that no other writer disturbs; all is written at the end, or nothing.

        Raises IndexUnavailable.
        """
        with self._transaction("begin immediate") as connection:
            yield connection

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[apsw.Connection]:
        try:
            connection = self._taken()
            connection.execute(begin)
        except apsw.Error as error:
            raise IndexUnavailable from error
        try:
            yield connection
            connection.execute("commit")
        except BaseException as error:
            if connection.in_transaction:
                connection.execute("rollback")
            if isinstance(error, apsw.Error):
                raise IndexUnavailable from error
            raise
        finally:
            self._idle.put(connection)

    def _taken(self) -> apsw.Connection:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return _connect(self._path)


def _connect(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(30_000)
    connection.enable_load_extension(True)
    connection.load_extension(sqlite_vec.loadable_path())
    connection.enable_load_extension(False)
    connection.execute("pragma journal_mode = wal; pragma synchronous = normal;")
    connection.register_fts5_function("matched_fields", _matched_fields)
    return connection


def _create(connection: apsw.Connection) -> None:
    if connection.execute("select 1 from sqlite_master where name = 'meta'").get is None:
        connection.execute(TABLES)
        return
    version = connection.execute("select value from meta where name = 'schema'").get
    if version != str(SCHEMA_VERSION):
        raise IndexUnavailable(
            f"The index was made by another version of imagesearch (its schema is {version}, not {SCHEMA_VERSION})."
            " Without its file a new one is made from the pictures."
        )


def _matched_fields(api: apsw.FTS5ExtensionApi, *_: Any) -> str:
    """For each phrase of the query the columns that have it: `0,1;;3`."""
    return ";".join([_listed(api.phrase_columns(phrase)) for phrase in range(api.phrase_count)])


@cache  # asked for every image that matches, and there are few answers
def _listed(columns: tuple[int, ...]) -> str:
    return ",".join(map(str, columns))
