"""How is a typed result (docs/architecture.md, Result) laid out as rows and columns, or as text?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

_TEXT_CHARACTERS = 20_000


@dataclass(frozen=True)
class Grid:
    """A table or series as named columns; `rows_total` is what it had before it was cut."""

    columns: list[str]
    rows: list[list[Any]]
    rows_total: int


def as_grid(result: dict[str, Any] | None) -> Grid | None:
    """The rows of a table or series; None for anything else."""
    value = (result or {}).get("value")
    if result is None or not isinstance(value, dict):
        return None
    if result.get("type") == "table":
        columns, rows = [str(name) for name in value.get("columns", [])], list(value.get("rows", []))
    elif result.get("type") == "series":
        columns = ["", str(value.get("name") or "value")]
        rows = [list(pair) for pair in zip(value.get("index", []), value.get("values", []), strict=False)]
    else:
        return None
    shape = result.get("shape") or [len(rows)]
    return Grid(columns, rows, int(shape[0]))


def plain_text(result: dict[str, Any] | None) -> str:
    """Any result as text: a grid's rows with tabs between, else its value."""
    grid = as_grid(result)
    if grid is None:
        return shown((result or {}).get("value"))[:_TEXT_CHARACTERS]
    lines = ["\t".join(grid.columns), *("\t".join(shown(cell) for cell in row) for row in grid.rows)]
    return "\n".join(lines)[:_TEXT_CHARACTERS]


def shown(value: Any) -> str:
    """One value as a person reads it; nothing for a missing one."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
