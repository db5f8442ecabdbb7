"""How is a nasty file written down together with its truth?"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from sandbox_image.loaders import FIRST_READING, Asked

FILES = Path(__file__).parent / "files"
DTYPES = {"I": "int64", "F": "float64", "T": "object", "D": "datetime64[ns]", "B": "bool"}
"""`T` is also a column of truth values with gaps, as pandas has it."""


@dataclass(frozen=True)
class Table:
    """One table as it must come out."""

    columns: Sequence[str]
    dtypes: str
    """A letter of `DTYPES` for each column."""
    rows: Sequence[Sequence[Any]]
    """All cells: None is missing, a date is ISO text (`2024-01-31` or `2024-01-31T10:20:30`)."""
    said: Sequence[tuple[str | None, str, int]] = ()
    """(column, a part of `what`, cells): each must be among the coercions."""
    unsaid: Sequence[str] = ()
    """Parts of `what` that must be in no coercion."""
    read_as: Mapping[str, Any] = field(default_factory=dict)
    """What must stand in `read_as`, among other things."""
    name: str | None = None


@dataclass(frozen=True)
class Case:
    """A file, and what must become of it: `tables`, or `refused` by (code, a part of the message)."""

    id: str
    file: str
    """What the client calls it; its extension is the format."""
    content: bytes | Callable[[], bytes] | Path
    tables: Sequence[Table] = ()
    refused: tuple[str, str] | None = None
    asked: Asked = FIRST_READING

    def bytes(self) -> bytes:
        """The file."""
        if isinstance(self.content, Path):
            return self.content.read_bytes()
        return self.content if isinstance(self.content, bytes) else self.content()


def one(
    id: str,
    file: str,
    content: bytes | str | Callable[[], bytes] | Path,
    columns: Sequence[str],
    dtypes: str,
    rows: Sequence[Sequence[Any]],
    *,
    asked: Asked = FIRST_READING,
    **facts: Any,
) -> Case:
    """A file of one table; text is UTF-8."""
    data = content.encode() if isinstance(content, str) else content
    return Case(id, file, data, [Table(columns, dtypes, rows, **facts)], asked=asked)


def check_table(truth: Table, profile: Mapping[str, Any], frame: pd.DataFrame) -> None:
    """Hold a table, read back from its Parquet, and its profile against the truth: cell by cell."""
    assert list(frame.columns) == list(truth.columns)
    assert len(truth.dtypes) == len(truth.columns)
    assert [str(dtype) for dtype in frame.dtypes] == [DTYPES[letter] for letter in truth.dtypes]
    found = [[_plain(cell) for cell in row] for row in frame.itertuples(index=False, name=None)]
    wanted = [
        [_iso(cell, letter) for cell, letter in zip(row, truth.dtypes, strict=True)] for row in truth.rows
    ]
    assert len(found) == len(wanted), found[-3:]
    for number, (row, wanted_row) in enumerate(zip(found, wanted, strict=True)):
        for column, cell, wanted_cell in zip(truth.columns, row, wanted_row, strict=True):
            assert _same(cell, wanted_cell), (number, column, cell, wanted_cell)
    check_profile(truth, profile)


def check_profile(truth: Table, profile: Mapping[str, Any]) -> None:
    """What is reported of the table."""
    assert [column["name"] for column in profile["columns"]] == list(truth.columns)
    assert [column["dtype"] for column in profile["columns"]] == [DTYPES[letter] for letter in truth.dtypes]
    assert profile["rows"] == len(truth.rows)
    if truth.name is not None:
        assert profile["name"] == truth.name
    report = profile["coercions"]
    for column, what, cells in truth.said:
        assert any(
            item["column"] == column and what in item["what"] and item["cells"] == cells for item in report
        ), ((column, what, cells), report)
    for what in truth.unsaid:
        assert not any(what in item["what"] for item in report), report
    for key, value in truth.read_as.items():
        assert profile["read_as"].get(key) == value, (key, profile["read_as"])


def _plain(cell: Any) -> Any:
    if cell is None or cell is pd.NaT or (isinstance(cell, float) and math.isnan(cell)):
        return None
    return cell.isoformat() if isinstance(cell, pd.Timestamp) else cell


def _iso(cell: Any, letter: str) -> Any:
    return f"{cell}T00:00:00" if letter == "D" and cell is not None and "T" not in cell else cell


def _same(cell: Any, wanted: Any) -> bool:
    if isinstance(wanted, bool) or isinstance(cell, bool) or wanted is None or cell is None:
        return cell is wanted
    if isinstance(wanted, int | float):
        return isinstance(cell, int | float) and math.isclose(cell, wanted, rel_tol=1e-12, abs_tol=0)
    return bool(cell == wanted)
