"""Which days does a phrase such as `March 2024` or `Q1 2024` mean?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from worker.models.builtin import lexicon
from worker.models.builtin.grammar import Context, Found, Parser, phrase

_ORDINAL = re.compile(r"^(\d{1,2})(?:st|nd|rd|th)?$")
_QUARTERS = {"q1": 1, "q2": 2, "q3": 3, "q4": 4}
_QUARTER_WORDS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": 4}
phrase(*lexicon.MONTHS, *_QUARTERS, *_QUARTER_WORDS, "quarter of", "year")


@dataclass(frozen=True)
class Days:
    """Days from `start` up to but not including `end`; `year_given` is false for a bare `March`."""

    start: date
    end: date
    year_given: bool = True
    bare_year: int | None = None
    last_year: int | None = None
    """The last year, where the words name a decade."""


def day_range() -> Parser:
    """Match a day, month, quarter or year; the value is `Days`."""

    def parse(context: Context, at: int) -> Iterator[Found]:
        for size, days in _readings(context, at):
            yield days, at + size

    return parse


def _readings(context: Context, at: int) -> Iterator[tuple[int, Days]]:
    if at >= len(context.tokens):
        return
    words = [context.norm(at + step) for step in range(5)]
    kind = context.tokens[at].kind
    if kind == "date":
        found = _iso(words[0])
        if found:
            yield 1, found
        return
    if re.fullmatch(r"(1[6-9]|20)\d0s", words[0]):
        first = int(words[0][:4])
        yield 1, Days(date(first, 1, 1), date(first + 10, 1, 1), bare_year=first, last_year=first + 9)
        return
    year = _year(words[0])
    if year and words[1] in _QUARTERS:
        yield 2, _quarter(year, _QUARTERS[words[1]])
    elif year:
        yield 1, Days(date(year, 1, 1), date(year + 1, 1, 1), bare_year=year)
    if words[0] in _QUARTERS and (year := _year(words[1])):
        yield 2, _quarter(year, _QUARTERS[words[0]])
    if words[0] in _QUARTER_WORDS and words[1:3] == ["quarter", "of"] and (year := _year(words[3])):
        yield 4, _quarter(year, _QUARTER_WORDS[words[0]])
    yield from _with_month(words)


def _with_month(words: list[str]) -> Iterator[tuple[int, Days]]:
    month = lexicon.MONTHS.get(words[0])
    if month:
        skip = 1 if words[1] in {",", "of"} else 0
        year = _year(words[1 + skip])
        if year:
            yield 2 + skip, _month(year, month)
            return
        day = _ORDINAL.match(words[1])
        if day:
            skip = 1 if words[2] == "," else 0
            year = _year(words[2 + skip])
            if year and (found := _day(year, month, int(day.group(1)))):
                yield 3 + skip, found
            return
        yield 1, Days(date(1, month, 1), date(1, month, 28), year_given=False)
        return
    day = _ORDINAL.match(words[0])
    skip = 1 if words[1] == "of" else 0
    month = lexicon.MONTHS.get(words[1 + skip])
    if day and month:
        after = 2 + skip + (1 if words[2 + skip] == "," else 0)
        year = _year(words[after]) if after < len(words) else None
        if year and (found := _day(year, month, int(day.group(1)))):
            yield after + 1, found


def _year(word: str) -> int | None:
    return int(word) if re.fullmatch(r"1[6-9]\d\d|20\d\d|21\d\d", word) else None


def _iso(word: str) -> Days | None:
    parts = [int(part) for part in word.split("-")]
    try:
        if len(parts) == 2:
            return _month(parts[0], parts[1])
        return _day(parts[0], parts[1], parts[2])
    except ValueError:
        return None


def _day(year: int, month: int, day: int) -> Days | None:
    try:
        start = date(year, month, day)
    except ValueError:
        return None
    return Days(start, start + timedelta(days=1))


def _month(year: int, month: int) -> Days:
    return Days(date(year, month, 1), date(year + month // 12, month % 12 + 1, 1))


def _quarter(year: int, quarter: int) -> Days:
    return Days(_month(year, 3 * quarter - 2).start, _month(year, 3 * quarter).end)


def month_of(year: int, days: Days) -> Days:
    """Return the month of `days` in `year`."""
    return _month(year, days.start.month)
