"""What became of one attempt: runs it in a code process, watches clock and output, and says how it ended?"""

from __future__ import annotations

import os
import select
import selectors
import signal
import time
from dataclasses import dataclass, field
from typing import Any, Protocol

from . import layout
from .artifacts import Budget, send_outputs
from .carrier import Carrier
from .code_process import CodeProcess
from .feed import Feed
from .frames import FrameError
from .limits import Limits
from .pipe import Pipe
from .processes import Zygote, end_all_but
from .streams import Capture

_READ_BYTES = 1 << 18
_DRAIN_BYTES = 4 << 20
_DRAIN_SECONDS = 2.0
_EXIT_SECONDS = 0.5


class Listener(Protocol):
    """Takes what the code's process says."""

    failed: bool
    flooded: bool
    """More messages came than any honest run sends."""

    def hear(self, header: dict[str, Any], blob: bytes) -> None:
        """Judge one message; pass on what is in order."""

    def finish(self, stdout: Capture) -> None:
        """The attempt ended well: say what is left to say."""


@dataclass
class Ending:
    """How the attempt ended."""

    status: str = ""
    signal: int | None = None
    exit_code: int | None = None
    died: bool = False
    hung_up: bool = False
    """The process let go of its channel and lived on: it closed it, or became another program."""


