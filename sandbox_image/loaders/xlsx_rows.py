"""How do the rows of an .xlsx sheet come out of its XML, as a stream?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import IO

from .cell_kinds import BLANK, DATE, TEXT, TRUTH
from .errors import TOO_LARGE, BadFileError
from .limits import MAX_COLUMNS
from .sheet import Area, Row, SheetFacts
from .xlsx_markup import Attributes, is_true, parse
from .xlsx_parts import Workbook, unescape

MAX_ROWS = 1_048_576
UNSTORED_FORMULAS = "formulas without a stored value -> missing"
_DIGITS = "0123456789"
_MAX_LETTERS = 4  # a column of more is beyond the last one anyway
_CHUNK_BYTES = 1 << 20
_AREA = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Z]{1,3})\$?([0-9]{1,7}))?")
_MERGED = re.compile(rb"<(?:[A-Za-z0-9]+:)?mergeCell\s[^<>]*?ref=[\"']([^\"']+)[\"']")
_DATA_ENDS = re.compile(rb"</(?:[A-Za-z0-9]+:)?sheetData\s*>|<(?:[A-Za-z0-9]+:)?sheetData\s*/>")
_MAX_MERGED = 100_000


class XlsxRows:
    """Parses one sheet. Rows come with their number; empty ones are left out."""

    def __init__(self, book: Workbook, file: str, title: str, facts: SheetFacts) -> None:
        self._strings = book.strings
        self._formats = book.formats
        self._kinds = book.kinds
        self._file = file
        self._title = title
        self._facts = facts
        self._unstored = book.kinds.code("missing", UNSTORED_FORMULAS)
        self._stamps = book.kinds.code("text", "times of day kept as text (hh:mm:ss)")
        self._errors: dict[str, str] = {}
        self._places: dict[str, int] = {}
        self._done: list[Row] = []
        self._chunks: list[str] = []
        self._pieces: list[str] = []
        self._texts: list[str | None] = []
        self._codes: list[str] = []
        self._row = 0
        self._seen_rows = 0
        self._hidden = False
        self._column = -1
        self._type: str | None = None
        self._style: str | None = None
        self._value: str | None = None
        self._has_formula = False
        self._spoken = False
        self._name("")
        self._begun = False

    def read(self, source: IO[bytes]) -> Iterator[Row]:
        """All rows that hold something.

        Raises:
            BadFileError: More rows or columns than a sheet can have.
            ValueError: The XML, or a cell's value, is broken.
        """
        for _ in parse(source, self._start, self._end, self._chunks.append):
            yield from self._done
            self._done.clear()

    def _name(self, prefix: str) -> None:
        self._c, self._v, self._f, self._t = f"{prefix}c", f"{prefix}v", f"{prefix}f", f"{prefix}t"
        self._r, self._is, self._rph, self._col = (
            f"{prefix}row",
            f"{prefix}is",
            f"{prefix}rPh",
            f"{prefix}col",
        )

    def _start(self, name: str, attributes: Attributes) -> None:
        if name == self._c:
            ref = attributes.get("r")
            self._column = self._place(ref) if ref else self._column + 1
            self._type = attributes.get("t")
            self._style = attributes.get("s")
            self._value = None
            self._has_formula = False
        elif name in (self._v, self._t):
            self._chunks.clear()
        elif name == self._f:
            self._has_formula = True
        elif name == self._r:
            self._begin_row(attributes)
        elif name == self._is:
            self._pieces.clear()
        elif name == self._rph:
            self._spoken = True
        elif name == self._col and is_true(attributes.get("hidden")):
            first, last = int(attributes.get("min", "1")), int(attributes.get("max", "1"))
            self._facts.hidden_columns.update(range(first - 1, min(last, MAX_COLUMNS)))
        elif not self._begun:
            self._begun = True
            self._name(name.removesuffix(name.rpartition(":")[2]))

    def _end(self, name: str) -> None:
        if name == self._v:
            self._value = "".join(self._chunks)
        elif name == self._c:
            self._finish_cell()
        elif name == self._t:
            if not self._spoken:
                self._pieces.append("".join(self._chunks))
        elif name == self._is:
            self._value = "".join(self._pieces)
        elif name == self._r:
            self._finish_row()
        elif name == self._rph:
            self._spoken = False

    def _begin_row(self, attributes: Attributes) -> None:
        self._seen_rows += 1
        number = int(attributes.get("r") or self._row + 1)
        if number <= self._row:
            self._facts.disordered_rows += 1
            number = self._row + 1
        if number > MAX_ROWS or self._seen_rows > MAX_ROWS:
            raise BadFileError(
                TOO_LARGE,
                f'{self._file}: sheet "{self._title}" has more than {MAX_ROWS:,} rows, the most that Excel '
                "allows. Split it, or save the table as .csv.",
            )
        self._row = number
        self._column = -1
        self._hidden = is_true(attributes.get("hidden"))
        self._texts, self._codes = [], []

    def _finish_row(self) -> None:
        codes = "".join(self._codes).rstrip(BLANK)
        self._chunks.clear()
        if codes:
            self._facts.hidden_rows += self._hidden
            self._done.append(Row(self._row, self._texts[: len(codes)], codes))

    def _place(self, ref: str) -> int:
        letters = ref.rstrip(_DIGITS)
        place = self._places.get(letters)
        if place is None:
            place = column_place(letters)
            if place >= MAX_COLUMNS:
                raise BadFileError(
                    TOO_LARGE,
                    f'{self._file}: sheet "{self._title}" has a cell {ref[:20]}; at most {MAX_COLUMNS:,} '
                    "columns are read.",
                )
            self._places[letters] = place
        return place

    def _finish_cell(self) -> None:
        text, code = self._cell()
        if code == BLANK:
            return
        texts = self._texts
        gap = self._column - len(texts)
        if gap >= 0:
            if gap:
                texts.extend([None] * gap)
                self._codes.extend(BLANK * gap)
            texts.append(text)
            self._codes.append(code)
            return
        self._facts.disordered_cells += self._codes[self._column] != BLANK
        texts[self._column] = text
        self._codes[self._column] = code

    def _cell(self) -> tuple[str | None, str]:
        value, kind = self._value, self._type
        if not value:
            stored = not self._has_formula or (kind == "str" and value is not None)
            return None, BLANK if stored else self._unstored
        if kind == "s":
            number = int(value)
            if number < 0:
                raise ValueError("a text has a negative number")
            return _word(self._strings[number])
        if kind is None or kind == "n":
            return self._number(value)
        if kind == "b":
            return ("TRUE" if is_true(value.strip()) else "FALSE"), TRUTH
        if kind == "e":
            return None, self._error(value.strip())
        if kind == "d":
            return self._date(value.strip())
        return _word(unescape(value))

    def _number(self, value: str) -> tuple[str | None, str]:
        style = self._style
        form = self._formats[int(style) if style else 0]
        try:
            return form.read(value.strip())
        except (ValueError, OverflowError):
            return value, self._kinds.code("text", "no number, though the file says so: kept as text")

    def _error(self, word: str) -> str:
        code = self._errors.get(word)
        if code is None:
            code = self._kinds.code("missing", f"error cells -> missing ({word[:20]})")
            self._errors[word] = code
        return code

    def _date(self, value: str) -> tuple[str | None, str]:
        try:
            stamp = datetime.fromisoformat(value)
        except ValueError:
            return value, self._stamps if value[:2].isdecimal() and ":" in value else TEXT
        if stamp.time() == stamp.time().min:
            return stamp.date().isoformat(), DATE
        return stamp.replace(tzinfo=None).isoformat(sep=" "), DATE


def read_merged(source: IO[bytes]) -> list[Area]:
    """The merged areas of a sheet. They stand behind its rows, so the bytes are looked through first."""
    tail, found = b"", False
    while chunk := source.read(_CHUNK_BYTES):
        if found:
            tail += chunk
            continue
        window = tail + chunk
        match = _DATA_ENDS.search(window)
        found = match is not None
        tail = window[match.end() :] if match else window[-64:]
    if not found:
        return []
    areas = []
    for number, match in enumerate(_MERGED.finditer(tail)):
        area = _area(match[1].decode("ascii", "replace"))
        if area is not None and number < _MAX_MERGED:
            areas.append(area)
    return areas


def column_place(letters: str) -> int:
    """`A` is 0.

    Raises:
        ValueError: It is no column.
    """
    place = 0
    for letter in letters[:_MAX_LETTERS]:
        if not "A" <= letter <= "Z":
            raise ValueError(f"{letters[:20]!r} is no column")
        place = place * 26 + ord(letter) - 64
    if not place:
        raise ValueError("a cell without a column")
    return place - 1


def _area(ref: str) -> Area | None:
    match = _AREA.fullmatch(ref)
    if match is None:
        return None
    left, top, right, bottom = match[1], match[2], match[3] or match[1], match[4] or match[2]
    return Area(int(top), column_place(left), int(bottom), column_place(right))


def _word(text: str) -> tuple[str | None, str]:
    return (text, TEXT) if text.strip() else (None, BLANK)
