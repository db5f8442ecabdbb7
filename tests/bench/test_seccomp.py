"""What the comparison of profiles comes to; the measuring itself is done by hand, on a quiet machine."""

import pytest

from bench.seccomp import Costs, rows_of, targets_of


def test_the_medians_are_compared() -> None:
    ours = Costs(ready=[1.0, 1.05, 9.0], warm=[0.012, 0.012, 0.012])
    theirs = Costs(ready=[1.0, 1.0, 1.0], warm=[0.010, 0.010, 0.010])
    ready, warm = targets_of(ours, theirs)
    assert ready.measured == pytest.approx(5)
    assert warm.measured == pytest.approx(20)
    assert (ready.reached, warm.reached) == (True, False)
    assert [row.sample.count for row in rows_of(ours, theirs) if row.sample] == [3, 3, 3, 3]
