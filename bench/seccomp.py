"""What does our seccomp profile cost next to the engine's own? `python -m bench.seccomp`: one table.

Sandboxes of both kinds are made in turns, so that whatever else the machine does meets both alike.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.errors import BenchError
from bench.fresh import STACK, connect, remove_left_over
from bench.machine import describe, find_engine
from bench.samples import Sample
from bench.table import Row, render
from bench.targets import Target
from policies.model import load_policy
from policies.spec import Marks, container_body
from worker.engines.base import Engine, EngineError
from worker.engines.connect import connect as connect_engine
from worker.sandbox.link import Link, SandboxLostError
from worker.sandbox.run import ContainerSandbox, Made

CODE = "print(1)"
DEAREST_PERCENT = 10.0
_READY_SECONDS = 60.0
_POLICY = load_policy("default")


@dataclass(frozen=True)
class Costs:
    """Times of sandboxes of one kind, in seconds: until they are ready, and of their first run."""

    ready: list[float]
    warm: list[float]


def main() -> None:
    """Measure, print the table, and end with 1 where the profile costs more than it may."""
    parser = argparse.ArgumentParser(prog="python -m bench.seccomp", description=__doc__)
    parser.add_argument("--count", type=int, default=20, help="sandboxes of each kind")
    parser.add_argument("--engine", default="", help="its address; else the running stack's")
    parser.add_argument("--image", default="", help="else the running stack's")
    given = parser.parse_args()
    if given.count <= 0:
        parser.error("--count must be above 0")
    try:
        if not (given.engine and given.image):
            found = find_engine()
            given.engine, given.image = given.engine or found.url, given.image or found.image
        with connect(given.engine) as client:
            facts = describe(client)
            try:
                ours, theirs = asyncio.run(measure(given.engine, given.image, given.count))
            finally:
                remove_left_over(client)
    except (BenchError, EngineError, SandboxLostError) as error:
        sys.stderr.write(f"bench: {error}\n")
        sys.exit(2)
    targets = targets_of(ours, theirs)
    print("\n".join([*facts, "", render(rows_of(ours, theirs), None), "", *(one.line for one in targets)]))
    sys.exit(0 if all(target.reached for target in targets) else 1)


async def measure(url: str, image: str, count: int) -> tuple[Costs, Costs]:
    """So many sandboxes with our profile, and with the engine's own. Raises: BenchError, EngineError."""
    engine = await connect_engine(url)
    ours, theirs = Costs([], []), Costs([], [])
    with tempfile.TemporaryDirectory() as spool:
        try:
            for number in range(count + 1):
                # Each kind is as often the first of a pair as the second.
                for costs, own in ((ours, True), (theirs, False))[:: 1 if number % 2 else -1]:
                    ready, warm = await _one(engine, image, Path(spool), own)
                    if number:  # the very first ones warm up the machine
                        costs.ready.append(ready)
                        costs.warm.append(warm)
        finally:
            await engine.close()
    return ours, theirs


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


async def _one(engine: Engine, image: str, spool: Path, own: bool) -> tuple[float, float]:
    started = time.perf_counter()
    container_id = await engine.create(await _body(engine, image, own))
    try:
        link = Link(await engine.start(container_id))
        facts = await link.shake_hands(_READY_SECONDS)
        ready = time.perf_counter() - started
        made = Made(container_id, image, facts, spool / container_id[:16])
        sandbox = ContainerSandbox(engine, link, _POLICY, made)
        started = time.perf_counter()
        ran = await sandbox.run(CODE, "python", 1)
        warm = time.perf_counter() - started
        await sandbox.destroy()
    finally:
        await engine.remove(container_id)
    if ran.outcome != "ok" or ran.stdout.text != "1\n":
        raise BenchError(f"{CODE} came to {ran.outcome}: {ran.message}")
    return ready, warm


async def _body(engine: Engine, image: str, own: bool) -> dict[str, Any]:
    marks = Marks(STACK, "bench", int(time.time()) + 600, "bench")
    body = container_body(_POLICY, await engine.image_digest(image), marks)
    if not own:
        body["HostConfig"]["SecurityOpt"] = ["no-new-privileges"]
    return body


if __name__ == "__main__":
    main()
