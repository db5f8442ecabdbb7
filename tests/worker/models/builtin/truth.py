"""How are the true answers computed? Plain loops over rows, nothing of the planner and no pandas."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.worker.models.builtin.worlds import Row

Rows = list[Row]
Key = Callable[[Row], Any]


def held(rows: Rows, name: str) -> list[Any]:
    return [row[name] for row in rows if row[name] is not None]


def total(name: str) -> Callable[[Rows], Any]:
    return lambda rows: math.fsum(held(rows, name)) if held(rows, name) else None


def mean(name: str) -> Callable[[Rows], Any]:
    return lambda rows: statistics.fmean(held(rows, name))


def median(name: str) -> Callable[[Rows], Any]:
    return lambda rows: statistics.median(held(rows, name))


def stdev(name: str) -> Callable[[Rows], Any]:
    return lambda rows: statistics.stdev(held(rows, name))


def variance(name: str) -> Callable[[Rows], Any]:
    return lambda rows: statistics.variance(held(rows, name))


def low(name: str) -> Callable[[Rows], Any]:
    return lambda rows: min(held(rows, name))


def high(name: str) -> Callable[[Rows], Any]:
    return lambda rows: max(held(rows, name))


def different(name: str) -> Callable[[Rows], Any]:
    return lambda rows: len(set(held(rows, name)))


def quantile(name: str, share: float) -> Callable[[Rows], Any]:
    def compute(rows: Rows) -> float:
        ordered = sorted(held(rows, name))
        at = share * (len(ordered) - 1)
        below, part = int(at), at - int(at)
        above = min(below + 1, len(ordered) - 1)
        return float(ordered[below] + (ordered[above] - ordered[below]) * part)

    return compute


def where(test: Callable[[Row], bool], compute: Callable[[Rows], Any] = len) -> Callable[[Rows], Any]:
    return lambda rows: compute([row for row in rows if test(row)])


def by(key: str | Key, compute: Callable[[Rows], Any] = len) -> Callable[[Rows], dict[Any, Any]]:
    def grouped(rows: Rows) -> dict[Any, Any]:
        groups: dict[Any, Rows] = {}
        for row in rows:
            groups.setdefault(key(row) if callable(key) else row[key], []).append(row)
        return {name: compute(members) for name, members in groups.items()}

    return grouped


def best(
    key: str | Key, compute: Callable[[Rows], Any], *, count: int = 1, lowest: bool = False
) -> Callable[[Rows], Any]:
    """The groups with the `count` highest values, and all that tie with the last of them."""

    def ranked(rows: Rows) -> dict[Any, Any]:
        groups = {k: v for k, v in by(key, compute)(rows).items() if k is not None and v is not None}
        ordered = sorted(groups.values(), reverse=not lowest)
        edge = ordered[min(count, len(ordered)) - 1]
        return {k: v for k, v in groups.items() if (v <= edge if lowest else v >= edge)}

    return ranked


def share(key: str, compute: Callable[[Rows], Any]) -> Callable[[Rows], Any]:
    return lambda rows: {k: 100 * v / compute(rows) for k, v in by(key, compute)(rows).items()}


def common(name: str) -> Callable[[Rows], Any]:
    def modes(rows: Rows) -> dict[Any, int]:
        counts = Counter(held(rows, name))
        return {value: count for value, count in counts.items() if count == max(counts.values())}

    return modes


def pearson(first: str, second: str) -> Callable[[Rows], Any]:
    def compute(rows: Rows) -> float:
        pairs = [(r[first], r[second]) for r in rows if r[first] is not None and r[second] is not None]
        return statistics.correlation([float(a) for a, _ in pairs], [float(b) for _, b in pairs])

    return compute


def month(name: str) -> Key:
    return lambda row: f"{row[name]:%Y-%m}"


def quarter(name: str) -> Key:
    return lambda row: f"{row[name].year}Q{(row[name].month + 2) // 3}"


def year(name: str) -> Key:
    return lambda row: row[name].year
