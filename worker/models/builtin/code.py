"""Which pandas code, such as a person would write, computes a reading?"""

from __future__ import annotations

from collections.abc import Callable

from worker.models.builtin.code_charts import chart_lines
from worker.models.builtin.code_filters import listed, literal, mask, rows_lines
from worker.models.builtin.code_series import SERIES_WRITERS
from worker.models.builtin.code_stats import STATS_WRITERS
from worker.models.builtin.frame import Agg, Dim, Frame
from worker.models.builtin.naming import agg_text, dim_text
from worker.models.builtin.schema import Table

_TO_PERIOD = {
    "day": '.dt.strftime("%Y-%m-%d")',
    "week": '.dt.to_period("W").dt.start_time.dt.strftime("%Y-%m-%d")',
    "month": '.dt.strftime("%Y-%m")',
    "quarter": '.dt.to_period("Q").astype(str)',
    "year": ".dt.year",
}


def write(frame: Frame, table: Table) -> str:
    """Return the source that leaves the answer in `result`."""
    filtered = frame.kind not in {"share_rows", "share_sum"}
    lines, rows = rows_lines(frame, table, filtered=filtered)
    computed = _WRITERS[frame.kind](frame, table, rows)
    return "\n".join([*lines, *computed, *chart_lines(frame, rows)]) + "\n"


def method(agg: Agg, frame: Frame, table: Table) -> str:
    """Return `.sum()`; a sum of nothing but missing values is missing, not 0."""
    if agg.function == "quantile":
        return f".quantile({agg.argument!r})"
    if agg.function == "range":
        return ".agg(lambda values: values.max() - values.min())"
    if agg.function == "sum" and agg.column and (frame.filters or table.column(agg.column).nulls):
        return ".sum(min_count=1)"
    return f".{agg.function}()"


def _aggregate(frame: Frame, table: Table, rows: str) -> list[str]:
    if frame.dims:
        return _grouped(frame, table, rows)
    parts = [_plain(agg, frame, table, rows) for agg in frame.aggs]
    if len(parts) == 1:
        return [f"result = {parts[0]}"]
    cells = [f"    {literal(agg_text(agg))}: {part}," for agg, part in zip(frame.aggs, parts, strict=True)]
    return ["result = pd.Series({", *cells, "})"]


def _plain(agg: Agg, frame: Frame, table: Table, rows: str) -> str:
    if agg.column is None:
        return f"len({rows})"
    if agg.function == "range":
        return _range(agg.column, rows)
    return f"{rows}[{literal(agg.column)}]{method(agg, frame, table)}"


def _range(column: str, rows: str) -> str:
    return f"{rows}[{literal(column)}].max() - {rows}[{literal(column)}].min()"


def _keys(dims: tuple[Dim, ...], table: Table, rows: str) -> tuple[list[str], list[str], str]:
    """Return lines that make ready the keys, the keys' source, and the name of the rows to group."""
    lines: list[str] = []
    keys: list[str] = []
    for dim in dims:
        column = table.column(dim.column)
        if dim.period is None:
            keys.append(literal(dim.column))
            continue
        if column.nulls:
            lines.append(f"dated = {rows}.dropna(subset=[{literal(dim.column)}])")
            rows = "dated"
        variable = dim.period
        label = dim.period if all(c.name != dim.period for c in table.columns) else dim_text(dim)
        lines.append(
            f"{variable} = {rows}[{literal(dim.column)}]{_TO_PERIOD[dim.period]}.rename({literal(label)})"
        )
        keys.append(variable)
    return lines, keys, rows


def _grouped(frame: Frame, table: Table, rows: str) -> list[str]:
    lines, keys, rows = _keys(frame.dims, table, rows)
    nulls = any(table.column(dim.column).nulls and dim.period is None for dim in frame.dims)
    nulls = nulls and frame.having is None
    by = keys[0] if len(keys) == 1 else f"[{', '.join(keys)}]"
    start = f"{rows}.groupby({by}{', dropna=False' if nulls else ''})"
    if len(frame.aggs) > 1:
        named = [
            f"    {literal(agg_text(agg))}: {start}{_of_group(agg, frame, table)}," for agg in frame.aggs
        ]
        return [*lines, "result = pd.DataFrame({", *named, "}).reset_index()"]
    agg = frame.aggs[0]
    made = start + _of_group(agg, frame, table)
    if len(frame.dims) > 1:
        return [*lines, f"result = {made}.reset_index(name={literal(agg_text(agg))})"]
    if frame.having:
        lines.append(f"groups = {made}.dropna()")
        kept = f"groups {frame.having[0]} {frame.having[1]!r}"
        if frame.count_groups:
            return [*lines, f"result = ({kept}).sum()"]
        return [*lines, f"result = groups[{kept}].sort_values(ascending=False)"]
    if frame.by_name:
        made += ".sort_index()"
    elif frame.ascending:
        made += ".sort_values()"
    elif frame.dims[0].period is None:
        made += ".sort_values(ascending=False)"
    return [*lines, f"result = {made}"]


