"""Which DuckDB SQL computes a reading, where the rules know one that gives the same as the pandas code?"""

from __future__ import annotations

from collections.abc import Callable

from worker.models.builtin.frame import Frame
from worker.models.builtin.naming import agg_text
from worker.models.builtin.schema import Table
from worker.models.builtin.sql_parts import condition, function, key, literal, name, source, where, wide


def write_sql(frame: Frame, table: Table) -> str | None:
    """Return SQL for `frame`, or None where there is no rule (`why_not` says why)."""
    if why_not(frame):
        return None
    return wide(table) + _WRITERS[frame.kind](frame, table) + "\n"


def why_not(frame: Frame) -> str:
    """Return why SQL cannot say what is asked for, or nothing."""
    if frame.chart and frame.kind not in {"trend", "frequency", "histogram"}:
        return "SQL draws no charts"
    if frame.kind == "rows" and frame.which in {"last", "random"}:
        return (
            "rows in SQL have no order, so the last ones and a sample that is always the same cannot be had"
        )
    if frame.kind == "dtypes":
        return "types have other names in SQL than in the tables"
    return "" if frame.kind in _WRITERS else "this question has no rule for SQL"


def _selected(frame: Frame) -> list[str]:
    keys = [f"{key(dim)} AS {name(dim.period or dim.column)}" for dim in frame.dims]
    return keys + [f"{function(agg)} AS {name(agg_text(agg))}" for agg in frame.aggs]


def _aggregate(frame: Frame, table: Table) -> str:
    known = " AND ".join(f"{name(dim.column)} IS NOT NULL" for dim in frame.dims) if frame.having else ""
    lines = [
        f"SELECT {', '.join(_selected(frame))}", f"FROM {source(table)}", *where(frame, table, extra=known)
    ]  # fmt: skip
    if frame.dims:
        lines.append(f"GROUP BY {', '.join(str(at + 1) for at in range(len(frame.dims)))}")
        if frame.having:
            lines.append(f"HAVING {function(frame.aggs[0])} {frame.having[0]} {frame.having[1]!r}")
        if frame.count_groups:
            return "\n".join(["SELECT count(*) AS groups", "FROM (", *lines, ")"])
        lines.append(f"ORDER BY {_ordering(frame)}")
    return "\n".join(lines)


def _ordering(frame: Frame) -> str:
    if frame.kind == "trend" or len(frame.dims) > 1 or len(frame.aggs) > 1:
        return ", ".join(str(at + 1) for at in range(len(frame.dims)))
    if frame.by_name:
        return "1 NULLS LAST"
    if frame.dims[0].period and not frame.ascending and not frame.having:
        return "1"
    return f"2 {'ASC' if frame.ascending else 'DESC'} NULLS LAST, 1"


def _rank(frame: Frame, table: Table) -> str:
    agg, way = frame.aggs[0], "ASC" if frame.ascending else "DESC"
    return "\n".join([
        f"SELECT {', '.join(_selected(frame))}", f"FROM {source(table)}",
        *where(frame, table, extra=f"{name(frame.dims[0].column)} IS NOT NULL"),
        "GROUP BY 1", f"HAVING {function(agg)} IS NOT NULL",
        f"QUALIFY rank() OVER (ORDER BY {function(agg)} {way}) <= {frame.limit}", f"ORDER BY 2 {way}, 1",
    ])  # fmt: skip


def _top_rows(frame: Frame, table: Table) -> str:
    by, way = name(frame.columns[0]), "ASC" if frame.ascending else "DESC"
    shown = f"{name(frame.columns[1])}, {by}" if len(frame.columns) > 1 else "*"
    lines = [
        f"SELECT {shown}", f"FROM {source(table)}", *where(frame, table, extra=f"{by} IS NOT NULL"),
        f"QUALIFY rank() OVER (ORDER BY {by} {way}) <= {frame.limit}",
    ]  # fmt: skip
    if len(frame.columns) > 1 and frame.limit == 1:
        return "\n".join(["SELECT DISTINCT *", "FROM (", *lines, ")", "ORDER BY 1"])
    return "\n".join([*lines, f"ORDER BY {by} {way}"])


