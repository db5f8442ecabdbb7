"""What does the engine proxy cost? `python -m bench.engine_proxy`: sandboxes through it and directly."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.command import Findings, Say, measure_rounds_or_exit
from bench.errors import BenchError
from bench.fresh import STACK, connect
from bench.machine import describe
from bench.samples import Sample
from bench.sandboxes import connected, discard, engine_url, hardened_body, image_name, make, timed_run
from bench.table import align, duration
from bench.turns import turns
from client.stack.engine import ping
from policies.model import load_policy
from worker.engines.base import Engine

START, TRIP, IN, OUT, END = "start, to ready", "print(1)", "64 MiB in", "16 MiB out", "removal"
_TRIPS = 20
_PIECE = bytes(1 << 20)
_IN_MIB, _OUT_MIB = 64, 16
_WRITE = f"open('/work/out/big.bin', 'wb').write(bytes({_OUT_MIB} << 20))"
_START_SECONDS = 20.0
Times = Mapping[str, Mapping[str, Sequence[float]]]
"""Seconds by what was done and way."""


def main() -> None:
    """Measure, print, end."""
    measure_rounds_or_exit("engine_proxy", __doc__, 10, "fresh sandboxes on each way", measure)


def measure(rounds: int, say: Say) -> Findings:
    """So many rounds of one sandbox on each way. Raises: BenchError."""
    with engine_url() as direct, proxy_before(direct) as proxied:
        with connect(direct) as client:
            facts = describe(client)
        times = asyncio.run(_rounds({"direct": direct, "proxy": proxied}, rounds, say))
    return Findings(facts, table_of(times), [])


@contextmanager
def proxy_before(url: str) -> Iterator[str]:
    """An engine proxy in a process of its own. Raises: BenchError: It does not come up."""
    with tempfile.TemporaryDirectory(prefix="sg-bench-") as folder:
        path = Path(folder) / "engine.sock"
        given = {
            "SANDGLASS_PROXY_ENGINE": url,
            "SANDGLASS_PROXY_LISTEN": str(path),
            "SANDGLASS_STACK": STACK,
            "SANDGLASS_IMAGE": image_name(),
        }
        with (Path(folder) / "log").open("wb") as log:
            command = [sys.executable, "-m", "worker.engine_proxy"]
            process = subprocess.Popen(command, env={**os.environ, **given}, stderr=log)
        try:
            deadline = time.monotonic() + _START_SECONDS
            while ping(f"unix://{path}", timeout_seconds=1) is None:
                if process.poll() is not None or time.monotonic() > deadline:
                    said = (Path(folder) / "log").read_text("utf-8", "replace")[-500:]
                    raise BenchError(f"the engine proxy did not come up: {said}")
                time.sleep(0.1)
            yield f"unix://{path}"
        finally:
            process.terminate()
            process.wait(10)


def table_of(times: Times) -> list[str]:
    """The medians side by side; for bytes, the rate too."""
    rows: list[tuple[str, ...]] = [
        ("what", "n", "direct p50", "proxy p50", "ratio", "direct MB/s", "proxy MB/s")
    ]
    for name, ways in times.items():
        direct, proxy = Sample(tuple(ways["direct"])), Sample(tuple(ways["proxy"]))
        mib = {IN: _IN_MIB, OUT: _OUT_MIB}.get(name, 0)
        rates = [f"{(mib << 20) / 1e6 / one.median:.0f}" if mib else "" for one in (direct, proxy)]
        shown = (duration(direct.median), duration(proxy.median), f"{proxy.median / direct.median:.2f}x")
        rows.append((name, str(direct.count), *shown, *rates))
    return align(rows)


async def _rounds(urls: Mapping[str, str], rounds: int, say: Say) -> Times:
    times: dict[str, dict[str, list[float]]] = {
        name: {way: [] for way in urls} for name in (START, TRIP, IN, OUT, END)
    }
    async with connected(urls["direct"]) as direct, connected(urls["proxy"]) as proxied:
        engines = {"direct": direct, "proxy": proxied}
        for way, counts in turns(engines, rounds, say):
            taken = await _run_all(engines[way])
            if counts:
                for name, seconds in taken.items():
                    times[name][way] += seconds
    return times


async def _run_all(engine: Engine) -> dict[str, list[float]]:
    policy = load_policy("default")
    body = hardened_body(policy, await engine.image_digest(image_name()))
    started = time.perf_counter()
    sandbox = await make(engine, policy, body)
    taken = {START: [time.perf_counter() - started]}
    try:
        await timed_run(sandbox, "print(1)", 1)
        taken[TRIP] = [await timed_run(sandbox, "print(1)", 2 + number) for number in range(_TRIPS)]
        started = time.perf_counter()
        await sandbox.put("big.bin", _pieces())
        # All of it has arrived when the next run has.
        await timed_run(sandbox, "print(1)", 2 + _TRIPS)
        taken[IN] = [time.perf_counter() - started]
        taken[OUT] = [await timed_run(sandbox, _WRITE, 3 + _TRIPS)]
    finally:
        started = time.perf_counter()
        await discard(sandbox)
    taken[END] = [time.perf_counter() - started]
    return taken


async def _pieces() -> AsyncIterator[bytes]:
    for _ in range(_IN_MIB):
        yield _PIECE


if __name__ == "__main__":
    main()
