"""May this reading be computed: do the kinds of its columns bear what is asked of them?"""

from __future__ import annotations

from worker.models.builtin import lexicon
from worker.models.builtin.checks_stats import check_stats
from worker.models.builtin.frame import Agg, Filter, Frame, NotSureError
from worker.models.builtin.row_nouns import counting_column
from worker.models.builtin.schema import Column, Table, date_span

_NUMERIC = {"sum", "mean", "median", "std", "var", "quantile", "range"}
_NAMES = {"sum": "a sum", "mean": "an average", "median": "a median", "std": "a standard deviation",
          "var": "a variance", "range": "a range",
          "quantile": "a quantile", "min": "a minimum", "max": "a maximum"}  # fmt: skip
MAX_GROUPS_OF_NUMBERS = 200
MAX_POINTS = 1000


def check(frame: Frame, table: Table, *, plain_rows: bool = False) -> None:
    """Return if `frame` can be computed truly. `plain_rows`: "rows" were asked for, and no kind of thing.

    Raises:
        NotSureError: it cannot; the message says why.
    """
    for agg in frame.aggs:
        if agg.column == "":
            raise NotSureError("no column is named" + _could_be(table))
        _check_aggregate(agg, table)
    for one in frame.filters:
        _check_values(one, frame, table)
    for dim in frame.dims:
        _check_group(table.column(dim.column), dim.period)
    for agg in frame.aggs:
        if (
            agg.superlative
            and frame.dims
            and frame.kind == "aggregate"
            and table.column(agg.column or "").additive
        ):
            end, most = ("maximum", "highest") if agg.function == "max" else ("minimum", "lowest")
            raise NotSureError(
                f"the group with the {most} {agg.column} may be meant, or the {end} in each group: "
                f'ask for "{end} {agg.column}" or "which group has ..."'
            )
    grouped = {dim.column for dim in frame.dims if dim.period is None}
    if any(agg.column in grouped for agg in frame.aggs):
        raise NotSureError(f"{next(iter(grouped))} cannot be both grouped by and computed")
    if len(frame.aggs) > 1 and frame.dims and any(agg.function == "quantile" for agg in frame.aggs):
        raise NotSureError("several computations with a percentile are too many at once for groups")
    if len(frame.aggs) > 6:
        raise NotSureError("that is more than six computations at once")
    if not (plain_rows and {agg.function for agg in frame.aggs} == {"count"}):
        _check_totals(frame, table)
    _check_kind(frame, table)
    check_stats(frame, table)


def _check_values(one: Filter, frame: Frame, table: Table) -> None:
    """Raise where every value of a column is named: then the groups are meant, and not all rows together."""
    column = table.column(one.column)
    whole = (
        frame.kind in _SUMMED_UP
        and one.op == "in"
        and len(one.values) == column.unique
        and len(column.values) == column.unique
    )
    if whole and all(dim.column != one.column for dim in frame.dims):
        raise NotSureError(f'all values of {one.column} are named: ask for "by {one.column}" to see each')


_SUMMED_UP = {"aggregate", "trend", "rank", "top_rows"}


def _could_be(table: Table) -> str:
    names = [column.name for column in table.of_kind("number") if not column.id_like]
    return f": {', '.join(names[:6])} could be meant" if names else ", and there is no column of numbers"


def _check_aggregate(agg: Agg, table: Table) -> None:
    if agg.column is None or agg.function in {"count", "nunique"}:
        return
    column = table.column(agg.column)
    if not column.unique:
        raise NotSureError(f"{column.name} holds no values")
    what = _NAMES[agg.function]
    if agg.function in _NUMERIC and column.kind != "number":
        raise NotSureError(
            f"{what} of {column.name} makes no sense: it holds {_holding(column)}, not numbers"
        )
    if column.kind not in {"number", "date"}:
        raise NotSureError(f"{what} of {column.name} makes no sense: it holds {_holding(column)}")
    placed = column.stems[-1] in _PLACES and agg.function != "sum" if column.stems else False
    if agg.function in _NUMERIC and column.id_like and not placed:
        raise NotSureError(
            f"{what} of {column.name} makes no sense: its numbers are names (ids, codes or dates)"
        )


_PLACES = {"latitude", "longitude", "lat", "lon", "lng"}
"""Numbers that are no amounts, though a mean of them is a place."""


def _holding(column: Column) -> str:
    return {"text": "text", "date": "dates", "boolean": "yes or no"}.get(column.kind, column.kind)


def _check_group(column: Column, period: str | None) -> None:
    if period is None and column.kind == "number" and column.unique > MAX_GROUPS_OF_NUMBERS:
        raise NotSureError(f"{column.name} has {column.unique} different numbers, too many to group by")
    if period is not None and column.kind != "date" and not (column.yearly and period == "year"):
        raise NotSureError(f"{column.name} is not a date, so it has no {period}s")


def _check_totals(frame: Frame, table: Table) -> None:
    """Raise where a row is the sum of others, so that adding up would count twice."""
    pinned = {one.column for one in frame.filters if one.op in {"=", "in"}}
    pinned |= {dim.column for dim in frame.dims if frame.kind == "aggregate"}
    if frame.kind not in _SUMMED:
        return
    for column in table.of_kind("text"):
        total = [value for value in column.values if value.strip().casefold() in lexicon.TOTAL_VALUES]
        different = {agg.column for agg in frame.aggs if agg.function == "nunique"}
        others = different and len(different) == len(frame.aggs) and column.name not in different
        if total and column.name not in pinned and not others:
            raise NotSureError(
                f"{column.name} holds {total[0]!r}, so some rows may be sums of others: "
                f"say which {column.name} is meant"
            )


_SUMMED = {
    "aggregate", "trend", "rank", "top_rows", "histogram", "correlation", "difference", "ratio",
    "share_groups",
    "share_rows", "share_sum", "describe", "box", "scatter", "regression", "t_test", "anova", "chi_square",
    "correlation_test", "outliers", "outlier_count", "quantiles", "iqr", "moving", "growth", "cumulative",
    "forecast",
}  # fmt: skip


def _check_kind(frame: Frame, table: Table) -> None:
    counting = counting_column(table)
    if frame.kind in {"frequency", "mode", "chi_square"} and counting is not None:
        raise NotSureError(
            f"{counting.name} says how many there are of each row, so counting rows may not be meant: "
            "ask for the number of rows"
        )
    if frame.kind == "share_groups" and frame.aggs[0].column is None and frame.filters:
        raise NotSureError("a share of rows by group with a condition can be read in two ways")
    if frame.kind == "rows" and frame.which == "all" and not frame.filters:
        raise NotSureError("it is not said which rows: ask for the first 5 rows, or rows with a condition")
    if frame.kind == "share_rows" and len(frame.filters) != 1:
        raise NotSureError(
            "a percentage of rows needs exactly one condition, so that it is clear of what it is a part"
        )
    if frame.kind in {"share_groups", "share_sum"} and frame.aggs[0].column:
        column = table.column(frame.aggs[0].column)
        if isinstance(column.low, int | float) and column.low < 0:
            raise NotSureError(f"shares of {column.name} make no sense: some of its values are negative")
    if frame.kind == "trend" and frame.which:
        dim = frame.dims[0]
        span = date_span(table.column(dim.column))
        if dim.period == "day" and span and (span[1] - span[0]).days >= MAX_POINTS:
            raise NotSureError("there are more days than fit one answer: ask for months")
