"""Is what was measured what must be reached?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

WARM_P50_SECONDS = 0.080
WARM_P99_SECONDS = 0.200
STOCK_RATIO = 50.0
RUN_CPU_SECONDS = 1.5


@dataclass(frozen=True)
class Target:
    """A bound, and what was measured; None was not measured, and so not reached."""

    name: str
    measured: float | None
    bound: float
    unit: str
    sense: Literal["at most", "at least"] = "at most"

    @property
    def reached(self) -> bool:
        """Whether the bound holds."""
        if self.measured is None:
            return False
        return self.measured <= self.bound if self.sense == "at most" else self.measured >= self.bound

    @property
    def line(self) -> str:
        """It in one line."""
        measured = "not measured" if self.measured is None else f"{self.measured:.4g} {self.unit}"
        verdict = "reached" if self.reached else "MISSED"
        return f"{verdict:<8} {self.name}: {measured} ({self.sense} {self.bound:g} {self.unit})"


def latency_targets(
    p50: float | None, p99: float | None, stock_median: float | None, cpu_seconds: float | None
) -> list[Target]:
    """The four targets of the latency table; times in seconds."""
    ratio = stock_median / p50 if stock_median is not None and p50 else None
    return [
        Target("warm run, 1 client paced, p50", _milli(p50), WARM_P50_SECONDS * 1000, "ms"),
        Target("warm run, 1 client paced, p99", _milli(p99), WARM_P99_SECONDS * 1000, "ms"),
        Target("faster than stock Open Interpreter, fresh container", ratio, STOCK_RATIO, "x", "at least"),
        Target("processor time of one throwaway run", cpu_seconds, RUN_CPU_SECONDS, "CPU-seconds"),
    ]


def missed(targets: Sequence[Target]) -> list[Target]:
    """Those that were not reached."""
    return [target for target in targets if not target.reached]


def _milli(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1000
