"""Where may a text file that comes block by block be cut, so that every piece holds whole rows?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

_QUOTE = 34
_MOST_CARRIED_BYTES = 48 << 20
_TRIES = 2_000


class IrregularError(Exception):
    """The text is not as regular as the quick reader wants: it must be read row by row."""


def whole_rows(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The bytes of `blocks`, cut behind line ends that are in no quotes.

    Raises:
        IrregularError: A quote is left open, or a row is longer than can be held.
    """
    rest = b""
    for block in blocks:
        data = rest + block if rest else block
        end = _last_line_end(data)
        if end:
            yield data[:end]
        rest = data[end:]
        if len(rest) > _MOST_CARRIED_BYTES:
            raise IrregularError("no row ends")
    if rest:
        if count_byte(rest, b'"') & 1:
            raise IrregularError("a quote is left open")
        yield rest


def _last_line_end(data: bytes) -> int:
    """Behind the last line break that an even number of quotes stands before; 0 where there is none."""
    end = data.rfind(b"\n")
    odd = count_byte(data, b'"', end + 1) & 1
    for _ in range(_TRIES):
        if end < 0:
            return 0
        if not odd:
            return end + 1
        before = data.rfind(b"\n", 0, end)
        odd ^= data.count(b'"', before + 1, end) & 1
        end = before
    raise IrregularError("a quote is left open")


def count_byte(data: bytes, byte: bytes, end: int | None = None) -> int:
    """As `data.count(byte, 0, end)`, but ten times as fast where there is none."""
    if byte not in data:
        return 0
    return int(np.count_nonzero(np.frombuffer(data, np.uint8)[:end] == byte[0]))


def check_quotes(data: bytes, delimiter: str) -> bool:
    """Whether there are quotes in `data`, a piece of whole rows.

    Raises:
        IrregularError: One stands elsewhere than around a cell, or doubled in one.
    """
    if b'"' not in data:
        return False
    text = np.frombuffer(data, np.uint8)
    places = np.flatnonzero(text == _QUOTE)
    if len(places) & 1:
        raise IrregularError("a quote is left open")
    ends = np.zeros(256, bool)
    ends[[ord(delimiter), 10, 13]] = True
    opening, closing = places[0::2], places[1::2]
    doubled = np.zeros(len(opening), bool)
    doubled[1:] = opening[1:] == closing[:-1] + 1
    begins = ends[text[np.maximum(opening - 1, 0)]] | (opening == 0)
    is_last = closing == len(text) - 1
    finishes = ends[text[np.minimum(closing + 1, len(text) - 1)]] | is_last
    finishes[:-1] |= doubled[1:]
    if not (begins | doubled).all() or not finishes.all():
        raise IrregularError("a quote inside a cell")
    return True
