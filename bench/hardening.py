"""What does the wall cost a run? `python -m bench.hardening`: hardened and open sandboxes in turns."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from bench.command import Findings, Say, measure_rounds_or_exit
from bench.errors import BenchError
from bench.fresh import connect
from bench.machine import describe
from bench.samples import Sample
from bench.sandboxes import (
    connected,
    discard,
    engine_url,
    hardened_body,
    image_name,
    make,
    open_body,
    timed_run,
)
from bench.table import align, duration
from bench.targets import Target
from bench.turns import turns
from policies.model import load_policy
from worker.engines.base import Engine

GROUPBY = """
import numpy as np, pandas as pd
random = np.random.default_rng(7)
rows = 400_000
orders = pd.DataFrame({"region": random.integers(0, 50, rows), "amount": random.normal(100, 20, rows)})
result = orders.groupby("region")["amount"].agg(["sum", "mean", "median"]).round(2)
"""
SYSTEM_CALLS = """
import os
for _ in range(15_000):
    os.stat("/work")
    descriptor = os.open("/dev/null", os.O_WRONLY)
    os.write(descriptor, b"x")
    os.close(descriptor)
"""
SNIPPETS = {"print(1)": "print(1)", "60,000 system calls": SYSTEM_CALLS, "pandas groupby": GROUPBY}
"""In the order in which each fresh sandbox runs them."""
WITHOUT_TARGET = "60,000 system calls"
"""The worst case there is, for the record: no job does nothing else."""
MOST = 1.10
_FILTER_MODE = "result = int(open('/proc/self/status').read().split('Seccomp:')[1].split()[0])"
Times = Mapping[str, Mapping[str, Sequence[float]]]
"""Seconds by snippet and kind of sandbox."""


def main() -> None:
    """Measure, print, end."""
    measure_rounds_or_exit("hardening", __doc__, 30, "fresh sandboxes of each kind", measure)


def measure(rounds: int, say: Say) -> Findings:
    """So many rounds of one sandbox of each kind. Raises: BenchError."""
    with engine_url() as url:
        with connect(url) as client:
            facts = describe(client)
        times = asyncio.run(_rounds(url, rounds, say))
    return Findings(facts, table_of(times), targets_of(times))


def table_of(times: Times) -> list[str]:
    """The medians side by side."""
    rows = [("what", "n", "hardened p50", "open p50", "ratio")]
    for name, kinds in times.items():
        hardened, without = Sample(tuple(kinds["hardened"])), Sample(tuple(kinds["open"]))
        shown = f"{hardened.median / without.median:.3f}x"
        rows.append((name, str(hardened.count), duration(hardened.median), duration(without.median), shown))
    return align(rows)


def targets_of(times: Times) -> list[Target]:
    """No snippet but the one for the record may cost a tenth more."""
    return [
        Target(f"the wall's cost, {name}", _ratio(kinds), MOST, "x")
        for name, kinds in times.items()
        if name != WITHOUT_TARGET
    ]


def _ratio(kinds: Mapping[str, Sequence[float]]) -> float:
    return Sample(tuple(kinds["hardened"])).median / Sample(tuple(kinds["open"])).median


async def _rounds(url: str, rounds: int, say: Say) -> Times:
    policy = load_policy("default")
    times: dict[str, dict[str, list[float]]] = {name: {"hardened": [], "open": []} for name in SNIPPETS}
    async with connected(url) as engine:
        image = await engine.image_digest(image_name())
        bodies = {"hardened": hardened_body(policy, image), "open": open_body(policy, image)}
        for kind, body in bodies.items():
            await _check(engine, body, filtered=kind == "hardened")
        for kind, counts in turns(bodies, rounds, say):
            taken = await _run_all(engine, bodies[kind])
            if counts:
                for name, seconds in taken.items():
                    times[name][kind].append(seconds)
    return times


async def _check(engine: Engine, body: dict[str, Any], *, filtered: bool) -> None:
    """Hold that what is compared differs as it should. Raises: BenchError."""
    sandbox = await make(engine, load_policy("default"), body)
    try:
        run = await sandbox.run(_FILTER_MODE, "python", 1)
    finally:
        await discard(sandbox)
    mode = (run.result or {}).get("value")
    if mode != (2 if filtered else 0):
        raise BenchError(
            f"code has the seccomp mode {mode!r} in a sandbox {'with' if filtered else 'without'} it"
        )


async def _run_all(engine: Engine, body: dict[str, Any]) -> dict[str, float]:
    sandbox = await make(engine, load_policy("default"), body)
    try:
        return {
            name: await timed_run(sandbox, code, number)
            for number, (name, code) in enumerate(SNIPPETS.items(), start=1)
        }
    finally:
        await discard(sandbox)


if __name__ == "__main__":
    main()
