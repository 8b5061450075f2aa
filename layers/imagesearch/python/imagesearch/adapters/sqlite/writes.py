"""Writing parts of records, and keeping the searched words in line with them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import PurePosixPath

import apsw

from imagesearch import codec
from imagesearch.adapters.sqlite.filters import microseconds
from imagesearch.adapters.sqlite.rows import RECORD_COLUMNS, float_blob, record_of, space_of
from imagesearch.errors import ModelMismatch
from imagesearch.records import ImagePart, ImageRef, Words, Write, Written


def write_part(connection: apsw.Connection, write: Write) -> Written:
    """Write one part, if it is newer or the record unchanged. Raises ModelMismatch."""
    row = connection.execute(f"select {RECORD_COLUMNS} from records r where r.id = ?", (write.ref.image_id,)).get
    record = record_of(connection, row, descriptors=False) if row else None
    if write.if_version is not None and write.if_version != (record.version if record else ""):
        return Written("conflict", record)
    is_image = isinstance(write.part, ImagePart)
    stored = record and (record.image if is_image else record.sidecar)
    if write.if_version is None and stored and write.part.sequencer <= stored.sequencer:
        return Written("stale", record)
    rowid = row[0] if row else _new_record(connection, write.ref)
    if isinstance(write.part, ImagePart):
        _write_image(connection, rowid, write.part)
        side, body = "image", codec.image_part_to_json(write.part)
    else:
        side, body = "sidecar", codec.sidecar_part_to_json(write.part)
    connection.execute(
        f"update records set version = version + 1, {side}_sequencer = ?, {side}_state = ?, {side}_written = ?,"
        f" {side} = ? where rowid = ?",
        (write.part.sequencer, write.part.state, microseconds(datetime.now(UTC)), json.dumps(body), rowid),
    )
    _write_words(connection, rowid)
    return Written("written", record)


def _new_record(connection: apsw.Connection, ref: ImageRef) -> int:
    connection.execute(
        "insert into records (id, bucket, key, version, live) values (?, ?, ?, 0, 0)",
        (ref.image_id, ref.bucket, ref.key),
    )
    return connection.last_insert_rowid()


def _write_image(connection: apsw.Connection, rowid: int, part: ImagePart) -> None:
    taken = part.facts.taken if part.facts else None
    connection.execute(
        "update records set live = ?, uploaded = ?, taken = ?, sha256 = ? where rowid = ?",
        (
            part.live,
            microseconds(part.uploaded) if part.uploaded else None,
            microseconds(taken) if taken else None,
            part.sha256,
            rowid,
        ),
    )
    connection.execute("delete from vectors where record = ?", (rowid,))
    if not part.descriptors:
        return
    space = space_of(connection)
    if space is None:
        connection.execute("insert into meta values ('space_id', ?)", (part.space_id,))
    elif space != part.space_id:
        raise ModelMismatch(f"The index holds descriptors of space {space}; these are of {part.space_id}.")
    connection.executemany(
        "insert into vectors values (?, ?, ?, ?, ?)",
        [
            (
                rowid,
                name,
                position,
                None if descriptor.boxes is None else float_blob(descriptor.boxes[position]),
                float_blob(vector),
            )
            for name, descriptor in part.descriptors.items()
            for position, vector in enumerate(descriptor.vectors)
        ],
    )


def _write_words(connection: apsw.Connection, rowid: int) -> None:
    """Bring the words that are searched in line with the record's parts."""
    connection.execute("delete from words where rowid = ?", (rowid,))
    connection.execute("delete from tags where record = ?", (rowid,))
    row = connection.execute(f"select {RECORD_COLUMNS} from records r where rowid = ?", (rowid,)).get
    record = record_of(connection, row, descriptors=False)
    if not record.live:
        return
    words = record.words
    tags = words.tags or ()
    connection.execute(
        "insert into words (rowid, caption, tags, attributes, name) values (?, ?, ?, ?, ?)",
        (rowid, words.caption or "", ", ".join(tags), _attribute_text(words), PurePosixPath(record.ref.key).stem),
    )
    connection.executemany("insert into tags values (?, ?)", [(rowid, tag) for tag in {tag.lower() for tag in tags}])


def _attribute_text(words: Words) -> str:
    return " ".join(value for value in (words.attributes or {}).values() if isinstance(value, str))
