"""How are tests, regressions and series said in one sentence, with all that is assumed?"""

from __future__ import annotations

from collections.abc import Callable

from worker.models.builtin.code_series import unfinished
from worker.models.builtin.code_stats import QUANTILES, two_names
from worker.models.builtin.frame import Frame
from worker.models.builtin.naming import agg_text, dim_text
from worker.models.builtin.schema import Table, date_span

ALPHA = "alpha 0.05 (p-values below 0.001 are said so)"


def _regression(frame: Frame, table: Table) -> str:
    up, *across = frame.columns
    return (
        f"linear regression (ordinary least squares, with an intercept) of {up} on {' and '.join(across)}, "
        f"95 % intervals, {ALPHA}{_left_out(frame, table)}"
    )


def _left_out(frame: Frame, table: Table) -> str:
    gaps = any(table.column(name).nulls for name in frame.columns)
    return "; rows with a missing value are left out" if gaps else ""


def _t_test(frame: Frame, table: Table) -> str:
    by = frame.columns[1]
    first, second = two_names(
        by, next(one.values for one in frame.filters if one.op == "in" and one.column == by)
    )
    return (
        f"Welch's t-test (two-sided, unequal variances) of the mean of {frame.columns[0]} between "
        f"{'' if second == by else by + ' '}"
        f"{first} and {second}, 95 % interval of the difference, {ALPHA}{_left_out(frame, table)}"
    )


def _anova(frame: Frame, table: Table) -> str:
    return (
        f"one-way analysis of variance (equal variances assumed) of the mean of {frame.columns[0]} for each "
        f"{frame.columns[1]}, {ALPHA}{_left_out(frame, table)}"
    )


def _chi_square(frame: Frame, table: Table) -> str:
    return (
        f"chi-square test of independence of {frame.columns[0]} and {frame.columns[1]} (Yates' "
        f"correction where both "
        f"have two values), {ALPHA}{_left_out(frame, table)}"
    )


def _correlation_test(frame: Frame, table: Table) -> str:
    return (
        f"Pearson correlation between {frame.columns[0]} and {frame.columns[1]} and its two-sided test, "
        f"95 % interval, {ALPHA}{_left_out(frame, table)}"
    )


def _outliers(frame: Frame, _: Table) -> str:
    what = "number of rows" if frame.kind == "outlier_count" else "rows"
    return f"{what} whose {frame.columns[0]} is an outlier: over 1.5 interquartile ranges off the quartiles"


def _quantiles(frame: Frame, _: Table) -> str:
    shares = ", ".join(f"{share:.0%}" for share in QUANTILES[frame.which])
    return f"{frame.which} of {frame.columns[0]} ({shares}; linear interpolation)"


def _growth(frame: Frame, table: Table) -> str:
    period = frame.dims[0].period or "day"
    before = "the same period of the year before" if frame.which == "year" else f"the {period} before"
    return (
        f"growth of {_what(frame)} for each {_when(frame)} against {before}, in percent{_span(frame, table)}"
    )


def _what(frame: Frame) -> str:
    return agg_text(frame.aggs[0])


def _when(frame: Frame) -> str:
    return dim_text(frame.dims[0])


def _span(frame: Frame, table: Table) -> str:
    span = date_span(table.column(frame.dims[0].column))
    known = f"; data from {span[0]} to {span[1]}" if span else ""
    if span and unfinished(table.column(frame.dims[0].column), frame.dims[0].period or "day"):
        known += f", so the last {frame.dims[0].period} is not whole"
    return known


def _moving(frame: Frame, table: Table) -> str:
    period = frame.dims[0].period
    return (
        f"moving average over {frame.limit} {period}s (each {period} and those before it) of "
        f"{_what(frame)} for each "
        f"{_when(frame)}{_span(frame, table)}"
    )


def _cumulative(frame: Frame, table: Table) -> str:
    return f"cumulative {_what(frame)} up to and with each {_when(frame)}{_span(frame, table)}"


def _forecast(frame: Frame, table: Table) -> str:
    dim = frame.dims[0]
    start = unfinished(table.column(dim.column), dim.period or "day")
    left = f"; the {dim.period} from {start} on is not whole and left out" if start else ""
    steps = f"the next {dim.period}" if frame.limit == 1 else f"the next {frame.limit} {dim.period}s"
    return (
        f"forecast of {_what(frame)} for {steps} by {_when(frame)}: of the last value, the last season, a "
        "linear trend and a linear trend with seasons (where there are three seasons), the one with the "
        f"least error on the last periods, held back; a rough 95 % interval from those errors{left}"
    )


STATS_WORDS: dict[str, Callable[[Frame, Table], str]] = {
    "regression": _regression,
    "t_test": _t_test,
    "anova": _anova,
    "chi_square": _chi_square,
    "correlation_test": _correlation_test,
    "outliers": _outliers,
    "outlier_count": _outliers,
    "quantiles": _quantiles,
    "iqr": lambda frame, _: f"interquartile range (75 % minus 25 % quantile) of {frame.columns[0]}",
    "growth": _growth,
    "moving": _moving,
    "cumulative": _cumulative,
    "forecast": _forecast,
}
