"""What is in a typed table, column by column?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from .decide import Decision
from .engine import quote, quote_name
from .staging import TextTable
from .wide import WIDE_COLUMNS, chunks

_MAX_VALUES = 200
_MAX_VALUE_CHARACTERS = 80
_TOP = 20
_SAMPLE_ROWS = 5
_SAMPLE_CHARACTERS = 200


def profile(
    engine: duckdb.DuckDBPyConnection, path: Path, table: TextTable, decisions: list[Decision]
) -> dict[str, Any]:
    """The profile (docs/architecture.md) of the Parquet at `path`; every figure is exact."""
    source = f"read_parquet({quote(str(path))})"
    row = engine.execute(f"SELECT count(*) FROM {source}").fetchone()  # noqa: S608 - our own path
    rows = int(row[0]) if row else 0
    columns: list[dict[str, Any]] = []
    sample: list[list[Any]] = [[] for _ in range(min(rows, _SAMPLE_ROWS))]
    for chunk in chunks(decisions):
        names = [quote_name(table.columns[decision.index]) for decision in chunk]
        with _held(engine, source, names, wide=len(decisions) >= WIDE_COLUMNS) as held:
            columns += _columns(engine, held, table.columns, chunk, rows)
            for kept, cells in zip(sample, _sample(engine, held, names), strict=True):
                kept += cells
    return {
        "name": table.name,
        "file": table.file,
        "rows": rows,
        "columns": columns,
        "sample": sample,
        "read_as": table.read_as,
        "coercions": table.coercions,
    }


@contextmanager
def _held(engine: duckdb.DuckDBPyConnection, source: str, names: list[str], wide: bool) -> Iterator[str]:
    """SQL for `FROM`. Of a wide file each query would read the long directory again: its columns are held."""
    if not wide:
        yield source
        return
    engine.execute(f"CREATE TEMP TABLE held AS SELECT {', '.join(names)} FROM {source}")  # noqa: S608
    try:
        yield "held"
    finally:
        engine.execute("DROP TABLE held")


def _columns(
    engine: duckdb.DuckDBPyConnection, source: str, names: list[str], decisions: Sequence[Decision], rows: int
) -> list[dict[str, Any]]:
    selected = []
    for decision in decisions:
        name = quote_name(names[decision.index])
        selected.append(f"count({name})")
        ordered = decision.hypothesis.kind in ("number", "date")
        selected.append(f"min({name})" if ordered else "NULL")
        selected.append(f"max({name})" if ordered else "NULL")
        selected.append(f"avg({name})" if decision.hypothesis.kind == "number" else "NULL")
    figures = engine.execute(f"SELECT {', '.join(selected)} FROM {source}").fetchone()  # noqa: S608
    assert figures is not None  # noqa: S101 - an aggregate has one row
    found = []
    for number, decision in enumerate(decisions):
        present, low, high, mean = figures[number * 4 : number * 4 + 4]
        name = names[decision.index]
        unique, values, top = _distinct(engine, source, name, decision)
        kind = decision.hypothesis.kind
        found.append(
            {
                "name": name,
                "dtype": _dtype(decision, rows - present),
                "kind": kind,
                "nulls": rows - present,
                "unique": unique,
                "min": plain_value(low),
                "max": plain_value(high),
                "mean": plain_value(mean),
                "values": values,
                "top": top,
            }
        )
    return found


def _dtype(decision: Decision, nulls: int) -> str:
    kind, sql_type = decision.hypothesis.kind, decision.hypothesis.sql_type
    if kind == "number":
        return "int64" if sql_type == "BIGINT" and not nulls else "float64"
    if kind == "boolean":
        return "object" if nulls else "bool"
    return "datetime64[ns]" if kind == "date" else "object"


def _distinct(
    engine: duckdb.DuckDBPyConnection, source: str, name: str, decision: Decision
) -> tuple[int, list[str] | None, list[list[Any]]]:
    column = quote_name(name)
    kind = decision.hypothesis.kind
    if kind not in ("text", "boolean"):
        row = engine.execute(f"SELECT count(DISTINCT {column}) FROM {source}").fetchone()  # noqa: S608
        return (int(row[0]) if row else 0), None, []
    # One grouping gives all three: how many, the most frequent, and all where they are few.
    grouped = engine.execute(
        f"SELECT v, n, count(*) OVER () AS u FROM (SELECT {column} AS v, count(*) AS n FROM {source} "  # noqa: S608
        f"WHERE {column} IS NOT NULL GROUP BY ALL) ORDER BY n DESC, v LIMIT {_MAX_VALUES + 1}"
    ).fetchall()
    unique = int(grouped[0][2]) if grouped else 0
    top = [[_cut(value, _SAMPLE_CHARACTERS), int(count)] for value, count, _ in grouped[:_TOP]]
    if kind == "boolean" or len(grouped) > _MAX_VALUES:
        return unique, None, top
    values = sorted(value for value, _, _ in grouped)
    short = all(len(value) <= _MAX_VALUE_CHARACTERS for value in values)
    return unique, values if short else None, top


def _sample(engine: duckdb.DuckDBPyConnection, source: str, names: list[str]) -> list[list[Any]]:
    rows = engine.execute(f"SELECT {', '.join(names)} FROM {source} LIMIT {_SAMPLE_ROWS}").fetchall()  # noqa: S608
    return [[_cut(plain_value(cell), _SAMPLE_CHARACTERS) for cell in row] for row in rows]


def _cut(value: Any, characters: int) -> Any:
    return value[:characters] if isinstance(value, str) else value


def plain_value(value: Any) -> Any:
    """A cell as JSON can hold it: dates in ISO 8601 (without the time at midnight), no NaN."""
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
        return value.date().isoformat() if midnight else value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
