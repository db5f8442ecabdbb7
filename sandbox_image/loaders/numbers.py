"""In which ways may a column write its numbers?"""

from __future__ import annotations

import re

from .engine import quote
from .hypotheses import Hypothesis

_CODES = "USD|EUR|GBP|CHF|JPY|CNY|INR|CAD|AUD|SEK|NOK|DKK|PLN|CZK|BRL|RUB|TRY|ZAR|MXN|KRW|kr|zł|Kč|R\\$|US\\$"
_CURRENCY = re.compile(rf"[$€£¥₹₩₽₺₫฿₴₦₪]|(?<![A-Za-z])(?:{_CODES})(?![A-Za-z])")
_DIGIT = re.compile("[0-9]")
# (thousands, decimal), the plainest first: where two fit, the order is the preference.
_STYLES = (("", "."), (",", "."), ("", ","), (".", ","), (" ", ","), (" ", "."), ("'", "."), ("'", ","))
_SEPARATOR = {"": "", ",": ",", ".": r"\.", " ": "[ \u00a0\u202f]", "'": "['\u2019]"}
_SAID = {",": "comma", ".": "point", " ": "space", "'": "apostrophe"}
# All its dots or commas stand before three digits: thousands or decimals, the column cannot tell.
AMBIGUOUS_COMMA = re.compile(r"[^0-9]*[1-9][0-9]{0,2},[0-9]{3}[^0-9]*")
AMBIGUOUS_POINT = re.compile(r"[^0-9]*[1-9][0-9]{0,2}\.[0-9]{3}[^0-9]*")


def number_hypotheses(sample: set[str]) -> list[Hypothesis]:
    """Every way of writing numbers that the sample's marks allow, the plainest first."""
    if not all(_DIGIT.search(cell) for cell in sample):
        return []
    symbols = {tuple(_CURRENCY.findall(cell)) for cell in sample}
    # One symbol in every cell, or none in any: a column of dollars and euros is not one of numbers.
    if len(symbols) > 1 or any(len(found) > 1 for found in symbols):
        return []
    currency = "".join(next(iter(symbols), ()))
    signs = {("%" in cell) for cell in sample}
    if len(signs) > 1:
        return []
    found = []
    for thousands, decimal in _possible_styles("".join(sample)):
        for whole in (True, False):
            hypothesis = _hypothesis(thousands, decimal, currency, True in signs, whole)
            if all(hypothesis.fits(cell) for cell in sample):
                found.append(hypothesis)
                break
    return found


def _possible_styles(characters: str) -> list[tuple[str, str]]:
    # Only styles whose marks are there: others would be the plain one by another name.
    seen = {mark for mark, pattern in _SEPARATOR.items() if mark and re.search(pattern, characters)}
    styles = [
        style
        for style in _STYLES
        if style == _STYLES[0] or all(mark in seen for mark in style if mark not in ("", "."))
    ]
    return [style for style in styles if style[0] != "." or "." in seen] if seen else styles[:1]


def _hypothesis(thousands: str, decimal: str, currency: str, percent: bool, whole: bool) -> Hypothesis:
    plain = not (thousands or currency or percent) and decimal == "."
    body = _body(thousands, decimal, plain, whole)
    pattern = _pattern(body, currency, percent)
    text = "{t}"
    if not plain:
        text = _cleaned(thousands, decimal)
    notes = _notes(thousands, decimal, currency, percent, whole)
    sql_type = "BIGINT" if whole else "DOUBLE"
    value = f"try_cast({text} AS {sql_type})"
    check = f"{value} IS NOT NULL" if whole else f"isfinite({value})"
    return Hypothesis(
        key=f"{'int' if whole else 'float'}:{thousands}:{decimal}:{currency}:{percent}",
        kind="number",
        sql_type=sql_type,
        pattern=pattern,
        value=value,
        check=check,
        note="; ".join(notes),
        decimal="" if whole and not thousands else decimal,
    )


def _body(thousands: str, decimal: str, plain: bool, whole: bool) -> str:
    # No leading zeros (ids keep theirs) and, where decimals are allowed, no whole number beyond int64.
    digits = "[0-9]{0,18}" if whole else "[0-9]{0,17}"
    integer = f"(?:0|[1-9]{digits})"
    if thousands:
        mark = _SEPARATOR[thousands]
        integer = f"(?:{integer}|[1-9][0-9]{{0,2}}(?:{mark}[0-9]{{3}}){{1,5}})"
    if whole:
        return integer
    point = _SEPARATOR[decimal]
    body = f"(?:{integer}(?:{point}[0-9]*)?|{point}[0-9]+)"
    return f"{body}(?:[eE][+-]?[0-9]{{1,3}})?" if plain else body


def _pattern(body: str, currency: str, percent: bool) -> str:
    mark = re.escape(currency)
    space = "[ \u00a0\u202f]?"
    end = f"{space}%" if percent else ""
    sign = "[+\u2212-]?"
    if not currency:
        core = f"{sign}{body}{end}"
        return f"(?:{core}|\\({body}{end}\\))"
    before = f"{mark}{space}{body}{end}"
    after = f"{body}{space}{mark}{end}"
    return f"(?:{sign}{before}|{mark}{space}{sign}{body}{end}|{sign}{after}|\\({before}\\)|\\({after}\\))"


def _cleaned(thousands: str, decimal: str) -> str:
    kept = f"regexp_replace({{t}}, {quote('[^0-9' + re.escape(decimal) + ']')}, '', 'g')"
    if decimal != ".":
        kept = f"replace({kept}, {quote(decimal)}, '.')"
    return f"(CASE WHEN regexp_matches({{t}}, '[(\u2212-]') THEN '-' ELSE '' END || {kept})"


def _notes(thousands: str, decimal: str, currency: str, percent: bool, whole: bool) -> list[str]:
    notes = []
    if thousands:
        notes.append(f"{_SAID[thousands]} read as thousands separator")
    if decimal == "," and not whole:
        notes.append("comma read as decimal mark")
    if currency:
        notes.append(f'currency "{currency}" removed')
    if percent:
        notes.append("percent sign removed (12% -> 12)")
    return notes
