"""What people type as options, made into parts of a query. Each function raises typer.BadParameter."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import typer

from imagesearch.records import AttributeValue
from imagesearch_local.attribute_values import typed

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})?\.\.({_NUMBER})?")
_PARTIAL_DATE = re.compile(r"\d{4}(-\d{2})?")


@dataclass(frozen=True, slots=True)
class Weighted:
    """A name with a number: a leg, or an example of what hits should look like."""

    name: str
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class Attribute:
    """What one attribute must be, or become."""

    name: str
    value: AttributeValue
    text: str
    """The value as typed."""

    @property
    def bounds(self) -> dict[str, float] | None:
        """Of a value such as `3..`, `..7` or `3..7`. Raises typer.BadParameter where one is too large for JSON."""
        ends = _RANGE.fullmatch(self.text)
        if not ends or ends.group(0) == "..":
            return None
        return {name: _finite(end) for name, end in zip(("min", "max"), ends.groups(), strict=True) if end}


def crop(text: str) -> dict[str, float]:
    left, top, right, bottom = numbers = _numbers(text, 4, "LEFT,TOP,RIGHT,BOTTOM, as 0.1,0.2,0.6,0.9")
    if not (all(0 <= number <= 1 for number in numbers) and left < right and top < bottom):
        raise typer.BadParameter(f"{text!r}: these are shares of width and height, 0 to 1, LEFT < RIGHT, TOP < BOTTOM")
    return {"left": left, "top": top, "right": right, "bottom": bottom}


def place(text: str) -> dict[str, float]:
    latitude, longitude, kilometres = _numbers(text, 3, "LATITUDE,LONGITUDE,KILOMETRES, as 47.37,8.54,5")
    return {"latitude": latitude, "longitude": longitude, "kilometres": kilometres}


def moment(text: str) -> str:
    """A time with its zone: 2024, 2024-06, 2024-06-30 (their first moments), 2024-06-30T18:00 or ...+02:00."""
    whole = f"{text}-01-01"[:10] if _PARTIAL_DATE.fullmatch(text) else text
    try:
        time = datetime.fromisoformat(whole)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date, as 2024, 2024-06-30 or 2024-06-30T18:00+02:00") from None
    # What has no zone is meant where the user is.
    return (time if time.tzinfo else time.astimezone()).isoformat()


def leg_weight(text: str) -> Weighted:
    leg, _, number = text.partition("=")
    if not re.fullmatch(_NUMBER, number):
        raise typer.BadParameter(f"{text!r} is not of the form LEG=NUMBER, as text=1")
    return Weighted(leg, _finite(number))


def example(text: str) -> Weighted:
    """An id, key or file, with a weight where the end says so."""
    name, separator, number = text.rpartition("=")
    if not separator or not re.fullmatch(_NUMBER, number):
        return Weighted(text)
    return Weighted(name, _finite(number))


def attribute(text: str) -> Attribute:
    name, separator, value = text.partition("=")
    if not separator or not name.strip():
        raise typer.BadParameter(f"{text!r} is not of the form NAME=VALUE, as legs=4")
    return Attribute(name.strip(), typed(value), value)


def attribute_values(attributes: Iterable[Attribute]) -> dict[str, Any]:
    """By name what filters take: the value, the list of values of a name given several times, or the range."""
    by_name: dict[str, list[Attribute]] = {}
    for each in attributes:
        by_name.setdefault(each.name, []).append(each)
    return {name: _allowed(several) for name, several in by_name.items()}


def _allowed(several: list[Attribute]) -> Any:
    if any(each.bounds for each in several):
        if len(several) > 1:
            raise typer.BadParameter(f"{several[0].name}: one range, or values, not both", param_hint="--attribute")
        return several[0].bounds
    return several[0].value if len(several) == 1 else [each.value for each in several]


def _numbers(text: str, count: int, form: str) -> list[float]:
    parts = text.split(",")
    if len(parts) != count or not all(re.fullmatch(_NUMBER, part.strip()) for part in parts):
        raise typer.BadParameter(f"{text!r} is not of the form {form}")
    return [_finite(part) for part in parts]


def _finite(number: str) -> float:
    """JSON has no infinity, which Python makes of 1e999."""
    value = float(number)
    if not math.isfinite(value):
        raise typer.BadParameter(f"{number} is too large a number")
    return value
