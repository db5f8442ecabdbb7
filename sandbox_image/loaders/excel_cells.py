"""How does a cell of a workbook become text?"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

_EXACT = 2**53


def cell_text(value: Any) -> str | None:
    """A cell's value as text that reads back as the same value: ISO dates, whole numbers without a point."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, datetime):
        return _stamp(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return _duration(value)
    return str(value)


def number_text(value: float) -> str:
    """A number; Excel knows floats only, and a whole one is shown without a point."""
    if value.is_integer() and abs(value) <= _EXACT:
        return str(int(value))
    return repr(value)


def _stamp(value: datetime) -> str:
    if (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0):
        return value.date().isoformat()
    return value.isoformat(sep=" ")


def _duration(value: timedelta) -> str:
    seconds = round(value.total_seconds())
    sign = "-" if seconds < 0 else ""
    minutes, seconds = divmod(abs(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours:02d}:{minutes:02d}:{seconds:02d}"
