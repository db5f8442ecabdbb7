"""In which ways may a column write its dates?"""

from __future__ import annotations

import re
from functools import cache

from .engine import quote_list
from .hypotheses import Hypothesis
from .worded_dates import worded

_YEAR, _SHORT, _NUMBER = "[0-9]{4}", "[0-9]{2}", "[0-9]{1,2}"
_MONTH = "(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_LONG = "(?i:january|february|march|april|may|june|july|august|september|october|november|december)"
_PARTS = {"%Y": _YEAR, "%y": _SHORT, "%m": _NUMBER, "%d": _NUMBER, "%b": _MONTH, "%B": _LONG}
_CLOCKS = {
    "": "",
    "%H:%M": "[0-9]{1,2}:[0-9]{2}",
    "%H:%M:%S": "[0-9]{1,2}:[0-9]{2}:[0-9]{2}",
    "%H:%M:%S.%f": "[0-9]{1,2}:[0-9]{2}:[0-9]{2}\\.[0-9]{1,6}",
    "%H:%M:%S,%f": "[0-9]{1,2}:[0-9]{2}:[0-9]{2},[0-9]{1,6}",
    "%I:%M %p": "[0-9]{1,2}:[0-9]{2} (?i:am|pm)",
    "%I:%M:%S %p": "[0-9]{1,2}:[0-9]{2}:[0-9]{2} (?i:am|pm)",
    "%I:%M%p": "[0-9]{1,2}:[0-9]{2}(?i:am|pm)",
    "%I:%M:%S%p": "[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?i:am|pm)",
}
# (formats that may stand together in one column, order, note)
_FAMILIES: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("%Y-%m-%d",), "", ""),
    (("%Y/%m/%d",), "", ""),
    (("%Y.%m.%d",), "", ""),
    *(
        ((pattern,), order, "")
        for mark in ("/", "-", ".")
        for year in ("%Y", "%y")
        for order, pattern in (
            ("dmy", f"%d{mark}%m{mark}{year}"),
            ("mdy", f"%m{mark}%d{mark}{year}"),
            ("ymd", f"%y{mark}%m{mark}%d"),
        )
        if (mark != "." or order == "dmy") and (order != "ymd" or year == "%y")
    ),
    *(
        ((f"%d{mark}%b{mark}{year}", f"%d{mark}%B{mark}{year}"), "", "")
        for mark in (" ", "-", "/")
        for year in ("%Y", "%y")
    ),
    (("%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y"), "", ""),
    (("%d. %b %Y", "%d. %B %Y"), "", ""),
    (("%Y-%b-%d", "%Y-%B-%d"), "", ""),
    (("%b-%y", "%b-%Y", "%B-%y", "%B-%Y", "%b %Y", "%B %Y"), "", "month -> its first day"),
    (("%Y-%m",), "", "month -> its first day"),
)
_ZONED = (
    "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}"
    "(?::[0-9]{2}(?:\\.[0-9]{1,6})?)?(?: ?Z| ?(?:UTC|GMT)| ?[+-][0-9]{2}(?::?[0-9]{2})?)"
)
_DAY = "(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_COMPACT = f"{_DAY}(?:T?[0-2][0-9][0-5][0-9][0-5][0-9])?"
COMPACT = "date:compact"
_QUARTER = "(?:19|20)[0-9]{2}[- /]?[qQ][1-4]|[qQ][1-4][- /]?(?:19|20)[0-9]{2}"
NOT_HELD = "some of its dates are not in the calendar, or outside the years 1678 to 2261"


def date_hypotheses(sample: set[str]) -> list[Hypothesis]:
    """Every way of writing dates whose form some cell of the sample has; ISO first."""
    if not sample:
        return []
    found = [hypothesis for hypothesis in _all() if all(hypothesis.fits(cell) for cell in sample)]
    plain = {hypothesis.key[:-1] for hypothesis in found if hypothesis.key.endswith(":1")}
    # Where no cell has a clock time, the reading with one is the same again.
    return [
        hypothesis
        for hypothesis in found
        if hypothesis.key.endswith(":1") or hypothesis.key[:-1] not in plain
    ]


@cache
def _all() -> tuple[Hypothesis, ...]:
    found = []
    for formats, order, note in _FAMILIES:
        found.append(_hypothesis(formats, ("",), order, note))
        if "%d" in formats[0]:
            found.append(_hypothesis(formats, tuple(_CLOCKS), order, note))
    long = "try_strptime({t}, ['%Y%m%d', '%Y%m%dT%H%M%S', '%Y%m%d%H%M%S'])"
    month = "(regexp_extract({t}, '[qQ]([1-4])', 1)::INTEGER * 3 - 2)::VARCHAR"
    first_day = f"try_strptime(regexp_extract({{t}}, '[0-9]{{4}}') || ' ' || {month}, '%Y %m')"
    found += [
        _zoned(),
        _other(COMPACT, _COMPACT, long, "read as date, yearmonthday"),
        _other("date:quarter", _QUARTER, first_day, "quarter -> its first day"),
    ]
    return (*found, *(_other(*fields) for fields in worded()))


def _hypothesis(formats: tuple[str, ...], clocks: tuple[str, ...], order: str, note: str) -> Hypothesis:
    stamps = [
        f"{day}{mark}{clock}"
        for day in formats
        for clock in clocks
        for mark in ((" ", "T", ", ") if clock else ("",))
    ]
    days = "|".join(_pattern(day) for day in formats)
    if formats[0] in ("%d.%m.%y", "%y.%m.%d"):
        # With two digits throughout, or version numbers (1.2.10) would be dates.
        days = days.replace(_NUMBER, _SHORT)
    times = "|".join(pattern for pattern in _CLOCKS.values() if pattern)
    pattern = f"(?:{days})" + (f"(?:(?:[T ]|, )(?:{times}))?" if len(clocks) > 1 else "")
    value = f"try_strptime({{t}}, [{quote_list(stamps)}])"
    return Hypothesis(
        key=f"date:{formats[0]}:{len(clocks)}",
        kind="date",
        sql_type="TIMESTAMP_NS",
        pattern=pattern,
        value=value,
        check=_in_range(value),
        note=note or ("" if formats[0] == "%Y-%m-%d" else f"read as date, {_said(formats[0])}"),
        order=order,
    )


def _other(key: str, pattern: str, value: str, note: str) -> Hypothesis:
    return Hypothesis(key, "date", "TIMESTAMP_NS", pattern, value, check=_in_range(value), note=note)


def _zoned() -> Hypothesis:
    value = "try_cast(regexp_replace({t}, ' ?(UTC|GMT|Z)$', 'Z') AS TIMESTAMPTZ)::TIMESTAMP"
    return _other("date:zoned", _ZONED, value, "time with a zone -> UTC")


def _in_range(value: str) -> str:
    # The years that datetime64[ns] can hold whole.
    return f"(year({value}) BETWEEN 1678 AND 2261)"


def _pattern(day: str) -> str:
    return re.sub(r"%[A-Za-z]|\.", lambda match: _PARTS.get(match[0], "\\."), day)


def _said(day: str) -> str:
    words = {"%Y": "year", "%y": "year", "%m": "month", "%b": "month", "%B": "month", "%d": "day"}
    said = re.sub(r"%[A-Za-z]", lambda match: words[match[0]], day)
    return f"{said} of two digits" if day.endswith("%y") else said
