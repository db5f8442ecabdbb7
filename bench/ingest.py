"""How fast are files read? `python -m bench.ingest`: a load in a real sandbox next to DuckDB's own reader.

Ours works in a sandbox of the default policy: one processor, 1 GiB. DuckDB reads the same file on the machine
itself, for a file of 1 GB fits into no sandbox, on one processor and with 600 MB. Workbook and JSON: pandas.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from bench.command import Findings, Say, measure_or_exit
from bench.errors import BenchError
from bench.fresh import STACK, connect
from bench.machine import describe
from bench.sales_csv import write_sales
from bench.sandboxes import connected, discard, engine_url, hardened_body, image_name, make
from bench.table import align
from bench.targets import Target
from policies.model import Policy, load_policy
from worker.big_tables import FED_BYTES
from worker.engines.base import Engine
from worker.sandbox.feeder import Source
from worker.sandbox.run import ContainerSandbox, FileToLoad

_MB = 1_000_000
_ROWS = 100_000
_RATIO = 2.0
_SECONDS = 900
_DUCKDB = """
import os, sys, time
os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
import duckdb
engine = duckdb.connect(":memory:", config={"threads": 1, "memory_limit": "600MB"})
engine.execute("SET enable_progress_bar = false")
started = time.perf_counter()
engine.execute(f"COPY (FROM read_csv('{sys.argv[1]}')) TO '{sys.argv[2]}' (FORMAT parquet, COMPRESSION zstd)")
print(time.perf_counter() - started)
"""
_PANDAS = """
import os, sys, time
os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
import pandas as pd
started = time.perf_counter()
(pd.read_excel if sys.argv[1].endswith("xlsx") else pd.read_json)(sys.argv[1])
print(time.perf_counter() - started)
"""
_PEAK = """
from pathlib import Path
places = ("/sys/fs/cgroup/memory/memory.max_usage_in_bytes", "/sys/fs/cgroup/memory.peak")
result = next((int(Path(place).read_text()) for place in places if Path(place).exists()), 0)
"""


@dataclass(frozen=True)
class Row:
    """One file: seconds of each round of both sides, and the most memory that a sandbox held."""

    name: str
    size_bytes: int
    ours: list[float]
    other: list[float]
    peak_bytes: int
    against: str

    @property
    def ratio(self) -> float:
        """Our median by the other's."""
        return statistics.median(self.ours) / statistics.median(self.other)


def main() -> None:
    """Measure, print, end."""
    parser = argparse.ArgumentParser(prog="python -m bench.ingest", description=__doc__)
    parser.add_argument("--megabytes", type=int, nargs="*", default=[10, 100, 1000])
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    measure_or_exit(lambda say: measure(given.megabytes, given.rounds, say))


def measure(megabytes: list[int], rounds: int, say: Say) -> Findings:
    """All files, both sides in turns. Raises: BenchError."""
    policy = load_policy("default")
    with engine_url() as url:
        with connect(url) as client:
            facts = describe(client)
        found = asyncio.run(_measure(url, policy, megabytes, rounds, say))
    targets = [
        Target(f"{row.name}: times DuckDB's own", row.ratio, _RATIO, "") for row in found if "csv" in row.name
    ]
    most = policy.limits.memory_bytes / _MB
    targets += [Target(f"{row.name}: peak", row.peak_bytes / _MB, most, "MB") for row in found]
    return Findings([*facts, f"rounds: {rounds}, medians"], _lines(found), targets)


async def _measure(url: str, policy: Policy, megabytes: list[int], rounds: int, say: Say) -> list[Row]:
    found = []
    with tempfile.TemporaryDirectory(prefix="sandglass-bench-") as name:
        folder = Path(name)
        async with connected(url) as engine:
            for size in megabytes:
                say(f"{size} MB of CSV")
                path = write_sales(folder / "orders.csv", size * _MB).path
                found.append(await _compare(engine, policy, path, f"csv {size} MB", _DUCKDB, rounds))
            for path in _tables(folder):
                say(path.name)
                title = f"{path.suffix[1:]} {_ROWS:,} rows"
                found.append(await _compare(engine, policy, path, title, _PANDAS, rounds))
    return found


async def _compare(engine: Engine, policy: Policy, path: Path, title: str, program: str, rounds: int) -> Row:
    ours, other, peak = [], [], 0
    for _ in range(rounds):
        seconds, held = await _loaded(engine, policy, path)
        ours.append(seconds)
        peak = max(peak, held)
        other.append(await asyncio.to_thread(_timed, program, path))
    against = "DuckDB" if program == _DUCKDB else "pandas"
    size = await asyncio.to_thread(lambda: path.stat().st_size)
    return Row(title, size, ours, other, peak, against)


async def _loaded(engine: Engine, policy: Policy, path: Path) -> tuple[float, int]:
    """Seconds of one load, from the first byte sent to the last one back, and the sandbox's peak."""
    sandbox = await make(engine, policy, hardened_body(policy, image_name(), stack=STACK))
    try:
        started = time.perf_counter()
        await _load(sandbox, path)
        seconds = time.perf_counter() - started
        run = await sandbox.run(_PEAK, "python", 1)
        return seconds, int((run.result or {}).get("value") or 0)
    finally:
        await discard(sandbox)


async def _load(sandbox: ContainerSandbox, path: Path) -> None:
    source: Source = lambda: _chunks(path)  # noqa: E731 - as the blobs give it
    size = await asyncio.to_thread(lambda: path.stat().st_size)
    fed = path.suffix == ".csv" and size > FED_BYTES
    if not fed:
        await sandbox.put("upload", source())
    file = FileToLoad(
        "f", path.name, path.suffix[1:], "upload", fed=source if fed else None, size_bytes=size if fed else 0
    )
    loaded = await sandbox.load([file], [])
    said = [frame["error"] for frame in loaded.profiles if frame["error"]]
    if loaded.verdict.outcome != "ok" or said or not loaded.tables:
        raise BenchError(f"{path.name} was not read: {loaded.verdict} {said}")


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while data := await asyncio.to_thread(file.read, 1 << 20):
            yield data


def _timed(program: str, path: Path) -> float:
    command = [sys.executable, "-c", program, str(path), str(path.with_suffix(".parquet"))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    if done.returncode:
        raise BenchError(f"{path.name} was not read by the other side: {done.stderr[-500:]}")
    return float(done.stdout.split()[-1])


def _tables(folder: Path) -> list[Path]:
    """A workbook and a JSON file of the same rows."""
    import openpyxl

    rows = [[n, f"2024-01-{n % 28 + 1:02d}", f"shop {n % 40}", n % 997, n / 8] for n in range(_ROWS)]
    names = ["id", "day", "shop", "quantity", "amount"]
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("orders")
    sheet.append(names)
    for row in rows:
        sheet.append(row)
    book.save(folder / "orders.xlsx")
    records = [dict(zip(names, row, strict=True)) for row in rows]
    (folder / "orders.json").write_text(json.dumps(records), "utf-8")
    return [folder / "orders.xlsx", folder / "orders.json"]


def _lines(found: list[Row]) -> list[str]:
    middle: Callable[[list[float]], float] = statistics.median
    body = [
        (
            row.name,
            f"{middle(row.ours):.2f} s",
            f"{row.size_bytes / _MB / middle(row.ours):.0f}",
            f"{row.peak_bytes / _MB:.0f} MB",
            f"{row.against} {middle(row.other):.2f} s",
            f"{row.ratio:.2f}",
        )
        for row in found
    ]
    return align([("file", "read in", "MB/s", "peak", "the other", "ratio"), *body])


if __name__ == "__main__":
    main()
