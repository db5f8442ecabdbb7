"""What does a question ask for, free of its wording?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Scalar = str | int | float | bool
Kind = Literal[
    "aggregate", "trend", "rank", "top_rows", "rows", "frequency", "histogram", "correlation",
    "difference", "ratio", "share_groups", "share_rows", "share_sum", "missing", "missing_all",
    "duplicates", "describe", "columns", "dtypes", "shape", "column_count", "unique", "mode",
    "scatter", "box", "regression", "t_test", "anova", "chi_square", "outliers", "outlier_count",
    "correlation_test", "quantiles", "iqr", "moving", "growth", "cumulative", "forecast",
]  # fmt: skip


@dataclass(frozen=True)
class Dim:
    """A column to group by; with `period`, by that period of a date column."""

    column: str
    period: str | None = None


@dataclass(frozen=True, order=True)
class Filter:
    """A condition on one column. `op` is a key of `code_filters.CONDITIONS`."""

    column: str
    op: str
    values: tuple[Scalar, ...] = ()


@dataclass(frozen=True)
class Agg:
    """A function of a column; `column` is None for a count of rows."""

    function: str
    column: str | None = None
    argument: float | None = None
    superlative: bool = field(default=False, compare=False)
    """Whether it was said as `highest` or `lowest`, which may also ask for an order of groups."""


@dataclass(frozen=True)
class Frame:
    """One reading of a question. Two readings that are equal ask for the same."""

    kind: Kind
    aggs: tuple[Agg, ...] = ()
    dims: tuple[Dim, ...] = ()
    filters: tuple[Filter, ...] = ()
    columns: tuple[str, ...] = ()
    limit: int | None = None
    ascending: bool = False
    which: str = ""
    """`first`, `last`, `random`, `all` for rows; `best`, `worst`, `both` for a trend."""
    chart: str = ""
    """The kind of the chart that goes with it; `auto` until it is known which one shows it."""
    by_name: bool = False
    """Whether groups are in the order of their names, not of their numbers."""
    having: tuple[str, float] | None = None
    """A bound on what is computed for each group: only the groups within it are kept."""
    count_groups: bool = False
    """Whether only the number of those groups is asked for."""


class NotSureError(Exception):
    """A reading that cannot be trusted; the message says why, for the person who asked."""
