"""What is in a typed table, column by column?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from .decide import Decision
from .distinct import EXACT_ROWS, add_distinct
from .engine import quote, quote_name
from .semantic import semantic_type
from .semantic_words import AMOUNT, words_of
from .sketch import sketch
from .spread import add_spread
from .staging import TextTable
from .wide import WIDE_COLUMNS, chunks

_SAMPLE_ROWS = 5
_SAMPLE_CHARACTERS = 200
_NAME_CHARACTERS = 40
_EXACT_IN_FLOAT = 2**53
_FIGURES = 6
"""Of each column in the first query."""


def profile(
    engine: duckdb.DuckDBPyConnection, path: Path, table: TextTable, decisions: list[Decision]
) -> dict[str, Any]:
    """The profile (docs/architecture.md) of the Parquet at `path`; what is estimated is named so."""
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
        "keys": keys_of(columns, rows),
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
    selected = [_figures(decision, names[decision.index], rows) for decision in decisions]
    figures = engine.execute(f"SELECT {', '.join(selected)} FROM {source}").fetchone()  # noqa: S608
    assert figures is not None  # noqa: S101 - an aggregate has one row
    found = []
    for number, decision in enumerate(decisions):
        present, low, high, mean, whole, estimate = figures[number * _FIGURES : (number + 1) * _FIGURES]
        column = {
            "name": names[decision.index],
            "dtype": dtype_of(decision, rows - present),
            "kind": decision.hypothesis.kind,
            "nulls": rows - present,
            "unique": 0,
            "min": low,
            "max": high,
            "mean": plain_value(mean),
            "whole": bool(whole),
            "approximate": [],
        }
        add_distinct(engine, source, column, present, estimate)
        found.append(column)
    add_spread(engine, source, found, rows)
    return [finished(column, rows, partial(sketch, engine, source, column)) for column in found]


def _figures(decision: Decision, column: str, rows: int) -> str:
    name, kind = quote_name(column), decision.hypothesis.kind
    ordered = kind in ("number", "date")
    # Of text and dates every value can be one that others refer to.
    whole = "true" if kind in ("text", "date") else "false"
    if kind == "number":
        whole = f"coalesce(bool_and({name} = trunc({name}) AND abs({name}) <= {_EXACT_IN_FLOAT}), false)"
        whole = "true" if decision.hypothesis.sql_type == "BIGINT" else whole
    return ", ".join(
        (
            f"count({name})",
            f"min({name})" if ordered else "NULL",
            f"max({name})" if ordered else "NULL",
            f"avg({name})" if kind == "number" else "NULL",
            whole,
            f"approx_count_distinct({name})" if rows > EXACT_ROWS and kind != "boolean" else "NULL",
        )
    )


def finished(column: dict[str, Any], rows: int, sketched: Callable[[], str | None]) -> dict[str, Any]:
    """The column as the profile has it, of its figures; `sketched` makes its sketch, if it has one."""
    whole = column.pop("whole")
    semantic = semantic_type(column, rows, whole=whole)
    # Free text and measured amounts are joined by nobody.
    joined = whole and semantic in ("id", "category", "geo", "date", "amount")
    if semantic == "amount" and AMOUNT & set(words_of(column["name"])):
        joined = False
    if semantic == "text" and whole and column["unique"] <= rows - column["nulls"] and _is_short(column):
        joined = True
    column["sketch"] = sketched() if joined else None
    for name in ("min", "max", "std"):
        column[name] = plain_value(column[name])
    if column["quantiles"] is not None:
        column["quantiles"] = {name: plain_value(value) for name, value in column["quantiles"].items()}
    if not column["approximate"]:
        del column["approximate"]
    return {**column, "semantic": semantic}


def _is_short(column: dict[str, Any]) -> bool:
    """Whether the texts are names rather than sentences."""
    shown = [value for value, _ in column["top"]]
    return bool(shown) and sum(map(len, shown)) <= _NAME_CHARACTERS * len(shown)


def keys_of(columns: Sequence[dict[str, Any]], rows: int) -> list[str]:
    """Columns that tell the rows apart; those that are called ids first."""
    keys = [
        column
        for column in columns
        if rows > 1
        and column["unique"] == rows
        and "unique" not in column.get("approximate", ())
        and column["semantic"] not in ("amount", "flag")
        and column["dtype"] != "float64"
    ]
    return [column["name"] for column in sorted(keys, key=lambda column: column["semantic"] != "id")]


def dtype_of(decision: Decision, nulls: int) -> str:
    """What pandas makes of the column."""
    kind, sql_type = decision.hypothesis.kind, decision.hypothesis.sql_type
    if kind == "number":
        return "int64" if sql_type == "BIGINT" and not nulls else "float64"
    if kind == "boolean":
        return "object" if nulls else "bool"
    return "datetime64[ns]" if kind == "date" else "object"


def _sample(engine: duckdb.DuckDBPyConnection, source: str, names: list[str]) -> list[list[Any]]:
    rows = engine.execute(f"SELECT {', '.join(names)} FROM {source} LIMIT {_SAMPLE_ROWS}").fetchall()  # noqa: S608
    return [[shown_cell(cell) for cell in row] for row in rows]


def shown_cell(value: Any) -> Any:
    """A cell of the sample."""
    return _cut(plain_value(value), _SAMPLE_CHARACTERS)


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
