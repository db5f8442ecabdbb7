"""`python -m worker.health`: does the main process live, and has it swept lately?"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine_services import wait_for
from worker import health
from worker.health import note_alive, problem
from worker.reaper import Reaper
from worker.settings import Settings

ROOT = Path(__file__).parents[2]


def _rewrite(spool: Path, **changes: object) -> None:
    path = next(spool.glob("worker-*.json"))
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes), "utf-8")


def test_a_worker_that_sweeps_is_well_by_its_name(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    assert problem(spool, "a/b") == "the worker has not swept yet: it starts, or waits for the store"
    note_alive(spool, "a/b", 10)
    note_alive(spool, "a/b", 10)
    assert problem(spool, "a/b") is None
    assert problem(spool, "c") is not None
    command = [sys.executable, "-m", "worker.health"]
    for name, wanted in (
        ("a/b", (0, "ok\n")),
        ("c", (1, "unhealthy: the worker has not swept yet: it starts")),
    ):
        variables = {**os.environ, "SANDGLASS_SPOOL": str(spool), "SANDGLASS_WORKER_NAME": name}
        done = subprocess.run(
            command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=30, check=False
        )
        assert (done.returncode, done.stdout[: len(wanted[1])]) == wanted


@pytest.mark.parametrize("age", [121.0, -5.0])
def test_one_that_swept_long_ago_or_before_the_machine_started_is_not(
    tmp_path: Path, age: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    note_alive(tmp_path, "w", 10)
    now = health.time.monotonic() + age
    monkeypatch.setattr(health.time, "monotonic", lambda: now)
    assert problem(tmp_path, "w") == f"the worker last swept {age:.0f} s ago"


def test_one_whose_process_is_gone_or_stopped_is_not(tmp_path: Path) -> None:
    note_alive(tmp_path, "w", 10)
    child = subprocess.Popen(["sleep", "60"])
    try:
        _rewrite(tmp_path, pid=child.pid)
        assert problem(tmp_path, "w") is None
    finally:
        child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # ended, and nobody has asked: a zombie
    assert problem(tmp_path, "w") == f"the worker's main process {child.pid} does not run"
    child.wait(10)
    assert problem(tmp_path, "w") == f"the worker's main process {child.pid} does not run"


def test_the_worker_notes_it_also_without_redis_and_engine(tmp_path: Path) -> None:
    reaper = Reaper(
        Settings(
            store=f"sqlite://{tmp_path}/s.db",
            redis_url="redis://127.0.0.1:1/0",
            engine_url=f"unix://{tmp_path}/none.sock",
            spool=tmp_path / "spool",
            worker_name="w",
        )
    )
    reaper.start()
    try:
        wait_for(lambda: problem(tmp_path / "spool", "w") is None, 20, "it has swept")
    finally:
        reaper.stop()


def test_a_note_that_is_none_is_said(tmp_path: Path) -> None:
    note_alive(tmp_path, "w", 10)
    next(tmp_path.glob("worker-*.json")).write_text("[]", "utf-8")
    assert (problem(tmp_path, "w") or "").startswith("its note cannot be read")
