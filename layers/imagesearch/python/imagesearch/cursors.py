"""Cursors: where a search goes on, as signed, expiring, URL-safe text (itsdangerous).

A ranked search carries what remains of it: its pages neither repeat nor lose, whatever happens to the index meanwhile.
Browsing carries the place it has reached.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Literal

from itsdangerous import BadData, URLSafeTimedSerializer

from imagesearch.errors import InvalidCursor
from imagesearch.ranking import SCORE_DIGITS, RankedHit
from imagesearch.searches import Filters

_SCALE = 10**SCORE_DIGITS
_UNRANKED = 0
TotalOf = Literal["text", "filters"]


@dataclass(frozen=True, slots=True)
class RankedCursor:
    """The rest of a ranked search."""

    hits: tuple[RankedHit, ...]
    total: int
    total_of: TotalOf
    text: str | None
    """For the highlights."""


@dataclass(frozen=True, slots=True)
class BrowseCursor:
    """The place that browsing has reached."""

    filters: Filters
    after: tuple[datetime, str] | None = None
    """Date and id of the last image shown; None at the start."""
    newest_first: bool = True


Cursor = RankedCursor | BrowseCursor


@dataclass(frozen=True, slots=True)
class Cursors:
    """Writes and reads cursors. Tokens of another secret, or older than `max_age` seconds, are refused."""

    secret: str
    max_age: int

    def write(self, cursor: Cursor) -> str:
        payload = _ranked_to_json(cursor) if isinstance(cursor, RankedCursor) else _browse_to_json(cursor)
        return self._serializer.dumps(payload)

    def read(self, token: str) -> Cursor:
        """Raises InvalidCursor."""
        try:
            payload = self._serializer.loads(token, max_age=self.max_age)
        except BadData as error:
            raise InvalidCursor from error
        return _ranked_from_json(payload) if "hits" in payload else _browse_from_json(payload)

    @property
    def _serializer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self.secret, salt="imagesearch.cursor.1")


def _ranked_to_json(cursor: RankedCursor) -> dict[str, Any]:
    legs = list(cursor.hits[0].scores) if cursor.hits else []
    return {
        "hits": base64.b85encode(b"".join(_packed(hit, legs) for hit in cursor.hits)).decode(),
        "legs": legs,
        "total": cursor.total,
        "of": cursor.total_of,
        "text": cursor.text,
    }


def _ranked_from_json(payload: Mapping[str, Any]) -> RankedCursor:
    hits = tuple(_unpacked(base64.b85decode(payload["hits"]), payload["legs"]))
    return RankedCursor(hits, payload["total"], payload["of"], payload["text"])


def _packed(hit: RankedHit, legs: Sequence[str]) -> bytes:
    """16 bytes of id, the score, and score and rank for each leg, as 16-bit numbers: a cursor must fit into a URL."""
    image = base64.b32decode(hit.image_id.upper() + "======")
    numbers = [hit.score, *(number for leg in legs for number in (hit.scores[leg], hit.ranks.get(leg, _UNRANKED)))]
    return image + struct.pack(_numbers(legs), *(round(n * _SCALE) if isinstance(n, float) else n for n in numbers))


def _unpacked(packed: bytes, legs: Sequence[str]) -> Iterator[RankedHit]:
    for image, score, *by_leg in struct.iter_unpack("!16s" + _numbers(legs)[1:], packed):
        ranks = dict(zip(legs, by_leg[1::2], strict=True))
        yield RankedHit(
            image_id=base64.b32encode(image).decode().rstrip("=").lower(),
            score=score / _SCALE,
            scores={leg: value / _SCALE for leg, value in zip(legs, by_leg[::2], strict=True)},
            ranks={leg: rank for leg, rank in ranks.items() if rank != _UNRANKED},
        )


def _numbers(legs: Sequence[str]) -> str:
    return f"!H{2 * len(legs)}H"


def _browse_to_json(cursor: BrowseCursor) -> dict[str, Any]:
    said = {name: value for name, value in asdict(cursor.filters).items() if value}
    return {
        "filters": {name: _time_to_text(value) for name, value in said.items()},
        "after": [cursor.after[0].isoformat(), cursor.after[1]] if cursor.after else None,
        "newest": cursor.newest_first,
    }


def _browse_from_json(payload: Mapping[str, Any]) -> BrowseCursor:
    times = {field.name for field in fields(Filters) if "datetime" in str(field.type)}
    filters: dict[str, Any] = {
        name: datetime.fromisoformat(value) if name in times else tuple(value) if isinstance(value, list) else value
        for name, value in payload["filters"].items()
    }
    after = payload["after"]
    return BrowseCursor(
        Filters(**filters), (datetime.fromisoformat(after[0]), after[1]) if after else None, payload["newest"]
    )


def _time_to_text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
