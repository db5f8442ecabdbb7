"""How do numbers get from a worker's processes to its main one? As lines in a pipe, which nobody waits for.

A write of at most PIPE_BUF bytes goes in whole or not at all, whoever else writes. A process that is killed
leaves nothing behind but what it has said already.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import threading
from collections.abc import Callable

import structlog

Apply = Callable[[int, str, float, dict[str, str]], None]
DROPPED = "sandglass_metrics_dropped"
_PIPE_BYTES = 1 << 20
_READ_BYTES = 1 << 16
log = structlog.get_logger()


class NumbersPipe:
    """Made before the fork; the main process reads, all of them write."""

    def __init__(self) -> None:
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._write_end, False)
        with contextlib.suppress(OSError):  # above a user's share it stays at 64 KiB
            fcntl.fcntl(self._write_end, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        self._dropped = 0
        self._complained = False

    def say(self, name: str, value: float, labels: dict[str, str]) -> None:
        """Hand a number over, or drop it if there is no room; what was dropped is counted and told later."""
        if self._dropped and self._write(DROPPED, self._dropped, {}):
            self._dropped = 0
        if not self._write(name, value, labels):
            self._dropped += 1

    def drain(self, apply: Apply) -> None:
        """Read and apply in a thread of its own, as long as this process lives."""
        threading.Thread(target=self._drain, args=(apply,), name="sandglass-numbers", daemon=True).start()

    def read_some(self, apply: Apply, wait_seconds: float = 0) -> bool:
        """Apply what has been said until now; False: nothing."""
        ready, _, _ = select.select([self._read_end], [], [], wait_seconds)
        if not ready:
            return False
        data = os.read(self._read_end, _READ_BYTES)
        while not data.endswith(b"\n"):  # a line is whole in the pipe, but not always in one read
            data += os.read(self._read_end, _READ_BYTES)
        for line in data.splitlines():
            self._apply(apply, line)
        return True

    def _drain(self, apply: Apply) -> None:
        while True:
            try:
                self.read_some(apply, 60)
            except (OSError, ValueError) as error:
                log.error("numbers are read no more", error=str(error))
                return

    def _apply(self, apply: Apply, line: bytes) -> None:
        try:
            pid, name, value, labels = json.loads(line)
            apply(pid, name, value, labels)
        except Exception as error:  # a fault in a number must not end the reading of all others
            if not self._complained:
                log.error("a number was not understood; said once", error=repr(error))
                self._complained = True

    def _write(self, name: str, value: float, labels: dict[str, str]) -> bool:
        line = json.dumps([os.getpid(), name, value, labels]).encode() + b"\n"
        try:
            return len(line) <= select.PIPE_BUF and os.write(self._write_end, line) == len(line)
        except OSError:  # full, or the main process is gone
            return False
