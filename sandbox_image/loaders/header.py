"""Which row names the columns, and where does the table begin?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .header_rows import (
    LABELS,
    Row,
    count_filled,
    is_commented,
    is_value,
    label_rows,
    last_filled,
    second_row,
)
from .hypotheses import trim
from .names import is_number_of_things
from .readings import candidates

MAX_TITLE_ROWS = 30
# A header has a name for most columns; what stands above it has not.
_MOST = 0.6
_FEW_ROWS = 30
# `1,50` without quotes in a file of commas: its cents are no cell of their own.
_WHOLE, _PIECE = re.compile("-?[0-9]+"), re.compile("[0-9]{2}")
# `mar76`, `exp80`: a month as data has something between.
_WORD_AND_YEAR = re.compile("[A-Za-z]{3,}[0-9]{2}")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_PERIOD = re.compile(r"(?:19|20)[0-9]{2}(?:[-/](?:0?[1-9]|1[0-2])|[- ]?Q[1-4])?|Q[1-4][- ](?:19|20)[0-9]{2}")


@dataclass(frozen=True)
class Layout:
    """Where the table begins in the rows: `header` is the row of names, None where there is none."""

    header: int | None
    first: int
    """The first row of data."""
    width: int
    second: str = ""
    """`group`, `units` or `labels`: the header has a second row, which says this."""
    row_names: bool = False
    """The first column has no name, and the header is one cell short: so R writes row names."""


def find_layout(rows: Sequence[Row], header_row: int | None = None, header_rows: int | None = None) -> Layout:
    """Find title rows, the header and the width in a table's first rows; what is given is obeyed."""
    if not rows:
        return Layout(None, 0, 0)
    width = common_width(rows)
    if header_row is None:
        start = _after_titles(rows, width)
        if not is_header(rows[start], rows[start + 1 :]) and not _are_years(rows, start):
            return Layout(None, start, width)
    elif header_row < 0:
        return Layout(None, _after_titles(rows, width), width)
    else:
        start = header_row
    return _with_header(rows, start, common_width(rows[start:]), header_rows)


def _with_header(rows: Sequence[Row], start: int, width: int, header_rows: int | None) -> Layout:
    second = "" if header_rows == 1 else second_row(rows, start)
    if header_rows == 2 and start + 1 < len(rows):
        second = second or "group"
    labels = 0 if header_rows else label_rows(rows, start)
    second = LABELS if labels else second
    first = start + (1 + labels if labels else 2 if second else 1)
    named = max(last_filled(row) for row in rows[start:first])
    used = max(last_filled(row) for row in rows[start:])
    # A delimiter at the end of each line makes empty cells beyond the last name.
    return Layout(start, first, max(named, min(width, used)), second, _has_row_names(rows, start, second))


def _has_row_names(rows: Sequence[Row], start: int, second: str) -> bool:
    """Whether every row has one cell more than the header, and begins with a name or a number of its own."""
    names, below = rows[start], rows[start + 1 :]
    width = len(names) + 1
    if second or len(below) < 2 or width < 3 or not all(trim(cell or "") for cell in names):
        return False
    if is_number_of_things(names[0] or ""):
        return False
    if any(len(row) != width or not trim(row[0] or "") for row in below):
        return False
    first = [trim(row[0] or "") for row in below]
    if len(set(first)) < len(first) or not any(trim(row[-1] or "") for row in below):
        return False
    if all(_PIECE.fullmatch(row[-1] or "") and _WHOLE.fullmatch(row[-2] or "") for row in below):
        return False
    return _counts(first) or not any(is_value(cell) for cell in first)


def _counts(cells: Sequence[str]) -> bool:
    return all(cell == str(number) for number, cell in enumerate(cells, start=1))


