"""How much longer does a job take beside an abuser? `python -m bench.neighbours`: all on 2 processors."""

from __future__ import annotations

import argparse
import asyncio
import select
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench.abusers import ABUSERS
from bench.command import Findings, Say, measure_or_exit
from bench.errors import BenchError
from bench.fresh import STACK, connect
from bench.machine import describe
from bench.sandboxes import connected, discard, engine_url, hardened_body, image_name, make, pin, timed_run
from bench.table import align, duration
from bench.targets import Target
from policies.model import load_policy
from worker.engines.base import Engine

JOB = """
import numpy as np, pandas as pd
random = np.random.default_rng(7)
rows = 2_000_000
orders = pd.DataFrame({"region": random.integers(0, 50, rows), "amount": random.normal(100, 20, rows)})
orders["year"] = 2000 + orders.index % 20
result = orders.groupby(["region", "year"])["amount"].agg(["sum", "mean", "median"]).round(2)
"""
"""Long enough for a scheduler's turns and a quota's periods to even out."""
CORES = (0, 1)
MOST = 2.0
_UP_SECONDS = 60.0
_UNDER_WAY_SECONDS = 2.0
"""From the abuser's first sandbox to the first job beside it: its memory, disk or pids are full by then."""
_END_SECONDS = 40.0


@dataclass
class Jobs:
    """Seconds of the jobs of one kind."""

    warm: list[float] = field(default_factory=list)
    """In a sandbox that stood ready: what a client waits for."""
    fresh: list[float] = field(default_factory=list)
    """With the making of the sandbox: what a client waits for when none stood ready."""


def main() -> None:
    """Measure, print, end."""
    parser = argparse.ArgumentParser(prog="python -m bench.neighbours", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="each abuser's turns")
    parser.add_argument("--jobs", type=int, default=5, help="jobs in each turn, and alone before it")
    parser.add_argument("--abuser", choices=[*ABUSERS], action="append", help="only these")
    asked = parser.parse_args()
    if min(asked.rounds, asked.jobs) < 1:
        parser.error("--rounds and --jobs must be above 0")
    names = asked.abuser or list(ABUSERS)
    measure_or_exit(lambda say: measure(names, asked.rounds, asked.jobs, say))


def measure(names: Sequence[str], rounds: int, jobs: int, say: Say) -> Findings:
    """Jobs alone and beside each abuser, in turns. Raises: BenchError."""
    pin(CORES)
    alone = Jobs()
    beside = {name: Jobs() for name in names}
    with engine_url() as url:
        with connect(url) as client:
            facts = [*describe(client), f"pinned:  bench, sandboxes and a Podman of our own on {list(CORES)}"]
        for number in range(rounds):
            for name in names:
                say(f"round {number + 1} of {rounds}: alone, then beside: {name}")
                asyncio.run(_jobs(url, jobs, alone))
                with _abused(name, url):
                    asyncio.run(_jobs(url, jobs, beside[name]))
    return Findings(facts, table_of(alone, beside), targets_of(alone, beside))


def table_of(alone: Jobs, beside: Mapping[str, Jobs]) -> list[str]:
    """The medians, and how many times as long as alone."""
    rows = [["beside", "n", "job p50", "worst", "ratio", "with a new sandbox p50", "ratio"]]
    for name, jobs in {"nobody": alone, **beside}.items():
        warm, fresh = statistics.median(jobs.warm), statistics.median(jobs.fresh)
        cells = [name, str(len(jobs.warm)), duration(warm), duration(max(jobs.warm))]
        cells += [f"{_ratio(jobs.warm, alone.warm):.2f}x", duration(fresh)]
        rows.append([*cells, f"{_ratio(jobs.fresh, alone.fresh):.2f}x"])
    return align(rows)


def targets_of(alone: Jobs, beside: Mapping[str, Jobs]) -> list[Target]:
    """Each abuser may make a job take twice as long, a new sandbox included."""
    targets = []
    for name, jobs in beside.items():
        worse = max(_ratio(jobs.warm, alone.warm), _ratio(jobs.fresh, alone.fresh))
        targets.append(Target(f"a job beside: {name}", worse, MOST, "x"))
    return targets


def _ratio(beside: Sequence[float], alone: Sequence[float]) -> float:
    return statistics.median(beside) / statistics.median(alone)


async def _jobs(url: str, count: int, into: Jobs) -> None:
    async with connected(url) as engine:
        for _ in range(count):
            await _job(engine, into)


async def _job(engine: Engine, into: Jobs) -> None:
    policy = load_policy("default")
    body = hardened_body(policy, await engine.image_digest(image_name()), CORES)
    started = time.perf_counter()
    sandbox = await make(engine, policy, body)
    try:
        seconds = await timed_run(sandbox, JOB, 1)
        into.warm.append(seconds)
        into.fresh.append(time.perf_counter() - started)
    finally:
        await discard(sandbox)


@contextmanager
def _abused(name: str, url: str) -> Iterator[None]:
    """An abuser under way, in a process of its own, as another worker process is."""
    command = [sys.executable, "-m", "bench.abusers", name, url, f"{STACK}-abuser", ",".join(map(str, CORES))]
    abuser = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        _wait_up(abuser, name)
        # What is measured is a job beside an abuser that has got going.
        time.sleep(_UNDER_WAY_SECONDS)
        yield
        if abuser.poll() is not None:
            raise BenchError(f"the abuser {name!r} ended with {abuser.returncode} while it was to go on")
    finally:
        try:
            abuser.communicate(timeout=_END_SECONDS)
        except subprocess.TimeoutExpired:
            abuser.kill()
            abuser.communicate()
            asyncio.run(_sweep(url))


async def _sweep(url: str) -> None:
    async with connected(url, f"{STACK}-abuser"):
        pass


def _wait_up(abuser: subprocess.Popen[bytes], name: str) -> None:
    assert abuser.stdout is not None  # noqa: S101 - it is a pipe, see above
    if not select.select([abuser.stdout], [], [], _UP_SECONDS)[0] or abuser.stdout.readline() != b"up\n":
        raise BenchError(f"the abuser {name!r} did not get going within {_UP_SECONDS:g} s")


if __name__ == "__main__":
    main()
