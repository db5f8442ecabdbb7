"""What does a column mean: an id, a category, an amount, a date, text, a place or a flag?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from . import semantic_words as say
from .places import are_countries

_CODE = re.compile(r"(?=.*\d)[\w#./:+-]{2,64}|[0-9a-fA-F-]{32,36}")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_LONG_TEXT = 40
_FEW = 20
_FEW_SHARE = 0.5
_MANY_SAME = 200
_YEARS = (1500, 2200)
_LONG_NUMBER = 10**9
_COUNTED_FROM_ROWS = 20


def semantic_type(column: Mapping[str, Any], rows: int, *, whole: bool) -> str:
    """One of `id`, `category`, `amount`, `date`, `text`, `geo`, `flag`, by the name and by the values.

    Args:
        column: Its profile so far.
        rows: Of the table.
        whole: All its numbers are whole.
    """
    kind, words = column["kind"], say.words_of(column["name"])
    if kind == "boolean":
        return "flag"
    if kind == "date":
        return "date"
    return _of_number(column, words, rows, whole) if kind == "number" else _of_text(column, words, rows)


def _of_number(column: Mapping[str, Any], words: tuple[str, ...], rows: int, whole: bool) -> str:
    low, high = column["min"], column["max"]
    if low is None or high is None:
        return "amount"
    last = words[-1] if words else ""
    if _is_place(words) and not (whole and say.names_an_id(words)) and _in_place(words, low, high, whole):
        return "geo"
    if not whole:
        return "amount"
    if _is_calendar(words, low, high):
        return "date"
    distinct = _is_distinct(column, rows)
    if say.names_an_id(words) and (last not in say.DOUBTFUL_ID or distinct or low >= 0):
        return "id"
    if (low, high) == (0, 1) and last not in say.AMOUNT and not say.AMOUNT & set(words):
        return "flag"
    if say.AMOUNT & set(words):
        return "amount"
    if last in say.CATEGORY:
        return "category"
    return "id" if _numbers_rows(column, rows) or (distinct and low >= _LONG_NUMBER) else "amount"


def _of_text(column: Mapping[str, Any], words: tuple[str, ...], rows: int) -> str:
    last, seen = (words[-1] if words else ""), _texts(column)
    present, unique = rows - column["nulls"], column["unique"]
    if not seen:
        return "text"
    if all(_EMAIL.fullmatch(text) for text in seen):
        return "id"
    mean_length = sum(map(len, seen)) / len(seen)
    if say.names_an_id(words) and mean_length <= _LONG_TEXT:
        return "id"
    if _is_place(words) and mean_length <= _LONG_TEXT or are_countries(seen):
        return "geo"
    codes = all(_CODE.fullmatch(text) for text in seen)
    if codes and unique == present and rows > 1 and (last in say.CODES or unique > _FEW):
        return "id"
    if mean_length > _LONG_TEXT:
        return "text"
    if last in say.CATEGORY or unique <= _MANY_SAME and unique <= present * _FEW_SHARE:
        return "category"
    if unique <= _FEW and (unique < present or codes):
        return "category"
    return "text"


def _texts(column: Mapping[str, Any]) -> Sequence[str]:
    return column["values"] or [value for value, _ in column["top"]]


def _is_distinct(column: Mapping[str, Any], rows: int) -> bool:
    return rows > 1 and column["unique"] == rows - column["nulls"]


def _numbers_rows(column: Mapping[str, Any], rows: int) -> bool:
    """Whether the cells count the rows: 1, 2, 3, ... in any order."""
    span = column["max"] - column["min"] + 1
    return rows >= _COUNTED_FROM_ROWS and column["min"] in (0, 1) and column["unique"] == rows == span


def _is_calendar(words: tuple[str, ...], low: Any, high: Any) -> bool:
    if not words:
        return False
    if (words[-1] in say.YEARS or words[0] in say.YEARS) and _YEARS[0] <= low and high <= _YEARS[1]:
        return True
    span = say.CALENDAR.get(words[-1])
    return span is not None and span[0] <= low and high <= span[1]


def _is_place(words: tuple[str, ...]) -> bool:
    """Whether the last word names a place, or the code of one: `ship_country`, `country_code`."""
    named = [word for word in words if word not in say.CODES]
    return bool(named) and named[-1] in say.GEO and not ({"ip", "email", "mail", "web", "url"} & set(words))


def _in_place(words: tuple[str, ...], low: Any, high: Any, whole: bool) -> bool:
    """Whether numbers can be what the place word says; a `state` of 0 to 7 is none."""
    if {"lat", "latitude"} & set(words):
        return bool(-90 <= low and high <= 90)
    if {"lon", "lng", "longitude"} & set(words):
        return bool(-180 <= low and high <= 360)
    return whole and bool({"zip", "zipcode", "postcode", "postal", "plz"} & set(words))