def common_width(rows: Sequence[Row]) -> int:
    """The most frequent number of cells in a row."""
    widths = Counter(len(row) for row in rows if count_filled(row))
    if not widths:
        return 0
    if len(rows) < _FEW_ROWS and len(widths) > 1:
        # In a short file the facts above the table may be more than its rows.
        late = [len(row) for row in rows[len(rows) // 3 :] if len(row) > 1 and count_filled(row)]
        found = Counter(late).most_common(1)
        if found and found[0][1] > max(1, len(late) / 2):
            return found[0][0]
    most = max(widths.values())
    return max(width for width, count in widths.items() if count == most)


def _after_titles(rows: Sequence[Row], width: int) -> int:
    for position in range(min(len(rows) - 1, MAX_TITLE_ROWS + 1)):
        if not _stands_above(rows, position, width):
            return position
    return 0


def _stands_above(rows: Sequence[Row], position: int, width: int) -> bool:
    """Whether a row is a title, a comment or a fact about the file, and not yet the table."""
    row = rows[position]
    filled = count_filled(row)
    if filled == 0:
        return True
    if is_commented(row):
        return width < 2 or filled < width or len(row) != width or _header_follows(rows, position, width)
    if width < 2:
        return False
    if _is_fact(row, width):
        return _header_follows(rows, position, width)
    if filled == 1:
        return width > 2 or len(row) == 1 or (bool(trim(row[0] or "")) and _surely_header(rows, position + 1))
    if filled >= max(2, width * _MOST):
        return False
    following = rows[position + 1]
    named = count_filled(following) >= max(2, width * _MOST) and is_header(following, rows[position + 2 :])
    return _header_follows(rows, position, width) and not (named and _is_group(row, following))


def _is_fact(row: Row, width: int) -> bool:
    """Whether a row says something of the file: `Account:;DE12 3456`."""
    return 1 < count_filled(row) < width and trim(row[0] or "").endswith(":")


def _header_follows(rows: Sequence[Row], position: int, width: int) -> bool:
    """Whether a row of names for most columns comes soon, and values under it."""
    for place in range(position + 1, min(len(rows), position + MAX_TITLE_ROWS)):
        row = rows[place]
        if is_commented(row) or _is_fact(row, width) or count_filled(row) < max(2, width * _MOST):
            continue
        return is_header(row, rows[place + 1 :])
    return False


def _surely_header(rows: Sequence[Row], place: int) -> bool:
    row, below = rows[place], rows[place + 1 :]
    if count_filled(row) < 2 or not below or not is_header(row, below):
        return False
    return any(
        all(i < len(other) and is_value(trim(other[i] or "")) for other in below[:20])
        for i in range(len(row))
    )


def _is_group(row: Row, following: Row) -> bool:
    """Whether the next row has names where this one has gaps: groups above names."""
    filled = [bool(trim(cell or "")) for cell in row]
    if any(is_value(cell) and not _PERIOD.fullmatch(cell) for cell in (trim(cell or "") for cell in row)):
        return False
    if not filled[0]:
        return True
    names = [bool(trim(cell or "")) for cell in following]
    pairs = list(zip(filled, names, strict=False))
    inner_gap = any(not now and any(filled[i + 1 :]) for i, now in enumerate(filled))
    return inner_gap or (any(here and not name for here, name in pairs) and any(name for _, name in pairs))


def is_header(row: Row, below: Sequence[Row]) -> bool:
    """Whether `row` names the columns: no value stands in it, unless its values are years or a count."""
    cells = [trim(cell or "") for cell in row]
    # Digits with a zero in front are no number, and no name either.
    values = [
        cell
        for i, cell in enumerate(cells)
        if cell
        and (is_value(cell) or cell.isdecimal())
        and not _is_truth_name(cell, i, below)
        and not _WORD_AND_YEAR.fullmatch(cell)
    ]
    if not values:
        return not _repeats_below(cells, below)
    if _stands_over_row_names(cells, below):
        return True
    if len(set(values)) < len(values) or len(values) == len([cell for cell in cells if cell]) or not below:
        return False
    form = _PERIOD if all(_PERIOD.fullmatch(cell) for cell in values) else None
    if form is None and not (_counts_up(values) or _are_dates(values)):
        return False
    # Periods as names: not if the same columns hold periods below, too.
    columns = [i for i, cell in enumerate(cells) if cell in values]
    others = [trim(other[i] or "") for other in below[:50] for i in columns if i < len(other)]
    if form is not None:
        return any(not form.fullmatch(other) for other in others)
    if _counts_up(values):
        return any(other not in values for other in others)
    return any(candidates({other})[0].kind != "date" for other in others if other)


def _are_years(rows: Sequence[Row], start: int) -> bool:
    """Whether a row of years alone names the columns: one by one, or above quarters and the like."""
    cells = [trim(cell or "") for cell in rows[start] if cell]
    below = rows[start + 1 : start + 51]
    if len(cells) < 3 or not below or not all(_YEAR.fullmatch(cell) for cell in cells):
        return False
    if any(_YEAR.fullmatch(trim(cell or "")) for row in below for cell in row):
        return False
    years = [int(cell) for cell in cells]
    if len(set(years)) < len(years):
        return second_row(rows, start) == "group"
    step = years[1] - years[0]
    return step != 0 and all(b - a == step for a, b in zip(years, years[1:], strict=False))


def _stands_over_row_names(cells: Sequence[str], below: Sequence[Row]) -> bool:
    """Whether the row has names for all columns but the first, which names the rows: a table across."""
    if cells[0] or len(cells) < 3 or len(below) < 2 or not all(cells[1:]) or len(set(cells)) < len(cells):
        return False
    first = [trim(row[0] or "") for row in below if row]
    return len(first) == len(below) and all(first) and len(set(first)) == len(first)


def _is_truth_name(cell: str, column: int, below: Sequence[Row]) -> bool:
    """Whether a truth value is a name: `No` above numbers, `Yes` above counts."""
    if candidates({cell})[0].kind != "boolean":
        return False
    others = {trim(row[column] or "") for row in below[:50] if column < len(row)} - {""}
    return bool(others) and all(candidates({other})[0].kind != "boolean" for other in others)


def _counts_up(values: Sequence[str]) -> bool:
    if len(values) < 3 or not all(value.isdecimal() and len(value) < 4 for value in values):
        return False
    numbers = [int(value) for value in values]
    return numbers[0] in (0, 1) and all(b == a + 1 for a, b in zip(numbers, numbers[1:], strict=False))


def _are_dates(values: Sequence[str]) -> bool:
    return len(values) >= 2 and candidates(set(values))[0].kind == "date"


def _is_printed_again(cells: Sequence[str], below: Sequence[Row]) -> bool:
    """Whether the row comes again as a whole, as at the head of each page, over columns of values."""
    rows = [[trim(cell or "") for cell in row] for row in below]
    others = [row for row in rows if row != list(cells)]
    if len(others) == len(rows):
        return False
    return any(all(i < len(row) and is_value(row[i]) for row in others) for i in range(len(cells)))


def _repeats_below(cells: Sequence[str], below: Sequence[Row]) -> bool:
    # Words that come again and again below, in every column, are data.
    least = 4 if len(cells) < 3 else 2
    if len(below) < least or not any(cells) or _is_printed_again(cells, below):
        return False
    again = 0
    for i, cell in enumerate(cells):
        again += any(i < len(row) and trim(row[i] or "") == cell for row in below)
    return again == len(cells)
