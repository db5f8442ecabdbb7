"""Is processor time counted right: all of it, less what idling spends?"""

import pytest

from bench.cpu import CpuReading, busy_rate, cpu_seconds_each, parse_busy_seconds, read_cpu

# user nice system idle iowait irq softirq steal guest guest_nice
STAT = "cpu  100 20 30 9999 8888 4 5 6 70 80\ncpu0 1 1 1 1 1 1 1 1 1 1\nintr 1 2 3\n"


def test_idle_and_waiting_for_disks_do_not_count_and_guests_count_once() -> None:
    assert parse_busy_seconds(STAT, ticks_per_second=100) == pytest.approx(1.65)


def test_the_line_of_one_processor_is_not_that_of_all() -> None:
    with pytest.raises(ValueError, match="no line of all processors"):
        parse_busy_seconds("cpu0 1 2 3 4 5 6 7 8\n", 100)


def test_too_few_counters_are_refused() -> None:
    with pytest.raises(ValueError, match="eight counters"):
        parse_busy_seconds("cpu  1 2 3 4\n", 100)


def test_the_rate_is_by_the_second() -> None:
    assert busy_rate(CpuReading(10, 100), CpuReading(11, 110)) == pytest.approx(0.1)


def test_a_rate_needs_time_to_pass() -> None:
    with pytest.raises(ValueError, match="later"):
        busy_rate(CpuReading(10, 100), CpuReading(11, 100))


def test_what_idling_would_have_spent_is_taken_off() -> None:
    each = cpu_seconds_each(CpuReading(100, 0), CpuReading(130, 50), idle_rate=0.2, runs=20)
    assert each == pytest.approx((30 - 10) / 20)


def test_no_runs_have_no_mean() -> None:
    with pytest.raises(ValueError, match="at least one run"):
        cpu_seconds_each(CpuReading(0, 0), CpuReading(1, 1), 0, 0)


def test_this_machine_spends_time_on_work() -> None:
    before, total = read_cpu(), 0
    while read_cpu().at - before.at < 0.2:
        total += sum(range(1000))
    after = read_cpu()
    assert after.busy_seconds - before.busy_seconds >= 0.1
