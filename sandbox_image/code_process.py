"""How does the runner hold a process that runs code: two pipes to drain, a channel that is not believed?"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
import time
from typing import Any

from .frames import FROM_SANDBOX, FROM_WORKER, FrameError, FrameReader, FrameWriter
from .processes import Zygote

_READ_BYTES = 1 << 18


class CodeProcess:
    """A process that runs code, seen from the runner."""

    def __init__(self, zygote: Zygote) -> None:
        stdout, stdout_write = os.pipe2(os.O_CLOEXEC)
        stderr, stderr_write = os.pipe2(os.O_CLOEXEC)
        self.channel, theirs = socket.socketpair()
        self.pid = zygote.fork(stdout_write, stderr_write, theirs.fileno())
        os.close(stdout_write)
        os.close(stderr_write)
        theirs.close()
        self.streams = {"stdout": stdout, "stderr": stderr}
        for descriptor in self.streams.values():
            os.set_blocking(descriptor, False)
            _widen(descriptor)
        self.reader = FrameReader(FROM_SANDBOX)
        self.writer = FrameWriter(FROM_WORKER)

    def tell(self, message: dict[str, Any]) -> None:
        """Send it one small message; a process that is gone is noticed elsewhere."""
        with contextlib.suppress(OSError):
            self.channel.sendall(self.writer.encode(message))

    def close(self) -> None:
        """Let go of its pipes."""
        self.channel.close()
        for descriptor in self.streams.values():
            os.close(descriptor)

    def wake(self, seconds: float) -> bool:
        """Let it run on after an attempt; says whether it still does what it is told.

        Code may have broken what its process needs (`json`, `builtins`, the channel): then the next attempt
        takes a new process instead of failing for it.
        """
        deadline = time.monotonic() + seconds
        try:
            os.kill(self.pid, signal.SIGCONT)
            self.channel.settimeout(seconds)
            self.channel.sendall(self.writer.encode({"type": "ping"}))
            while (frame := self.reader.next()) is None:
                data = self.channel.recv(_READ_BYTES)
                if not data or time.monotonic() > deadline:
                    return False
                self.reader.feed(data)
        except (OSError, FrameError):
            return False
        return frame[0]["type"] == "pong"


def _widen(descriptor: int) -> None:
    """A wider pipe means fewer switches between code and runner; the kernel may say no."""
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, 1 << 18)
    except OSError:
        return
