"""Numbers of many processes arrive, none is waited for, and a process that is killed takes none with it."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable

import pytest

from tests.worker.metrics.saying import a_tally, samples
from worker.metrics.pipe import DROPPED, NumbersPipe

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
_EACH = 2000


def _forked(work: Callable[[], None]) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid


def _all(pipe: NumbersPipe) -> Counter[str]:
    found: Counter[str] = Counter()

    def apply(pid: int, name: str, value: float, labels: dict[str, str]) -> None:
        found[name] += int(value)
        assert labels == {"kind": "analyze" * int(labels["kind"].count("analyze"))}

    while pipe.read_some(apply, 0.2):
        pass
    return found


def test_of_many_processes_nothing_is_lost_or_mixed_up() -> None:
    pipe = NumbersPipe()

    def talk() -> None:
        for number in range(_EACH):
            while not pipe._write("n", 1, {"kind": "analyze" * (number % 40)}):
                time.sleep(0.001)

    children = [_forked(talk) for _ in range(4)]
    found = _all(pipe)
    for child in children:
        os.waitpid(child, 0)
    found += _all(pipe)
    assert found == {"n": 4 * _EACH}


def test_a_pipe_that_nobody_reads_holds_nobody_up_and_what_was_lost_is_told() -> None:
    pipe = NumbersPipe()
    started = time.monotonic()
    for _ in range(60_000):
        pipe.say("n", 1, {"kind": "analyze"})
    assert time.monotonic() - started < 20
    first = _all(pipe)
    for _ in range(2):
        pipe.say("n", 1, {"kind": "analyze"})
    told: list[tuple[str, float]] = []
    while pipe.read_some(lambda _, name, value, __: told.append((name, value)), 0.2):
        pass
    assert told == [(DROPPED, 60_000 - first["n"]), ("n", 1), ("n", 1)]


def test_what_a_killed_process_has_said_is_counted() -> None:
    pipe, tally = NumbersPipe(), a_tally()

    def talk() -> None:
        for _ in range(50):
            pipe.say("sandglass_leases_lost", 1, {})
        os.kill(os.getpid(), signal.SIGKILL)

    os.waitpid(_forked(talk), 0)
    while pipe.read_some(tally.apply, 0.2):
        pass
    assert samples(tally)["sandglass_leases_lost_total"] == 50


def test_a_number_that_makes_no_sense_does_not_end_the_others() -> None:
    pipe, tally = NumbersPipe(), a_tally()
    pipe.say("sandglass_leases_lost", 1, {})
    pipe.say("sandglass_unheard_of", 1, {})
    pipe.say("sandglass_leases_lost", -1, {})
    pipe.say("sandglass_jobs_claimed", 1, {})
    pipe.say("x" * 5000, 1, {})  # too long for the pipe
    os.write(pipe._write_end, b"no json\n[1]\n")
    pipe.say("sandglass_leases_lost", 1, {})
    while pipe.read_some(tally.apply, 0.2):
        pass
    seen = samples(tally)
    assert (seen["sandglass_leases_lost_total"], seen["sandglass_metrics_dropped_total"]) == (2, 1)


def test_without_a_reader_left_nothing_is_raised() -> None:
    pipe = NumbersPipe()
    os.close(pipe._read_end)
    pipe.say("n", 1, {})
