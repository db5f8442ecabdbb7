"""What does the gateway count? Requests, uploads, jobs handed over: no tenant, id or name of anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from gateway.backlog import Snapshot
from store.records import StoredFile

_METHODS = frozenset({"GET", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "PUT"})
_OTHER = "other"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""A status call takes some milliseconds (docs/benchmarks.md), one that waits up to a minute."""


class GatewayMetrics:
    """The numbers of one gateway, in a registry of its own."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call] # as many series again, of no use
        self.registry = CollectorRegistry()
        self.snapshot: Snapshot | None = None
        """What stores and queue said last; the scrape sets it."""
        own: Mapping[str, Any] = {"registry": self.registry}
        self._requests = Counter(
            "sandglass_http_requests", "Requests answered.", ["method", "route", "status"], **own
        )
        self._seconds = Histogram(
            "sandglass_http_request_seconds",
            "From the request to the end of its answer, waiting for a job included.",
            ["method", "route"],
            buckets=_SECONDS,
            **own,
        )
        self.in_flight = Gauge("sandglass_http_requests_in_flight", "Requests under way.", **own)
        self._upload_bytes = Counter("sandglass_upload_bytes", "Bytes of files that were kept.", **own)
        self._upload_files = Counter("sandglass_upload_files", "Files that were kept.", ["format"], **own)
        self._published = Counter(
            "sandglass_jobs_published", "Jobs handed to the queue; failed: left to a worker's sweep.",
            ["kind", "result"], **own,
        )  # fmt: skip
        labels = ["part", "version"]
        about = Gauge("sandglass_build_info", "Always 1; its labels say what runs.", labels, **own)
        about.labels("gateway", version("sandglass")).set(1)
        self.registry.register(_Backlog(self))
        ProcessCollector(registry=self.registry)

    def request_ended(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """Count one request; `route` is its template, None where none matched."""
        method, route = method if method in _METHODS else _OTHER, route or _OTHER
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def uploaded(self, files: Iterable[StoredFile]) -> None:
        """Count files that were kept."""
        for file in files:
            self._upload_files.labels(file.format).inc()
            self._upload_bytes.inc(file.size_bytes)

    def published(self, kind: str, *, reached: bool) -> None:
        """Count a job that was handed to the queue, or was to be."""
        self._published.labels(kind, "ok" if reached else "failed").inc()

    def render(self, accept: str) -> tuple[bytes, str]:
        """All numbers as text, and its content type: OpenMetrics if `accept` asks for it."""
        encode, content_type = choose_encoder(accept)
        return encode(self.registry), content_type


class _Backlog(Collector):
    """What stores and queue said; a number that nobody could say is left out, not shown as 0."""

    def __init__(self, metrics: GatewayMetrics) -> None:
        self._metrics = metrics

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return []

    def collect(self) -> Iterable[GaugeMetricFamily]:
        seen = self._metrics.snapshot
        if seen is None:
            return
        yield _gauge("sandglass_store_up", "1: the store answers.", float(seen.store_up))
        yield _gauge("sandglass_redis_up", "1: Redis answers.", float(seen.redis_up))
        yield _gauge("sandglass_http_waiters", "Clients that wait for a job to move on.", seen.waiters)
        if seen.jobs is not None:
            yield _gauge(
                "sandglass_queue_depth", "Jobs that wait for a worker, by the store.", seen.jobs.queued
            )
            age = seen.oldest_seconds
            yield _gauge("sandglass_queue_oldest_seconds", "How long the oldest of them has waited.", age)
            text = "Jobs that have not ended, by state."
            states = GaugeMetricFamily("sandglass_jobs", text, labels=["state"])
            for state in ("queued", "running", "awaiting_approval"):
                states.add_metric([state], getattr(seen.jobs, state))
            yield states
        if seen.messages is not None:
            yield _gauge(
                "sandglass_queue_messages", "Task ids in Redis that no worker has taken.", seen.messages
            )
        if seen.redis_up:
            yield _gauge("sandglass_workers", "Workers with a heartbeat.", seen.workers)
            yield _gauge("sandglass_worker_slots_known", "Jobs at once, all of them.", seen.slots)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)
