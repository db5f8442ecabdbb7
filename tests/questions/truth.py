"""What is the true answer? Plain loops over rows of the csv module: no pandas, nothing of the planner."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.questions.rows import Row, rows_of

__all__ = ["rows_of"]
Rows = list[Row]
Compute = Callable[[Rows], Any]
Key = str | Callable[[Row], Any]


@dataclass(frozen=True)
class Records:
    """Whole rows are asked for: those with these keys in the column, in this order if it matters."""

    column: str
    keys: tuple[Any, ...]
    ordered: bool = False


@dataclass(frozen=True)
class Choices:
    """Different values, in any order."""

    values: frozenset[Any]


@dataclass(frozen=True)
class Top:
    """What comes out on top: names with their numbers, in this order where numbers differ."""

    pairs: tuple[tuple[Any, Any], ...]


@dataclass(frozen=True)
class Within:
    """A table or series that must hold these numbers under these names, and may hold others."""

    pairs: tuple[tuple[Any, Any], ...]


def held(rows: Rows, name: str) -> list[Any]:
    return [row[name] for row in rows if row[name] is not None]


def total(name: str) -> Compute:
    return lambda rows: math.fsum(held(rows, name))


def mean(name: str) -> Compute:
    return lambda rows: statistics.fmean(held(rows, name)) if held(rows, name) else None


def median(name: str) -> Compute:
    return lambda rows: statistics.median(held(rows, name)) if held(rows, name) else None


def stdev(name: str) -> Compute:
    return lambda rows: statistics.stdev(held(rows, name))


def variance(name: str) -> Compute:
    return lambda rows: statistics.variance(held(rows, name))


def low(name: str) -> Compute:
    return lambda rows: min(held(rows, name), default=None)


def high(name: str) -> Compute:
    return lambda rows: max(held(rows, name), default=None)


def different(name: str) -> Compute:
    return lambda rows: len(set(held(rows, name)))


def values_of(name: str) -> Compute:
    return lambda rows: Choices(frozenset(held(rows, name)))


def missing(name: str) -> Compute:
    return lambda rows: sum(row[name] is None for row in rows)


def quantile(name: str, share: float) -> Compute:
    def compute(rows: Rows) -> float:
        ordered = sorted(held(rows, name))
        place = share * (len(ordered) - 1)
        below = math.floor(place)
        above = min(below + 1, len(ordered) - 1)
        return float(ordered[below] + (place - below) * (ordered[above] - ordered[below]))

    return compute


def where(test: Callable[[Row], bool], compute: Compute = len) -> Compute:
    return lambda rows: compute([row for row in rows if test(row)])


def is_(name: str, *wanted: Any) -> Callable[[Row], bool]:
    return lambda row: row[name] in wanted


def over(name: str, bound: float) -> Callable[[Row], bool]:
    return lambda row: row[name] is not None and row[name] > bound


def under(name: str, bound: float) -> Callable[[Row], bool]:
    return lambda row: row[name] is not None and row[name] < bound


def within(name: str, start: Any, end: Any) -> Callable[[Row], bool]:
    """Keep rows from `start` to `end`, both included."""
    return lambda row: row[name] is not None and start <= row[name] <= end


def in_year(name: str, year: int) -> Callable[[Row], bool]:
    return lambda row: row[name] is not None and row[name].year == year


def in_month(name: str, year: int, month: int) -> Callable[[Row], bool]:
    return lambda row: row[name] is not None and (row[name].year, row[name].month) == (year, month)


def both(*tests: Callable[[Row], bool]) -> Callable[[Row], bool]:
    return lambda row: all(test(row) for test in tests)


def by(key: Key, compute: Compute = len) -> Callable[[Rows], dict[Any, Any]]:
    def grouped(rows: Rows) -> dict[Any, Any]:
        groups: dict[Any, Rows] = {}
        for row in rows:
            groups.setdefault(key(row) if callable(key) else row[key], []).append(row)
        return {name: compute(members) for name, members in groups.items()}

    return grouped


def by2(first: Key, second: Key, compute: Compute = len) -> Callable[[Rows], dict[Any, Any]]:
    def take(key: Key, row: Row) -> Any:
        return key(row) if callable(key) else row[key]

    return by(lambda row: (take(first, row), take(second, row)), compute)


def share(key: Key, compute: Compute = len) -> Compute:
    return lambda rows: {name: 100 * part / compute(rows) for name, part in by(key, compute)(rows).items()}


def part(test: Callable[[Row], bool], compute: Compute = len) -> Compute:
    return lambda rows: 100 * where(test, compute)(rows) / compute(rows)


def _edge(groups: dict[Any, Any], count: int, lowest: bool) -> Top:
    known = {name: value for name, value in groups.items() if name is not None and value is not None}
    ordered = sorted(known.items(), key=lambda pair: pair[1], reverse=not lowest)
    last = ordered[min(count, len(ordered)) - 1][1]
    return Top(tuple(pair for pair in ordered if (pair[1] <= last if lowest else pair[1] >= last)))


def top(key: Key, compute: Compute, count: int = 1, *, lowest: bool = False) -> Compute:
    """The `count` best groups, with all that tie with the last."""
    return lambda rows: _edge(by(key, compute)(rows), count, lowest)


def top_rows(key: str, name: str, count: int = 1, *, lowest: bool = False) -> Compute:
    """The keys of the `count` rows with the highest value, with all that tie with the last."""

    def compute(rows: Rows) -> Records:
        known = sorted(held(rows, name), reverse=not lowest)
        last = known[min(count, len(known)) - 1]
        kept = [r for r in rows if r[name] is not None and (r[name] <= last if lowest else r[name] >= last)]
        return Records(key, tuple(row[key] for row in kept))

    return compute


def records(key: str, test: Callable[[Row], bool]) -> Compute:
    return lambda rows: Records(key, tuple(row[key] for row in rows if test(row)))


def common(name: str) -> Compute:
    """The most frequent values."""
    return lambda rows: _edge(dict(Counter(held(rows, name))), 1, lowest=False)


def summary(name: str) -> Compute:
    """What a description of a column of numbers must hold."""
    return lambda rows: Within(
        (
            ("count", len(held(rows, name))), ("mean", mean(name)(rows)), ("std", stdev(name)(rows)),
            ("min", low(name)(rows)), ("50%", median(name)(rows)), ("max", high(name)(rows)),
        )
    )  # fmt: skip


def pearson(first: str, second: str) -> Compute:
    def compute(rows: Rows) -> float:
        pairs = [(row[first], row[second]) for row in rows if None not in (row[first], row[second])]
        return statistics.correlation([float(a) for a, _ in pairs], [float(b) for _, b in pairs])

    return compute


def gap(column: str, first: str, second: str, compute: Compute) -> Compute:
    """Both groups' numbers and the first minus the second."""

    def made(rows: Rows) -> Within:
        one, two = where(is_(column, first), compute)(rows), where(is_(column, second), compute)(rows)
        return Within(((first, one), (second, two), (f"{first} - {second}", one - two)))

    return made


def day(name: str) -> Callable[[Row], Any]:
    return lambda row: row[name] and f"{row[name]:%Y-%m-%d}"


def month(name: str) -> Callable[[Row], Any]:
    return lambda row: row[name] and f"{row[name]:%Y-%m}"


def quarter(name: str) -> Callable[[Row], Any]:
    return lambda row: row[name] and f"{row[name].year}Q{(row[name].month + 2) // 3}"


def year(name: str) -> Callable[[Row], Any]:
    return lambda row: row[name] and row[name].year
