"""Which rows of a block name its columns, merged cells taken into account?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .cell_kinds import BLANK, TEXT
from .header import Layout, find_layout
from .sheet import Row
from .sheet_merges import Merges

_MAX_HEADER_ROWS = 5
_JOINED = " "
_YEAR = re.compile("(?:19|20)[0-9]{2}")


@dataclass(frozen=True)
class SheetHeader:
    """Positions in the block's rows: the names are in `[start, first)`, or nowhere."""

    start: int | None
    first: int
    names: list[str | None]


def find_header(
    rows: Sequence[Row], left: int, merges: Merges, header_row: int | None, header_rows: int | None
) -> SheetHeader:
    """Find the names of the columns, or take the rows that a person named."""
    start, first = _asked(rows, header_row, header_rows)
    if start is None and header_row is None:
        layout = find_layout([row.texts[left:] for row in rows])
        start, first = layout.header, layout.first
        if start is not None:
            start, first = _with_groups(rows, layout, merges)
            if header_rows is not None:
                first = min(start + header_rows, len(rows))
    if start is None:
        return SheetHeader(None, first, [])
    return SheetHeader(start, first, join_names([merges.spread(row) for row in rows[start:first]]))


def join_names(rows: Sequence[Sequence[str | None]]) -> list[str | None]:
    """The names of several rows in one: `2023 Q1`."""
    names: list[str | None] = []
    for place in range(max((len(row) for row in rows), default=0)):
        parts: list[str] = []
        for row in rows:
            text = (row[place] or "").strip() if place < len(row) else ""
            if text and text not in parts[-1:]:
                parts.append(text)
        names.append(_JOINED.join(parts) or None)
    return names


def _asked(rows: Sequence[Row], header_row: int | None, header_rows: int | None) -> tuple[int | None, int]:
    if header_row is None:
        return None, 0
    if header_row < 0:
        return None, 0
    start = min(header_row, len(rows) - 1)
    return start, min(start + (header_rows or 1), len(rows))


def _with_groups(rows: Sequence[Row], layout: Layout, merges: Merges) -> tuple[int, int]:
    """Rows above whose merged cells group the columns, and rows below that are named by them."""
    start, first = layout.header or 0, layout.first
    while start > 0 and first - start < _MAX_HEADER_ROWS and _is_group(rows[start - 1], rows[start], merges):
        start -= 1
    last = first - 1
    while last - start + 1 < _MAX_HEADER_ROWS and last + 2 < len(rows):
        below = rows[last + 1]
        deep = max(merges.depth(row.number) for row in rows[start : last + 1])
        named = merges.groups(rows[last].number) or deep > rows[last].number
        if not named or below.number != rows[last].number + 1 or not _is_words(below):
            break
        last += 1
    return start, last + 1


def _is_group(row: Row, below: Row, merges: Merges) -> bool:
    return row.number + 1 == below.number and bool(merges.groups(row.number)) and _is_words(row)


def _is_words(row: Row) -> bool:
    return all(
        code in (BLANK, TEXT) or _YEAR.fullmatch(text or "") is not None
        for code, text in zip(row.codes, row.texts, strict=True)
    )
