"""Would a column of text be numbers or dates, but for a few cells?"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import duckdb

from .hypotheses import Hypothesis, is_missing, trimmed
from .staging import TextTable

_LEAST_CELLS = 10
_MOST_AGAINST = 0.1
_VALUED = re.compile(r"[^A-Za-z0-9]{0,4}[0-9][0-9 .,/:'\u00a0\u202f-]*(?:[eE][+-]?[0-9]+)?[^A-Za-z0-9]{0,4}")
_SHOWN = 3


@dataclass(frozen=True)
class Nearly:
    """How many of a column's cells speak against a type, and some of them."""

    kind: str
    against: int
    present: int
    examples: tuple[str, ...]

    @property
    def said(self) -> str:
        """For the report."""
        shown = ", ".join(f'"{cell[:40]}"' for cell in self.examples)
        return f"kept as text: {self.against:,} of {self.present:,} cells are no {self.kind}, such as {shown}"


def find_nearly(
    engine: duckdb.DuckDBPyConnection,
    table: TextTable,
    index: int,
    sample: set[str],
    candidates: Callable[[set[str]], list[Hypothesis]],
) -> Nearly | None:
    """What the column would be if at most a tenth of its cells were left out of account."""
    cells = {cell for cell in sample if not is_missing(cell)}
    valued = {cell for cell in cells if _VALUED.fullmatch(cell)}
    if not valued or len(valued) < 0.5 * len(cells):
        return None
    best = candidates(valued)[0]
    if best.kind == "text":
        return None
    t = "t"
    there = f"{t} IS NOT NULL AND NOT {best.missing(t)}"
    row = engine.execute(
        f"SELECT count(*) FILTER ({there}), count(*) FILTER ({there} AND NOT {best.holds(t)}), "  # noqa: S608
        f"list_slice(list(DISTINCT {t} ORDER BY {t}) FILTER ({there} AND NOT {best.holds(t)}), 1, {_SHOWN}) "
        f"FROM (SELECT {trimmed(f'c{index}')} AS t FROM {table.scan})"
    ).fetchone()
    if row is None or row[0] < _LEAST_CELLS or not 0 < row[1] <= _MOST_AGAINST * row[0]:
        return None
    return Nearly(best.kind, row[1], row[0], tuple(row[2] or ()))
