"""Is what stands around a core surely about rows, groups or a ratio?"""

from __future__ import annotations

from typing import Any

from worker.models.builtin import lexicon
from worker.models.builtin.cores_ranked import panels
from worker.models.builtin.doubts import SHOWING
from worker.models.builtin.frame import Dim, Filter, Frame, NotSureError
from worker.models.builtin.grammar import Context
from worker.models.builtin.groups import Groups
from worker.models.builtin.modifiers import Filters
from worker.models.builtin.schema import Column, Table


def about_rows(context: Context, core: Frame, found: tuple[Any, ...]) -> bool:
    """Whether every bound on a number is surely about rows and not about groups (SQL's WHERE, not HAVING)."""
    ranked = (
        core.kind == "rank" or core.kind == "unique" or any(agg.function == "nunique" for agg in core.aggs)
    )
    computed = {agg.column for agg in core.aggs}
    grouped = (ranked or core.having is not None) and not _single_rows(context, core, found)
    for one in found:
        if isinstance(one, Groups):
            grouped = True
        if not isinstance(one, Filters):
            continue
        bounds = [f for f in one.filters if f.op in _NUMBER_BOUNDS and _is_amount(context, f)]
        if grouped and bounds and (not one.where or ranked or any(f.column in computed for f in bounds)):
            context.refuse(f"the condition on {bounds[0].column} may be about rows or about whole groups")
            return False
    return True


def _single_rows(context: Context, core: Frame, found: tuple[Any, ...]) -> bool:
    """Whether things are counted of which each has one row at the time that is named."""
    if core.kind != "aggregate" or len(core.aggs) != 1 or core.aggs[0].function != "nunique":
        return False
    filters = (*core.filters, *(f for one in found if isinstance(one, Filters) for f in one.filters))
    times = panels(context.table, context.table.column(core.aggs[0].column or ""))
    return any(one.op == "=" and one.column == time.name for one in filters for time in times)


_NUMBER_BOUNDS = {"<", "<=", ">", ">=", "between", "=", "!=", "> mean", "< mean"}


def _is_amount(context: Context, one: Filter) -> bool:
    found = context.table.column(one.column)
    return found.kind == "number" and not found.calendar


def plain_per(context: Context, core: Frame, groups: list[Groups]) -> bool:
    """Whether `per` can only mean groups: an average of an amount per customer may be a ratio."""
    for dim in (dim for one in groups if one.per for dim in one.dims):
        found = context.table.column(dim.column)
        if found.kind == "number" and not found.calendar and not found.id_like:
            context.refuse(f'"per {found.name}" may mean a ratio: ask for "by {found.name}" to see groups')
            return False
    for agg in core.aggs:
        if agg.function != "mean" or not agg.column:
            continue
        plainly = _said_mean(context) and not context.table.column(agg.column).additive
        if not plainly and not _averages(
            context.table.column(agg.column), [d for one in groups for d in one.dims], context.table
        ):
            context.refuse(
                f'"average {agg.column} per ..." may mean an average of rows or a total divided by a count: '
                f'ask for "average {agg.column} for each ..."'
            )
            return False
    return True


def _said_mean(context: Context) -> bool:
    """Whether a mean was asked for by that word, which nobody uses for a total divided by a count."""
    said = {token.norm for token in context.tokens if token.kind == "word"}
    return "mean" in said and not {"average", "avg"} & said


def sorted_into(context: Context, dims: tuple[Dim, ...]) -> None:
    """Return if rows "by" `dims` can only be counted: they may be sorted by numbers, days and names.

    Raises:
        NotSureError: they may be meant to be sorted or listed.
    """
    kinds = [(context.table.column(dim.column), dim.period) for dim in dims]
    grouping = all(
        c.calendar or period not in {None, "day"} or c.kind == "boolean"
        or (c.kind == "text" and c.unique < context.table.rows)
        for c, period in kinds
    )  # fmt: skip
    if not grouping or SHOWING & {token.norm for token in context.tokens}:
        raise NotSureError(
            "the rows themselves or how many there are may be meant: ask for the number of rows"
        )


def _averages(found: Column, dims: list[Dim], table: Table) -> bool:
    """Whether an average "per" `dims` can only be one of rows: of a rate, or by what only sorts the rows."""
    if found.rate_like:
        return True
    if found.additive or found.words[-1] != found.stems[-1] or found.stems[-1] in lexicon.PERIODS:
        return False
    kinds = [table.column(dim.column) for dim in dims]
    sorting = all(
        c.calendar
        or (c.kind == "text" and c.unique * 5 <= table.rows and not set(c.stems) & lexicon.ENTITY_WORDS)
        for c in kinds
    )
    return sorting and not any(dim.period for dim in dims)
