"""Does a benchmark's exit status say what came of it?"""

import pytest

from bench.command import Findings, Say, measure_or_exit
from bench.errors import BenchError
from bench.targets import Target


def _findings(measured: float | None) -> Findings:
    return Findings(["machine: one"], ["what  p50"], [Target("the wall's cost", measured, 1.1, "x")])


@pytest.mark.parametrize(("measured", "status", "verdict"), [(1.05, 0, "reached"), (1.2, 1, "MISSED")])
def test_it_prints_facts_table_and_targets_and_ends_by_them(
    capsys: pytest.CaptureFixture[str], measured: float, status: int, verdict: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        measure_or_exit(lambda say: _findings(measured))
    lines = capsys.readouterr().out.splitlines()
    assert ended.value.code == status
    assert lines[:4] == ["machine: one", "", "what  p50", ""]
    assert lines[4].startswith(verdict)


def test_what_cannot_be_measured_ends_with_2_and_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    def measure(say: Say) -> Findings:
        say("round 1")
        raise BenchError("no engine; run: make setup")

    with pytest.raises(SystemExit) as ended:
        measure_or_exit(measure)
    said = capsys.readouterr()
    assert ended.value.code == 2
    assert said.out == ""
    assert said.err == "round 1\nbench: no engine; run: make setup\n"
