"""Which DuckDB SQL computes a reading, where the rules know one that gives the same as the pandas code?"""

from __future__ import annotations

from worker.models.builtin.describing import agg_text
from worker.models.builtin.frame import Agg, Dim, Filter, Frame, Scalar
from worker.models.builtin.schema import Table

_FUNCTIONS = {"sum": "sum", "mean": "avg", "median": "median", "std": "stddev_samp", "var": "var_samp",
              "min": "min", "max": "max"}  # fmt: skip
_COMPARE = {"=": "=", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "from": ">=", "before": "<"}
_PERIOD = {"day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}


def write_sql(frame: Frame, table: Table) -> str | None:
    """Return SQL for `frame`, or None where there is no rule."""
    if frame.kind == "aggregate":
        return _wide(table) + _aggregate(frame, table)
    if frame.kind == "rank" and len(frame.aggs) == 1:
        return _wide(table) + _rank(frame, table)
    return None


def _wide(table: Table) -> str:
    """Return the WITH of a table that others are joined to, under the name of `joined`."""
    if not table.lookups:
        return ""
    main = name(table.name)
    renamed = [f"{name(c.own)} AS {name(c.name)}" for c in table.columns if not c.home and c.own]
    shown = [f"{main}.*" + (f" RENAME ({', '.join(renamed)})" if renamed else "")]
    shown += [f"{name(c.home)}.{name(c.own)} AS {name(c.name)}" for c in table.columns if c.home]
    lines = [f"WITH {_source(table)} AS (", f"  SELECT {', '.join(shown)}", f"  FROM {main}"]
    for one in table.lookups:
        on = table.column(one.on)
        left = f"{name(on.home or table.name)}.{name(on.own or on.name)}"
        lines.append(f"  LEFT JOIN {name(one.table)} ON {left} = {name(one.table)}.{name(one.key)}")
    return "\n".join([*lines, ")"]) + "\n"


def _source(table: Table) -> str:
    if not table.lookups:
        return name(table.name)
    made = "joined"
    while made in {table.name, *(one.table for one in table.lookups)}:
        made += "_"
    return made


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


def _aggregate(frame: Frame, table: Table) -> str:
    keys = [_key(dim) for dim in frame.dims]
    selected = [
        *(f"{key} AS {name(dim.period or dim.column)}" for key, dim in zip(keys, frame.dims, strict=True)),
        *(f"{_function(agg)} AS {name(agg_text(agg))}" for agg in frame.aggs),
    ]
    lines = [f"SELECT {', '.join(selected)}", f"FROM {_source(table)}", *_where(frame)]
    if keys:
        lines.append(f"GROUP BY {', '.join(str(at + 1) for at in range(len(keys)))}")
        lines.append(f"ORDER BY {_ordering(frame)}")
    return "\n".join(lines) + "\n"


def _ordering(frame: Frame) -> str:
    if len(frame.dims) > 1 or len(frame.aggs) > 1 or (frame.dims[0].period and not frame.ascending):
        return ", ".join(str(at + 1) for at in range(len(frame.dims)))
    return f"2 {'ASC' if frame.ascending else 'DESC'} NULLS LAST, 1"


def _rank(frame: Frame, table: Table) -> str:
    key, agg = _key(frame.dims[0]), frame.aggs[0]
    way = "ASC" if frame.ascending else "DESC"
    shown = name(frame.dims[0].period or frame.dims[0].column)
    where = _where(frame, extra=f"{name(frame.dims[0].column)} IS NOT NULL")
    return "\n".join([
        f"SELECT {key} AS {shown}, {_function(agg)} AS {name(agg_text(agg))}", f"FROM {_source(table)}",
            *where,
        "GROUP BY 1", f"HAVING {_function(agg)} IS NOT NULL",
        f"QUALIFY rank() OVER (ORDER BY {_function(agg)} {way}) <= {frame.limit}", f"ORDER BY 2 {way}, 1",
    ]) + "\n"  # fmt: skip


def _key(dim: Dim) -> str:
    column = name(dim.column)
    if dim.period is None:
        return column
    if dim.period == "week":
        return f"strftime(date_trunc('week', {column}), '%Y-%m-%d')"
    if dim.period == "quarter":
        return f"year({column}) || 'Q' || quarter({column})"
    return f"strftime({column}, '{_PERIOD[dim.period]}')"


def _function(agg: Agg) -> str:
    if agg.column is None:
        return "count(*)"
    if agg.function == "nunique":
        return f"count(DISTINCT {name(agg.column)})"
    if agg.function == "quantile":
        return f"quantile_cont({name(agg.column)}, {agg.argument!r})"
    if agg.function == "range":
        return f"(max({name(agg.column)}) - min({name(agg.column)}))"
    return f"{_FUNCTIONS[agg.function]}({name(agg.column)})"


def _where(frame: Frame, extra: str = "") -> list[str]:
    parts = [_condition(one) for one in frame.filters]
    parts += [f"{name(dim.column)} IS NOT NULL" for dim in frame.dims if dim.period]
    if extra and extra not in parts:
        parts.append(extra)
    return [f"WHERE {' AND '.join(parts)}"] if parts else []


def _condition(one: Filter) -> str:
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
