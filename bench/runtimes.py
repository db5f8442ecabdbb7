"""What does gVisor cost? `python -m bench.runtimes`: sandboxes on gVisor and on runc in turns."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from bench.command import Findings, Say, measure_rounds_or_exit
from bench.errors import BenchError
from bench.fresh import connect
from bench.hardening import GROUPBY
from bench.machine import describe
from bench.samples import Sample
from bench.sandboxes import (
    connected,
    discard,
    engine_url,
    hardened_body,
    image_name,
    make,
    podman_service,
    timed_run,
)
from bench.table import align, duration
from bench.turns import turns
from client.stack.gvisor import runtime_flags, runtime_version
from policies.model import Policy, load_policy
from policies.spec import GVISOR
from worker.engines.base import Engine

START = "start, to ready"
SNIPPETS = {"first print(1)": "print(1)", "second print(1)": "print(1)", "pandas groupby": GROUPBY}
"""In the order in which each fresh sandbox runs them."""
Times = Mapping[str, Mapping[str, Sequence[float]]]
"""Seconds by what was done and runtime."""


def main() -> None:
    """Measure, print, end."""
    measure_rounds_or_exit("runtimes", __doc__, 10, "fresh sandboxes on each", measure)


def measure(rounds: int, say: Say) -> Findings:
    """So many rounds of one sandbox on each. Raises: BenchError."""
    if shutil.which(GVISOR) is None:
        raise BenchError("gVisor is not installed: apt-get install runsc")
    version = runtime_version()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sandglass-bench-")))
        usual = stack.enter_context(engine_url())
        second = stack.enter_context(podman_service(folder, GVISOR, runtime_flags(version)))
        with connect(usual) as client:
            facts = describe(client)
        times = asyncio.run(_rounds({"runc": usual, GVISOR: second}, rounds, say))
    return Findings([*facts, f"gVisor:  {version.splitlines()[0]}"], table_of(times), [])


def table_of(times: Times) -> list[str]:
    """The medians side by side."""
    rows = [("what", "n", "gVisor p50", "runc p50", "ratio")]
    for name, kinds in times.items():
        gvisor, runc = Sample(tuple(kinds[GVISOR])), Sample(tuple(kinds["runc"]))
        shown = f"{gvisor.median / runc.median:.1f}x"
        rows.append((name, str(gvisor.count), duration(gvisor.median), duration(runc.median), shown))
    return align(rows)


async def _rounds(urls: Mapping[str, str], rounds: int, say: Say) -> Times:
    times: dict[str, dict[str, list[float]]] = {
        name: {runtime: [] for runtime in urls} for name in (START, *SNIPPETS)
    }
    async with connected(urls["runc"]) as usual, connected(urls[GVISOR]) as second:
        engines = {"runc": usual, GVISOR: second}
        for runtime, counts in turns(engines, rounds, say):
            taken = await _run_all(engines[runtime], policy_on(runtime))
            if counts:
                for name, seconds in taken.items():
                    times[name][runtime].append(seconds)
    return times


def policy_on(runtime: str) -> Policy:
    """The default policy's limits on this runtime, whatever its version."""
    named = GVISOR if runtime == GVISOR else ""
    return load_policy("default").model_copy(update={"runtime": named, "fixed_versions": False})


async def _run_all(engine: Engine, policy: Policy) -> dict[str, float]:
    body = hardened_body(policy, await engine.image_digest(image_name()))
    started = time.perf_counter()
    sandbox = await make(engine, policy, body)
    taken = {START: time.perf_counter() - started}
    try:
        if sandbox.facts.get("gvisor") is not (policy.runtime == GVISOR):
            raise BenchError("a sandbox did not come up on the runtime that was asked for")
        for number, (name, code) in enumerate(SNIPPETS.items(), start=1):
            taken[name] = await timed_run(sandbox, code, number)
        return taken
    finally:
        await discard(sandbox)


if __name__ == "__main__":
    main()
