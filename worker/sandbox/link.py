"""How does the worker talk with one sandbox: the handshake, and frames both ways under a clock."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from typing import Any, cast

from worker.engines.base import Pipe
from worker.metrics.sandboxes import Traffic
from worker.sandbox.frames import ZERO_KEY, Decoder, Encoder, Frame, FrameError

PROTOCOL_VERSION = 1
_QUEUED_FRAMES = 16
"""A frame may come to some 50 MB once its JSON is read; more than these few are not read ahead."""
_FACTS_BYTES = 64 << 10


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
        self.traffic = Traffic()

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
        version = frame.header.get("version")
        if frame.type != "ready" or type(version) is not int or version != PROTOCOL_VERSION:
            raise SandboxLostError("the sandbox's first frame is not a ready of version 1", protocol=True)
        return _facts(frame.header.get("facts"))

    async def send(self, header: dict[str, Any], blob: bytes = b"") -> None:
        """Send one frame. Raises: PipeClosedError."""
        data = self._encoder.encode(header, blob)
        self.traffic.sent_frames += 1
        self.traffic.sent_bytes += len(data)
        await self._pipe.send(data)

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
        """End the pipe and the reading task; who waits for a frame is told."""
        self._lost = self._lost or SandboxLostError("the sandbox was given up")
        try:
            if self._reader is not None:
                self._reader.cancel()
                await asyncio.wait([self._reader])
        finally:
            with contextlib.suppress(asyncio.QueueFull):
                self._frames.put_nowait(None)
            await self._pipe.close()

    async def _read(self) -> None:
        try:
            while data := await self._pipe.receive():
                self.traffic.received_bytes += len(data)
                for frame in self._decoder.feed(data):
                    self.traffic.received_frames += 1
                    await self._frames.put(frame)
            self._lost = SandboxLostError("the sandbox ended")
        except (FrameError, ValueError) as error:
            self._lost = SandboxLostError(str(error), protocol=True)
        except Exception as error:
            # Whoever waits for a frame must hear of it, whatever it was.
            self._lost = SandboxLostError(f"the sandbox cannot be read: {type(error).__name__}")
        await self._frames.put(None)


def _facts(said: Any) -> dict[str, Any]:
    """What the sandbox says of itself, if it is of a size that may be kept. Raises: SandboxLostError."""
    try:
        small = isinstance(said, dict) and len(json.dumps(said)) <= _FACTS_BYTES
    except RecursionError:
        small = False
    if not small:
        raise SandboxLostError("the sandbox's facts are no object of at most 64 KiB", protocol=True)
    return cast("dict[str, Any]", said)
