"""What do all numbers of a worker come to? One registry, in its main process."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from itertools import product
from math import prod

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from worker.metrics.bounds import OTHER, Bounds
from worker.metrics.names import DEFINITIONS, Definition
from worker.runtime import owner_lives, owner_mark

PROCESS = "sandglass_worker_processes"
_SHOWN_AT_ONCE = 20
"""Series that are there, at 0, before anything happened: so that a rate sees the first event."""
_Series = tuple[str, ...]


class Tally(Collector):
    """Adds up what processes say. Counters stay when a process ends, its gauges go with it."""

    def __init__(self, bounds: Bounds) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call] # as many series again, of no use
        self.registry = CollectorRegistry()
        self._bounds = bounds
        self._known = {one.name: one for one in DEFINITIONS}
        self._counters = {one.name: self._counter(one) for one in DEFINITIONS if one.kind == "counter"}
        self._histograms = {one.name: self._histogram(one) for one in DEFINITIONS if one.kind == "histogram"}
        self._levels: dict[int, dict[tuple[str, _Series], float]] = {}
        """Of gauges, by process."""
        self._marks: dict[int, str] = {}
        self._lock = threading.Lock()
        self.registry.register(self)
        ProcessCollector(registry=self.registry)

    def apply(self, pid: int, name: str, value: float, labels: dict[str, str]) -> None:
        """Take in one number. Raises: KeyError, ValueError, TypeError: it is not one of ours."""
        definition = self._known[name]
        series = tuple(self._bounded(definition, labels))
        if definition.kind == "gauge":
            self._set(pid, definition, series, float(value))
        elif definition.kind == "counter":
            counter = self._counters[name]
            (counter.labels(*series) if series else counter).inc(value)
        else:
            histogram = self._histograms[name]
            (histogram.labels(*series) if series else histogram).observe(value)

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return []

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The gauges: sums over the processes that live."""
        sums: dict[tuple[str, _Series], float] = {}
        with self._lock:
            self._forget_dead()
            for levels in self._levels.values():
                for key, value in levels.items():
                    sums[key] = sums.get(key, 0.0) + value
        for one in DEFINITIONS:
            if one.kind != "gauge":
                continue
            family = GaugeMetricFamily(one.name, one.text, labels=[label.name for label in one.labels])
            found = {series: value for (name, series), value in sums.items() if name == one.name}
            for series, value in found.items():
                family.add_metric(series, value)
            yield family

    def _set(self, pid: int, definition: Definition, series: _Series, value: float) -> None:
        with self._lock:
            if pid not in self._levels or definition.name == PROCESS:
                self._levels[pid] = {}  # perhaps the number of one that has ended
                self._marks[pid] = owner_mark("", pid)
            levels = self._levels[pid]
            if definition.alone:
                for key in [key for key in levels if key[0] == definition.name]:
                    del levels[key]
            levels[definition.name, series] = value

    def _forget_dead(self) -> None:
        for pid in [pid for pid, mark in self._marks.items() if owner_lives(mark, "") is False]:
            del self._marks[pid], self._levels[pid]

    def _bounded(self, definition: Definition, labels: dict[str, str]) -> Iterable[str]:
        for label in definition.labels:
            value = labels[label.name]
            if label.values is None:
                yield self._bounds.bounded(label.name, value)
            else:
                yield value if value in label.values else OTHER

    def _counter(self, one: Definition) -> Counter:
        names = [label.name for label in one.labels]
        counter = Counter(one.name, one.text, names, registry=self.registry)
        for series in _first_series(one):
            counter.labels(*series)
        return counter

    def _histogram(self, one: Definition) -> Histogram:
        names = [label.name for label in one.labels]
        histogram = Histogram(one.name, one.text, names, buckets=one.buckets, registry=self.registry)
        for series in _first_series(one):
            histogram.labels(*series)
        return histogram


def _first_series(one: Definition) -> Iterable[_Series]:
    values = [label.values for label in one.labels if label.values is not None]
    if not one.labels or len(values) < len(one.labels) or prod(map(len, values)) > _SHOWN_AT_ONCE:
        return ()
    return product(*values)
