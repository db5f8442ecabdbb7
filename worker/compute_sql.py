"""Which SQL computes a named operation over a column, and does the operation fit the column at all?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_NUMERIC = frozenset({"number", "boolean"})
_ANY = frozenset({"number", "boolean", "date", "text"})
_ORDERED = _ANY
FITTING: Mapping[str, frozenset[str]] = {
    "average": _NUMERIC,
    "sum": _NUMERIC,
    "std": _NUMERIC,
    "variance": _NUMERIC,
    "median": _NUMERIC,
    "range": frozenset({"number"}),
    "min": _ORDERED,
    "max": _ORDERED,
    "count": _ANY,
    "count_distinct": _ANY,
    "nulls": _ANY,
}
"""The kinds of columns that each operation has a meaning for."""
_SQL: Mapping[str, str] = {
    "average": "avg({x})",
    "sum": "coalesce(sum({x}), 0)",  # of nothing it is 0, as in pandas
    "std": "stddev_samp({x})",
    "variance": "var_samp({x})",
    "median": "median({x})",
    "range": "max({x}) - min({x})",
    "min": "min({x})",
    "max": "max({x})",
    "count": "count({x})",
    "count_distinct": "count(DISTINCT {x})",
    "nulls": "count(*) - count({x})",
}
_WORDS: Mapping[str, str] = {
    "average": "average",
    "sum": "sum",
    "std": "standard deviation (of a sample)",
    "variance": "variance (of a sample)",
    "median": "median",
    "range": "range (maximum minus minimum)",
    "min": "minimum",
    "max": "maximum",
    "count": "number of values",
    "count_distinct": "number of different values",
    "nulls": "number of missing values",
}
_NEEDS = {_NUMERIC: "numbers", frozenset({"number"}): "numbers"}


@dataclass(frozen=True)
class Wanted:
    """A named operation over a column of a table that is there."""

    profile: Mapping[str, Any]
    table: str
    column: str
    operation: str
    by: str | None = None

    @property
    def words(self) -> str:
        """What it is, as one says it."""
        each = f" for each value of {self.by}" if self.by is not None else ""
        return f"{_WORDS[self.operation]} of {self.column}{each}, in table {self.table}"

    @property
    def question(self) -> str:
        """As one would ask a model for it."""
        asked = (
            f"Compute the {_WORDS[self.operation]} of the column {_quoted(self.column)} "
            f"of the table {_quoted(self.table)}"
        )
        if self.by is None:
            return f"{asked}. Give one row with one column: the value."
        by = _quoted(self.by)
        return (
            f"{asked} for each value of {by}. Leave out rows where {by} is missing, order by {by}, "
            f"and give two columns: {by} and the value."
        )


def sql_for(wanted: Wanted) -> str:
    """One SELECT over the table; names stand in quotes, whatever they hold."""
    column = _quoted(wanted.column)
    if _of(wanted, wanted.column)["kind"] == "boolean" and FITTING[wanted.operation] is _NUMERIC:
        column = f"CAST({column} AS INTEGER)"
    value = _SQL[wanted.operation].format(x=column)
    name = _quoted(f"{wanted.operation} of {wanted.column}")
    table = _quoted(wanted.table)
    if wanted.by is None:
        return f"SELECT {value} AS {name}\nFROM {table}"
    by = _quoted(wanted.by)
    return (
        f"SELECT {by}, {value} AS {name}\nFROM {table}\nWHERE {by} IS NOT NULL\nGROUP BY {by}\nORDER BY {by}"
    )


def misfit(wanted: Wanted) -> str:
    """Why the operation has no meaning for the column, in words; empty: it has."""
    kind = _of(wanted, wanted.column)["kind"]
    if kind in FITTING[wanted.operation]:
        return ""
    fits = ", ".join(name for name, kinds in FITTING.items() if kind in kinds)
    return (
        f"{wanted.operation} needs numbers, and {wanted.column} in {wanted.table} is {kind}"
        f"{_example(wanted)}. Of such a column there are: {fits}."
    )


def twin(wanted: Wanted) -> str:
    """Why SQL cannot tell a column from another one that differs from it in case only; empty: it can."""
    names = [str(one["name"]) for one in wanted.profile["columns"]]
    for name in (wanted.column, wanted.by):
        folded = (name or "").casefold()
        if others := [one for one in names if one != name and one.casefold() == folded]:
            return (
                f"SQL does not tell {name!r} from {others[0]!r}, which differ in upper and lower case only: "
                "rename one of them, or ask in pandas mode."
            )
    return ""


def left_out(wanted: Wanted) -> str:
    """A note on the rows that belong to no group; empty: all do."""
    if wanted.by is None:
        return ""
    missing = int(_of(wanted, wanted.by).get("nulls") or 0)
    return f"left out: {missing:,} rows where {wanted.by} is missing" if missing else ""


def _of(wanted: Wanted, name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(one for one in wanted.profile["columns"] if one["name"] == name)
    return found


def _example(wanted: Wanted) -> str:
    top = _of(wanted, wanted.column).get("top") or []
    return f" (such as {str(top[0][0])[:40]!r})" if top else ""


def _quoted(name: str | None) -> str:
    return '"' + (name or "").replace('"', '""') + '"'
