"""Background processes: only what we started is ended, whatever became of its number."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from client.stack.process import Daemon, identify, wait_until

MARK = "SANDGLASS_STACK=test-of-process"
ENV = {"PATH": os.environ["PATH"], "SANDGLASS_STACK": "test-of-process"}


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    made = Daemon("sleeper", tmp_path)
    yield made
    made.end(1, MARK)


def _start(daemon: Daemon, code: str) -> int:
    pid = daemon.start([sys.executable, "-c", code], ENV, daemon.home)
    assert wait_until(lambda: "up" in daemon.log_tail(), 10)
    return pid


SLEEP = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"


def test_it_runs_in_a_session_of_its_own(daemon: Daemon) -> None:
    pid = _start(daemon, SLEEP)
    assert daemon.alive() == pid
    assert os.getsid(pid) == pid


def test_end_ends_it_and_forgets_it(daemon: Daemon) -> None:
    pid = _start(daemon, SLEEP)
    assert daemon.end(10)
    assert identify(pid) is None
    assert not daemon.pid_path.exists()


def test_one_that_ignores_term_is_killed(daemon: Daemon) -> None:
    pid = _start(daemon, STUBBORN)
    assert daemon.end(0.2)
    assert identify(pid) is None


def test_ending_twice_says_that_nothing_was_there(daemon: Daemon) -> None:
    _start(daemon, SLEEP)
    daemon.end(10)
    assert not daemon.end(10)


def test_a_recycled_number_is_not_killed(daemon: Daemon) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        identity = identify(other.pid)
        assert identity is not None
        daemon.pid_path.write_text(f"{other.pid} {identity.start_ticks - 1} {identity.boot_id}\n")
        assert daemon.alive() is None
        assert not daemon.end(1, MARK)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_number_from_before_a_reboot_is_not_killed(daemon: Daemon) -> None:
    identity = identify(os.getpid())
    assert identity is not None
    daemon.pid_path.write_text(f"{identity.pid} {identity.start_ticks} another-boot\n")
    assert daemon.alive() is None


@pytest.mark.parametrize("text", ["", "not a pid file", "12"])
def test_a_damaged_pid_file_is_no_process(daemon: Daemon, text: str) -> None:
    daemon.pid_path.write_text(text)
    assert daemon.alive() is None
    assert not daemon.end(1)


def test_a_zombie_is_not_alive() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    try:
        assert wait_until(lambda: identify(child.pid) is None, 10)
    finally:
        child.wait()


PARENT = f"""
import subprocess, sys, time
code = {SLEEP!r}.replace("print(", "import os; print(os.getpid(), ")
child = subprocess.Popen([sys.executable, "-c", code])
time.sleep(60)
"""


def test_children_left_by_a_killed_process_are_ended(daemon: Daemon) -> None:
    pid = _start(daemon, PARENT)
    child = int(next(line for line in daemon.log_tail().splitlines() if "up" in line).split()[0])
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: daemon.alive() is None, 10)
    assert identify(child) is not None
    assert daemon.end(1, MARK)
    assert wait_until(lambda: identify(child) is None, 10)


def test_a_command_that_is_not_there_is_an_error(daemon: Daemon) -> None:
    with pytest.raises(FileNotFoundError):
        daemon.start(["/no/such/program"], ENV, daemon.home)


def test_the_end_of_the_log_is_kept_short(daemon: Daemon) -> None:
    daemon.log_path.parent.mkdir(parents=True)
    daemon.log_path.write_text("\n".join(f"line {number}" for number in range(50_000)))
    assert daemon.log_tail(2) == "line 49998\nline 49999"


def test_the_log_is_shown_from_the_last_start_on(daemon: Daemon) -> None:
    _start(daemon, "print('first'); " + SLEEP)
    daemon.end(10)
    _start(daemon, SLEEP)
    assert daemon.log_tail() == "up"
    assert "first" in daemon.log_path.read_text()


def test_a_crash_is_told_from_an_end(daemon: Daemon) -> None:
    assert not daemon.crashed()
    pid = _start(daemon, SLEEP)
    assert not daemon.crashed()
    os.kill(pid, signal.SIGKILL)
    assert wait_until(daemon.crashed, 10)
    daemon.end(1, MARK)
    assert not daemon.crashed()
