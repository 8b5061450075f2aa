"""Times as indexes keep them: whole microseconds since the epoch, which compare exactly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LAST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND


def microseconds(time: datetime) -> int:
    """A time with a time zone as microseconds since the epoch."""
    # The first and last day of the calendar may lie outside of it in UTC, in which times are read back.
    return min(max((time - _EPOCH) // _MICROSECOND, _FIRST), _LAST)


def moment(microseconds: int) -> datetime:
    """The same the other way, in UTC."""
    return _EPOCH + microseconds * _MICROSECOND
