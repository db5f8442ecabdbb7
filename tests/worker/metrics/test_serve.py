"""The main process answers at /metrics, and nothing about it ends a job."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.conftest import free_port
from worker.metrics.record import say, say_to
from worker.metrics.serve import WorkerMetrics
from worker.settings import Settings

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")


@pytest.fixture
def metrics(settings: Settings) -> Iterator[Callable[..., WorkerMetrics]]:
    """Makes one with some settings; all are closed."""
    made: list[WorkerMetrics] = []

    def make(**changes: object) -> WorkerMetrics:
        made.append(WorkerMetrics(settings.model_copy(update=changes)))
        return made[-1]

    yield make
    say_to(None)
    for one in made:
        one.close()


def _text(port: int, path: str = "/metrics", **headers: str) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{port}{path}", headers=headers, timeout=10, trust_env=False)


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def _process(work: Callable[[], None]) -> Iterator[int]:
    ready, done = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            work()
            os.write(ready[1], b"x")
            os.read(done[0], 1)
        finally:
            os._exit(0)
    try:
        assert os.read(ready[0], 1) == b"x"
        yield pid
    finally:  # else it would live on, and hold the output of the tests open
        os.write(done[1], b"x")
        os.waitpid(pid, 0)


def test_numbers_of_all_processes_are_served(metrics: Callable[..., WorkerMetrics]) -> None:
    serving = metrics(metrics_port=free_port(), concurrency=3)
    serving.open()

    def work() -> None:
        serving.begin_process()
        say("sandglass_jobs_claimed", kind="analyze")

    with _process(work), _process(work):
        serving.serve()
        _until(lambda: 'sandglass_jobs_claimed_total{kind="analyze"} 2.0' in _text(serving.port).text)
        plain = _text(serving.port)
        assert "sandglass_worker_processes 2.0" in plain.text
        assert "sandglass_worker_slots 3.0" in plain.text
        assert plain.headers["content-type"].startswith("text/plain")
        asked = _text(serving.port, Accept="application/openmetrics-text")
        assert asked.headers["content-type"].startswith("application/openmetrics-text")
    plain = _text(serving.port)
    assert "\nsandglass_worker_processes 2.0" not in plain.text
    assert "sandglass_worker_processes_started_total 2.0" in plain.text
    assert 'sandglass_jobs_claimed_total{kind="analyze"} 2.0' in plain.text
    assert _text(serving.port, "/").status_code == 404
    assert _text(serving.port, "/metrics?name[]=sandglass_worker_slots").status_code == 200


def test_a_process_that_outlives_the_main_one_does_not_keep_the_port(
    metrics: Callable[..., WorkerMetrics],
) -> None:
    port = free_port()
    serving = metrics(metrics_port=port)
    serving.open()
    serving.serve()
    with _process(serving.begin_process):  # as one that takes the place of a killed one
        serving.close()
        again = metrics(metrics_port=port)
        again.open()
        again.serve()
        assert _text(port).status_code == 200


def test_a_port_that_is_taken_ends_nothing(metrics: Callable[..., WorkerMetrics]) -> None:
    port = free_port()
    first, second = metrics(metrics_port=port), metrics(metrics_port=port)
    for one in (first, second):
        one.open()
        one.serve()
    assert (first.port, second.port) == (port, 0)


def test_without_a_port_nothing_is_kept(metrics: Callable[..., WorkerMetrics]) -> None:
    off = metrics(metrics_port=0)
    off.open()
    off.begin_process()
    off.serve()
    say("sandglass_leases_lost")
    assert off.port == 0