def _rows(frame: Frame, table: Table) -> str:
    limit = [f"LIMIT {frame.limit}"] if frame.which == "first" else []
    return "\n".join(["SELECT *", f"FROM {source(table)}", *where(frame, table), *limit])


def _frequency(frame: Frame, table: Table) -> str:
    column = name(frame.columns[0])
    return "\n".join([
        f"SELECT {column}, count(*) AS {name('number of rows')}", f"FROM {source(table)}",
        *where(frame, table),
        "GROUP BY 1", "ORDER BY 2 DESC, 1",
    ])  # fmt: skip


def _mode(frame: Frame, table: Table) -> str:
    column = name(frame.columns[0])
    return "\n".join([
        f"SELECT {column}, count(*) AS {name('number of rows')}", f"FROM {source(table)}",
        *where(frame, table, extra=f"{column} IS NOT NULL"), "GROUP BY 1",
        "QUALIFY rank() OVER (ORDER BY count(*) DESC) = 1", "ORDER BY 1",
    ])  # fmt: skip


def _union(frame: Frame, table: Table, rows: list[tuple[str, list[str]]], heads: list[str]) -> str:
    """Return one SELECT for each labelled row of expressions over the same rows."""
    parts = []
    for at, (label, cells) in enumerate(rows):
        named = [
            f"{cell} AS {name(head)}" if not at else cell for cell, head in zip(cells, heads[1:], strict=True)
        ]
        first = f"{literal(label)} AS {name(heads[0])}" if not at else literal(label)
        parts.append(
            "\n".join([f"SELECT {', '.join([first, *named])}", f"FROM {source(table)}", *where(frame, table)])
        )
    return "\nUNION ALL\n".join(parts)


_STATISTICS = (
    ("count", "count({})"), ("mean", "avg({})"), ("std", "stddev_samp({})"), ("min", "min({})"),
    ("25%", "quantile_cont({}, 0.25)"), ("50%", "quantile_cont({}, 0.5)"), ("75%", "quantile_cont({}, 0.75)"),
    ("max", "max({})"),
)  # fmt: skip


def _describe(frame: Frame, table: Table) -> str:
    rows = [
        (label, [f"{call.format(name(column))}::DOUBLE" for column in frame.columns])
        for label, call in _STATISTICS
    ]
    return _union(frame, table, rows, [_free("statistic", frame.columns), *frame.columns])


def _free(head: str, taken: tuple[str, ...]) -> str:
    while head in taken:
        head += " "
    return head


def _correlation(frame: Frame, table: Table) -> str:
    if len(frame.columns) == 2:
        first, second = map(name, frame.columns)
        return "\n".join([f"SELECT corr({first}, {second}) AS correlation", f"FROM {source(table)}",
                          *where(frame, table)])  # fmt: skip
    rows = [(one, [f"corr({name(one)}, {name(other)})" for other in frame.columns]) for one in frame.columns]
    return _union(frame, table, rows, [_free("column", frame.columns), *frame.columns])


def _difference(frame: Frame, table: Table) -> str:
    column, first, second = frame.columns
    sign = "-" if frame.kind == "difference" else "/"
    kept = where(frame, table)
    joint = f"{kept[0]} AND" if kept else "WHERE"
    start = f"SELECT {function(frame.aggs[0])} FROM {source(table)} {joint} {name(column)}"  # noqa: S608
    parts = [f"({start} = {literal(value)})::DOUBLE" for value in (first, second)]
    one, two = parts
    cells = [(first, one), (second, two), (f"{first} {sign} {second}", f"{one} {sign} {_divisor(sign, two)}")]
    made = [f"SELECT {literal(label)} AS {name(column)}, {cell} AS {name(agg_text(frame.aggs[0]))}"
            for label, cell in cells]  # fmt: skip
    return "\nUNION ALL\n".join(made)


