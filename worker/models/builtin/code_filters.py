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
    "> mean": lambda column, _: f"{column} > {column}.mean()",
    "< mean": lambda column, _: f"{column} < {column}.mean()",
    "missing": lambda column, _: f"{column}.isna()",
    "present": lambda column, _: f"{column}.notna()",
}


def condition(one: Filter, frame: str) -> str:
    """Return the source of a boolean Series."""
    column = f"{frame}[{literal(one.column)}]"
    if one.op.endswith(" column"):
        return f"{column} {one.op.split()[0]} {frame}[{literal(one.values[0])}]"
    return CONDITIONS[one.op](column, one.values)


def mask(filters: tuple[Filter, ...], frame: str) -> str:
    """Return the source of the conditions joined by `&`."""
    parts = [condition(one, frame) for one in filters]
    return parts[0] if len(parts) == 1 else " & ".join(f"({part})" for part in parts)


def source(name: str, *, first: bool) -> str:
    """Return the name under which the code finds a table."""
    return "df" if first else f"tables[{literal(name)}]"


def rows_lines(frame: Frame, table: Table, *, filtered: bool = True) -> tuple[list[str], str]:
    """Return the lines that select the rows, and the name that holds them."""
    lines, name = table_lines(table)
    if frame.filters and filtered:
        lines.append(f"rows = {name}[{mask(frame.filters, name)}]")
        name = "rows"
    return lines, name


def table_lines(table: Table) -> tuple[list[str], str]:
    """Return the lines that make ready the table, with what is looked up in others, and its name."""
    held = source(table.name, first=table.first)
    if not table.lookups:
        return ([] if table.first else [f"data = {held}"]), ("df" if table.first else "data")
    renamed = {c.own: c.name for c in table.columns if not c.home and c.own}
    lines = [f"data = {held}{_renamed(renamed)}"]
    for one in table.lookups:
        mine = [c for c in table.columns if c.home == one.table]
        chosen = listed((one.key, *(c.own for c in mine)))
        names = {one.key: one.on, **{c.own: c.name for c in mine}}
        lines += [
            f"{_variable(one.table)} = {source(one.table, first=one.first)}[{chosen}]{_renamed(names)}",
            f'data = data.merge({_variable(one.table)}, on={literal(one.on)}, how="left", '
            'validate="many_to_one")',
        ]
    return lines, "data"


def _variable(name: str) -> str:
    """Return a name for a table's columns that no other line of the code uses."""
    return f"{name}_columns"


def _renamed(names: dict[str, str]) -> str:
    changed = {old: new for old, new in names.items() if old != new}
    cells = ", ".join(f"{literal(old)}: {literal(new)}" for old, new in changed.items())
    return f".rename(columns={{{cells}}})" if changed else ""
