"""What do measured times come to: median, percentiles, worst, runs a second?"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

_P99_LEAST = 50


@dataclass(frozen=True)
class Sample:
    """Times of the same thing, done again and again."""

    seconds: tuple[float, ...]
    wall_seconds: float | None = None
    """From the first one's start to the last one's end; None: runs a second mean nothing here."""

    def __post_init__(self) -> None:
        if not self.seconds:
            raise ValueError("a sample needs at least one time")

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.seconds)

    @property
    def median(self) -> float:
        """The p50, in seconds."""
        return statistics.median(self.seconds)

    @property
    def p99(self) -> float | None:
        """The p99, in seconds; None: too few for one."""
        return percentile(self.seconds, 99) if self.count >= _P99_LEAST else None

    @property
    def worst(self) -> float:
        """The longest, in seconds."""
        return max(self.seconds)

    @property
    def per_second(self) -> float | None:
        """Runs a second over the wall clock."""
        return self.count / self.wall_seconds if self.wall_seconds else None


def percentile(values: Sequence[float], rank: float) -> float:
    """The nearest-rank percentile: a value that was measured, never one in between.

    Args:
        values: At least one, in any order.
        rank: Above 0, at most 100.

    Raises:
        ValueError: No values, or no such rank.
    """
    if not values:
        raise ValueError("no values")
    if not 0 < rank <= 100:
        raise ValueError(f"a percentile is above 0 and at most 100, not {rank:g}")
    return sorted(values)[math.ceil(rank / 100 * len(values)) - 1]
