"""How does the worker talk with one sandbox: the handshake, and frames both ways under a clock."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from worker.engines.base import Pipe
from worker.sandbox.frames import ZERO_KEY, Decoder, Encoder, Frame, FrameError

PROTOCOL_VERSION = 1
_QUEUED_FRAMES = 64


class SandboxLostError(Exception):
    """The sandbox is gone, or broke the protocol; `reason` says which, in words."""

    def __init__(self, reason: str, *, protocol: bool = False) -> None:
        """`protocol`: it sent what it may not, rather than just ended."""
        super().__init__(reason)
        self.reason = reason
        self.protocol = protocol


class Link:
    """The worker's end of a pipe. A task of its own reads, so that an end is noticed while nobody waits."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._encoder = Encoder(ZERO_KEY)
        self._decoder = Decoder(ZERO_KEY)
        self._frames: asyncio.Queue[Frame | None] = asyncio.Queue(_QUEUED_FRAMES)
        self._lost: SandboxLostError | None = None
        self._reader: asyncio.Task[None] | None = None
        self.received_bytes = 0

    @property
    def alive(self) -> bool:
        """Whether the sandbox may still be used."""
        return self._lost is None and self._reader is not None and not self._reader.done()

    async def shake_hands(self, wall_seconds: float) -> dict[str, Any]:
        """Hand over the key and wait for `ready`; the sandbox's facts.

        Raises:
            SandboxLostError: It ended, said something else, or did not answer in time.
        """
        key = os.urandom(32)
        await self._pipe.send(
            self._encoder.encode({"type": "hello", "version": PROTOCOL_VERSION, "key": key.hex()})
        )
        self._encoder.use_key(key)
        self._decoder.use_key(key)
        self._reader = asyncio.create_task(self._read())
        try:
            frame = await asyncio.wait_for(self.receive(), wall_seconds)
        except TimeoutError:
            raise SandboxLostError(f"the sandbox was not ready within {wall_seconds:g} s") from None
        if frame.type != "ready" or frame.header.get("version") != PROTOCOL_VERSION:
            raise SandboxLostError("the sandbox's first frame is not a ready of version 1", protocol=True)
        facts = frame.header.get("facts")
        return facts if isinstance(facts, dict) else {}

    async def send(self, header: dict[str, Any], blob: bytes = b"") -> None:
        """Send one frame. Raises: PipeClosedError."""
        await self._pipe.send(self._encoder.encode(header, blob))

    async def receive(self) -> Frame:
        """The next frame. Raises: SandboxLostError at the end of the stream or after a bad frame."""
        if self._lost is not None and self._frames.empty():
            raise self._lost
        frame = await self._frames.get()
        if frame is None:
            raise self._lost or SandboxLostError("the sandbox ended")
        return frame

    def diagnostics(self) -> str:
        """The last of its stderr, for the log."""
        return self._pipe.diagnostics()

    async def close(self) -> None:
        """End the pipe and the reading task."""
        if self._reader is not None:
            self._reader.cancel()
        await self._pipe.close()

    async def _read(self) -> None:
        try:
            while data := await self._pipe.receive():
                self.received_bytes += len(data)
                for frame in self._decoder.feed(data):
                    await self._frames.put(frame)
            self._lost = SandboxLostError("the sandbox ended")
        except (FrameError, ValueError) as error:
            self._lost = SandboxLostError(str(error), protocol=True)
        await self._frames.put(None)
