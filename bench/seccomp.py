"""What does our seccomp profile cost next to the engine's own? `python -m bench.seccomp`: one table.

Sandboxes of both kinds are made in turns, so that whatever else the machine does meets both alike.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from bench.command import Findings, Say, measure_rounds_or_exit
from bench.fresh import connect
from bench.machine import describe
from bench.samples import Sample
from bench.sandboxes import connected, discard, engine_url, hardened_body, image_name, make, timed_run
from bench.table import Row, render
from bench.targets import Target
from bench.turns import turns
from policies.model import load_policy
from worker.engines.base import Engine

CODE = "print(1)"
DEAREST_PERCENT = 10.0
_POLICY = load_policy("default")


@dataclass(frozen=True)
class Costs:
    """Times of sandboxes of one kind, in seconds: until they are ready, and of their first run."""

    ready: list[float]
    warm: list[float]


def main() -> None:
    """Measure, print the table, and end with 1 where the profile costs more than it may."""
    measure_rounds_or_exit("seccomp", __doc__, 20, "sandboxes of each kind", measure, "--count")


def measure(count: int, say: Say) -> Findings:
    """So many sandboxes with our profile, and with the engine's own. Raises: BenchError."""
    with engine_url() as url:
        with connect(url) as client:
            facts = describe(client)
        ours, theirs = asyncio.run(_pairs(url, count, say))
    return Findings(facts, [render(rows_of(ours, theirs), None)], targets_of(ours, theirs))


def rows_of(ours: Costs, theirs: Costs) -> list[Row]:
    """The four lines of the table."""
    return [
        Row("sandbox ready, our profile", Sample(tuple(ours.ready))),
        Row("sandbox ready, the engine's profile", Sample(tuple(theirs.ready))),
        Row(f"warm {CODE}, our profile", Sample(tuple(ours.warm))),
        Row(f"warm {CODE}, the engine's profile", Sample(tuple(theirs.warm))),
    ]


def targets_of(ours: Costs, theirs: Costs) -> list[Target]:
    """By how much our profile is dearer at the median, in percent."""
    return [
        Target(f"our profile, {name}", _percent_more(mine, others), DEAREST_PERCENT, "% more")
        for name, mine, others in (
            ("sandbox ready", ours.ready, theirs.ready),
            (f"warm {CODE}", ours.warm, theirs.warm),
        )
    ]


def _percent_more(ours: list[float], theirs: list[float]) -> float:
    return (Sample(tuple(ours)).median / Sample(tuple(theirs)).median - 1) * 100


async def _pairs(url: str, count: int, say: Say) -> tuple[Costs, Costs]:
    costs = {"ours": Costs([], []), "theirs": Costs([], [])}
    async with connected(url) as engine:
        for kind, counts in turns(costs, count, say):
            ready, warm = await _one(engine, own=kind == "ours")
            if counts:
                costs[kind].ready.append(ready)
                costs[kind].warm.append(warm)
    return costs["ours"], costs["theirs"]


async def _one(engine: Engine, *, own: bool) -> tuple[float, float]:
    started = time.perf_counter()
    body = hardened_body(_POLICY, await engine.image_digest(image_name()))
    if not own:
        body["HostConfig"]["SecurityOpt"] = ["no-new-privileges"]
    sandbox = await make(engine, _POLICY, body)
    try:
        ready = time.perf_counter() - started
        return ready, await timed_run(sandbox, CODE, 1)
    finally:
        await discard(sandbox)


if __name__ == "__main__":
    main()
