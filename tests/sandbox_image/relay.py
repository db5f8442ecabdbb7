"""The worker's part of carried connections, as small as it can be: windows kept and checked, the hosts played by the test."""  # noqa: E501

from __future__ import annotations

import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from tests.sandbox_image.sandbox_process import OUTPUT, Ran, SandboxProcess

WINDOW = 256 << 10
CHUNK = 64 << 10
PROXY = (
    "import socket, time\nproxy = ('127.0.0.1', 3128)\nconnect = lambda: socket.create_connection(proxy, 5)\n"
)
Hear = Callable[["Relay", int, str, bytes], None]
"""A host: told of `open`, `data`, `end` and `reset` of a connection."""


class Relay:
    """Runs code with connections that go to `hear`."""

    def __init__(self, sandbox: SandboxProcess, hear: Hear, crediting: bool = True) -> None:
        self.sandbox = sandbox
        self.opened: list[int] = []
        self.received: dict[int, int] = defaultdict(int)
        self.most_open = 0
        self._hear = hear
        self._crediting = crediting
        self._open: set[int] = set()
        self._room: dict[int, int] = {}
        self._to_give: dict[int, bytearray] = {}
        self._ended: set[int] = set()
        self._uncredited: dict[int, int] = defaultdict(int)
        self._frames: queue.Queue[tuple[dict[str, Any], bytes] | None] = queue.Queue()

    def run(self, code: str, at_once: int = 16, ca: str | None = None, wall_seconds: float = 20) -> Ran:
        """One attempt with web requests."""
        # Frames go out by a thread of their own: both sides must read while they write.
        writer = threading.Thread(target=self._write, daemon=True)
        writer.start()
        try:
            self.sandbox.number += 1
            header = {"type": "run", "attempt": self.sandbox.number, "language": "python", "code": code}
            header |= {"tables": [], "wall_seconds": wall_seconds, "output": OUTPUT}
            self.send(header | {"net": {"at_once": at_once, "ca": ca}})
            return self._until_end(time.monotonic(), wall_seconds + 15)
        finally:
            self._frames.put(None)
            writer.join(20)
            if writer.is_alive():
                self.sandbox.process.kill()  # what reads no more would hold up the end of the tests
            self._open.clear()

    def send(self, header: dict[str, Any], blob: bytes = b"") -> None:
        self._frames.put((header, blob))

    def give(self, conn: int, data: bytes) -> None:
        """Send to the code, as its window allows."""
        self._to_give[conn] += data
        self._flush(conn)

    def overrun(self, conn: int, data: bytes) -> None:
        """Send to the code whatever its window says."""
        self._room[conn] -= len(data)
        self.send({"type": "net_data", "conn": conn}, data)

    def end(self, conn: int, reset: bool = False) -> None:
        """Nothing more comes, once all is given; or the connection is over at once."""
        self._ended.add(conn)
        if reset:
            self.send({"type": "net_end", "conn": conn, "reset": True})
        else:
            self._flush(conn)

    def credit(self, conn: int, count: int) -> None:
        self.received[conn] -= count
        self.send({"type": "net_credit", "conn": conn, "bytes": count})

    def take_back(self, conn: int) -> int:
        """Let go of what the window did not let through; how many bytes that was."""
        count = len(self._to_give[conn])
        self._to_give[conn].clear()
        return count

    def _flush(self, conn: int) -> None:
        left = self._to_give[conn]
        while left and self._room[conn]:
            piece = bytes(left[: min(CHUNK, self._room[conn])])
            del left[: len(piece)]
            self._room[conn] -= len(piece)
            self.send({"type": "net_data", "conn": conn}, piece)
        if conn in self._ended and not left:
            self.send({"type": "net_end", "conn": conn})

    def _write(self) -> None:
        while (frame := self._frames.get()) is not None:
            try:
                self.sandbox.send(*frame)
            except BrokenPipeError:
                return

    def _until_end(self, started: float, seconds: float) -> Ran:
        frames = []
        while True:
            header, blob = self.sandbox.receive(seconds)
            if header["type"].startswith("net_"):
                self._take(header, blob)
                continue
            frames.append((header, blob))
            if header["type"] == "end":
                break
        return Ran.of(frames, time.monotonic() - started)

    def _take(self, header: dict[str, Any], blob: bytes) -> None:
        conn, kind = header["conn"], header["type"]
        if kind == "net_open":
            assert conn == max(self.opened, default=conn - 1) + 1, "ids go up by one"
            assert header["attempt"] == self.sandbox.number
            self.opened.append(conn)
            self._open.add(conn)
            self.most_open = max(self.most_open, len(self._open))
            self._room[conn], self._to_give[conn] = WINDOW, bytearray()
            self._hear(self, conn, "open", b"")
        elif kind == "net_data":
            assert 0 < len(blob) <= CHUNK
            self.received[conn] += len(blob)
            assert self.received[conn] <= WINDOW, "the sandbox passed its window"
            self._hear(self, conn, "data", blob)
            self._uncredited[conn] += len(blob)
            if self._crediting and self._uncredited[conn] >= CHUNK:
                self.credit(conn, self._uncredited.pop(conn))
        elif kind == "net_end":
            reset = header.get("reset") is True
            self._hear(self, conn, "reset" if reset else "end", b"")
            if reset or conn in self._ended:
                self._open.discard(conn)
        else:
            self._room[conn] += header["bytes"]
            assert self._room[conn] <= WINDOW, "more was credited than was sent"
            self._flush(conn)


def value(relay: Relay, code: str, **options: Any) -> Any:
    """What code comes to that may say `connect()`."""
    ran = relay.run(PROXY + code, **options)
    assert ran.status == "ok", (ran.end, ran.error, ran.stderr)
    return ran.result["value"]