def _of_group(agg: Agg, frame: Frame, table: Table) -> str:
    if agg.column is None:
        return ".size()"
    return f"[{literal(agg.column)}]{method(agg, frame, table)}"


def _trend(frame: Frame, table: Table, rows: str) -> list[str]:
    lines, keys, rows = _keys(frame.dims, table, rows)
    made = f"{rows}.groupby({keys[0]}){_of_group(frame.aggs[0], frame, table)}"
    return [*lines, f"result = {made}"]


def _rank(frame: Frame, table: Table, rows: str) -> list[str]:
    lines, keys, rows = _keys(frame.dims, table, rows)
    agg = frame.aggs[0]
    pick = "nsmallest" if frame.ascending else "nlargest"
    lines.append(f"groups = {rows}.groupby({keys[0]}){_of_group(agg, frame, table)}.dropna()")
    return [*lines, f'result = groups.{pick}({frame.limit}, keep="all")']


def _top_rows(frame: Frame, table: Table, rows: str) -> list[str]:
    by = frame.columns[0]
    pick = "nsmallest" if frame.ascending else "nlargest"
    known = f"{rows}.dropna(subset=[{literal(by)}])" if table.column(by).nulls else rows
    made = f'{known}.{pick}({frame.limit}, {literal(by)}, keep="all")'
    if len(frame.columns) > 1:
        made += f"[{listed((frame.columns[1], by))}]"
        if frame.limit == 1:
            made += ".drop_duplicates()"
    return [f"result = {made}"]


def _rows(frame: Frame, _: Table, rows: str) -> list[str]:
    if frame.which == "random":
        return [f"result = {rows}.sample(n=min({frame.limit}, len({rows})), random_state=0)"]
    picks = {"first": f".head({frame.limit})", "last": f".tail({frame.limit})", "all": ""}
    return [f"result = {rows}{picks[frame.which]}"]


def _frequency(frame: Frame, table: Table, rows: str) -> list[str]:
    name = frame.columns[0]
    keep = "dropna=False" if table.column(name).nulls else ""
    return [f"result = {rows}[{literal(name)}].value_counts({keep})"]


def _histogram(frame: Frame, _: Table, rows: str) -> list[str]:
    return [f"result = {rows}[{literal(frame.columns[0])}].dropna().describe()"]


def _box(frame: Frame, table: Table, rows: str) -> list[str]:
    name = literal(frame.columns[0])
    if not frame.dims:
        return [f"result = {rows}[{name}].describe()"]
    group = frame.dims[0].column
    keep = ", dropna=False" if table.column(group).nulls else ""
    return [f"result = {rows}.groupby({literal(group)}{keep})[{name}].describe().reset_index()"]


def _scatter(frame: Frame, _: Table, rows: str) -> list[str]:
    pair = listed(frame.columns[:2])
    return [f"result = {rows}[{listed(frame.columns)}].dropna(subset={pair})"]


def _correlation(frame: Frame, _: Table, rows: str) -> list[str]:
    if len(frame.columns) == 2:
        first, second = (f"{rows}[{literal(name)}]" for name in frame.columns)
        return [f"result = {first}.corr({second})"]
    label = literal(free("column", frame.columns))
    return [f"result = {rows}[{listed(frame.columns)}].corr().reset_index(names={label})"]


def free(name: str, taken: tuple[str, ...]) -> str:
    """Return `name`, or a longer one that is not among `taken`."""
    while name in taken:
        name += " "
    return name


