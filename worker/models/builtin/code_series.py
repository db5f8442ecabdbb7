"""Which code sets each period against those before it: growth, moving averages, totals so far, forecasts?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from worker.models.builtin.code_filters import literal
from worker.models.builtin.frame import Frame
from worker.models.builtin.lexicon import PERIODS
from worker.models.builtin.schema import Column, Table, date_span

LABELS = {
    "day": '.strftime("%Y-%m-%d")',
    "week": '.start_time.strftime("%Y-%m-%d")',
    "month": ".astype(str)",
    "quarter": ".astype(str)",
    "year": ".year",
}
SEASONS = {"day": 7, "week": 1, "month": 12, "quarter": 4, "year": 1}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def unfinished(found: Column, period: str) -> date | None:
    """Return the first day of the last period, where the data end before it does.

    Data with one day in each period (the first of each month) are whole; others may end as much before the
    end of the last period as is usual from one day of data to the next.
    """
    span = date_span(found)
    if span is None:
        return None
    first, last = span
    start, end = _period_of(last, period)
    usual = (last - first).days / max(found.unique - 1, 1)
    if usual >= 0.9 * (end - start).days or (end - last).days - 1 <= 1.5 * usual:
        return None
    return start


def _period_of(day: date, period: str) -> tuple[date, date]:
    """Return the first day of the period that `day` is in, and the first day of the next one."""
    if period == "day":
        return day, day + timedelta(days=1)
    if period == "week":
        start = day - timedelta(days=day.weekday())
        return start, start + timedelta(days=7)
    months = _MONTHS[period]
    at = (day.year * 12 + day.month - 1) // months * months
    after = at + months
    return date(at // 12, at % 12 + 1, 1), date(after // 12, after % 12 + 1, 1)


def _values(frame: Frame, table: Table, rows: str, last: str = "") -> list[str]:
    """Return lines that leave in `values` one number for each period from the first to the last."""
    agg, dim = frame.aggs[0], frame.dims[0]
    step = PERIODS[dim.period or "day"]
    dated = f"{rows}[{literal(dim.column)}]"
    held = f"{dated}.dt.to_period({literal(step)})"
    if table.column(dim.column).yearly:
        held = dated = f'pd.PeriodIndex({dated}.astype(int).astype(str), freq="Y")'
    computed = f"[{literal(agg.column)}].{agg.function}()" if agg.column else ".size()"
    if agg.function == "sum":
        computed = f"[{literal(agg.column or '')}].sum(min_count=1)"
    missing = ", fill_value=0" if agg.column is None else ""
    return [
        f"values = {rows}.groupby({held}){computed}",
        f"periods = pd.period_range({dated}.min(), {last or f'{dated}.max()'}, freq={literal(step)})",
        f"values = values.reindex(periods{missing}).rename_axis({literal(dim.period or 'day')})",
    ]


def _labelled(frame: Frame, name: str = "result") -> str:
    period = frame.dims[0].period or "day"
    return f"{name}.index = {name}.index{LABELS[period]}.rename({literal(period)})"


def _growth(frame: Frame, table: Table, rows: str) -> list[str]:
    back = SEASONS[frame.dims[0].period or "day"] if frame.which == "year" else 1
    return [
        *_values(frame, table, rows),
        f"before = values.shift({back})",
        "result = 100 * (values / before.where(before > 0) - 1)",
        _labelled(frame),
    ]


def _moving(frame: Frame, table: Table, rows: str) -> list[str]:
    return [
        *_values(frame, table, rows),
        f"result = values.rolling({frame.limit}).mean()",
        _labelled(frame, "values"),
        _labelled(frame),
    ]


def _cumulative(frame: Frame, table: Table, rows: str) -> list[str]:
    return [*_values(frame, table, rows), "result = values.fillna(0).cumsum()", _labelled(frame)]


def _forecast(frame: Frame, table: Table, rows: str) -> list[str]:
    dim = frame.dims[0]
    found = table.column(dim.column)
    start = unfinished(found, dim.period or "day")
    span = date_span(found)
    last = start - timedelta(days=1) if start else span[1] if span else None
    lines = []
    if start is not None:
        lines = [f"whole = {rows}[{rows}[{literal(dim.column)}] < {literal(start.isoformat())}]"]
        rows = "whole"
    season = SEASONS[dim.period or "day"]
    return [
        *lines,
        *_values(frame, table, rows, literal(last.isoformat()) if last else ""),
        f"result = forecast(values, {frame.limit}, season={season})",
    ]


SERIES_WRITERS: dict[str, Callable[[Frame, Table, str], list[str]]] = {
    "growth": _growth,
    "moving": _moving,
    "cumulative": _cumulative,
    "forecast": _forecast,
}
