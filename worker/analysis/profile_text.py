"""What of the tables does a model get to see: their shape, columns and three sample rows, bounded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from worker.analysis.contract import TableView

PROFILE_CHARS_MAX = 12_000
"""Of all tables together: some 4,000 tokens."""
SAMPLE_ROWS = 3
_CELL_CHARS_MAX = 80
_NAME_CHARS_MAX = 120
_VALUES_SHOWN = 12


def profile_text(tables: Sequence[TableView], chars_max: int = PROFILE_CHARS_MAX) -> str:
    """The profiles as lines of text; what does not fit is left out, and a line says so."""
    if not tables:
        return "(no tables)"
    shown = tables[: max(1, chars_max // 200)]
    each = chars_max // len(shown)
    parts = [_table_text(table, first=at == 0, chars_max=each) for at, table in enumerate(shown)]
    if len(shown) < len(tables):
        parts.append(f"({len(tables) - len(shown)} further tables are not shown)")
    return "\n\n".join(parts)


def _table_text(table: TableView, first: bool, chars_max: int) -> str:
    profile = table.profile
    columns = [column for column in profile.get("columns") or [] if isinstance(column, dict)]
    head = f"table {_short(table.name, _NAME_CHARS_MAX)}{' (also df)' if first else ''}: "
    head += f"{profile.get('rows', '?')} rows x {len(columns)} columns"
    lines, used = [head], len(head)
    shown = 0
    for column in columns:
        line = _column_text(column)
        # Two thirds for the columns: they matter more than the sample.
        if used + len(line) > chars_max * 2 // 3 and shown:
            lines.append(f"({len(columns) - shown} further columns are not shown; df.columns has all names)")
            break
        lines.append(line)
        used += len(line) + 1
        shown += 1
    return "\n".join([*lines, *_sample_lines(profile, shown, chars_max - used)])


def _column_text(column: dict[str, Any]) -> str:
    name = json.dumps(_short(column.get("name", ""), _NAME_CHARS_MAX), ensure_ascii=False)
    facts = [str(column.get("dtype", "?"))[:30]]
    if column.get("nulls"):
        facts.append(f"{column['nulls']} missing")
    if column.get("min") is not None and column.get("max") is not None:
        facts.append(f"{_short(column['min'], 30)} to {_short(column['max'], 30)}")
    values = column.get("values")
    if isinstance(values, list) and values and len(values) <= _VALUES_SHOWN:
        facts.append("values " + json.dumps([_short(value, 40) for value in values], ensure_ascii=False))
    elif column.get("unique") is not None:
        facts.append(f"{column['unique']} different")
    return f"- {name}: {'; '.join(facts)}"


def _sample_lines(profile: dict[str, Any], columns_shown: int, chars_max: int) -> list[str]:
    rows = [row for row in (profile.get("sample") or [])[:SAMPLE_ROWS] if isinstance(row, list)]
    lines = ["first rows:"] if rows else []
    for row in rows:
        cells = [_short(cell, _CELL_CHARS_MAX) if isinstance(cell, str) else cell for cell in row]
        line = json.dumps(cells[:columns_shown], ensure_ascii=False, default=str)
        room = max(0, chars_max // len(rows))
        lines.append(line if len(line) <= room else line[:room] + "...")
    return lines


def _short(value: Any, chars_max: int) -> str:
    text = str(value)
    return text if len(text) <= chars_max else text[: chars_max - 1] + "…"
