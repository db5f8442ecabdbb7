"""Is the peak of a process family seen?"""

import os
import subprocess
import sys
import threading

from bench.memory import Growth, MemoryWatch, family, read_parents, resident_bytes

_HOLD = "import sys; held = b'x' * 50_000_000; print('held', flush=True); sys.stdin.read()"


def test_a_family_is_the_process_and_all_that_descend_from_it() -> None:
    assert family(10, {11: 10, 12: 11, 13: 1, 10: 1, 14: 12}) == {10, 11, 12, 14}


def test_this_process_is_its_parents_child() -> None:
    assert read_parents()[os.getpid()] == os.getppid()


def test_a_process_that_is_gone_holds_nothing() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    assert resident_bytes([int(ended.stdout)]) == 0


def test_growth_is_never_negative() -> None:
    assert Growth(before_bytes=100, peak_bytes=90).growth_bytes == 0


def test_memory_that_was_given_back_before_the_end_is_seen() -> None:
    values, peaked = iter([100, 900, 900, 100]), threading.Event()

    def read(_: int) -> int:
        value = next(values, 100)
        if value == 900:
            peaked.set()
        return value

    with MemoryWatch({"worker": 1}, read) as watch:
        assert peaked.wait(10)
    assert watch.growth() == {"worker": Growth(100, 900)}


def test_what_a_child_holds_counts_for_its_parent() -> None:
    with MemoryWatch({"me": os.getpid()}) as watch:
        child = subprocess.Popen([sys.executable, "-c", _HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with child:
            assert child.stdout is not None
            assert child.stdin is not None
            assert child.stdout.readline() == b"held\n"
            seen = resident_bytes([child.pid])
            while watch.growth()["me"].growth_bytes < 50_000_000 and child.poll() is None:
                threading.Event().wait(0.01)
            child.stdin.close()
    assert seen >= 50_000_000
    assert watch.growth()["me"].growth_bytes >= 50_000_000