@dataclass
class Attempt:
    """One `run` or `load`, from its frame to `end`."""

    pipe: Pipe
    zygote: Zygote
    process: CodeProcess
    number: int
    wall_seconds: float
    output: dict[str, Any]
    listener: Listener
    budget: Budget
    carrier: Carrier
    feed: Feed | None = None
    captures: dict[str, Capture] = field(init=False)
    limits: Limits = field(init=False)

    def __post_init__(self) -> None:
        self.limits = Limits()
        self.captures = {
            "stdout": Capture(self.output["stdout_bytes"]),
            "stderr": Capture(self.output["stderr_bytes"]),
        }

    def run(self, message: dict[str, Any], spared: set[int], collect: bool) -> bool:
        """Send `message` to the process and see the attempt through; says whether the process still lives."""
        cpu_before = layout.cpu_seconds()
        ending = self._watch(message)
        self.carrier.close()
        if self.feed is not None:
            self.feed.close()
        if ending.died:
            ending.hung_up = self.zygote.wait_exit(self.process.pid, _EXIT_SECONDS) is None
        troubled = ending.status or ending.died or self.listener.failed
        facts = self.limits.facts(self.process.pid) if troubled else {}
        keep = {self.process.pid} if not ending.status and not ending.died else set()
        clean = end_all_but({self.zygote.pid}, held=spared | keep)
        self._drain()
        if not keep:
            self._learn_end(ending)
        if not ending.status:
            ending.status = self._own_ending()
        if self._flooded():
            ending.status = "output_limit"
        facts |= {"oom_kills": self.limits.oom_kills, "hung_up": ending.hung_up, "flooded": self._flooded()}
        self._close(ending, facts, cpu_before, collect)
        if not clean:
            raise RuntimeError("processes of the code could not be ended")
        return bool(keep)

    def _own_ending(self) -> str:
        """How a living process ended its run; an error after the kernel killed a child of it is oom."""
        if not self.listener.failed:
            return "ok"
        return "oom" if self.limits.oom_kills else "error"

    def _watch(self, message: dict[str, Any]) -> Ending:
        """Read all there is to read until the process is done, dead, too late, or too loud."""
        ending = Ending()
        deadline = time.monotonic() + self.wall_seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self.pipe.read_from, selectors.EVENT_READ, "pipe")
            selector.register(self.process.channel, selectors.EVENT_READ, "channel")
            selector.register(self.zygote.channel, selectors.EVENT_READ, "zygote")
            for name, descriptor in self.process.streams.items():
                selector.register(descriptor, selectors.EVENT_READ, name)
            self.carrier.watch(selector)
            try:
                self.process.channel.settimeout(self.wall_seconds)
                self.process.channel.sendall(self.process.writer.encode(message))
            except OSError:
                ending.died = True
                return ending
            while True:
                left = deadline - time.monotonic()
                if left <= 0:
                    ending.status = "timeout"
                    return ending
                self.limits.look()
                for key, events in selector.select(min(left, self.limits.seconds)):
                    if callable(key.data):
                        key.data(events)
                    elif key.data == "pipe":
                        self.pipe.read()
                    elif key.data == "zygote":
                        if self._has_exited(ending):
                            return ending
                    elif key.data != "channel":
                        if not self._read_stream(key.data):
                            selector.unregister(key.fd)
                    elif self._read_channel(ending):
                        return ending
                for header, blob in self.pipe.arrived():
                    if self.feed is not None and header["type"] == "feed":
                        self.feed.take(header, blob)
                    else:
                        self.carrier.take(header, blob)
                self.carrier.make_room()
                if self._flooded():
                    ending.status = "output_limit"
                    return ending
                if self.limits.over_memory:
                    ending.status = "oom"
                    return ending

    def _has_exited(self, ending: Ending) -> bool:
        """Whether the process is gone; its channel tells too late where a child of it holds that open."""
        self.zygote.take(0)
        if self.process.pid not in self.zygote.exits:
            return False
        while select.select([self.process.channel], [], [], 0)[0]:
            if self._read_channel(ending):
                return True
        ending.died = True
        return True

    def _read_channel(self, ending: Ending) -> bool:
        """Hear what the process says; True when there is nothing more to wait for."""
        try:
            data = self.process.channel.recv(_READ_BYTES)
            self.process.reader.feed(data)
            while (frame := self.process.reader.next()) is not None:
                if frame[0]["type"] == "done":
                    return True
                self.listener.hear(*frame)
        except (OSError, FrameError):
            data = b""  # a process that breaks its own channel has ended itself
        ending.died = not data
        return ending.died

    def _read_stream(self, name: str) -> bool:
        """Read once from a stream; False when it is at its end."""
        try:
            data = os.read(self.process.streams[name], _READ_BYTES)
        except BlockingIOError:
            return True
        live = self.captures[name].feed(data)
        if live:
            self.pipe.send_chunks({"type": name, "attempt": self.number, "tail": False}, live)
        return bool(data)

    def _drain(self) -> None:
        """Read what is still in the pipes, up to a limit: a process that lives on may write for ever."""
        for name in self.process.streams:
            before = self.captures[name].total_bytes
            deadline = time.monotonic() + _DRAIN_SECONDS
            while time.monotonic() < deadline:
                count = self.captures[name].total_bytes
                at_end = not self._read_stream(name)
                read = self.captures[name].total_bytes
                if at_end or read == count or read - before > _DRAIN_BYTES:
                    break

    def _flooded(self) -> str:
        """Which budget the code has passed: `stdout`, `stderr`, `messages`; empty: none."""
        if self.listener.flooded:
            return "messages"
        limit = int(self.output["flood_bytes"])
        return next((name for name, capture in self.captures.items() if capture.total_bytes > limit), "")

    def _learn_end(self, ending: Ending) -> None:
        status = self.zygote.wait_exit(self.process.pid, _DRAIN_SECONDS)
        if status is not None and os.WIFSIGNALED(status):
            ending.signal = os.WTERMSIG(status)
        elif status is not None:
            ending.exit_code = os.WEXITSTATUS(status)
        if ending.status:
            return
        ending.status = "oom" if ending.signal == signal.SIGKILL and self.limits.oom_kills else "killed"

    def _close(self, ending: Ending, facts: dict[str, Any], cpu_before: float | None, collect: bool) -> None:
        for name, capture in self.captures.items():
            self.pipe.send_chunks({"type": name, "attempt": self.number, "tail": True}, capture.tail())
        if ending.status == "ok":
            self.listener.finish(self.captures["stdout"])
        if collect:
            send_outputs(self.pipe, self.number, str(layout.OUT_DIR), self.budget)
        cpu_after = layout.cpu_seconds()
        used = None if cpu_before is None or cpu_after is None else round(cpu_after - cpu_before, 4)
        said = {
            "signal": ending.signal,
            "exit_code": ending.exit_code,
            "stdout_bytes": self.captures["stdout"].total_bytes,
            "stderr_bytes": self.captures["stderr"].total_bytes,
            "cpu_seconds": used,
            "dropped": self.budget.dropped,
            "dropped_count": self.budget.dropped_count,
        }
        self.pipe.send(end_frame(self.number, ending.status) | said | facts)


def end_frame(number: int, status: str) -> dict[str, Any]:
    """The last frame of an attempt in which nothing ran."""
    return {
        "type": "end",
        "attempt": number,
        "status": status,
        "signal": None,
        "exit_code": None,
        "stdout_bytes": 0,
        "stderr_bytes": 0,
        "cpu_seconds": 0.0,
        "dropped": [],
        "dropped_count": 0,
        "oom_kills": 0,
        "pids_refused": 0,
        "files_full": False,
        "disk_full": [],
        "hung_up": False,
        "flooded": "",
    }
