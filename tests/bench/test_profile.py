"""Is the large table what its sums say, and is a wrong answer found?"""

import csv
from collections import Counter
from pathlib import Path

import pytest

from bench.errors import BenchError
from bench.memory import Growth
from bench.profile import Found, check_answer, targets_of
from bench.sales_csv import SalesFile, write_sales
from bench.targets import missed

SUMS = {"East": 3, "West": 5}


def _series(index: list[str], values: list[int]) -> dict[str, object]:
    return {"type": "series", "value": {"name": "amount", "index": index, "values": values}}


def _table(columns: list[str], rows: list[list[object]]) -> dict[str, object]:
    return {"type": "table", "value": {"columns": columns, "rows": rows}}


def test_the_file_has_the_rows_and_sums_that_it_says(tmp_path: Path) -> None:
    made = write_sales(tmp_path / "orders.csv", 2_000_000)
    with made.path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    sums = Counter[str]()
    for row in rows:
        sums[row["region"]] += int(row["amount"])
    assert len(rows) == made.rows
    assert dict(sums) == made.amount_by_region
    assert made.size_bytes == made.path.stat().st_size >= 2_000_000


def test_the_file_is_the_same_every_time(tmp_path: Path) -> None:
    first, second = write_sales(tmp_path / "a.csv", 1), write_sales(tmp_path / "b.csv", 1)
    assert first.path.read_bytes() == second.path.read_bytes()


@pytest.mark.parametrize(
    "result",
    [
        _series(["West", "East"], [5, 3]),
        _table(["region", "amount"], [["East", 3], ["West", 5]]),
        _table(["amount", "region"], [[3, "East"], [5, "West"]]),
    ],
)
def test_a_right_answer_passes_in_each_shape(result: dict[str, object]) -> None:
    check_answer(result, SUMS)


@pytest.mark.parametrize(
    "result",
    [
        None,
        {"type": "scalar", "value": 8},
        _series(["East"], [3]),
        _series(["East", "West"], [3, 4]),
        _table(["region", "count"], [["East", 3], ["West", 5]]),
    ],
)
def test_any_other_answer_is_refused(result: dict[str, object] | None) -> None:
    with pytest.raises(BenchError, match="the answer is"):
        check_answer(result, SUMS)


def test_a_service_that_held_the_file_misses_the_target() -> None:
    file = SalesFile(Path("orders.csv"), 100_000_000, 1, SUMS)
    growth = {"gateway": Growth(0, 100_000_000), "worker": Growth(50_000_000, 60_000_000)}
    lost = missed(targets_of(file, Found(1, 2, 3, growth)))
    assert [target.name for target in lost] == ["memory growth of the gateway"]
