"""How are a column's numbers and dates spread: quantiles and standard deviation?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import duckdb

from .engine import quote_name

EXACT_ROWS = 1_000_000
"""Beyond, quantiles are estimated (t-digest): exact ones would hold the whole column in memory."""
QUANTILES = {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
_CELLS_AT_ONCE = 4_000_000
_APPROXIMATE_AT_ONCE = 20
_EXACT_IN_FLOAT = 2**53
_SQUARES_FIT = 1e150


def add_spread(
    engine: duckdb.DuckDBPyConnection, source: str, columns: Sequence[dict[str, Any]], rows: int
) -> None:
    """Set `quantiles` and `std` of each column; None where it has none."""
    for column in columns:
        column["quantiles"] = column["std"] = None
    spread = [c for c in columns if c["kind"] in ("number", "date") and c["min"] is not None]
    for group in _groups(spread, rows):
        selected = [f"{_quantiles(column, rows)}, {_deviation(column)}" for column in group]
        figures = engine.execute(f"SELECT {', '.join(selected)} FROM {source}").fetchone()  # noqa: S608
        assert figures is not None  # noqa: S101 - an aggregate has one row
        for at, column in enumerate(group):
            found = figures[at * 2] or [None] * len(QUANTILES)
            column["quantiles"] = dict(zip(QUANTILES, found, strict=True))
            column["std"] = figures[at * 2 + 1]
            if rows > EXACT_ROWS:
                column["approximate"].append("quantiles")


def _groups(columns: Sequence[dict[str, Any]], rows: int) -> Iterator[Sequence[dict[str, Any]]]:
    most = _APPROXIMATE_AT_ONCE if rows > EXACT_ROWS else max(1, _CELLS_AT_ONCE // max(1, rows))
    for start in range(0, len(columns), most):
        yield columns[start : start + most]


def _quantiles(column: dict[str, Any], rows: int) -> str:
    name, places = quote_name(column["name"]), list(QUANTILES.values())
    if rows > EXACT_ROWS:
        # Numbers as DOUBLE: the estimate lies between two of them.
        estimated = f"{name}::DOUBLE" if column["kind"] == "number" else name
        return f"approx_quantile({estimated}, {places})"
    # Between two dates there is no date that the column has, and between two long numbers no exact float.
    discrete = column["kind"] == "date" or max(abs(column["min"]), abs(column["max"])) > _EXACT_IN_FLOAT
    return f"quantile_{'disc' if discrete else 'cont'}({name}, {places})"


def _deviation(column: dict[str, Any]) -> str:
    if column["kind"] != "number" or max(abs(column["min"]), abs(column["max"])) > _SQUARES_FIT:
        return "NULL"
    return f"stddev_samp({quote_name(column['name'])})"
