"""Which rows of a block name its columns, merged cells taken into account?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .cell_kinds import BLANK, DATE, TEXT
from .header import find_layout
from .header_rows import joined
from .sheet import Row
from .sheet_merges import Merges

_MAX_HEADER_ROWS = 5
_LOOKED_AT = 20
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
    texts = [row.texts[left:] for row in rows]
    if header_row is not None and header_row >= 0:
        header_row = min(header_row, len(rows) - 1)
    layout = find_layout(texts, header_row, header_rows)
    start, first = layout.header, layout.first
    if start is None and header_row is None:
        start = _unlike_values(rows, merges)
        first = first if start is None else start + 1
    if start is None:
        return SheetHeader(None, first, [])
    if header_row is None and header_rows is None:
        grouped = _with_groups(rows, left, start, first, merges)
        if grouped is not None:
            start, first = grouped
            names = join_names([merges.spread(row) for row in rows[start:first]])
            if _names_the_index(rows[start:first], left):
                names[left] = rows[first - 1].texts[left]
            return SheetHeader(start, first, names)
    if layout.second:
        pad: list[str | None] = [None] * left
        return SheetHeader(start, first, pad + list(joined(texts[start], texts[start + 1], layout.second)))
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


def _unlike_values(rows: Sequence[Row], merges: Merges) -> int | None:
    """A row of names that look like values: merged groups of years, or dates."""
    for position, row in enumerate(rows[:_LOOKED_AT]):
        if position + 1 == len(rows):
            break
        if merges.groups(row.number) and _is_words(row) and _is_words(rows[position + 1]):
            return position
        if row.codes[:1] == BLANK and _counts_or_years(row):
            return position
        dates = [text for text, code in zip(row.texts, row.codes, strict=True) if code == DATE]
        if len(dates) > 1 and len(set(dates)) == len(dates) and set(row.codes) <= {TEXT, DATE, BLANK}:
            below = {
                other.codes[place]
                for other in rows[position + 1 : position + _LOOKED_AT]
                for place, code in enumerate(row.codes)
                if code == DATE and place < len(other.codes)
            }
            if below and not below & {DATE, TEXT}:
                return position
    return None


def _counts_or_years(row: Row) -> bool:
    """Years, or 0, 1, 2, ..., behind an empty corner: a crossed table."""
    cells = [text or "" for text in row.texts[len(row.codes) - len(row.codes.lstrip(BLANK)) :]]
    if len(cells) < 2 or not all(cell.isdecimal() and cell.isascii() for cell in cells):
        return False
    if all(_YEAR.fullmatch(cell) for cell in cells):
        return len(set(cells)) == len(cells)
    return cells[0] in ("0", "1") and cells == [str(int(cells[0]) + i) for i in range(len(cells))]


def _with_groups(
    rows: Sequence[Row], left: int, start: int, first: int, merges: Merges
) -> tuple[int, int] | None:
    """The header's rows where merged cells say which belong to it: groups above, names below."""
    top, last = start, first - 1
    while top > 0 and last - top + 1 < _MAX_HEADER_ROWS and _is_group(rows[top - 1], rows[top], merges):
        top -= 1
    while last - top + 1 < _MAX_HEADER_ROWS and last + 2 < len(rows):
        below = rows[last + 1]
        deep = max(merges.depth(row.number) for row in rows[top : last + 1])
        named = merges.groups(rows[last].number) or deep > rows[last].number
        if not named or below.number != rows[last].number + 1 or not _is_words(below):
            break
        last += 1
    if last + 2 < len(rows) and _names_the_index(rows[top : last + 2], left):
        last += 1
    is_merged = any(merges.groups(row.number) for row in rows[top : last + 1])
    return (top, last + 1) if is_merged else None


def _names_the_index(rows: Sequence[Row], left: int) -> bool:
    """Whether the last row names only the first column, as pandas writes it under levels of names."""
    *above, row = rows
    if row.codes != BLANK * left + TEXT or len(above) < 2:
        return False
    corner = [other.texts[left] if len(other.texts) > left else None for other in above]
    # The corner is empty, or has the names of the levels.
    return not any(corner) or (all(corner) and len(set(corner)) == len(corner))


def _is_group(row: Row, below: Row, merges: Merges) -> bool:
    return row.number + 1 == below.number and bool(merges.groups(row.number)) and _is_words(row)


def _is_words(row: Row) -> bool:
    return all(
        code in (BLANK, TEXT) or _YEAR.fullmatch(text or "") is not None
        for code, text in zip(row.codes, row.texts, strict=True)
    )
