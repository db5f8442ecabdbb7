"""Are medians, percentiles and rates what they are defined to be?"""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.samples import Sample, percentile

TIMES = st.lists(st.floats(min_value=0.001, max_value=1000), min_size=1, max_size=200)


def test_the_p99_of_a_hundred_is_the_last_but_one() -> None:
    assert percentile([float(number) for number in range(1, 101)], 99) == 99


def test_the_p99_of_fewer_than_a_hundred_is_the_worst() -> None:
    assert percentile([float(number) for number in range(1, 61)], 99) == 60


def test_the_order_of_the_values_does_not_matter() -> None:
    assert percentile([3.0, 1.0, 2.0], 50) == 2.0


@given(TIMES, st.floats(min_value=0.1, max_value=100))
def test_a_percentile_is_a_value_that_was_measured(times: list[float], rank: float) -> None:
    found = percentile(times, rank)
    assert found in times
    assert sum(time <= found for time in times) >= rank / 100 * len(times) - 1e-9


@pytest.mark.parametrize("rank", [0, -1, 100.1])
def test_a_rank_beyond_the_scale_is_refused(rank: float) -> None:
    with pytest.raises(ValueError, match="percentile"):
        percentile([1.0], rank)


def test_no_values_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


def test_a_sample_without_times_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Sample(())


@given(TIMES)
def test_a_sample_knows_its_median_and_worst(times: list[float]) -> None:
    sample = Sample(tuple(times))
    assert sample.median == statistics.median(times)
    assert sample.worst == max(times)


def test_few_times_have_no_p99() -> None:
    assert Sample((1.0,) * 49).p99 is None
    assert Sample((1.0,) * 50).p99 == 1.0


def test_runs_a_second_are_counted_over_the_wall_clock() -> None:
    assert Sample((0.5,) * 10, wall_seconds=2.5).per_second == 4.0
    assert Sample((0.5,) * 10).per_second is None
