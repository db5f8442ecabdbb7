"""How much processor time did the whole machine spend on a job, beyond what it spends idle?"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

_STAT = Path("/proc/stat")
# user nice system idle iowait irq softirq steal; guest time is in user already.
_SPENT = (0, 1, 2, 5, 6, 7)


@dataclass(frozen=True)
class CpuReading:
    """The machine's counters at one moment."""

    busy_seconds: float
    at: float
    """Monotonic seconds."""


def parse_busy_seconds(stat: str, ticks_per_second: int) -> float:
    """All time of all processors that was not idle or waiting for disks, from the text of `/proc/stat`.

    Raises:
        ValueError: There is no `cpu` line with at least eight counters.
    """
    for line in stat.splitlines():
        name, *counters = line.split()
        if name == "cpu" and len(counters) >= 8:
            return sum(int(counters[index]) for index in _SPENT) / ticks_per_second
    raise ValueError("/proc/stat has no line of all processors with eight counters")


def read_cpu() -> CpuReading:
    """The counters now."""
    text = _STAT.read_text("ascii")
    return CpuReading(parse_busy_seconds(text, os.sysconf("SC_CLK_TCK")), time.monotonic())


def busy_rate(first: CpuReading, last: CpuReading) -> float:
    """Processor seconds spent each second between two readings.

    Raises:
        ValueError: No time went by.
    """
    passed = last.at - first.at
    if passed <= 0:
        raise ValueError("the second reading must be later than the first")
    return (last.busy_seconds - first.busy_seconds) / passed


def cpu_seconds_each(first: CpuReading, last: CpuReading, idle_rate: float, runs: int) -> float:
    """Processor seconds of one run: what was spent, less what idling as long would have, by the runs.

    Raises:
        ValueError: No runs.
    """
    if runs < 1:
        raise ValueError("at least one run is needed")
    spent = last.busy_seconds - first.busy_seconds - idle_rate * (last.at - first.at)
    return spent / runs
