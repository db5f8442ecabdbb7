"""Which cells of a column of text are not surely written in the plainest way?

Numbers, ISO dates and text make most of all tables; whole columns of them are judged here by their bytes, a
hundred times as fast as cell by cell. What is not surely plain is left to the hypotheses' own SQL.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]

_NONE: Places = np.zeros(0, np.int64)
_WHOLE_CHARACTERS = 18
_FLOAT_DIGITS = 15
_MOST_UNSURE = 0.5


def _table(characters: bytes) -> npt.NDArray[np.bool_]:
    found = np.zeros(256, bool)
    found[list(characters)] = True
    return found


# White space as `hypotheses.trim` has it, by first and by last byte of each character in UTF-8.
_SPACE_FIRST = _table(b" \t\r\n\f\v\xc2\xe2\xef")
_SPACE_LAST = _table(b" \t\r\n\f\v\xa0\x8b\xbf")
_WORD_FIRST = _table(b"Nn#<-")
"""Every word that means missing in a column of text begins so, and has four characters at most."""


class Cells:
    """The bytes of an Arrow array of text, and where each cell begins."""

    def __init__(self, column: Any) -> None:
        _, offsets, data = column.buffers()
        self.count = len(column)
        self.starts = np.frombuffer(offsets, np.int32)[column.offset : column.offset + self.count + 1]
        whole = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
        self.first_byte = int(self.starts[0]) if len(self.starts) else 0
        self.data = whole[self.first_byte : int(self.starts[-1]) if len(self.starts) else 0]
        self.starts = self.starts - self.first_byte
        self.lengths = np.diff(self.starts)

    def byte(self, places: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
        """The bytes there; 0 beyond the end."""
        if not len(self.data):
            return np.zeros(len(places), np.uint8)
        found = self.data.take(places, mode="clip")
        if len(places) and places.max() >= len(self.data):
            found[places >= len(self.data)] = 0
        return found


def find_unsure(cells: Cells, key: str) -> Places | None:
    """The places of the cells that may be written otherwise; None: no such column is judged here."""
    if key == "text":
        return _unsure_text(cells)
    if key == "int::.::False:False:True":
        return _unsure_number(cells, whole=True)
    if key == "float::.::False:False:True":
        return _unsure_number(cells, whole=False)
    if key.startswith("date:%Y-%m-%d:"):
        return _unsure_dates(cells, clocks=not key.endswith(":1"))
    return None


def _unsure_text(cells: Cells) -> Places:
    first = cells.byte(cells.starts[:-1])
    last = cells.byte(np.maximum(cells.starts[1:] - 1, 0))
    short = (cells.lengths <= 4) | _SPACE_LAST[last]
    unsure = (_WORD_FIRST[first] & short) | _SPACE_FIRST[first]
    return np.flatnonzero(unsure & (cells.lengths > 0))


def _unsure_number(cells: Cells, *, whole: bool) -> Places | None:
    starts, lengths = cells.starts[:-1], cells.lengths
    first = cells.byte(starts)
    second = cells.byte(starts + 1)
    unsure = (first == 48) & (lengths > 1)
    if not whole:
        unsure &= second != 46
        unsure |= (first == 46) & (lengths <= 3)
    others = np.flatnonzero((cells.data - np.uint8(48)) > 9)
    if len(others):
        marks = cells.data[others]
        dots = others[marks == 46] if not whole else _NONE
        strange = others[marks != 46] if not whole else others
        if len(strange):
            owners = np.searchsorted(cells.starts, strange, "right") - 1
            # Cells of no bytes share their start with the next one: the last of them owns the byte.
            signs = (cells.data[strange] == 45) & (starts[owners] == strange)
            unsure[owners[~signs]] = True
            negative = owners[signs]
            third = cells.byte(starts[negative] + 2)
            zero = second[negative] == 48
            fine_zero = zero & (third == 46) if not whole else np.zeros(len(zero), bool)
            digit = (second[negative] >= 49) & (second[negative] <= 57)
            unsure[negative[~(digit | fine_zero)]] = True
    else:
        dots = _NONE
    long = lengths > (_WHOLE_CHARACTERS if whole else _FLOAT_DIGITS)
    if long.any():
        unsure |= long & ~_short_before_dot(cells, dots)
    return _few(np.flatnonzero(unsure & (lengths > 0)), cells.count)


def _short_before_dot(cells: Cells, dots: Places) -> npt.NDArray[np.bool_]:
    found = np.zeros(cells.count, bool)
    owners = np.searchsorted(cells.starts, dots, "right") - 1
    found[owners[dots - cells.starts[owners] <= _FLOAT_DIGITS]] = True
    return found & (cells.lengths <= 60)


def _unsure_dates(cells: Cells, *, clocks: bool) -> Places | None:
    width = 10
    if clocks and np.count_nonzero(cells.lengths == 19) > np.count_nonzero(cells.lengths == 10):
        width = 19
    unsure = (cells.lengths != width) & (cells.lengths > 0)
    places = np.flatnonzero(cells.lengths == width)
    starts = cells.starts[:-1][places]
    marks = {4: (45,), 7: (45,), 10: (32, 84), 13: (58,), 16: (58,)}
    wrong = np.zeros(len(places), bool)
    for at in range(width):
        byte = cells.data[starts + at]
        if at not in marks:
            wrong |= (byte - np.uint8(48)) > 9
        else:
            wrong |= ~np.isin(byte, marks[at]) if len(marks[at]) > 1 else byte != marks[at][0]
    unsure[places[wrong]] = True
    return _few(np.flatnonzero(unsure), cells.count)


def _few(unsure: Places, count: int) -> Places | None:
    """None where so many are unsure that a look at each distinct cell is the better way."""
    return unsure if len(unsure) <= count * _MOST_UNSURE else None
