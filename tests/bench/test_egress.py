"""Does the benchmark of web requests ask what it says, and say what it found?"""

from pathlib import Path

import pytest

from bench.egress import WORK, code_of, direct, table_of
from bench.egress_server import served


def test_the_rates_are_medians_side_by_side() -> None:
    rates = {("http", "upload, MB/s"): {"tunnel": [1.0, 50.0, 90.0], "direct": [200.0, 100.0, 1.0]}}
    assert table_of(rates)[1].split() == ["http", "upload,", "MB/s", "3", "50", "100", "50%"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_same_code_runs_without_a_sandbox(tmp_path: Path, scheme: str) -> None:
    with served(tmp_path) as server:
        assert direct("requests/s, one kept connection", scheme, server) > 1


def test_all_work_gives_a_rate() -> None:
    for work in WORK:
        compile(code_of(work, "http://bench.example.org"), work, "exec")
