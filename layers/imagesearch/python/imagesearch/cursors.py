"""Cursors: where a listing goes on, as signed, expiring, URL-safe text (itsdangerous).

A ranked search carries what remains of it: its pages neither repeat nor lose, whatever happens to the index meanwhile.
All else carries the place it has reached.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from itsdangerous import BadData, URLSafeTimedSerializer
from pydantic import TypeAdapter

from imagesearch.errors import InvalidCursor
from imagesearch.packing import packed_hits, unpacked_hits
from imagesearch.ranking import Calibration, Plan
from imagesearch.retrieval import DateOrder, Filters, Leg, TextLeg, VectorLeg
from imagesearch.searches import RankedHit, TotalOf

Place = tuple[datetime, str]
"""Date and id of the last image shown."""


@dataclass(frozen=True, slots=True)
class RankedCursor:
    """The rest of a ranked search."""

    hits: tuple[RankedHit, ...]
    total: int
    total_of: TotalOf
    text: str | None
    """For the highlights."""
    plan: Plan | None = None
    """Of a search that is to be explained."""


@dataclass(frozen=True, slots=True)
class BrowseCursor:
    """The place that browsing has reached."""

    filters: Filters
    text: str | None = None
    order: DateOrder = field(default_factory=DateOrder)
    after: Place | None = None
    """None at the start."""
    explain: bool = False


@dataclass(frozen=True, slots=True)
class RejectedCursor:
    """The key that the list of rejected images has reached."""

    after: str


@dataclass(frozen=True, slots=True)
class DuplicatesCursor:
    """The place that looking for duplicates has reached."""

    after: Place


Cursor = RankedCursor | BrowseCursor | RejectedCursor | DuplicatesCursor

_PLACES: Mapping[str, TypeAdapter[Any]] = {
    kind.__name__: TypeAdapter(kind) for kind in (BrowseCursor, RejectedCursor, DuplicatesCursor)
}


@dataclass(frozen=True, slots=True)
class Cursors:
    """Writes and reads cursors. Tokens of another secret, or older than `max_age` seconds, are refused."""

    secret: str
    max_age: int

    def write(self, cursor: Cursor) -> str:
        kind = type(cursor).__name__
        if isinstance(cursor, RankedCursor):
            return self._serializer.dumps([kind, _ranked_to_json(cursor)])
        return self._serializer.dumps([kind, _PLACES[kind].dump_python(cursor, mode="json", exclude_defaults=True)])

    def read(self, token: str) -> Cursor:
        """Of whichever kind: the caller must see whether it is its own. Raises InvalidCursor."""
        try:
            kind, data = self._serializer.loads(token, max_age=self.max_age)
        except BadData as error:
            raise InvalidCursor from error
        if kind == RankedCursor.__name__:
            return _ranked_from_json(data)
        found: Cursor = _PLACES[kind].validate_python(data)
        return found

    @property
    def _serializer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self.secret, salt="imagesearch.cursor.3")


def _ranked_to_json(cursor: RankedCursor) -> dict[str, Any]:
    names = sorted({name for hit in cursor.hits for name in hit.scores})
    return {
        "hits": base64.b64encode(packed_hits(cursor.hits, names)).decode(),
        "names": names,
        "total": cursor.total,
        "of": cursor.total_of,
        "text": cursor.text,
        "plan": _plan_to_json(cursor.plan) if cursor.plan else None,
    }


def _ranked_from_json(data: Mapping[str, Any]) -> RankedCursor:
    hits = tuple(unpacked_hits(base64.b64decode(data["hits"]), data["names"]))
    plan = _plan_from_json(data["plan"]) if data["plan"] else None
    return RankedCursor(hits, data["total"], data["of"], data["text"], plan)


def _plan_to_json(plan: Plan) -> dict[str, Any]:
    return {
        "legs": [[leg.name, leg.text if isinstance(leg, TextLeg) else None, _vector_to_text(leg)] for leg in plan.legs],
        "weights": dict(plan.weights),
        "calibrations": {name: asdict(each) for name, each in plan.calibrations.items()},
        "fusion": plan.fusion,
    }


def _plan_from_json(data: Mapping[str, Any]) -> Plan:
    legs = tuple(
        VectorLeg(name, np.frombuffer(base64.b85decode(vector), np.float32)) if text is None else TextLeg(text, name)
        for name, text, vector in data["legs"]
    )
    calibrations = {name: Calibration(**each) for name, each in data["calibrations"].items()}
    return Plan(legs, data["weights"], calibrations, data["fusion"])


def _vector_to_text(leg: Leg) -> str | None:
    return base64.b85encode(leg.vector.tobytes()).decode() if isinstance(leg, VectorLeg) else None
