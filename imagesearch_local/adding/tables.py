"""Tables of pictures and words: CSV and JSON lines (as `export` writes them)."""

from __future__ import annotations

import csv
import json
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from imagesearch_local.adding.buckets import SCHEME
from imagesearch_local.adding.folders import file_source
from imagesearch_local.adding.sources import NothingToAdd, Source, is_picture, sidecar_of
from imagesearch_local.attribute_values import typed

SUFFIXES = frozenset({".csv", ".jsonl", ".ndjson"})
_NOT_ATTRIBUTES = ("path", "key", "caption", "tags")
_TAG_SEPARATORS = re.compile("[;|]")
_SEPARATORS = ",;\t"
"""Spreadsheets write semicolons where numbers have a decimal comma."""

ObjectSource = Callable[[str, str], Source]
"""Makes a source of an address (s3://...) and the key that it goes to."""


@dataclass(frozen=True, slots=True)
class Table:
    """What a table names."""

    sources: list[Source]
    problems: dict[str, str]
    """By row, why it can't be added."""


def read_table(
    path: Path, prefix: str, relative_to: str, object_source: ObjectSource, *, ids_count: bool = False
) -> Table:
    """Rows as sources. Paths are relative to `relative_to`: a folder, or an address (s3://...).

    CSV has a header: `path` or `key`, and any of `caption`, `tags` (separated by ; or |); all other columns are
    attributes, and empty cells say nothing. Columns are separated by commas, semicolons or tabs. JSON lines are objects
    with `path` or `key`, and any of `caption`, `tags`, `attributes`; other fields are ignored. A row with a key alone
    means the picture at that path, or where there is none the one that the library has; with an `id` too always the
    latter where `ids_count`. Raises NothingToAdd where the table can't be read.
    """
    sources, problems = [], {}
    rows = _csv_rows(path) if path.suffix.lower() == ".csv" else _json_rows(path)
    try:
        for number, row in rows:
            name = f"{path.name}, row {number}"
            try:
                found = row()
                in_library = ids_count and bool(found.get("id")) and not found.get("path")
                sources.append(_source(name, found, prefix, None if in_library else relative_to, object_source))
            except (ValueError, NothingToAdd) as error:
                problems[name] = str(error)
    except UnicodeError as error:
        raise NothingToAdd(f"{path} is not in UTF-8: save it so (in Excel as `CSV UTF-8`)") from error
    except (OSError, csv.Error) as error:
        raise NothingToAdd(f"{path} can't be read as a table: {error}") from error
    return Table(sources, problems)


Row = Mapping[str, Any]


def _csv_rows(path: Path) -> Iterator[tuple[int, Callable[[], Row]]]:
    """Rows as spreadsheets number them: the header is row 1, and rows without anything in them count."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        columns, rows = _header(path, file)
        for number, cells in enumerate(rows, 2):
            if any(cell.strip() for cell in cells):
                yield number, partial(_csv_row, columns, cells)


def _header(path: Path, file: TextIO) -> tuple[list[str], Iterator[list[str]]]:
    """The columns, and the rows below them. Raises NothingToAdd."""
    found: list[str] = []
    for separator in _SEPARATORS:
        file.seek(0)
        rows = csv.reader(file, delimiter=separator, strict=True)
        try:
            columns = [_column(cell.strip()) for cell in next(rows, [])]
        except csv.Error:  # quoted names, and another separator than this one between them
            continue
        if doubled := [column for column in columns if column and columns.count(column) > 1]:
            raise NothingToAdd(f"{path} has the column {doubled[0]!r} twice")
        if {"path", "key"} & set(columns):
            return columns, rows
        found = max(found, columns, key=len)
    named = ", ".join(f"`{column}`" for column in found) or "nothing"
    raise NothingToAdd(
        f"{path} has no column `path` or `key`: its first row must name the columns, separated by commas,"
        f" semicolons or tabs, and holds {named}"
    )


def _column(name: str) -> str:
    """Those that mean something are known in any case; attributes are called as they are written."""
    return lower if (lower := name.lower()) in _NOT_ATTRIBUTES else name


def _csv_row(columns: Sequence[str], cells: Sequence[str]) -> Row:
    if any(cells[len(columns) :]):
        raise ValueError("it has more cells than there are columns")
    said = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name and cell.strip()}
    row: dict[str, Any] = {name: said[name] for name in ("path", "key", "caption") if name in said}
    if "tags" in said:
        row["tags"] = [tag.strip() for tag in _TAG_SEPARATORS.split(said["tags"]) if tag.strip()]
    if attributes := {name: typed(cell) for name, cell in said.items() if name not in _NOT_ATTRIBUTES}:
        row["attributes"] = attributes
    return row


def _json_rows(path: Path) -> Iterator[tuple[int, Callable[[], Row]]]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield number, partial(_json_row, line)


def _json_row(line: str) -> Row:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is not JSON: {error}") from error
    if not isinstance(row, dict):
        raise ValueError("it is not a JSON object")  # noqa: TRY004 - of the data, not of the caller
    return row


def _source(name: str, row: Row, prefix: str, relative_to: str | None, object_source: ObjectSource) -> Source:
    """`relative_to` is None for what is in the library and not to be looked for."""
    path, key, image_id = _text(row, "path"), _text(row, "key"), _text(row, "id")
    words = sidecar_of(row if image_id is None else _exported(row))
    place = path or key
    if not place:
        raise ValueError("it has neither `path` nor `key`")
    new_key = prefix + (key or _key_of(place))
    if relative_to is None or not (path or _may_be_read(place, relative_to)):
        return _words_alone(name, new_key, words, image_id)
    for each in (place, new_key):
        if not is_picture(each):
            raise ValueError(f"{each} has no suffix of a picture")
    if place.startswith(SCHEME):
        found = object_source(place, new_key)
    elif relative_to.startswith(SCHEME):
        found = object_source(f"{relative_to.rstrip('/')}/{place}", new_key)
    else:
        found = file_source(Path(relative_to, place), new_key)
    return replace(found, name=f"{name}: {place}", words=partial(_words_over, words, found.words))


def _exported(row: Row) -> Row:
    """A row of `export` says all: a caption that it names and does not give is none."""
    return {**row, "caption": ""} if "caption" in row and row["caption"] is None else row


def _may_be_read(key: str, relative_to: str) -> bool:
    """Whether a key may name a picture here. Others chose it, such as who uploads: it leads nowhere else."""
    if key.startswith(SCHEME) or posixpath.normpath(key).startswith(("/", "../")):
        return False
    return relative_to.startswith(SCHEME) or Path(relative_to, key).is_file()


def _text(row: Row, name: str) -> str | None:
    value = row.get(name)
    if isinstance(value, str | None):
        return value
    raise ValueError(f"`{name}` is not a text")


def _words_alone(name: str, key: str, words: bytes, image_id: str | None) -> Source:
    if not json.loads(words):
        raise ValueError(f"there is no picture {key}, and the row has no words for one in the library")
    return Source(f"{name}: {key}", key, image_id or name, None, lambda: words, image_id=image_id)


def _key_of(path: str) -> str:
    """A relative path is a key; of others the name is."""
    normal = posixpath.normpath(Path(path).as_posix()) if not path.startswith(SCHEME) else path
    return normal.rpartition("/")[2] if normal.startswith(("/", "..", SCHEME)) else normal


def _words_over(own: bytes, beside: Callable[[], bytes | None]) -> bytes | None:
    """A row's words over those beside the picture, field by field."""
    words = {**json.loads(beside() or b"{}"), **json.loads(own)}
    return sidecar_of(words) if words else None
