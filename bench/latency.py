"""How long does a run take, next to what else there is? `python -m bench.latency`: one command, one table."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import docker
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from bench.cpu import busy_rate, cpu_seconds_each, read_cpu
from bench.errors import BenchError
from bench.fresh import FreshRun, connect, plain_body, remove_left_over, run_fresh, sandbox_body
from bench.images import ensure_peer_image, ensure_stock_image
from bench.machine import EngineUnderTest, describe, find_engine
from bench.peer import PeerRun, ensure_environment, run_peer
from bench.report import Counts, Measured, cpu_line, keep, rows_of, targets_of
from bench.table import render
from bench.targets import missed
from bench.warm import Runner, WarmRuns, run_back_to_back, run_paced
from client.errors import ClientError
from client.settings import Access, find_access, home_of

T = TypeVar("T")
_WARM_UP_RUNS = 3
_LIMIT_SECONDS = 600.0
_STOCK_RESULT = b'chunks:[{"type": "console", "format": "output", "content": "1\\n"}]'


class Show:
    """Progress on stderr, so that stdout holds the table alone."""

    def __init__(self) -> None:
        self.console = Console(stderr=True)

    def say(self, text: str) -> None:
        """One line."""
        self.console.print(text, highlight=False)

    def counting(self, text: str, total: int, work: Callable[[Callable[[], None]], T]) -> T:
        """Do `work`, which calls what it is given once for each of `total` steps."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=self.console) as progress:
            task = progress.add_task(text, total=total)
            return work(lambda: progress.advance(task))


def main() -> None:
    """Measure, print the table, keep it, and end with 1 where a target is missed."""
    counts, show = _parse(sys.argv[1:]), Show()
    try:
        access, engine = find_access(), find_engine()
        with connect(engine.url) as client:
            facts = describe(client)
            try:
                measured = measure(access, engine, client, counts, show)
            finally:
                # llm-sandbox leaves its container behind when the start fails.
                remove_left_over(client)
    except (BenchError, ClientError) as error:
        show.say(f"bench: {error}")
        sys.exit(2)
    rows = rows_of(measured, counts)
    targets = targets_of(measured)
    print("\n".join([*facts, "", render(rows, measured.paced.sample.median), ""]))
    print(cpu_line(measured), *(target.line for target in targets), sep="\n")
    show.say(f"kept in {keep(home_of(), facts, measured, targets)}")
    if lost := missed(targets):
        show.say("missed: " + "; ".join(target.name for target in lost))
        sys.exit(1)


def measure(
    access: Access, engine: EngineUnderTest, client: docker.APIClient, counts: Counts, show: Show
) -> Measured:
    """Everything, one after the other, what has to be built before the first run. Raises: BenchError."""
    stock_image = _attempt(lambda: ensure_stock_image(engine.url, show.say), show)
    peer_python = _attempt(lambda: ensure_environment(home_of(), show.say), show)
    peer_image = _attempt(lambda: ensure_peer_image(engine.url, engine.image, show.say), show)
    _warm_up(access, counts.pause_seconds)
    idle_rate = _idle_rate(counts.idle_seconds, show)
    before = read_cpu()
    paced = show.counting(
        "warm, 1 client paced",
        counts.paced,
        lambda tick: run_paced(access, counts.paced, counts.pause_seconds, _LIMIT_SECONDS, tick),
    )
    cpu_seconds = cpu_seconds_each(before, read_cpu(), idle_rate, counts.paced)
    alone = _crowd(access, 1, counts.alone, show)
    crowd = _crowd(access, counts.clients, counts.crowd, show)
    # What the crowd left behind is removed and made anew meanwhile.
    time.sleep(counts.idle_seconds)
    cold = _fresh(client, sandbox_body(engine.image), b"1\n", counts.cold, "container cold start", show)
    stock: list[FreshRun] | BenchError
    if isinstance(stock_image, BenchError):
        stock = stock_image
    else:
        body = plain_body(stock_image)
        stock = _fresh(client, body, _STOCK_RESULT, counts.stock, "stock Open Interpreter", show)
    return Measured(
        paced,
        cpu_seconds,
        idle_rate,
        alone,
        crowd,
        cold,
        stock,
        _peer(engine, peer_python, peer_image, counts, show),
    )


def _parse(arguments: list[str]) -> Counts:
    parser = argparse.ArgumentParser(prog="python -m bench.latency", description=__doc__)
    parser.add_argument("--paced", type=int, default=100, help="runs of 1 client paced")
    parser.add_argument("--alone", type=int, default=30, help="runs of 1 client back to back")
    parser.add_argument("--crowd", type=int, default=150, help="runs of all clients back to back")
    parser.add_argument("--clients", type=int, default=10)
    parser.add_argument("--cold", type=int, default=15, help="cold starts of a container")
    parser.add_argument("--stock", type=int, default=5, help="fresh containers of stock Open Interpreter")
    parser.add_argument("--peer", type=int, default=5, help="sessions of llm-sandbox")
    parser.add_argument("--pause-seconds", type=float, default=2.5, help="after each paced run")
    parser.add_argument("--idle-seconds", type=float, default=10, help="for which the idle rate is measured")
    counts = Counts(**vars(parser.parse_args(arguments)))
    if min(vars(counts).values()) <= 0:
        parser.error("every number must be above 0")
    return counts


def _attempt(build: Callable[[], T], show: Show) -> T | BenchError:
    # One of the compared ones that is missing must not keep the rest from being measured; its row says so.
    try:
        return build()
    except BenchError as error:
        show.say(f"bench: {error}")
        return error


def _warm_up(access: Access, pause_seconds: float) -> None:
    with Runner(access) as client:
        for _ in range(_WARM_UP_RUNS):
            client.run()
            time.sleep(pause_seconds)


def _idle_rate(seconds: float, show: Show) -> float:
    show.say(f"idle rate of the machine, {seconds:g} s")
    first = read_cpu()
    time.sleep(seconds)
    return busy_rate(first, read_cpu())


def _crowd(access: Access, clients: int, count: int, show: Show) -> WarmRuns:
    return show.counting(
        f"warm, {clients} client{'s' if clients > 1 else ''} back to back",
        count,
        lambda tick: run_back_to_back(access, clients, count, _LIMIT_SECONDS, tick),
    )


def _fresh(
    client: docker.APIClient, body: dict[str, Any], result: bytes, count: int, text: str, show: Show
) -> list[FreshRun]:
    def work(tick: Callable[[], None]) -> list[FreshRun]:
        runs = []
        for _ in range(count):
            runs.append(run_fresh(client, body, result))
            tick()
        return runs

    return show.counting(text, count, work)


def _peer(
    engine: EngineUnderTest, python: Path | BenchError, image: str | BenchError, counts: Counts, show: Show
) -> list[PeerRun] | BenchError:
    if isinstance(python, BenchError):
        return python
    if isinstance(image, BenchError):
        return image
    show.say(f"llm-sandbox, {counts.peer} sessions")
    return _attempt(lambda: run_peer(python, engine.url, image, counts.peer), show)


if __name__ == "__main__":
    main()
