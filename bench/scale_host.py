"""One worker host: how many jobs does it do a second, how long does each take, and what do its parts hold?"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker

from bench.cpu import cpu_seconds_each, read_cpu
from bench.errors import BenchError
from bench.memory import family, read_parents, resident_bytes
from bench.profile import QUESTION, check_answer
from bench.sales_csv import SalesFile
from bench.samples import Sample
from bench.warm import run_back_to_back
from client.api import Sandglass
from client.settings import Access
from policies.spec import LABEL_STACK

_LIMIT_SECONDS = 600


@dataclass(frozen=True)
class HostRow:
    """What one number of clients came to."""

    what: str
    clients: int
    sample: Sample
    cpu_seconds: float
    """Of the whole machine, for each job, idling left out."""


def small_jobs(access: Access, clients: int, count: int, idle_rate: float) -> HostRow:
    """`print(1)`, each in a sandbox of its own. Raises: BenchError."""
    before = read_cpu()
    runs = run_back_to_back(access, clients, count, _LIMIT_SECONDS, lambda: None)
    return HostRow("print(1)", clients, runs.sample, cpu_seconds_each(before, read_cpu(), idle_rate, count))


def questions(what: str, session_id: str, file: SalesFile, clients: int, count: int, idle: float) -> HostRow:
    """One question of a table, asked so often by so many; each answer is checked. Raises: BenchError."""

    def ask() -> None:
        with Sandglass() as api:
            task = api.analyze(session_id, QUESTION, cache=False)
            record = api.wait_for(task["task_id"], limit_seconds=_LIMIT_SECONDS)
        if record["state"] != "succeeded":
            raise BenchError(f"a question came to {record['outcome']}: {record['error']}")
        check_answer(record["result"], file.amount_by_region)

    before = read_cpu()
    sample = crowd(ask, clients, count)
    return HostRow(what, clients, sample, cpu_seconds_each(before, read_cpu(), idle, count))


def crowd(work: Callable[[], None], clients: int, count: int) -> Sample:
    """Do `work` so often, by so many at once, each beginning anew when it is done."""
    started, tickets, lock = time.perf_counter(), iter(range(count)), threading.Lock()
    times: list[float] = []

    def lane() -> None:
        while True:
            with lock:
                if next(tickets, None) is None:
                    return
            begun = time.perf_counter()
            work()
            with lock:
                times.append(time.perf_counter() - begun)

    with ThreadPoolExecutor(clients) as pool:
        for done in [pool.submit(lane) for _ in range(clients)]:
            done.result()
    return Sample(tuple(times), time.perf_counter() - started)


def memory_of(services: Mapping[str, int]) -> dict[str, int]:
    """Resident bytes by part: the worker's main process and its children, one by one, too."""
    parents = read_parents()
    found = {name: resident_bytes(family(pid, parents)) for name, pid in services.items()}
    if (main := services.get("worker")) is not None:
        children = [pid for pid, parent in parents.items() if parent == main]
        found["worker, main process"] = resident_bytes([main])
        found["worker, each of its processes"] = resident_bytes(children) // max(1, len(children))
    return found


def sandbox_bytes(client: docker.APIClient, home: Path) -> list[int]:
    """What each standing sandbox of the stack holds, by its cgroup, page cache left out."""
    stack = (home / "stack-id").read_text("utf-8").strip()
    rows = client.containers(filters={"label": [f"{LABEL_STACK}={stack}"]})
    return [_held(client.stats(row["Id"], stream=False)) for row in rows]


def _held(stats: Mapping[str, Any]) -> int:
    memory = stats.get("memory_stats") or {}
    cache = (memory.get("stats") or {}).get("total_inactive_file", 0)
    return int(memory.get("usage", 0)) - int(cache)