def _difference(frame: Frame, table: Table, rows: str) -> list[str]:
    agg = frame.aggs[0]
    column, first, second = frame.columns
    lines = []
    for variable, value in (("first", first), ("second", second)):
        lines.append(f"{variable}_rows = {rows}[{rows}[{literal(column)}] == {literal(value)}]")
        lines.append(f"{variable} = {_of_rows(agg, f'{variable}_rows')}")
    sign = "-" if frame.kind == "difference" else "/"
    label = f"{first} {sign} {second}"
    made = f"first {sign} second" if sign == "-" else "first / second if second else None"
    cells = f"{literal(first)}: first, {literal(second)}: second, {literal(label)}: {made}"
    return [*lines, f"result = pd.Series({{{cells}}}, dtype=float)"]


def _of_rows(agg: Agg, rows: str) -> str:
    if agg.column is None:
        return f"len({rows})"
    if agg.function == "range":
        return _range(agg.column, rows)
    ending = {"sum": ".sum(min_count=1)", "quantile": f".quantile({agg.argument!r})"}.get(
        agg.function, f".{agg.function}()"
    )
    return f"{rows}[{literal(agg.column)}]{ending}"


def _share_groups(frame: Frame, table: Table, rows: str) -> list[str]:
    lines, keys, rows = _keys(frame.dims, table, rows)
    agg = frame.aggs[0]
    keep = ", dropna=False" if table.column(frame.dims[0].column).nulls else ""
    what = f"[{literal(agg.column)}].sum()" if agg.column else ".size()"
    lines.append(f"totals = {rows}.groupby({keys[0]}{keep}){what}")
    return [*lines, "result = (100 * totals / totals.sum()).sort_values(ascending=False)"]


def _share_rows(frame: Frame, _: Table, rows: str) -> list[str]:
    return [f"result = 100 * ({mask(frame.filters, rows)}).mean()"]


def _share_sum(frame: Frame, _: Table, rows: str) -> list[str]:
    column = literal(frame.aggs[0].column or "")
    return [
        f"part = {rows}.loc[{mask(frame.filters, rows)}, {column}].sum()",
        f"whole = {rows}[{column}].sum()",
        "result = 100 * part / whole if whole else None",
    ]


def _describe(frame: Frame, _: Table, rows: str) -> list[str]:
    if len(frame.columns) == 1:
        return [f"result = {rows}[{literal(frame.columns[0])}].describe()"]
    name = literal(free("statistic", frame.columns))
    return [f"result = {rows}[{listed(frame.columns)}].describe().reset_index(names={name})"]


def _mode(frame: Frame, _: Table, rows: str) -> list[str]:
    return [
        f"counts = {rows}[{literal(frame.columns[0])}].value_counts()",
        "result = counts[counts == counts.max()]",
    ]


def _unique(frame: Frame, _: Table, rows: str) -> list[str]:
    column = f"{rows}[{literal(frame.columns[0])}]"
    return [f"result = {column}.dropna().drop_duplicates().sort_values().reset_index(drop=True)"]


def _missing(frame: Frame, _: Table, rows: str) -> list[str]:
    return [f"result = {rows}[{literal(frame.columns[0])}].isna().sum()"]


def _of_table(template: str) -> Callable[[Frame, Table, str], list[str]]:
    return lambda _frame, _table, rows: [f"result = {template.format(rows=rows)}"]


_WRITERS: dict[str, Callable[[Frame, Table, str], list[str]]] = {
    "aggregate": _aggregate,
    "trend": _trend,
    "rank": _rank,
    "top_rows": _top_rows,
    "rows": _rows,
    "frequency": _frequency,
    "histogram": _histogram,
    **STATS_WRITERS,
    **SERIES_WRITERS,
    "box": _box,
    "scatter": _scatter,
    "correlation": _correlation,
    "difference": _difference,
    "ratio": _difference,
    "share_groups": _share_groups,
    "share_rows": _share_rows,
    "share_sum": _share_sum,
    "missing": _missing,
    "missing_all": _of_table("{rows}.isna().sum()"),
    "duplicates": _of_table("{rows}.duplicated().sum()"),
    "describe": _describe,
    "columns": _of_table("{rows}.columns.tolist()"),
    "dtypes": _of_table("{rows}.dtypes.astype(str)"),
    "shape": _of_table('pd.Series({{"rows": {rows}.shape[0], "columns": {rows}.shape[1]}})'),
    "column_count": _of_table("{rows}.shape[1]"),
    "unique": _unique,
    "mode": _mode,
}
