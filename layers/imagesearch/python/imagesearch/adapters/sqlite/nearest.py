"""Legs of a search by descriptor: exact (sqlite-vec), one by one or many at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import apsw
import numpy as np
import numpy.typing as npt

from imagesearch.adapters.sqlite.rows import float_blob
from imagesearch.batches import batches
from imagesearch.retrieval import VectorLeg, VectorMatch, VectorMatches

_BLOCK = 2048
"""Vectors that are compared at a time: some megabytes, and enough that the matrix product is what takes the time."""
_SLACK = 1e-4
"""More than float32 can err in the cosine of two vectors of length 1: 3e-5 with 512 dimensions, mostly 1e-7.

The bound is D * 2**-24 (Higham 2002, Accuracy and Stability of Numerical Algorithms, section 3.1).
"""


def nearest(
    connection: apsw.Connection, legs: Sequence[VectorLeg], condition: str, parameters: Sequence[Any], depth: int
) -> list[VectorMatches]:
    """For each of some legs by one descriptor the `depth` nearest records that meet the condition.

    Many legs cost little more than two: the vectors are read once, and few are left to compare exactly.
    """
    if len(legs) == 1:
        return [_nearest(connection, legs[0], condition, parameters, depth)]
    records, cosines = _compared(connection, legs, condition, parameters)
    if not len(records):
        return [VectorMatches(leg.name, ()) for leg in legs]
    starts = np.flatnonzero(np.diff(records, prepend=-1))
    records, cosines = records[starts], np.maximum.reduceat(cosines, starts, axis=1)
    left = "r.rowid in (select value from json_each(?))"
    return [
        _nearest(connection, leg, left, [json.dumps(records[_among_best(row, depth)].tolist())], depth)
        for leg, row in zip(legs, cosines, strict=True)
    ]


def _nearest(
    connection: apsw.Connection, leg: VectorLeg, condition: str, parameters: Sequence[Any], depth: int
) -> VectorMatches:
    # SQLite gives the other columns of the row that has the minimum: the box of the nearest vector.
    # Grouped as the table is sorted: by another column SQLite would sort all rows first.
    rows = connection.execute(
        "select r.id, min(vec_distance_cosine(v.vector, ?)), v.box from vectors v"
        f" join records r on r.rowid = v.record where v.name = ? and {condition}"
        " group by v.record order by 2, 1 limit ?",
        [float_blob(leg.vector), leg.name, *parameters, depth],
    )
    return VectorMatches(
        leg.name, tuple(VectorMatch(image_id, 1 - distance, _box(box)) for image_id, distance, box in rows)
    )


def _compared(
    connection: apsw.Connection, legs: Sequence[VectorLeg], condition: str, parameters: Sequence[Any]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """The records of N vectors, N, those of one record together; and the legs' cosines to them, L x N."""
    queries = np.stack([leg.vector for leg in legs]).astype(np.float32)
    rows = connection.execute(
        "select v.record, v.vector from vectors v join records r on r.rowid = v.record"
        f" where v.name = ? and {condition} order by v.record",
        [legs[0].name, *parameters],
    )
    records, cosines = [np.empty(0, np.int64)], [np.empty((len(legs), 0), np.float32)]
    for block in batches(rows, _BLOCK):
        vectors = np.frombuffer(b"".join([vector for _, vector in block]), np.float32).reshape(len(block), -1)
        records.append(np.array([record for record, _ in block], np.int64))
        cosines.append(queries @ vectors.T)
    return np.concatenate(records), np.concatenate(cosines, axis=1)


def _among_best(cosines: npt.NDArray[np.float32], depth: int) -> npt.NDArray[np.bool_]:
    """Which of N may be among the best `depth`: those, and what lies so near that only exact cosines can tell."""
    if len(cosines) <= depth:
        return np.ones(len(cosines), np.bool_)
    cut = float(np.partition(cosines, -depth)[-depth])
    return np.greater_equal(cosines, cut - _SLACK)


def _box(blob: bytes | None) -> tuple[float, float, float, float] | None:
    if blob is None:
        return None
    left, top, right, bottom = np.frombuffer(blob, np.float32).tolist()
    return left, top, right, bottom
