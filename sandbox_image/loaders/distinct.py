"""How many different values has a column, which are they, and which are the most frequent?"""

from __future__ import annotations

from typing import Any

import duckdb

from .engine import quote, quote_name

EXACT_ROWS = 1_000_000
"""Up to so many rows all is counted; beyond, what has many different values is estimated."""
MAX_VALUES = 200
MAX_VALUE_CHARACTERS = 80
TOP = 20
TOP_CHARACTERS = 200
_MANY = 50_000
_NEARLY_ALL = 0.9
_VALUES_AT_ONCE = 3_000_000


def add_distinct(
    engine: duckdb.DuckDBPyConnection, source: str, column: dict[str, Any], present: int, estimate: int | None
) -> None:
    """Set `unique`, `values` and `top`; names in `approximate` those that are estimated."""
    column["values"], column["top"] = None, []
    if estimate is None or estimate <= _MANY:
        _count_all(engine, source, column)
        return
    # A column that may be a key is counted in any case: whether it is one must be known.
    if present and estimate >= present * _NEARLY_ALL and column["whole"]:
        column["unique"] = _count_in_parts(engine, source, column["name"], estimate)
    else:
        column["unique"] = min(estimate, present)
        column["approximate"].append("unique")
    if column["kind"] == "text":
        column["top"] = _likely_top(engine, source, column["name"])
        column["approximate"].append("top")


def _count_all(engine: duckdb.DuckDBPyConnection, source: str, column: dict[str, Any]) -> None:
    name = quote_name(column["name"])
    if column["kind"] not in ("text", "boolean"):
        row = engine.execute(f"SELECT count(DISTINCT {name}) FROM {source}").fetchone()  # noqa: S608
        column["unique"] = int(row[0]) if row else 0
        return
    # One grouping gives all three: how many, the most frequent, and all where they are few.
    grouped = engine.execute(
        f"SELECT v, n, count(*) OVER () AS u FROM (SELECT {name} AS v, count(*) AS n FROM {source} "  # noqa: S608
        f"WHERE {name} IS NOT NULL GROUP BY ALL) ORDER BY n DESC, v LIMIT {MAX_VALUES + 1}"
    ).fetchall()
    column["unique"] = int(grouped[0][2]) if grouped else 0
    column["top"] = [[_cut(value), int(count)] for value, count, _ in grouped[:TOP]]
    if column["kind"] == "boolean" or len(grouped) > MAX_VALUES:
        return
    values = sorted(value for value, _, _ in grouped)
    column["values"] = values if all(len(value) <= MAX_VALUE_CHARACTERS for value in values) else None


def _count_in_parts(engine: duckdb.DuckDBPyConnection, source: str, name: str, estimate: int) -> int:
    """The count by 64-bit hashes, some at a time: all values at once may be more than the memory holds.

    Two values of one hash (one chance in 300,000 for ten million values) make a key look like none, never
    the other way round.
    """
    hashed, parts = f"hash({quote_name(name)})", estimate // _VALUES_AT_ONCE + 1
    found = 0
    for part in range(parts):
        row = engine.execute(
            f"SELECT count(DISTINCT {hashed}) FROM {source} WHERE {quote_name(name)} IS NOT NULL "  # noqa: S608
            f"AND {hashed} % {parts} = {part}"
        ).fetchone()
        found += int(row[0]) if row else 0
    return found


def _likely_top(engine: duckdb.DuckDBPyConnection, source: str, name: str) -> list[list[Any]]:
    """Values that are probably the most frequent, with their exact counts."""
    column = quote_name(name)
    row = engine.execute(f"SELECT approx_top_k({column}, {TOP}) FROM {source}").fetchone()  # noqa: S608
    likely = [value for value in (row[0] if row and row[0] else []) if value is not None]
    if not likely:
        return []
    listed = ", ".join(quote(value) for value in likely)
    counted = engine.execute(
        f"SELECT {column} AS v, count(*) AS n FROM {source} WHERE {column} IN ({listed}) "  # noqa: S608 - quoted
        "GROUP BY ALL ORDER BY n DESC, v"
    ).fetchall()
    return [[_cut(value), int(count)] for value, count in counted]


def _cut(value: Any) -> Any:
    return value[:TOP_CHARACTERS] if isinstance(value, str) else value
