"""Do the conditions of a question leave one row, or one row for each group?"""

from __future__ import annotations

from datetime import date

from worker.models.builtin.cores_ranked import panels
from worker.models.builtin.frame import Filter, Frame
from worker.models.builtin.schema import Column, Table, date_span


def pinned(frame: Frame, table: Table) -> str:
    """Return why a reading that needs single rows has not got them, or nothing where it surely has."""
    if frame.kind == "top_rows":
        by, named = frame.columns
        if any(
            _fixes(one, table)
            for one in frame.filters
            if table.column(one.column) in panels(table, table.column(named))
        ):
            return ""
        said = f"say whether its total, average or highest {by} is meant"
        return f"there are several rows for each {named}: {said}"
    name = frame.aggs[0].column or ""
    if not frame.dims and _one_row(frame.filters, table):
        return ""
    return f"it is not said what to do with {name}: sum, average, minimum"


def _one_row(filters: tuple[Filter, ...], table: Table) -> bool:
    fixed = [table.column(one.column) for one in filters if _fixes(one, table)]
    if any(column.unique == table.rows and not column.nulls for column in fixed):
        return True
    return any(time in panels(table, named) for named in fixed for time in fixed)


def _fixes(one: Filter, table: Table) -> bool:
    """Whether the condition leaves one value of its column."""
    column = table.column(one.column)
    if one.op == "days" and column.kind == "date":
        return _one_of_span(one, column)
    return one.op == "=" and column.kind in {"text", "number"}


def _one_of_span(one: Filter, column: Column) -> bool:
    """Whether the days asked for hold one of the column's days: it has no more than there are such spans."""
    start, end = (date.fromisoformat(str(value)) for value in one.values)
    days = (end - start).days
    span = date_span(column)
    if span is None or start.day != 1 or days not in {28, 29, 30, 31, 365, 366}:
        return days == 1 and span is not None and str(column.low)[11:] in {"", "00:00:00"}
    months = (span[1].year - span[0].year) * 12 + span[1].month - span[0].month + 1
    years = span[1].year - span[0].year + 1
    return span[0].day == span[1].day == 1 and column.unique == (months if days < 32 else years)
