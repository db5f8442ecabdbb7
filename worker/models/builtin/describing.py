"""How is a reading said in one plain sentence?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from worker.models.builtin.describing_stats import STATS_WORDS
from worker.models.builtin.frame import Filter, Frame
from worker.models.builtin.naming import agg_text, dim_text
from worker.models.builtin.schema import Table


def filter_text(one: Filter) -> str:
    """Return `country is Germany`."""
    name, op = one.column, one.op
    if op in {"missing", "present"}:
        return f"{name} is {'missing' if op == 'missing' else 'not missing'}"
    if op in {"in", "not in"}:
        texts = [str(value) for value in one.values]
        return f"{name} is {' or '.join(texts)}" if op == "in" else f"{name} is neither {' nor '.join(texts)}"
    if op == "between":
        return f"{name} is between {one.values[0]} and {one.values[1]} (both included)"
    if op.endswith(" mean"):
        return f"{name} is {'above' if op[0] == '>' else 'below'} the average {name} of all rows"
    if op.endswith(" column"):
        return f"{name} {op.split()[0]} {one.values[0]}"
    if op in {"days", "from", "before"}:
        return _days_text(one)
    value = str(one.values[0]).lower() if isinstance(one.values[0], bool) else one.values[0]
    return f"{name} {_OPERATION_WORDS.get(op, op)} {value}"


_OPERATION_WORDS = {
    "=": "is", "same": "is (whatever its case)", "!=": "is not", "contains": "contains",
    "startswith": "starts with", "endswith": "ends with",
}  # fmt: skip


def _days_text(one: Filter) -> str:
    days = [str(value) for value in one.values]
    if one.op == "from":
        return f"{one.column} is {days[0]} or later"
    if one.op == "before":
        return f"{one.column} is before {days[0]}"
    last = date.fromisoformat(days[1]) - timedelta(days=1)
    if days[0] == last.isoformat():
        return f"{one.column} is on {days[0]}"
    return f"{one.column} is from {days[0]} to {last.isoformat()}"


def filters_text(frame: Frame) -> str:
    """Return ` where country is Germany and price > 10`, or nothing."""
    return " where " + " and ".join(filter_text(one) for one in frame.filters) if frame.filters else ""


def describe(frame: Frame, table: Table) -> str:
    """Return what was understood, in one sentence without a full stop."""
    if frame.kind in STATS_WORDS:
        said = replace(
            frame, filters=tuple(f for f in frame.filters if frame.kind != "t_test" or f.op != "in")
        )
        return STATS_WORDS[frame.kind](frame, table) + filters_text(said) + _remarks(frame, table)
    core = _core(frame)
    where = "" if frame.kind in _FILTERS_SAID else filters_text(frame)
    return core + where + _remarks(frame, table) + _chart(frame)


def _chart(frame: Frame) -> str:
    usual = {
        "trend": "line",
        "histogram": "histogram",
        "frequency": "bar",
        "scatter": "scatter",
        "box": "box",
    }
    if not frame.chart or usual.get(frame.kind) == frame.chart:
        return ""
    kind = {"heatmap": "a heatmap", "scatter": "a scatter plot"}.get(frame.chart, f"a {frame.chart} chart")
    return f"; drawn as {kind}"


_FILTERS_SAID = {"aggregate", "trend", "share_rows", "share_sum"}
"""Kinds whose own words already name the filters."""


def _core(frame: Frame) -> str:
    if frame.kind in _OWN_WORDS:
        return _OWN_WORDS[frame.kind](frame)
    return _PATTERNS[frame.kind].format(
        aggs=_aggs(frame),
        dims=" and ".join(dim_text(dim) for dim in frame.dims),
        names=" and ".join(frame.columns),
    )


def _aggs(frame: Frame) -> str:
    return " and ".join(agg_text(agg) for agg in frame.aggs)


_PATTERNS = {
    "frequency": "number of rows for each value of {names}, most frequent first",
    "histogram": "distribution of {names}: a histogram and summary numbers",
    "correlation": "Pearson correlation between {names}",
    "share_groups": "share of the total {aggs} for each {dims}, in percent, largest first",
    "missing": "number of missing values in {names}",
    "missing_all": "number of missing values in each column",
    "duplicates": "number of rows that repeat an earlier row in every column",
    "describe": "summary statistics of {names}",
    "columns": "names of the columns",
    "dtypes": "data type of each column",
    "shape": "number of rows and columns",
    "column_count": "number of columns",
    "unique": "different values of {names}",
    "mode": "most common value of {names} and its number of rows (ties kept)",
}


def _aggregate(frame: Frame) -> str:
    dims = " and ".join(dim_text(dim) for dim in frame.dims)
    what = _aggs(frame) + filters_text(frame)
    if frame.having:
        only = f"only those where it is {frame.having[0]} {frame.having[1]}"
        if frame.count_groups:
            return f"how many {dims} have a {what} {frame.having[0]} {frame.having[1]}"
        return f"{what}{',' if frame.filters else ''} for each {dims}, {only}, largest first"
    return f"{what}{',' if frame.filters else ''} for each {dims}{_order(frame)}" if dims else what


def _order(frame: Frame) -> str:
    if frame.by_name:
        return f", in order of {frame.dims[0].column}"
    if len(frame.dims) > 1 or len(frame.aggs) > 1 or frame.dims[0].period:
        return ", in order of the groups" if not frame.ascending else ", smallest first"
    return ", smallest first" if frame.ascending else ", largest first"


def _best(frame: Frame) -> str:
    period = frame.dims[0].period or frame.dims[0].column
    return {"": "", "best": f", and the best {period}", "worst": f", and the worst {period}",
            "both": f", and the best and worst {period}"}[frame.which]  # fmt: skip


def _top_rows(frame: Frame) -> str:
    end = "lowest" if frame.ascending else "highest"
    number = "row" if frame.limit == 1 else f"{frame.limit} rows"
    shown = f", showing {frame.columns[1]}" if len(frame.columns) > 1 else ""
    return f"the {number} with the {end} {frame.columns[0]} (ties kept){shown}"


def _rows(frame: Frame) -> str:
    if frame.which == "all":
        return "the rows"
    number = "row" if frame.limit == 1 else f"{frame.limit} rows"
    return (
        f"{frame.limit} random {'row' if frame.limit == 1 else 'rows'} (seed 0)"
        if frame.which == "random"
        else f"the {frame.which} {number}"
    )


def _pair(frame: Frame) -> str:
    return f"{frame.columns[0]} {frame.columns[1]} and {frame.columns[2]}"


def _trend(frame: Frame) -> str:
    what = _aggs(frame) + filters_text(frame) + ("," if frame.filters else "")
    return f"{what} for each {dim_text(frame.dims[0])}, in order of time{_best(frame)}"


def _rank(frame: Frame) -> str:
    end = "lowest" if frame.ascending else "highest"
    groups = dim_text(frame.dims[0])
    who = f"the {groups}" if frame.limit == 1 else f"the {frame.limit} groups by {groups}"
    return f"{who} with the {end} {_aggs(frame)} (ties kept)"


_OWN_WORDS: dict[str, Callable[[Frame], str]] = {
    "aggregate": _aggregate,
    "trend": _trend,
    "rank": _rank,
    "top_rows": _top_rows,
    "rows": _rows,
    "difference": lambda f: f"difference in {_aggs(f)} between {_pair(f)} (the first minus the second)",
    "ratio": lambda f: f"ratio of {_aggs(f)} between {_pair(f)} (the first divided by the second)",
    "scatter": lambda f: (
        f"{f.columns[1]} (up) against {f.columns[0]} (across), rows that have both"
        + (f", coloured by {f.columns[2]}" if len(f.columns) > 2 else "")
    ),
    "box": lambda f: (
        f"distribution of {f.columns[0]}"
        + "".join(f" for each {dim_text(dim)}" for dim in f.dims)
        + ": a box plot and summary numbers"
    ),
    "share_rows": lambda f: f"percentage of all rows{filters_text(f)}",
    "share_sum": lambda f: f"percentage of the total {_aggs(f)} that comes from rows{filters_text(f)}",
}


def _remarks(frame: Frame, table: Table) -> str:
    """Return how missing values are treated, where there are any."""
    remarks = []
    kept = frame.kind in {"aggregate", "box", "share_groups"} and frame.having is None
    for dim in frame.dims:
        if table.column(dim.column).nulls:
            own = kept and dim.period is None
            remarks.append(
                f"rows without {dim.column} {'are a group of their own' if own else 'are left out'}"
            )
    for agg in frame.aggs:
        if agg.column and table.column(agg.column).nulls:
            remarks.append(f"missing {agg.column} is left out")
    for one in frame.filters:
        if table.column(one.column).nulls and one.op in {"!=", "not in"}:
            remarks.append(f"rows without {one.column} are kept")
        if table.column(one.column).kind == "boolean" and table.column(one.column).nulls and one.op == "=":
            what = "are part of the whole" if frame.kind.startswith("share") else "are left out"
            remarks.append(f"rows without {one.column} {what}")
    if frame.kind == "mode" or frame.kind == "unique" or frame.kind == "top_rows":
        remarks += [f"missing {name} is left out" for name in frame.columns[:1] if table.column(name).nulls]
    return "".join(f"; {remark}" for remark in dict.fromkeys(remarks))
