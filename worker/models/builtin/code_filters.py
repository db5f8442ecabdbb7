"""Which pandas code keeps the rows that a reading asks for?"""

from __future__ import annotations

import json
from collections.abc import Callable

from worker.models.builtin.frame import Filter, Frame, Scalar
from worker.models.builtin.schema import Table


def literal(value: Scalar) -> str:
    """Return Python source of `value` that can hold nothing but the value."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False) if value.isprintable() else ascii(value)
    return repr(value)


def listed(values: tuple[Scalar, ...]) -> str:
    """Return Python source of a list of `values`."""
    return "[" + ", ".join(literal(value) for value in values) + "]"


def _equal(column: str, values: tuple[Scalar, ...]) -> str:
    return f"{column}.eq({values[0]})" if isinstance(values[0], bool) else f"{column} == {literal(values[0])}"


def _compare(operator: str) -> Callable[[str, tuple[Scalar, ...]], str]:
    return lambda column, values: f"{column} {operator} {literal(values[0])}"


def _affix(method: str) -> Callable[[str, tuple[Scalar, ...]], str]:
    return lambda column, values: (
        f"{column}.str.lower().str.{method}({literal(str(values[0]).lower())}, na=False)"
    )


CONDITIONS: dict[str, Callable[[str, tuple[Scalar, ...]], str]] = {
    "=": _equal,
    "same": lambda column, values: f"{column}.str.lower() == {literal(str(values[0]).lower())}",
    "!=": _compare("!="),
    "<": _compare("<"),
    "<=": _compare("<="),
    ">": _compare(">"),
    ">=": _compare(">="),
    "from": _compare(">="),
    "before": _compare("<"),
    "in": lambda column, values: f"{column}.isin({listed(values)})",
    "not in": lambda column, values: f"~{column}.isin({listed(values)})",
    "between": lambda column, values: f"{column}.between({literal(values[0])}, {literal(values[1])})",
    "days": lambda column, v: f"({column} >= {literal(v[0])}) & ({column} < {literal(v[1])})",
    "contains": lambda column, v: (
        f"{column}.str.contains({literal(v[0])}, case=False, regex=False, na=False)"
    ),
    "startswith": _affix("startswith"),
    "endswith": _affix("endswith"),
    "missing": lambda column, _: f"{column}.isna()",
    "present": lambda column, _: f"{column}.notna()",
}


def condition(one: Filter, frame: str) -> str:
    """Return the source of a boolean Series."""
    return CONDITIONS[one.op](f"{frame}[{literal(one.column)}]", one.values)


def mask(filters: tuple[Filter, ...], frame: str) -> str:
    """Return the source of the conditions joined by `&`."""
    parts = [condition(one, frame) for one in filters]
    return parts[0] if len(parts) == 1 else " & ".join(f"({part})" for part in parts)


def source(table: Table) -> str:
    """Return the name under which the code finds the table."""
    return "df" if table.first else f"tables[{literal(table.name)}]"


def rows_lines(frame: Frame, table: Table, *, filtered: bool = True) -> tuple[list[str], str]:
    """Return the lines that select the rows, and the name that holds them."""
    lines = []
    name = "df"
    if not table.first:
        lines.append(f"data = {source(table)}")
        name = "data"
    if frame.filters and filtered:
        lines.append(f"rows = {name}[{mask(frame.filters, name)}]")
        name = "rows"
    return lines, name
