"""May a test, a regression or a series be computed of these columns?"""

from __future__ import annotations

from worker.models.builtin.code_series import SEASONS
from worker.models.builtin.frame import Frame, NotSureError
from worker.models.builtin.schema import Table, date_span

LEAST_ROWS = {"regression": 4, "t_test": 4, "anova": 4, "chi_square": 4, "correlation_test": 4, "outliers": 4,
              "outlier_count": 4}  # fmt: skip
MAX_GROUPS = 100
DAYS = {"day": 1, "week": 7, "month": 30.4, "quarter": 91.3, "year": 365.25}
LEAST_PERIODS = {"growth": 2, "moving": 2, "cumulative": 1, "forecast": 12}
MAX_PERIODS = 1000


def check_stats(frame: Frame, table: Table) -> None:
    """Return if the frame's columns bear what is asked.

    Raises:
        NotSureError: they do not; the message says why.
    """
    least = LEAST_ROWS.get(frame.kind)
    if least is None and frame.kind not in {"quantiles", "iqr"}:
        _check_series(frame, table)
        return
    for name in frame.columns:
        column = table.column(name)
        if table.rows - column.nulls < (least or 1):
            raise NotSureError(f"{name} has too few values ({table.rows - column.nulls})")
        if least and column.unique < 2:
            raise NotSureError(f"{name} is the same in every row")
    if frame.kind in {"anova", "chi_square"}:
        groups = max(
            table.column(name).unique for name in frame.columns[-1 if frame.kind == "anova" else 0 :]
        )
        if groups > MAX_GROUPS or groups * 2 > table.rows:
            raise NotSureError(f"{groups} groups are too many for {table.rows} rows")


def _check_series(frame: Frame, table: Table) -> None:
    if frame.kind not in LEAST_PERIODS:
        return
    dim = frame.dims[0]
    period = dim.period or "day"
    span = date_span(table.column(dim.column))
    if span is None:
        raise NotSureError(f"the dates of {dim.column} are not known")
    periods = (span[1] - span[0]).days / DAYS[period] + 1
    least = LEAST_PERIODS[frame.kind] + (SEASONS[period] if frame.which == "year" else 0)
    if periods < max(least, frame.limit or 0 if frame.kind == "moving" else 0):
        raise NotSureError(f"{dim.column} spans too few {period}s ({periods:.0f}) for that")
    column = table.column(dim.column)
    if column.yearly and column.unique <= column.high - column.low:
        raise NotSureError(f"{dim.column} leaves out years, so a year before is not always there")
    if periods > MAX_PERIODS:
        raise NotSureError(f"{dim.column} spans more {period}s than fit one answer: ask for a longer period")
    if frame.kind == "forecast":
        if (frame.limit or 1) > periods / 3:
            raise NotSureError(
                f"{frame.limit} {period}s ahead are too many for {periods:.0f} {period}s of data"
            )
        if any(one.column == dim.column for one in frame.filters):
            raise NotSureError(f"a forecast from a part of {dim.column} may not be meant")
    if frame.kind == "growth" and frame.which == "year" and SEASONS[period] == 1:
        raise NotSureError(f"a year before is not a whole number of {period}s")
