"""How long does `print(1)` take through the running stack, from submit to result?"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self

import httpx

from bench.errors import BenchError
from bench.samples import Sample
from client.settings import Access

CODE = "print(1)"
WAIT_SECONDS = 30
_RUN_SECONDS = 120.0
_ENDED = frozenset({"succeeded", "failed", "cancelled"})
Tick = Callable[[], None]


@dataclass(frozen=True)
class WarmRun:
    """One run, and whether its sandbox stood ready (`warm`) or had to be waited for (`cold`)."""

    seconds: float
    standby: str


@dataclass(frozen=True)
class WarmRuns:
    """All runs of one pattern of clients."""

    runs: tuple[WarmRun, ...]
    wall_seconds: float

    @property
    def sample(self) -> Sample:
        """Their times."""
        return Sample(tuple(run.seconds for run in self.runs), self.wall_seconds)

    @property
    def warm_share(self) -> float:
        """How many of them found a warm sandbox, from 0 to 1."""
        return sum(run.standby == "warm" for run in self.runs) / len(self.runs)


class Runner:
    """One client with one kept-alive connection."""

    def __init__(self, access: Access) -> None:
        self._http = httpx.Client(
            base_url=access.base_url,
            headers={"Authorization": f"Bearer {access.key}"},
            timeout=httpx.Timeout(WAIT_SECONDS + 10, connect=5),
            limits=httpx.Limits(max_connections=1),
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def run(self) -> WarmRun:
        """Submit, wait for the record, check that it says `1`.

        Raises:
            BenchError: The gateway refused, the run failed, or printed something else.
        """
        started = time.perf_counter()
        made = self._json("POST", "/execute", 202, json={"code": CODE, "language": "python"})
        url, deadline = f"/status/{made['task_id']}?wait={WAIT_SECONDS}", started + _RUN_SECONDS
        record = self._json("GET", url, 200)
        while record["state"] not in _ENDED and time.perf_counter() < deadline:
            record = self._json("GET", url, 200)
        seconds = time.perf_counter() - started
        if record["outcome"] != "ok" or record["stdout"]["text"] != "1\n":
            raise BenchError(
                f"{CODE} came to {record['state']}/{record['outcome']} ({record['error']}), "
                f"stdout {record['stdout']['text']!r}; see: sandglass doctor"
            )
        return WarmRun(seconds, str(record["timings"].get("standby", "unknown")))

    def _json(
        self, method: str, url: str, expected: int, json: dict[str, str] | None = None
    ) -> dict[str, Any]:
        try:
            response = self._http.request(method, url, json=json)
        except httpx.HTTPError as error:
            raise BenchError(
                f"{method} {url}: {error or type(error).__name__}; is the stack up? sandglass up"
            ) from error
        if response.status_code != expected:
            raise BenchError(f"{method} {url}: {response.status_code}, not {expected}: {response.text[:300]}")
        return dict(response.json())


def run_paced(access: Access, count: int, pause_seconds: float, limit_seconds: float, tick: Tick) -> WarmRuns:
    """One client that leaves the stack time to warm a new sandbox after each run.

    Raises:
        BenchError: As `Runner.run`, or the time ran out before all runs were done.
    """
    started = time.perf_counter()
    runs: list[WarmRun] = []
    with Runner(access) as client:
        for _ in range(count):
            _refuse_late(started, limit_seconds, len(runs), count)
            runs.append(client.run())
            tick()
            # A pause is the thing measured here: thinking time between two runs.
            time.sleep(pause_seconds)
    return WarmRuns(tuple(runs), time.perf_counter() - started)


def run_back_to_back(access: Access, clients: int, count: int, limit_seconds: float, tick: Tick) -> WarmRuns:
    """So many clients at once, each submitting its next run as its last one ends; `count` runs in all.

    Raises:
        BenchError: As `run_paced`.
    """
    started, tickets, lock = time.perf_counter(), iter(range(count)), threading.Lock()
    runs: list[WarmRun] = []

    def work() -> None:
        with Runner(access) as client:
            while True:
                with lock:
                    if next(tickets, None) is None:
                        return
                    _refuse_late(started, limit_seconds, len(runs), count)
                run = client.run()
                with lock:
                    runs.append(run)
                    tick()

    with ThreadPoolExecutor(clients) as pool:
        for lane in [pool.submit(work) for _ in range(clients)]:
            lane.result()
    return WarmRuns(tuple(runs), time.perf_counter() - started)


def _refuse_late(started: float, limit_seconds: float, done: int, count: int) -> None:
    if time.perf_counter() - started > limit_seconds:
        raise BenchError(f"only {done} of {count} runs were done in {limit_seconds:g} s")
