"""Which SQL says one part of a reading: a name, a value, a condition, a group, a function?"""

from __future__ import annotations

from worker.models.builtin.frame import Agg, Dim, Filter, Frame, Scalar
from worker.models.builtin.schema import Table

_FUNCTIONS = {"sum": "sum", "mean": "avg", "median": "median", "std": "stddev_samp", "var": "var_samp",
              "min": "min", "max": "max"}  # fmt: skip
_COMPARE = {"=": "=", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "from": ">=", "before": "<"}
_PERIOD = {"day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}


def name(text: str) -> str:
    """Return an identifier that can hold nothing but the name."""
    return '"' + text.replace('"', '""') + '"'


def literal(value: Scalar) -> str:
    """Return a literal that can hold nothing but the value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return "'" + value.replace("'", "''") + "'"


def wide(table: Table) -> str:
    """Return the WITH of a table that others are joined to, under the name of `joined`."""
    if not table.lookups:
        return ""
    main = name(table.name)
    renamed = [f"{name(c.own)} AS {name(c.name)}" for c in table.columns if not c.home and c.own]
    shown = [f"{main}.*" + (f" RENAME ({', '.join(renamed)})" if renamed else "")]
    shown += [f"{name(c.home)}.{name(c.own)} AS {name(c.name)}" for c in table.columns if c.home]
    lines = [f"WITH {source(table)} AS (", f"  SELECT {', '.join(shown)}", f"  FROM {main}"]
    for one in table.lookups:
        on = table.column(one.on)
        left = f"{name(on.home or table.name)}.{name(on.own or on.name)}"
        lines.append(f"  LEFT JOIN {name(one.table)} ON {left} = {name(one.table)}.{name(one.key)}")
    return "\n".join([*lines, ")"]) + "\n"


def source(table: Table) -> str:
    """Return from where the rows are taken."""
    if not table.lookups:
        return name(table.name)
    made = "joined"
    while made in {table.name, *(one.table for one in table.lookups)}:
        made += "_"
    return made


def key(dim: Dim) -> str:
    """Return what rows are grouped by."""
    column = name(dim.column)
    if dim.period is None:
        return column
    if dim.period == "week":
        return f"strftime(date_trunc('week', {column}), '%Y-%m-%d')"
    if dim.period == "quarter":
        return f"year({column}) || 'Q' || quarter({column})"
    return f"strftime({column}, '{_PERIOD[dim.period]}')"


def function(agg: Agg) -> str:
    """Return the call of an aggregate."""
    if agg.column is None:
        return "count(*)"
    if agg.function == "nunique":
        return f"count(DISTINCT {name(agg.column)})"
    if agg.function == "quantile":
        return f"quantile_cont({name(agg.column)}, {agg.argument!r})"
    if agg.function == "range":
        return f"(max({name(agg.column)}) - min({name(agg.column)}))"
    return f"{_FUNCTIONS[agg.function]}({name(agg.column)})"


def where(frame: Frame, table: Table, extra: str = "") -> list[str]:
    """Return the WHERE of a reading, as no line or one."""
    parts = [condition(one, table) for one in frame.filters]
    parts += [f"{name(dim.column)} IS NOT NULL" for dim in frame.dims if dim.period]
    if extra and extra not in parts:
        parts.append(extra)
    return [f"WHERE {' AND '.join(parts)}"] if parts else []


def condition(one: Filter, table: Table) -> str:
    """Return the condition that is true for the same rows as the pandas code's."""
    if one.op.endswith(" mean"):
        mean = f"SELECT avg({name(one.column)}) FROM {source(table)}"  # noqa: S608 - names are quoted
        return f"{name(one.column)} {one.op[0]} ({mean})"
    if one.op.endswith(" column"):
        return f"{name(one.column)} {one.op.split()[0]} {name(str(one.values[0]))}"
    column, op, values = name(one.column), one.op, [literal(value) for value in one.values]
    if op in _COMPARE:
        return f"{column} {_COMPARE[op]} {values[0]}"
    if op == "!=":
        return f"{column} IS DISTINCT FROM {values[0]}"
    if op in {"missing", "present"}:
        return f"{column} IS {'NOT ' if op == 'present' else ''}NULL"
    if op == "in":
        return f"{column} IN ({', '.join(values)})"
    if op == "not in":
        return f"({column} IS NULL OR {column} NOT IN ({', '.join(values)}))"
    if op == "between":
        return f"{column} BETWEEN {values[0]} AND {values[1]}"
    if op == "days":
        return f"({column} >= {values[0]} AND {column} < {values[1]})"
    if op == "same":
        return f"lower({column}) = lower({values[0]})"
    function = {"contains": "contains", "startswith": "starts_with", "endswith": "ends_with"}[op]
    return f"{function}(lower({column}), lower({values[0]}))"
