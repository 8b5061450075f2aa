"""Rows of the embedded index as records."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast

import apsw
import numpy as np

from imagesearch import codec
from imagesearch.records import Descriptor, Descriptors, ImageRef, Record

SELECT_RECORDS = (
    "select r.rowid, r.bucket, r.key, r.version, p.image, p.sidecar from records r join parts p on p.record = r.rowid"
)


def record_of(connection: apsw.Connection, row: tuple[Any, ...], *, descriptors: bool) -> Record:
    """The record of a row of SELECT_RECORDS."""
    rowid, bucket, key, version, image, sidecar = row
    image_part = codec.image_part_from_json(json.loads(image)) if image else None
    if image_part and descriptors:
        image_part = replace(image_part, descriptors=_descriptors(connection, rowid))
    sidecar_part = codec.sidecar_part_from_json(json.loads(sidecar)) if sidecar else None
    return Record(ImageRef(bucket, key), image_part, sidecar_part, str(version))


def _descriptors(connection: apsw.Connection, rowid: int) -> Descriptors:
    by_name: dict[str, list[tuple[bytes | None, bytes]]] = {}
    for name, box, vector in connection.execute(
        "select name, box, vector from vectors where record = ? order by name, position", (rowid,)
    ):
        by_name.setdefault(name, []).append((box, vector))
    return {
        name: Descriptor(
            vectors=np.stack([np.frombuffer(vector, np.float32) for _, vector in rows]),
            boxes=None
            if rows[0][0] is None
            else np.stack([np.frombuffer(box, np.float32) for box, _ in rows if box is not None]),
        )
        for name, rows in by_name.items()
    }


def space_of(connection: apsw.Connection) -> str | None:
    """Whose descriptors the index holds."""
    return cast("str | None", connection.execute("select value from meta where name = 'space_id'").get)


def float_blob(values: Any) -> bytes:
    """Numbers as float32, the way sqlite-vec reads them."""
    return np.ascontiguousarray(values, np.float32).tobytes()
