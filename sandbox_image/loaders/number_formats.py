"""How does a workbook show its numbers, and what are they by that: dates, times, ids with leading zeros?"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from .cell_kinds import DATE, NUMBER, CellKinds

_EXACT = 2**53
_LONGEST_PATTERN = 1000
"""Excel takes 255; what is longer was written to keep a reader busy."""
_DAY_SECONDS = 86_400
_LAST_DAY = 2_958_465  # 31 December 9999
_LEAP_BUG_DAY = 60  # 29 February 1900, which Excel has and the calendar has not
_BUILTIN = {
    **dict.fromkeys((14, 15, 16, 17, 27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58), "yyyy-mm-dd"),
    22: "yyyy-mm-dd hh:mm",
    **dict.fromkeys((18, 19, 20, 21, 32, 33, 34, 35, 45, 47, 55, 56), "hh:mm:ss"),
    46: "[h]:mm:ss",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    48: "##0.0E+0",
    49: "@",
}
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[\$[^\]]*\]|\[[^\]]*\]')
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_HALVES = re.compile(r"AM/PM|A/P", re.IGNORECASE)
_SYMBOL = re.compile(r"\[\$([^\-\]]+)(?:-[^\]]*)?\]|([$€£¥₹₩₽₺₫฿₴₦₪])|\"\s*([A-Z]{3}|kr|zł|Kč|R\$)\s*\"")
# `00` shows months and hours, not ids.
_MASK = re.compile(r"0{3,}|0+(?:[- ]0+)+")

DATE_FORM, TIME_FORM, DURATION_FORM, NUMBER_FORM, MASK_FORM = "date", "time", "duration", "number", "mask"


class NumberFormat:
    """Turns numbers that are shown in one way into text and the kind they are."""

    def __init__(self, pattern: str, kinds: CellKinds, is_1904: bool) -> None:
        section = pattern[:_LONGEST_PATTERN].split(";")[0]
        self._kinds = kinds
        self._is_1904 = is_1904
        self._epoch = datetime(1904, 1, 1) if is_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 - Excel knows no zones
        self._days: dict[int, str] = {}
        self.form = _form(section)
        self._mask = _mask(section) if self.form == MASK_FORM else ""
        note, currency = _note(section) if self.form == NUMBER_FORM else ("", "")
        self._code = kinds.code("number", note, currency)
        self.plain = self.form == NUMBER_FORM and self._code == NUMBER
        self._time = kinds.code("text", "times of day kept as text (hh:mm:ss)")
        self._duration = kinds.code("text", "durations kept as text (h:mm:ss)")
        self._padded = kinds.code("text", "leading zeros that the number format shows are kept: text")
        self._undated = kinds.code("missing", "a date format on 0, a negative or a huge number -> missing")
        self._leap_bug = kinds.code("missing", "29 February 1900, which never was -> missing")

    def read(self, raw: str) -> tuple[str | None, str]:
        """Text and kind of a number as the file writes it.

        Raises:
            ValueError: It is no number.
        """
        if self.form == NUMBER_FORM:
            return number_text(raw), self._code
        value = float(raw)
        if self.form == MASK_FORM:
            return self._as_mask(raw, value)
        if self.form == DURATION_FORM:
            return _clock(value), self._duration
        return self._as_date(value)

    def _as_mask(self, raw: str, value: float) -> tuple[str, str]:
        plain = number_text(raw)
        zeros = self._mask.count("0")
        if not plain.isdecimal() or (len(plain) >= zeros and self._mask.count("0") == len(self._mask)):
            return plain, NUMBER
        digits = plain.zfill(zeros)
        extra = len(digits) - zeros
        shown, at = [digits[:extra]], extra
        for mark in self._mask:
            shown.append(digits[at] if mark == "0" else mark)
            at += mark == "0"
        return "".join(shown), self._padded

    def _as_date(self, value: float) -> tuple[str | None, str]:
        if self.form == TIME_FORM and 0 <= value < _LEAP_BUG_DAY + 1 and not self._is_1904:
            # Beyond 24 hours nobody means a day of January 1900.
            return (_clock(value), self._time) if value < 1 else (_clock(value), self._duration)
        if self.form == TIME_FORM and 0 <= value < 1:
            return _clock(value), self._time
        if not 0 <= value <= _LAST_DAY + 1:
            return None, self._undated
        day, milliseconds = divmod(round(value * _DAY_SECONDS * 1000), _DAY_SECONDS * 1000)
        if self._is_1904:
            return self._stamp(day, milliseconds)
        if day == 0:
            return (None, self._undated) if not milliseconds else (_clock(value), self._time)
        if day == _LEAP_BUG_DAY:
            return None, self._leap_bug
        return self._stamp(day + 1 if day < _LEAP_BUG_DAY else day, milliseconds)

    def _stamp(self, day: int, milliseconds: int) -> tuple[str | None, str]:
        text = self._days.get(day)
        if text is None:
            try:
                text = (self._epoch + timedelta(days=day)).date().isoformat()
            except OverflowError:
                return None, self._undated
            self._days[day] = text
        return (f"{text} {_clock_text(milliseconds)}" if milliseconds else text), DATE


def builtin_format(number: int) -> str:
    """The pattern of a format that files name by its number only."""
    return _BUILTIN.get(number, '"$"0' if number in (5, 6, 7, 8, 42, 44) else "General")


def number_text(raw: str) -> str:
    """A number as text that reads back as the same; a whole one has no point.

    Raises:
        ValueError: It is no number.
    """
    digits = raw[1:] if raw[:1] == "-" else raw
    if digits.isdecimal() and (digits[0] != "0" or raw == "0"):
        return raw
    return float_text(float(raw))


def float_text(value: float) -> str:
    """The same of a float."""
    if value.is_integer() and abs(value) <= _EXACT:
        return str(int(value))
    return repr(value)


def _form(section: str) -> str:
    if _ELAPSED.search(section):
        return DURATION_FORM
    bare = _HALVES.sub("h", _LITERAL.sub("", section)).lower()
    if bare.strip() in ("general", "standard", "@", ""):
        return NUMBER_FORM
    if "%" not in bare and re.search("[dy]|mmm", bare):
        return DATE_FORM
    if "%" not in bare and re.search("[hs]", bare):
        return TIME_FORM
    if "m" in bare and not re.search("[0#?]", bare):
        return DATE_FORM
    return MASK_FORM if _mask(section) else NUMBER_FORM


def _mask(section: str) -> str:
    text = re.sub(r"\\([- ])", r"\1", section)
    text = re.sub(r'"([- ])"', r"\1", text)
    return text if _MASK.fullmatch(text) else ""


def _note(section: str) -> tuple[str, str]:
    bare = _LITERAL.sub("", section)
    if "%" in bare:
        return "shown as percent in the workbook: the value is kept (12% is 0.12)", ""
    symbol = _SYMBOL.search(section)
    if symbol:
        said = next(group for group in symbol.groups() if group).strip()
        return f'currency "{said}" of the number format is not part of the values', said
    if re.search(r"[0#],+(?:[^0#?,.]|$)", bare):
        return "shown in thousands or millions in the workbook: the full value is kept", ""
    return "", ""


def _clock(value: float) -> str:
    text = _clock_text(round(abs(value) * _DAY_SECONDS * 1000))
    return f"-{text}" if value < 0 else text


def _clock_text(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}" + (f".{rest:03d}" if rest else "")
