"""Does the report say what was measured, what was not, and how often a sandbox was warm?"""

import json
from dataclasses import replace
from pathlib import Path

from bench.errors import BenchError
from bench.fresh import FreshRun
from bench.peer import PeerRun
from bench.report import Counts, Measured, cpu_line, keep, rows_of, targets_of
from bench.targets import missed
from bench.warm import WarmRun, WarmRuns

COUNTS = Counts(4, 2, 2, 10, 1, 1, 1, pause_seconds=2.5, idle_seconds=1)
WARM = WarmRuns(
    (WarmRun(0.05, "warm"), WarmRun(0.05, "warm"), WarmRun(0.05, "warm"), WarmRun(2.0, "cold")), 12.0
)
FRESH = [FreshRun(0.3, 0.4, 0.5)]
STOCK = [FreshRun(6.0, 7.0, 7.1)]


def _measured(stock: list[FreshRun] | BenchError = STOCK) -> Measured:
    return Measured(WARM, 1.25, 0.1, WARM, WARM, FRESH, stock, [PeerRun(0.6, 0.9)])


def test_a_warm_row_says_the_share_that_was_warm() -> None:
    row = rows_of(_measured(), COUNTS)[0]
    assert row.note == "75% of the runs found a warm sandbox"
    assert "2.5 s pause" in row.name


def test_pauses_are_no_throughput() -> None:
    paced, alone = rows_of(_measured(), COUNTS)[:2]
    assert paced.sample is not None
    assert paced.sample.per_second is None
    assert alone.sample is not None
    assert alone.sample.per_second == 4 / 12


def test_stock_is_compared_by_its_result_not_by_its_exit() -> None:
    ratio = next(target for target in targets_of(_measured()) if "stock" in target.name)
    assert ratio.measured == 6.0 / 0.05


def test_a_stock_image_that_was_not_built_is_a_target_missed() -> None:
    measured = _measured(BenchError("no index answers\nlog"))
    row = rows_of(measured, COUNTS)[4]
    assert row.sample is None
    assert row.note == "no index answers"
    assert any("stock" in target.name for target in missed(targets_of(measured)))


def test_the_processor_time_says_how_it_was_found() -> None:
    assert "1.25 CPU-seconds" in cpu_line(_measured())
    assert "less 0.100 a second" in cpu_line(_measured())


def test_a_busy_machine_is_warned_of() -> None:
    assert "busy" not in cpu_line(_measured())
    assert "busy" in cpu_line(replace(_measured(), idle_rate=2.0))


def test_every_single_time_is_kept(tmp_path: Path) -> None:
    measured = _measured(BenchError("no index"))
    kept = json.loads(keep(tmp_path, ["machine: m"], measured, targets_of(measured)).read_text("utf-8"))
    assert [run["standby"] for run in kept["paced"]] == ["warm", "warm", "warm", "cold"]
    assert kept["stock"] == "no index"
    assert kept["peer"] == [{"result_seconds": 0.6, "removed_seconds": 0.9}]
    assert {target["reached"] for target in kept["targets"]} == {True, False}
