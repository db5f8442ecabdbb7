"""Is a target reached exactly up to its bound, and missed where nothing was measured?"""

import pytest

from bench.targets import Target, latency_targets, missed

GOOD = (0.080, 0.200, 4.0, 1.5)


def _missed(p50: float | None, p99: float | None, stock: float | None, cpu: float | None) -> list[str]:
    return [target.name for target in missed(latency_targets(p50, p99, stock, cpu))]


def test_all_are_reached_at_their_bounds() -> None:
    assert _missed(*GOOD) == []


@pytest.mark.parametrize(
    ("place", "value", "word"),
    [(0, 0.081, "p50"), (1, 0.201, "p99"), (2, 3.9, "stock"), (3, 1.51, "processor")],
)
def test_each_is_missed_by_itself(place: int, value: float, word: str) -> None:
    measured: list[float | None] = list(GOOD)
    if place == 0:
        measured[2] = 10.0
    measured[place] = value
    names = _missed(*measured)
    assert len(names) == 1
    assert word in names[0]


def test_what_was_not_measured_is_missed() -> None:
    assert len(_missed(None, None, None, None)) == 4


def test_the_line_says_both_numbers_and_the_verdict() -> None:
    line = Target("a run", 93.25, 80, "ms").line
    assert line == "MISSED   a run: 93.25 ms (at most 80 ms)"
    assert Target("faster", 60, 50, "x", "at least").line.startswith("reached")
    assert "not measured" in Target("a run", None, 80, "ms").line
