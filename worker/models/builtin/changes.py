"""What is a reading with one thing changed: its groups, rows, measure, function, number, order or form?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from worker.models.builtin.cores_charts import fitted
from worker.models.builtin.follow_words import Change
from worker.models.builtin.frame import Agg, Dim, Filter, Frame, NotSureError
from worker.models.builtin.grammar import Context
from worker.models.builtin.groups import Groups
from worker.models.builtin.reader import in_time
from worker.models.builtin.schema import Table

_GROUPED = {"aggregate", "trend", "share_groups"}
_FILTERED = {
    "aggregate", "rank", "top_rows", "rows", "trend", "frequency", "histogram", "correlation", "share_groups",
    "missing", "unique", "mode", "describe", "difference", "ratio",
}  # fmt: skip
_BOUNDS = {"<", "<=", ">", ">=", "between", "> mean", "< mean"}
_EQUAL = {"=", "in", "days", "same", "between", "from", "before", "<", "<=", ">", ">="}


def changed(base: Frame, change: Change, context: Context) -> Frame:
    """Return `base` with the change.

    Raises:
        NotSureError: it does not go with the question before, or may mean more than one thing.
    """
    if base.having is not None and change.what != "filter":
        raise NotSureError("the question before sets a bound to its groups: ask the new one in full")
    return _APPLIED[change.what](base, change, context)


def _group(base: Frame, change: Change, context: Context) -> Frame:
    dims = _dims(change.value, context.table)
    if base.kind not in _GROUPED or len(base.dims) > 1:
        raise NotSureError("the question before has no groups to change: ask the new one in full")
    if isinstance(change.value, Groups) and change.value.per and any(a.function == "mean" for a in base.aggs):
        raise NotSureError('"per" may mean an average of rows or a ratio: ask for "by ..."')
    if dims == base.dims:
        raise NotSureError("that is what was asked before")
    if base.kind == "trend" and (len(dims) != 1 or dims[0].period is None):
        base = replace(base, kind="aggregate", dims=dims, which="", chart="")
        return in_time(base, context.table)
    if base.kind == "share_groups" and len(dims) > 1:
        raise NotSureError("shares are of one group: ask the new question in full")
    return in_time(replace(base, dims=dims, ascending=False), context.table)


def _dims(value: Any, table: Table) -> tuple[Dim, ...]:
    if isinstance(value, Groups):
        return value.dims
    dates = table.dated
    if len(dates) != 1:
        raise NotSureError(f"there is not one date column to take the {value}s from: name it")
    return (Dim(dates[0].name, value),)


def _filter(base: Frame, change: Change, context: Context) -> Frame:
    new: tuple[Filter, ...] = change.value.filters
    if base.kind not in _FILTERED or not new:
        raise NotSureError("a condition does not go with the question before: ask the new one in full")
    table = context.table
    if base.dims and any(one.op in _BOUNDS and _amount(one, table) for one in new) and not change.value.where:
        raise NotSureError(f"the condition on {new[0].column} may be about rows or about whole groups")
    columns = {one.column for one in new}
    replaced = [one for one in base.filters if one.column in columns]
    if any(one.op not in _EQUAL for one in (*replaced, *(new if replaced else ()))):
        raise NotSureError(
            f"two conditions on {new[0].column} do not go together: ask the new question in full"
        )
    if set(new) <= set(base.filters):
        raise NotSureError("that is what was asked before")
    kept = tuple(one for one in base.filters if one.column not in columns)
    timely = all(_time(one, table) for one in new) or all(_time(one, table) for one in kept)
    if kept and not replaced and not change.sure and not timely:
        raise NotSureError(
            f"{new[0].column} may be meant besides {kept[0].column} or instead of it: ask in full"
        )
    if base.kind in {"difference", "ratio"} and base.columns[0] in columns:
        raise NotSureError("the question before compares just these: ask the new one in full")
    named = {one.column for one in new if one.op == "="}
    dims = base.dims
    if base.kind == "aggregate":
        dims = tuple(dim for dim in dims if dim.period or dim.column not in named)
    return replace(base, filters=(*kept, *new), dims=dims)


def _amount(one: Filter, table: Table) -> bool:
    column = table.column(one.column)
    return column.kind == "number" and not column.calendar


def _time(one: Filter, table: Table) -> bool:
    column = table.column(one.column)
    return column.kind == "date" or column.calendar


def _only_agg(base: Frame) -> Agg:
    if len(base.aggs) != 1 or base.kind not in {"aggregate", "trend", "rank", "difference", "ratio"}:
        raise NotSureError("there is not one computation in the question before to change: ask in full")
    return base.aggs[0]


def _function(base: Frame, change: Change, _: Context) -> Frame:
    function, argument = change.value
    agg = _only_agg(base)
    if agg.column is None or function == "nunique" or (isinstance(argument, str) and argument):
        raise NotSureError("it is not said of what: ask the new question in full")
    if function in {"min", "max"} and base.dims:
        raise NotSureError("the highest group or the highest value in each may be meant: ask in full")
    made = Agg(function, agg.column, argument if function == "quantile" else None)
    if made == agg:
        raise NotSureError("that is what was asked before")
    return replace(base, aggs=(made,), ascending=base.ascending if base.kind == "rank" else False)


def _measure(base: Frame, change: Change, _: Context) -> Frame:
    _only_agg(base)
    agg: Agg = change.value
    if agg.superlative and base.dims:
        raise NotSureError("the highest group or the highest value in each may be meant: ask in full")
    if base.dims and agg.column in {dim.column for dim in base.dims}:
        raise NotSureError(f"{agg.column} cannot be both grouped by and computed")
    return replace(base, aggs=(agg,))


def _column(base: Frame, change: Change, context: Context) -> Frame:
    found = change.value
    if base.kind in {"histogram", "top_rows", "describe", "missing"} and (
        found.id_like or len(base.columns) < 1
    ):
        raise NotSureError(f"{found.name} holds names or times: ask the new question in full")
    if base.kind in {"histogram", "top_rows"} or (
        base.kind in {"describe", "missing"} and len(base.columns) == 1
    ):
        return replace(base, columns=(found.name, *base.columns[1:]))
    if base.kind == "share_groups" and base.aggs[0].column:
        return replace(base, aggs=(Agg("sum", found.name),))
    agg = _only_agg(base)
    if agg.column is None or found.id_like or agg.column == found.name:
        raise NotSureError(f"it is not said what to do with {found.name}: ask the new question in full")
    if context.table.column(agg.column).kind != "number":
        raise NotSureError(f"{agg.column} holds no numbers: ask the new question in full")
    return replace(base, aggs=(replace(agg, column=found.name),))


def _limit(base: Frame, change: Change, _: Context) -> Frame:
    limit, ascending = change.value
    if limit == 0:
        raise NotSureError("none would be left")
    if base.kind in {"rank", "top_rows"}:
        return replace(base, limit=limit, ascending=ascending)
    if base.kind == "aggregate" and len(base.dims) == 1 and len(base.aggs) == 1:
        return replace(base, kind="rank", limit=limit, ascending=ascending)
    raise NotSureError("the question before ranks nothing: ask the new one in full")


def _end(base: Frame, change: Change, _: Context) -> Frame:
    if base.kind not in {"rank", "top_rows"}:
        raise NotSureError("the question before ranks nothing: ask the new one in full")
    if base.ascending == change.value:
        raise NotSureError("that is what was asked before")
    return replace(base, ascending=change.value)


def _chart(base: Frame, change: Change, context: Context) -> Frame:
    made = fitted(context, replace(base, chart=change.value), ())
    if made is None:
        raise NotSureError("; ".join(context.hints[-1:]) or "there is no chart of what was asked before")
    return made


def _order(base: Frame, change: Change, _: Context) -> Frame:
    if base.kind != "aggregate" or len(base.dims) != 1 or len(base.aggs) != 1 or base.dims[0].period:
        raise NotSureError("it is not sure what is to be sorted: ask the new question in full")
    return replace(base, ascending=change.value, by_name=False)


def _sort(base: Frame, change: Change, _: Context) -> Frame:
    if base.kind != "aggregate" or len(base.dims) != 1 or len(base.aggs) != 1:
        raise NotSureError("it is not sure what is to be sorted: ask the new question in full")
    dim, agg = base.dims[0], base.aggs[0]
    if change.value in {"", dim.column}:
        return replace(base, by_name=dim.period is None, ascending=False)
    if change.value == agg.column and dim.period is None:
        return replace(base, by_name=False, ascending=False)
    raise NotSureError(f"{change.value} is not in the answer before, so it cannot be sorted by it")


def _share(base: Frame, _: Change, __: Context) -> Frame:
    agg = base.aggs[0] if len(base.aggs) == 1 else None
    if base.kind == "frequency":
        return Frame("share_groups", (Agg("count"),), (Dim(base.columns[0]),), base.filters)
    if base.kind != "aggregate" or agg is None or agg.function not in {"sum", "count"}:
        raise NotSureError("shares are of sums and counts: ask the new question in full")
    if len(base.dims) == 1:
        return Frame("share_groups", (replace(agg, superlative=False),), base.dims, base.filters)
    if not base.dims and len(base.filters) == 1:
        return Frame("share_rows" if agg.column is None else "share_sum", base.aggs, filters=base.filters)
    raise NotSureError("it is not said of what a share is meant: ask the new question in full")


_APPLIED = {
    "group": _group,
    "filter": _filter,
    "function": _function,
    "measure": _measure,
    "column": _column,
    "limit": _limit,
    "end": _end,
    "chart": _chart,
    "order": _order,
    "sort": _sort,
    "share": _share,
}
