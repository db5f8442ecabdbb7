"""Has a header a second row, and what are the columns called then?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .hypotheses import is_missing, trim
from .readings import candidates

Row = Sequence[str | None]
LABELS = "labels"
_COMMENT = re.compile(r"#|//|%(?! )|--")
_SAMPLE = 60
_MOST = 0.8
_BRACKETED = re.compile(r"[(\[<].*[)\]>]")
_UNIT = re.compile(
    r"[(\[<]?(?:[numkMGTµcd]?(?:m|g|s|V|A|W|Wh|Hz|Pa|bar|l|L|B|J|Ω|mol|cd|eV|rpm)(?:[²³23]|\^[23])?"
    r"|(?:k|M|G)?bit/s|[kM]B|kcal|h|hrs?|min|sec|d|days?|months?|years?|yrs?|a|t|ha|km²|°|°C|°F|deg[CF]?|C|F"
    r"|K|%|‰|ppm|ppb|dBm?|pH|µg/m³|ug/m3|EUR|USD|GBP|CHF|JPY|€|\$|£|¥|T€|Mio\.? ?(?:€|EUR)?|[Tk](?:EUR|€|\$)"
    r"|Stk\.?|Stück|pcs|units?|count|number|n|in|ft|mi|lb|lbs|oz|gal|mph|kn|km/h|m/s|m/s²|W/m²|l/min|kg/m³"
    r"|people|persons|thousands?|millions?)[)\]>]?"
)


def second_row(rows: Sequence[Row], start: int) -> str:
    """`group` or `units` where the row under the header belongs to it, else nothing.

    It does only where it has words above columns whose cells are all values.
    """
    if start + 2 >= len(rows):
        return ""
    top = [trim(cell or "") for cell in rows[start]]
    low = [trim(cell or "") for cell in rows[start + 1]]
    low += [""] * (len(top) - len(low))
    below = rows[start + 2 : start + 2 + _SAMPLE]
    valued = {i for i in range(max(len(top), len(low))) if _is_valued(below, i)}
    named = {i for i, cell in enumerate(low) if cell}
    words = [i for i in valued & named if not is_value(low[i]) and not is_missing(low[i])]
    if not words and not _are_periods(low, valued & named):
        return ""
    if _spans(top, low) and all(not is_value(low[i]) or low[i].isdecimal() for i in named):
        return "group"
    if all(i in words or i not in named for i in valued) and _are_units(low, valued & named, named - valued):
        return "units"
    return ""


def label_rows(rows: Sequence[Row], start: int) -> int:
    """How many rows under the header hold texts and ids of questions, as surveys are exported."""
    for count in (1, 2):
        if start + count >= len(rows):
            break
        cells = [trim(cell or "") for cell in rows[start + count]]
        held = [cell for cell in cells if cell]
        if held and all(cell.startswith('{"ImportId"') for cell in held):
            return count
    return 0


def joined(top: Row, low: Row, second: str) -> list[str]:
    """The names that two header rows give together: `2023 Q1`, or `weight (kg)`."""
    width = max(len(top), len(low))
    upper = [trim(cell or "") for cell in top] + [""] * (width - len(top))
    lower = [trim(cell or "") for cell in low] + [""] * (width - len(low))
    names, group = [], ""
    for above, name in zip(upper, lower, strict=True):
        if second == "units":
            unit = name.strip("()[]<>") if _BRACKETED.fullmatch(name) else name
            names.append(f"{above} ({unit})" if above and unit and not is_missing(unit) else above or unit)
            continue
        group = above or (group if name else "")
        names.append(" ".join(part for part in (group, name) if part))
    return names


def count_filled(row: Row) -> int:
    """How many cells hold something."""
    return sum(1 for cell in row if cell and trim(cell))


def last_filled(row: Row) -> int:
    """The width of a row without its empty cells at the end."""
    return max((i + 1 for i, cell in enumerate(row) if cell and trim(cell)), default=0)


def is_commented(row: Row) -> bool:
    """Whether a row begins with the mark of a comment."""
    first = trim(row[0] or "") if row else ""
    return len(first) > 1 and _COMMENT.match(first) is not None


def is_value(cell: str) -> bool:
    """Whether a cell is a number, a date or a truth value."""
    return bool(cell) and is_missing(cell) is False and candidates({cell})[0].kind != "text"


def _is_valued(below: Sequence[Row], column: int) -> bool:
    cells = [trim(row[column] or "") for row in below if column < len(row)]
    held = [cell for cell in cells if cell and not is_missing(cell)]
    return bool(held) and sum(is_value(cell) for cell in held) >= _MOST * len(held)


def _spans(top: Sequence[str], low: Sequence[str]) -> bool:
    """Whether a name of the upper row stands over several of the lower row."""
    pairs = list(zip(top, low, strict=False))
    for (above, name), (next_above, next_name) in zip(pairs, pairs[1:], strict=False):
        if above and name and next_name and next_name != name and next_above in ("", above):
            return True
    return False


def _are_periods(low: Sequence[str], columns: set[int]) -> bool:
    return len(columns) > 1 and all(re.fullmatch(r"(?:19|20)[0-9]{2}", low[i]) for i in columns)


def _are_units(low: Sequence[str], valued: set[int], others: set[int]) -> bool:
    known = all(_UNIT.fullmatch(low[i]) or _BRACKETED.fullmatch(low[i]) for i in valued)
    spare = all(is_missing(low[i]) or _BRACKETED.fullmatch(low[i]) for i in others)
    return (known and bool(valued)) or (spare and len(valued) > 1 and all(len(low[i]) <= 12 for i in valued))
