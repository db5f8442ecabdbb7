"""Does the wall hold on this engine? Runs `python -m worker.wall` and reads what it says, line by line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from client.errors import StackError
from client.settings import PROJECT

STOP_SECONDS = 90.0
"""To remove its sandboxes; an engine that is busy takes its time."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Asked:
    """What is to be probed, and where."""

    engine_url: str
    gvisor_url: str
    """The second engine, whose containers run on gVisor; empty: there is none."""
    image: str
    policy: str
    runtime: str = ""
    only: str = ""

    def command(self) -> list[str]:
        """The process that probes."""
        options = {
            "--engine": self.engine_url,
            "--image": self.image,
            "--policy": self.policy,
            "--runtime": self.runtime,
            "--only": self.only,
        }
        given = [part for name, value in options.items() if value for part in (name, value)]
        return [sys.executable, "-m", "worker.wall", *given]


class StoppedError(Exception):
    """A signal ended it; its sandboxes are removed."""


def run_deep(asked: Asked) -> Iterator[dict[str, Any]]:
    """What it says, as it comes: `start`, `case` ..., `end`, or `cannot run`.

    Raises:
        StackError: It broke off without a word.
        StoppedError: This process was told to stop.
    """
    given = {"SANDGLASS_GVISOR_ENGINE_URL": asked.gvisor_url} if asked.gvisor_url else {}
    # A session of its own: what a terminal sends goes to us alone, and we pass it on once.
    process = subprocess.Popen(  # noqa: S603
        asked.command(),
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, **given, "PYTHONPATH": str(PROJECT)},
    )
    with process, _passing_signals_to(process) as stopped:
        last = ""
        for line in process.stdout or ():
            said = json.loads(line)
            last = said["event"]
            if last != "stopped":
                yield said
        process.wait(STOP_SECONDS)
        if stopped or last == "stopped":
            raise StoppedError
        if last not in ("end", "cannot run"):
            raise StackError(f"the probing broke off (exit status {process.returncode}); see above")


@contextmanager
def _passing_signals_to(process: subprocess.Popen[str]) -> Iterator[list[int]]:
    """Pass signals on to the process, which then ends by itself; also SIGINT where a shell ignores it."""
    seen: list[int] = []

    def pass_on(number: int, frame: object) -> None:
        if not seen:
            process.terminate()
        seen.append(number)

    before = {number: signal.signal(number, pass_on) for number in _SIGNALS}
    try:
        yield seen
    except BaseException:
        process.terminate()
        process.wait(STOP_SECONDS)
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
