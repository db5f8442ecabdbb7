"""The bytes of one connection to and from the code, over the pipe, within the windows of the contract."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from worker.sandbox.frames import FrameError

WINDOW_BYTES = 256 << 10
"""May be on the way, each way (docs/architecture.md, The pipe)."""
PIECE_BYTES = 64 << 10
"""Of one frame."""
Send = Callable[[dict[str, Any], bytes], Awaitable[None]]


class CodeStream:
    """The worker's end. What comes from the sandbox is put in without waiting; reading and writing wait."""

    def __init__(self, conn: int, send: Send) -> None:
        self._conn = conn
        self._send = send
        self._buffer = bytearray()
        self._uncredited_bytes = 0
        self._arrived = asyncio.Event()
        self._credit_bytes = WINDOW_BYTES
        self._credited = asyncio.Event()
        self.ended = False
        """Nothing more comes from the code."""
        self.finished = False
        """Nothing more goes to the code."""
        self.broken_off = False
        """Over both ways; what still comes was on its way."""

    def feed(self, data: bytes) -> None:
        """Take in bytes of the code. Raises: FrameError, for more than the window or after the end."""
        self._uncredited_bytes += len(data)
        if self.ended or len(data) > PIECE_BYTES or self._uncredited_bytes > WINDOW_BYTES:
            raise FrameError("a connection sent more than it may")
        self._buffer += data
        self._arrived.set()

    def end(self) -> None:
        """The code sends no more."""
        self.ended = True
        self._arrived.set()

    def break_off(self) -> None:
        """The code sends and takes no more."""
        self.broken_off = self.finished = True
        self.end()

    def add_credit(self, count: object) -> None:
        """The sandbox has written on so many. Raises: FrameError, for more than were sent."""
        if type(count) is not int or not 0 <= count <= WINDOW_BYTES - self._credit_bytes:
            raise FrameError("a connection credits what was not sent")
        self._credit_bytes += count
        self._credited.set()

    async def read(self) -> bytes:
        """What there is of the code, at least one byte; empty at the end."""
        while not self._buffer and not self.ended:
            self._arrived.clear()
            await self._arrived.wait()
        data = bytes(self._buffer)
        self._buffer.clear()
        return data

    async def written_on(self, count: int) -> None:
        """Let the sandbox send as many bytes again. Raises: PipeClosedError."""
        self._uncredited_bytes -= count
        if count and not self.ended:
            await self._send({"type": "net_credit", "conn": self._conn, "bytes": count}, b"")

    async def write(self, data: bytes) -> None:
        """Send to the code, as fast as it reads. Raises: PipeClosedError."""
        at = 0
        while at < len(data):
            while not self._credit_bytes:
                self._credited.clear()
                await self._credited.wait()
            piece = data[at : at + min(PIECE_BYTES, self._credit_bytes)]
            at += len(piece)
            self._credit_bytes -= len(piece)
            await self._send({"type": "net_data", "conn": self._conn}, piece)

    async def finish(self, *, reset: bool = False) -> None:
        """Say that nothing more comes, and with `reset` that all is over. Raises: PipeClosedError."""
        if reset:
            self.ended = self.broken_off = True
        elif self.finished:
            return
        self.finished = True
        header: dict[str, Any] = {"type": "net_end", "conn": self._conn}
        await self._send({**header, "reset": True} if reset else header, b"")
