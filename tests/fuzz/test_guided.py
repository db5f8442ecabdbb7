"""The coverage-guided harnesses run, hold for a while, and would find a bug that is there."""

import contextlib
import importlib.util
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.harnesses import TARGETS

ROOT = Path(__file__).parents[2]
RUNS = 6000
WAIT_SECONDS = 200
# A process begins with its parent's peak of memory, and libFuzzer counts that: pytest's is over the limit by
# now. A shell's is not, and it starts a process of its own where that is not its last command.
BY_A_SHELL = ("/bin/sh", "-c", '"$@"; exit $?', "sh")
_FOUND = 77


@pytest.fixture(scope="module")
def endings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[int, str]]]:
    """Exit status and words of each target, all run side by side, by the same seed each time."""
    if importlib.util.find_spec("atheris") is None:
        reason = "atheris is not installed: it is there for x86-64 Linux and Python below 3.13 only"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    folder = tmp_path_factory.mktemp("guided")
    options = ["-seed=1", "-max_len=1024", "-timeout=20", "-rss_limit_mb=1024", "-verbosity=1"]
    running = {
        name: subprocess.Popen(
            [
                *BY_A_SHELL,
                sys.executable,
                "-m",
                "tests.fuzz.guided",
                name,
                *options,
                f"-runs={runs}",
                f"-artifact_prefix={folder}/{name}.",
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        for name, runs in [*((name, RUNS) for name in TARGETS), ("planted", 20 * RUNS)]
    }
    try:
        said = {name: process.communicate(timeout=WAIT_SECONDS)[0] for name, process in running.items()}
        yield {name: (process.returncode, said[name]) for name, process in running.items()}
    finally:
        for process in running.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_holds(endings: dict[str, tuple[int, str]], target: str) -> None:
    status, said = endings[target]
    assert status == 0, said[-3000:]
    assert f"Done {RUNS} runs" in said
    coverage = re.findall(r"cov: (\d+)", said)
    # Without coverage as its guide it would be a slower million.
    assert int(coverage[-1]) > 50


def test_a_planted_bug_is_found(endings: dict[str, tuple[int, str]]) -> None:
    status, said = endings["planted"]
    assert status == _FOUND
    assert "PlantedError" in said
    assert "Test unit written to" in said