def _divisor(sign: str, part: str) -> str:
    return f"nullif({part}, 0)" if sign == "/" else part


def _share_groups(frame: Frame, table: Table) -> str:
    agg, dim = frame.aggs[0], frame.dims[0]
    part = f"coalesce({function(agg)}, 0)" if agg.column else "count(*)"
    return "\n".join([
        f"SELECT {key(dim)} AS {name(dim.period or dim.column)},",
        f"  100.0 * {part} / sum({part}) OVER () AS percent",
        f"FROM {source(table)}", *where(frame, table), "GROUP BY 1", "ORDER BY 2 DESC, 1",
    ])  # fmt: skip


def _share_rows(frame: Frame, table: Table) -> str:
    kept = " AND ".join(condition(one, table) for one in frame.filters)
    return f"SELECT 100.0 * avg(CASE WHEN {kept} THEN 1 ELSE 0 END) AS percent\nFROM {source(table)}"


def _share_sum(frame: Frame, table: Table) -> str:
    column = name(frame.aggs[0].column or "")
    kept = " AND ".join(condition(one, table) for one in frame.filters)
    part = f"coalesce(sum({column}) FILTER (WHERE {kept}), 0)"
    return f"SELECT 100.0 * {part} / nullif(sum({column}), 0) AS percent\nFROM {source(table)}"


def _missing(frame: Frame, table: Table) -> str:
    gaps = f"SELECT count(*) - count({name(frame.columns[0])}) AS missing"
    return "\n".join([gaps, f"FROM {source(table)}", *where(frame, table)])


def _missing_all(frame: Frame, table: Table) -> str:
    rows = [(column.name, [f"count(*) - count({name(column.name)})"]) for column in table.columns]
    return _union(frame, table, rows, ["column", "missing"])


def _duplicates(_: Frame, table: Table) -> str:
    rows = source(table)
    return (
        f"SELECT count(*) - (SELECT count(*) FROM (SELECT DISTINCT * FROM {rows})) AS repeated\n"  # noqa: S608
        f"FROM {rows}"
    )


def _shape(frame: Frame, table: Table) -> str:
    rows = [("rows", ["count(*)"]), ("columns", [str(len(table.columns))])]
    return _union(frame, table, rows, ["what", "number"]).replace(
        f"SELECT 'columns', {len(table.columns)}\nFROM {source(table)}",
        f"SELECT 'columns', {len(table.columns)}",
    )


def _columns(_: Frame, table: Table) -> str:
    return "\nUNION ALL\n".join(
        f"SELECT {literal(column.name)}" + (" AS name" if not at else "")
        for at, column in enumerate(table.columns)
    )


def _unique(frame: Frame, table: Table) -> str:
    column = name(frame.columns[0])
    return "\n".join([f"SELECT DISTINCT {column}", f"FROM {source(table)}",
                      *where(frame, table, extra=f"{column} IS NOT NULL"), "ORDER BY 1"])  # fmt: skip


_WRITERS: dict[str, Callable[[Frame, Table], str]] = {
    "aggregate": _aggregate,
    "trend": _aggregate,
    "rank": _rank,
    "top_rows": _top_rows,
    "rows": _rows,
    "frequency": _frequency,
    "mode": _mode,
    "histogram": _describe,
    "describe": _describe,
    "correlation": _correlation,
    "difference": _difference,
    "ratio": _difference,
    "share_groups": _share_groups,
    "share_rows": _share_rows,
    "share_sum": _share_sum,
    "missing": _missing,
    "missing_all": _missing_all,
    "duplicates": _duplicates,
    "columns": _columns,
    "column_count": lambda _, table: f"SELECT {len(table.columns)} AS columns",
    "shape": _shape,
    "unique": _unique,
}
