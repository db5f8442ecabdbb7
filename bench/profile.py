"""Is a 100 MB table answered without gateway or worker holding it? `python -m bench.profile`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.errors import BenchError
from bench.memory import Growth, MemoryWatch
from bench.sales_csv import SalesFile, write_sales
from bench.table import align, duration
from bench.targets import Target, missed
from client.api import Sandglass, Status
from client.errors import ClientError
from client.settings import home_of
from client.stack.process import Daemon

QUESTION = "What is the total amount by region?"
_MB = 1_000_000
_LIMIT_SECONDS = 600
# Holding the file, or half of it, must show; buffers and a library imported late must not.
_GROWTH_SHARE = 0.25


@dataclass(frozen=True)
class Found:
    """What one run found."""

    upload_seconds: float
    profile_seconds: float
    answer_seconds: float
    growth: Mapping[str, Growth]


def main() -> None:
    """Make the file, have it profiled and questioned, print what it took; 1 where memory grew too much."""
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__)
    parser.add_argument("--megabytes", type=int, default=100)
    megabytes, console = parser.parse_args().megabytes, Console(stderr=True)
    if megabytes < 1:
        parser.error("--megabytes must be above 0")
    try:
        with tempfile.TemporaryDirectory(prefix="sandglass-bench-") as folder, Sandglass() as api:
            console.print(f"writing {megabytes} MB of orders")
            file = write_sales(Path(folder) / "orders.csv", megabytes * _MB)
            found = measure(api, file, services_of(home_of()), console)
    except (BenchError, ClientError) as error:
        console.print(f"bench: {error}", highlight=False, markup=False)
        sys.exit(2)
    targets = targets_of(file, found)
    print("\n".join([*_lines(file, found), *(target.line for target in targets)]))
    sys.exit(1 if missed(targets) else 0)


def measure(api: Sandglass, file: SalesFile, services: Mapping[str, int], console: Console) -> Found:
    """Upload, wait for the profile, ask, check the answer, delete. Raises: BenchError, ClientError."""
    with MemoryWatch(services) as watch:
        started = time.perf_counter()
        made = api.create_session([file.path])
        uploaded = time.perf_counter()
        try:
            console.print("uploaded; waiting for the profile")
            _succeeded(api.wait_for(made["task_id"], limit_seconds=_LIMIT_SECONDS))
            _check_profile(api.session(made["session_id"]), file)
            profiled = time.perf_counter()
            console.print(f"profiled; asking: {QUESTION}")
            asked = api.analyze(made["session_id"], QUESTION)
            record = _succeeded(api.wait_for(asked["task_id"], limit_seconds=_LIMIT_SECONDS))
            answered = time.perf_counter()
            check_answer(record["result"], file.amount_by_region)
        finally:
            api.delete_session(made["session_id"])
    return Found(uploaded - started, profiled - started, answered - profiled, watch.growth())


def check_answer(result: Mapping[str, Any] | None, expected: Mapping[str, int]) -> None:
    """Hold the sums by region against the file's own. Raises: BenchError."""
    found = {str(label): float(value) for label, value in _pairs(result or {})}
    if found != {name: float(value) for name, value in expected.items()}:
        raise BenchError(f"the answer is wrong: {found}, where {dict(expected)} is right")


def targets_of(file: SalesFile, found: Found) -> list[Target]:
    """Neither service may grow by a quarter of the file."""
    bound = file.size_bytes * _GROWTH_SHARE / _MB
    return [
        Target(f"memory growth of the {name}", growth.growth_bytes / _MB, bound, "MB")
        for name, growth in found.growth.items()
    ]


def _pairs(result: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    kind, value = result.get("type"), result.get("value")
    if kind == "series" and isinstance(value, dict):
        return list(zip(value["index"], value["values"], strict=True))
    if kind == "table" and isinstance(value, dict) and sorted(value["columns"]) == ["amount", "region"]:
        region, amount = value["columns"].index("region"), value["columns"].index("amount")
        return [(row[region], row[amount]) for row in value["rows"]]
    raise BenchError(f"the answer is neither a series nor a table of region and amount: {dict(result)}")


def _succeeded(record: Status) -> Status:
    if record["state"] != "succeeded":
        raise BenchError(f"a task came to {record['state']}/{record['outcome']}: {record['error']}")
    return record


def _check_profile(session: Mapping[str, Any], file: SalesFile) -> None:
    rows = [table["profile"]["rows"] for table in session["tables"]]
    if rows != [file.rows]:
        raise BenchError(f"the profile counts {rows} rows, where {file.rows} is right")


def services_of(home: Path) -> dict[str, int]:
    """The process ids of gateway and worker of a local stack. Raises: BenchError."""
    services = {}
    for name in ("gateway", "worker"):
        pid = Daemon(name, home).alive()
        if pid is None:
            raise BenchError(f"no {name} of a local stack runs under {home}; run: sandglass up")
        services[name] = pid
    return services


def _lines(file: SalesFile, found: Found) -> list[str]:
    rows = [("what", "value"), ("file", f"{file.size_bytes / _MB:.1f} MB, {file.rows:,} rows")]
    rows.append(("upload", duration(found.upload_seconds)))
    rows.append(("upload to profile", duration(found.profile_seconds)))
    rows.append(("first question to right answer", duration(found.answer_seconds)))
    for name, growth in found.growth.items():
        text = f"{growth.before_bytes / _MB:.1f} -> {growth.peak_bytes / _MB:.1f} MB"
        rows.append((f"{name}: resident before, at the peak", text))
    return align(rows)


if __name__ == "__main__":
    main()
