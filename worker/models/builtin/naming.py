"""What is a function of a column, or a group, called in words?"""

from __future__ import annotations

from worker.models.builtin.frame import Agg, Dim

FUNCTIONS = {
    "sum": "sum of {}", "mean": "average of {}", "median": "median of {}",
    "std": "sample standard deviation of {}",
    "var": "sample variance of {}", "min": "minimum of {}", "max": "maximum of {}",
    "range": "range (maximum minus minimum) of {}",
    "nunique": "number of different values of {}",
}  # fmt: skip


def agg_text(agg: Agg) -> str:
    """Return `sum of revenue`."""
    if agg.column is None:
        return "number of rows"
    if agg.function == "quantile":
        return f"{_percent(agg.argument or 0)} percentile of {agg.column} (linear interpolation)"
    return FUNCTIONS[agg.function].format(agg.column)


def _percent(share: float) -> str:
    number = f"{share * 100:g}"
    if number[-2:] in {"11", "12", "13"}:
        return number + "th"
    return number + {"1": "st", "2": "nd", "3": "rd"}.get(number[-1], "th")


def dim_text(dim: Dim) -> str:
    """Return `category`, or `month of order_date`."""
    name = dim.column.casefold()
    own = (dim.period == "day" and name in {"year", "quarter", "month"}) or dim.period == name == "year"
    return f"{dim.period} of {dim.column}" if dim.period and not own else dim.column
