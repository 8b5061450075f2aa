"""Nearness on the Earth's surface as SQL over `records r`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from imagesearch.retrieval import Near

EARTH_RADIUS = 6371.0088
"""Kilometres, the mean radius of WGS 84 (Moritz 2000, Geodetic Reference System 1980)."""
_SLACK = 1e-9
"""Degrees by which the box is larger, lest rounding shut out what lies on its edge."""

# The haversine formula (Sinnott 1984, Virtues of the Haversine).
_HAVERSINE = """
2 * ? * asin(min(1.0, sqrt(
    pow(sin(radians(r.latitude - ?) / 2), 2)
    + cos(radians(r.latitude)) * cos(radians(?)) * pow(sin(radians(r.longitude - ?) / 2), 2)
))) <= ?
"""


def near(place: Near) -> tuple[str, Sequence[Any]]:
    """A condition that records within so many kilometres meet, and its parameters."""
    latitude, longitude = place.position.latitude, place.position.longitude
    box, bounds = _box(latitude, longitude, place.kilometres / EARTH_RADIUS)
    return f"{box} and {_HAVERSINE}", [*bounds, EARTH_RADIUS, latitude, latitude, longitude, place.kilometres]


def _box(latitude: float, longitude: float, angle: float) -> tuple[str, list[float]]:
    """A box around the circle of that angular radius (radians), which an index finds quickly.

    See Bronshtein et al., or http://janmatuschek.de/LatitudeLongitudeBoundingCoordinates.
    """
    reach = math.degrees(angle) + _SLACK
    south, north = latitude - reach, latitude + reach
    condition, bounds = "r.latitude between ? and ?", [south, north]
    if south <= -90 or north >= 90:  # a pole lies within: every longitude does
        return condition, bounds
    breadth = math.degrees(math.asin(min(1.0, math.sin(angle) / math.cos(math.radians(latitude))))) + _SLACK
    west, east = longitude - breadth, longitude + breadth
    if west >= -180 and east <= 180:
        return f"{condition} and r.longitude between ? and ?", [*bounds, west, east]
    # Across the date line the box falls into two.
    west, east = (west + 360, east) if west < -180 else (west, east - 360)
    return f"{condition} and (r.longitude >= ? or r.longitude <= ?)", [*bounds, west, east]
