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
from imagesearch.records import ImagePart, Words, Write, WriteOutcome


def write_part(connection: apsw.Connection, write: Write) -> WriteOutcome:
    """Write one part, if it is newer or the record unchanged. Raises ModelMismatch."""
    side = "image" if isinstance(write.part, ImagePart) else "sidecar"
    row = connection.execute(
        f"select rowid, version, {side}_sequencer from records where id = ?", (write.ref.image_id,)
    ).get
    rowid, version, sequencer = row or (None, None, None)
    if write.if_version is not None and write.if_version != ("" if version is None else str(version)):
        return "conflict"
    if write.if_version is None and sequencer is not None and write.part.sequencer <= sequencer:
        return "stale"
    if rowid is None:
        connection.execute(
            "insert into records (id, bucket, key, version, live) values (?, ?, ?, 0, 0)",
            (write.ref.image_id, write.ref.bucket, write.ref.key),
        )
        rowid = connection.last_insert_rowid()
    if isinstance(write.part, ImagePart):
        _write_image(connection, rowid, write.part)
        body = codec.image_part_to_json(write.part)
    else:
        body = codec.sidecar_part_to_json(write.part)
    connection.execute(
        f"update records set version = version + 1, {side}_sequencer = ?, {side}_state = ?, {side}_written = ?,"
        f" {side} = ? where rowid = ?",
        (write.part.sequencer, write.part.state, microseconds(datetime.now(UTC)), json.dumps(body), rowid),
    )
    _write_words(connection, rowid)
    return "written"


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
