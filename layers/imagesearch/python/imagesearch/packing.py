"""Ranked hits in few bytes: a cursor carries up to a thousand of them."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterable, Iterator, Sequence

from imagesearch.ranking import SCORE_DIGITS
from imagesearch.searches import RankedHit

_SCALE = 10**SCORE_DIGITS
_ABSENT = 0xFFFF
"""No score on a leg, no rank, or no exemplar. Scores end at 10,000, ranks at some thousand."""

_DIGITS = str.maketrans("abcdefghijklmnopqrstuvwxyz234567", "0123456789abcdefghijklmnopqrstuv")
"""Of an id to those that Python's numbers of base 32 have."""
_FILLING = 26 * 5 - 128
"""Bits of an id's 26 characters beyond its own."""


def packed_hits(hits: Iterable[RankedHit], names: Sequence[str]) -> bytes:
    """Hits one after the other; `names` are the legs.

    Each has its id (16 bytes) and, as 16-bit numbers: the score, score and rank for each leg, how many duplicates
    follow, and how similar the exemplar that follows is; then the ids of these.
    """
    head = struct.Struct(_head(names))
    return b"".join(_packed(hit, names, head) for hit in hits)


def unpacked_hits(data: bytes, names: Sequence[str]) -> Iterator[RankedHit]:
    """The same hits, scores and similarities rounded to SCORE_DIGITS digits."""
    head = struct.Struct(_head(names))
    at = 0
    while at < len(data):
        image, score, *by_leg, duplicates, similarity = head.unpack_from(data, at)
        at += head.size
        others = [_image_id(data[start : start + 16]) for start in range(at, at + 16 * duplicates, 16)]
        at += 16 * duplicates
        exemplar = None
        if similarity != _ABSENT:
            exemplar = _image_id(data[at : at + 16])
            at += 16
        scores, ranks = (dict(zip(names, numbers, strict=True)) for numbers in (by_leg[::2], by_leg[1::2]))
        yield RankedHit(
            image_id=_image_id(image),
            score=score / _SCALE,
            scores={name: value / _SCALE for name, value in scores.items() if value != _ABSENT},
            ranks={name: rank for name, rank in ranks.items() if rank != _ABSENT},
            duplicates=tuple(others),
            exemplar=exemplar,
            similarity=None if exemplar is None else similarity / _SCALE,
        )


def _packed(hit: RankedHit, names: Sequence[str], head: struct.Struct) -> bytes:
    by_leg = (number for name in names for number in (_number(hit.scores.get(name)), hit.ranks.get(name, _ABSENT)))
    packed = head.pack(
        _bytes(hit.image_id),
        _number(hit.score),
        *by_leg,
        len(hit.duplicates),
        _number(hit.similarity),
    )
    return packed + b"".join(map(_bytes, hit.duplicates)) + (_bytes(hit.exemplar) if hit.exemplar else b"")


def _head(names: Sequence[str]) -> str:
    return f"!16sH{2 * len(names)}HHH"


def _number(share: float | None) -> int:
    return _ABSENT if share is None else round(share * _SCALE)


def _bytes(image_id: str) -> bytes:
    # Base 32 of RFC 4648 read as a number, which takes a tenth of `b32decode`'s time: there are hundreds.
    return (int(image_id.translate(_DIGITS), 32) >> _FILLING).to_bytes(16, "big")


def _image_id(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()
