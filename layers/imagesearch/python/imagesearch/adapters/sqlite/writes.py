"""Writing parts of records."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import apsw

from imagesearch import codec
from imagesearch.adapters.columns import image_columns
from imagesearch.adapters.sqlite.rows import SELECT_RECORDS, float_blob, record_of, space_of
from imagesearch.adapters.sqlite.searched import write_searched_words
from imagesearch.adapters.times import microseconds
from imagesearch.errors import ModelMismatch
from imagesearch.records import ImagePart, ImageRef, Write, Written


def write_part(connection: apsw.Connection, write: Write) -> Written:
    """Write one part, if it is newer or the record unchanged. Raises ModelMismatch."""
    row = connection.execute(f"{SELECT_RECORDS} where r.id = ?", (write.ref.image_id,)).get
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
        f"update records set version = version + 1, {side}_sequencer = ?, {side}_state = ?, {side}_written = ?"
        " where rowid = ?",
        (write.part.sequencer, write.part.state, microseconds(datetime.now(UTC)), rowid),
    )
    connection.execute(f"update parts set {side} = ? where record = ?", (json.dumps(body), rowid))
    write_searched_words(connection, rowid)
    return Written("written", record)


def _new_record(connection: apsw.Connection, ref: ImageRef) -> int:
    connection.execute("insert into records (id, bucket, key) values (?, ?, ?)", (ref.image_id, ref.bucket, ref.key))
    rowid = connection.last_insert_rowid()
    connection.execute("insert into parts (record) values (?)", (rowid,))
    return rowid


def _write_image(connection: apsw.Connection, rowid: int, part: ImagePart) -> None:
    columns = _columns(part)
    connection.execute(
        f"update records set {', '.join(f'{name} = ?' for name in columns)} where rowid = ?", (*columns.values(), rowid)
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


def _columns(part: ImagePart) -> dict[str, Any]:
    position = part.facts.position if part.facts else None
    return {
        **image_columns(part),
        "live": part.live,
        "latitude": position.latitude if position else None,
        "longitude": position.longitude if position else None,
    }
