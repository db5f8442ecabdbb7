"""Which row names the columns?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .decide import candidates
from .hypotheses import is_missing, trim

Row = Sequence[str | None]
MAX_TITLE_ROWS = 30
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")


@dataclass(frozen=True)
class Layout:
    """Where the table begins in the rows: `header` is the row of names, None where there is none."""

    header: int | None
    first: int
    """The first row of data."""
    width: int


def find_layout(rows: Sequence[Row]) -> Layout:
    """Find title rows, the header and the width in a table's first rows."""
    if not rows:
        return Layout(None, 0, 0)
    width = common_width(rows)
    start = _after_titles(rows, width)
    if is_header(rows[start], rows[start + 1 :]):
        named = _filled(rows[start])
        used = max(_filled(row) for row in rows[start:])
        # Empty cells beyond the last name come from a delimiter at the end of each line.
        return Layout(start, start + 1, max(named, min(width, used)))
    return Layout(None, start, width)


def common_width(rows: Sequence[Row]) -> int:
    """The most frequent number of cells in a row."""
    widths = Counter(len(row) for row in rows if count_filled(row))
    if not widths:
        return 0
    most = max(widths.values())
    return max(width for width, count in widths.items() if count == most)


def count_filled(row: Row) -> int:
    """How many cells hold something."""
    return sum(1 for cell in row if cell and trim(cell))


def _filled(row: Row) -> int:
    return max((i + 1 for i, cell in enumerate(row) if cell and trim(cell)), default=0)


def _after_titles(rows: Sequence[Row], width: int) -> int:
    if width < 2:
        return 0
    for position, row in enumerate(rows[: MAX_TITLE_ROWS + 1]):
        if position + 1 == len(rows):
            break
        filled = count_filled(row)
        title = filled == 0 or (filled == 1 and (width > 2 or len(row) == 1))
        comment = bool(filled) and (row[0] or "").startswith("#") and filled < width and len(row) != width
        if not (title or comment):
            return position
    return 0


def is_header(row: Row, below: Sequence[Row]) -> bool:
    """Whether `row` names the columns: no value stands in it, unless all its values are years."""
    cells = [trim(cell or "") for cell in row]
    values = [cell for cell in cells if cell and _is_value(cell)]
    if not values:
        return not _repeats_below(cells, below)
    years = all(_YEAR.fullmatch(cell) for cell in values)
    if not years or len(set(values)) < len(values) or len(values) == len(cells) or not below:
        return False
    # Years as names: not if the same columns hold years below, too.
    columns = [i for i, cell in enumerate(cells) if cell in values]
    return any(
        not _YEAR.fullmatch(trim(other[i] or "")) for other in below[:50] for i in columns if i < len(other)
    )


def _is_value(cell: str) -> bool:
    return is_missing(cell) is False and candidates({cell})[0].kind != "text"


def _repeats_below(cells: Sequence[str], below: Sequence[Row]) -> bool:
    # Words that come again and again below, in every column, are data.
    if len(below) < 4 or not any(cells):
        return False
    again = 0
    for i, cell in enumerate(cells):
        again += any(i < len(row) and trim(row[i] or "") == cell for row in below)
    return again == len(cells)
