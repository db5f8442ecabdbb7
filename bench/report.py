"""What is printed and kept of one run of the benchmark?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError
from bench.fresh import FreshRun
from bench.peer import PeerRun
from bench.samples import Sample
from bench.table import Row, duration
from bench.targets import Target, latency_targets
from bench.warm import WarmRuns

QUIET_RATE = 0.25
"""Processor seconds a second that a machine spends idle, the stack's own heartbeats included, and no more."""


@dataclass(frozen=True)
class Counts:
    """How often each thing is done, and how long the pauses are."""

    paced: int
    alone: int
    crowd: int
    clients: int
    cold: int
    stock: int
    peer: int
    pause_seconds: float
    idle_seconds: float


@dataclass(frozen=True)
class Measured:
    """All that one run of the benchmark found."""

    paced: WarmRuns
    cpu_seconds: float
    idle_rate: float
    alone: WarmRuns
    crowd: WarmRuns
    cold: list[FreshRun]
    stock: list[FreshRun] | BenchError
    peer: list[PeerRun] | BenchError


def rows_of(measured: Measured, counts: Counts) -> list[Row]:
    """The table's rows."""
    return [
        _warm_row(f"warm run, 1 client, {counts.pause_seconds:g} s pause", measured.paced, paced=True),
        _warm_row("warm run, 1 client back to back", measured.alone),
        _warm_row(f"warm run, {counts.clients} clients back to back", measured.crowd),
        _fresh_row(
            "container cold start",
            measured.cold,
            "same engine, image and limits; `python3 -c 'print(1)'`, from create to exit",
        ),
        _stock_row(measured.stock),
        _peer_row(measured.peer),
    ]


def targets_of(measured: Measured) -> list[Target]:
    """What must be reached, and what was."""
    paced, stock = measured.paced.sample, measured.stock
    stock_median = None if isinstance(stock, BenchError) else _result_sample(stock).median
    return latency_targets(paced.median, paced.p99, stock_median, measured.cpu_seconds)


def _warm_row(name: str, runs: WarmRuns, paced: bool = False) -> Row:
    share = f"{runs.warm_share:.0%} of the runs found a warm sandbox"
    sample = Sample(runs.sample.seconds) if paced else runs.sample
    return Row(name, sample, share)


def _fresh_row(name: str, runs: list[FreshRun], note: str) -> Row:
    removed = Sample(tuple(run.removed_seconds for run in runs)).median
    sample = Sample(tuple(run.exit_seconds for run in runs))
    return Row(name, sample, f"{note}; until removed {duration(removed)}")


def _stock_row(runs: list[FreshRun] | BenchError) -> Row:
    name = "stock Open Interpreter, fresh container"
    if isinstance(runs, BenchError):
        return Row(name, None, str(runs).splitlines()[0])
    exits = Sample(tuple(run.exit_seconds for run in runs)).median
    note = "0.4.3, bytecode written, no limits, no network; from create to the result"
    return Row(name, _result_sample(runs), f"{note}; to its exit {duration(exits)}")


def _result_sample(runs: list[FreshRun]) -> Sample:
    return Sample(tuple(run.result_seconds for run in runs))


def _peer_row(runs: list[PeerRun] | BenchError) -> Row:
    name = "llm-sandbox, session for each run"
    if isinstance(runs, BenchError):
        return Row(name, None, str(runs).splitlines()[0])
    removed = Sample(tuple(run.removed_seconds for run in runs)).median
    note = "0.3.46, sandbox image, skip_environment_setup, init; from open to the result"
    sample = Sample(tuple(run.result_seconds for run in runs))
    return Row(name, sample, f"{note}; until closed {duration(removed)}")


def cpu_line(measured: Measured) -> str:
    """The processor time of one run, how it was found, and whether it can be trusted."""
    line = (
        f"processor time of one throwaway run: {measured.cpu_seconds:.2f} CPU-seconds (the whole machine's, "
        f"over the {len(measured.paced.runs)} paced runs, less {measured.idle_rate:.3f} a second when idle)"
    )
    if measured.idle_rate > QUIET_RATE:
        line += "\nwarning: the machine was busy with other things; no figure of this run means much"
    return line


def keep(home: Path, facts: list[str], measured: Measured, targets: list[Target]) -> Path:
    """Write all of it to `bench/latency.json` under the stack's home; where that is."""
    folder = home / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "latency.json"
    path.write_text(json.dumps(_as_json(facts, measured, targets), indent=1) + "\n", "utf-8")
    return path


def _as_json(facts: list[str], measured: Measured, targets: list[Target]) -> dict[str, object]:
    kept: dict[str, object] = {
        "facts": facts,
        "cpu_seconds": measured.cpu_seconds,
        "idle_rate": measured.idle_rate,
        "targets": [vars(target) | {"reached": target.reached} for target in targets],
    }
    for name in ("paced", "alone", "crowd"):
        kept[name] = [vars(run) for run in getattr(measured, name).runs]
    for name in ("cold", "stock", "peer"):
        runs = getattr(measured, name)
        kept[name] = str(runs) if isinstance(runs, BenchError) else [vars(run) for run in runs]
    return kept
