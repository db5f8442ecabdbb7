"""What does one worker host carry, and what the parts that all hosts share? `python -m bench.scale`."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from bench.command import Findings, Say, measure_or_exit
from bench.cpu import busy_rate, read_cpu
from bench.fresh import connect
from bench.machine import describe, find_engine
from bench.profile import services_of
from bench.sales_csv import write_sales
from bench.samples import percentile
from bench.scale_gateway import GatewayFound, measure_store, redis_rates
from bench.scale_host import HostRow, memory_of, questions, sandbox_bytes, small_jobs
from bench.table import align, duration
from client.api import Sandglass
from client.settings import find_access, home_of

_MB = 1_000_000
_CLIENTS = (1, 2, 4, 8)
_IDLE_SECONDS = 10


def main() -> None:
    """Measure, print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--jobs", type=int, default=40, help="small jobs for each number of clients")
    parser.add_argument("--questions", type=int, default=6, help="questions of the large table for each")
    parser.add_argument(
        "--seconds", type=float, default=5, help="for each pattern of requests at the gateway"
    )
    asked = parser.parse_args()
    if min(asked.jobs, asked.questions, asked.seconds) <= 0:
        parser.error("every number must be above 0")
    measure_or_exit(lambda say: _measure(asked.jobs, asked.questions, asked.seconds, say))


def _measure(jobs: int, large: int, seconds: float, say: Say) -> Findings:
    access, engine, home = find_access(), find_engine(), home_of()
    services = services_of(home)
    with connect(engine.url) as client:
        facts = describe(client)
        say(f"idle rate of the machine, {_IDLE_SECONDS} s")
        first = read_cpu()
        time.sleep(_IDLE_SECONDS)
        idle = busy_rate(first, read_cpu())
        facts.append(f"idling:  {idle:.2f} CPU-seconds a second, by what else runs")
        standing, held = memory_of(services), sandbox_bytes(client, home)
    rows = []
    for clients in _CLIENTS:
        say(f"print(1), {clients} clients")
        rows.append(small_jobs(access, clients, jobs, idle))
    with tempfile.TemporaryDirectory(prefix="sandglass-scale-") as folder, Sandglass() as api:
        for megabytes, count in ((1, jobs), (100, large)):
            file = write_sales(Path(folder) / "orders.csv", megabytes * _MB)
            made = api.create_session([file.path])
            api.wait_for(made["task_id"], limit_seconds=600)
            for clients in _CLIENTS[:3]:
                say(f"a question of {megabytes} MB, {clients} clients")
                what = f"a question of {megabytes} MB"
                rows.append(questions(what, made["session_id"], file, clients, count, idle))
            api.delete_session(made["session_id"])
    table = [*_host_table(rows), "", *_memory_table(standing, memory_of(services), held), ""]
    found = []
    for store in ("sqlite", "ferretdb"):
        say(f"a gateway over {store}")
        found.append((store, measure_store(store, seconds, (1, 4))))
    say("redis")
    return Findings(facts, [*table, *_shared_table(found), "", *_redis_table(redis_rates())], [])


def _host_table(rows: list[HostRow]) -> list[str]:
    head = ("one worker host", "clients", "n", "p50", "p95", "jobs/s", "CPU-seconds a job")
    body = [
        (
            row.what,
            str(row.clients),
            str(row.sample.count),
            duration(row.sample.median),
            duration(percentile(row.sample.seconds, 95)) if row.sample.count >= 20 else "-",
            f"{row.sample.per_second or 0:.2f}",
            f"{row.cpu_seconds:.2f}",
        )
        for row in rows
    ]
    return align([head, *body])


def _memory_table(before: dict[str, int], after: dict[str, int], sandboxes: list[int]) -> list[str]:
    body = [(name, f"{before[name] / _MB:.0f} MB", f"{after[name] / _MB:.0f} MB") for name in before]
    if sandboxes:
        text = f"{statistics.median(sandboxes) / _MB:.0f} MB"
        body.append((f"a standby sandbox, median of {len(sandboxes)}", text, "-"))
    return align([("resident memory", "before", "after the jobs"), *body])


def _shared_table(found: list[tuple[str, GatewayFound]]) -> list[str]:
    body = [
        (
            f"{row.what}, {store}",
            str(row.clients),
            str(row.sample.count),
            duration(row.sample.median),
            duration(percentile(row.sample.seconds, 95)),
            f"{row.sample.per_second or 0:.0f}",
        )
        for store, one in found
        for row in one.rows
    ]
    memory = [(f"gateway's memory, {store}", f"{one.resident_bytes / _MB:.0f} MB") for store, one in found]
    head = ("one gateway process", "clients", "n", "p50", "p95", "requests/s")
    return [*align([head, *body]), "", *align(memory)]


def _redis_table(rates: dict[str, float]) -> list[str]:
    return align(
        [("redis, 50 clients, 700 bytes", "a second"), *((n, f"{rate:.0f}") for n, rate in rates.items())]
    )


if __name__ == "__main__":
    main()
