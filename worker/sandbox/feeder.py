"""How are big files sent to a sandbox while it reads them: as often as it asks, as fast as it lets us?"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from worker.engines.base import PipeClosedError
from worker.sandbox.frames import BLOB_LIMIT_BYTES, Frame, FrameError
from worker.sandbox.link import Link

FEED_TYPES = frozenset({"feed_start", "feed_credit"})
_WINDOW_BYTES = 64 << 20
_ROUNDS = 60
"""Of one load; the reader needs one or two, and some more for a file that is not regular."""

Source = Callable[[], AsyncIterator[bytes]]


@dataclass
class Progress:
    """How far a round has come."""

    round: int = 0
    sent_bytes: int = 0


class Feeder:
    """Answers the frames of one load that ask for bytes. A task sends, so that frames are read meanwhile."""

    def __init__(self, link: Link, attempt: int, sources: Mapping[str, Source], progress: Progress) -> None:
        self._link = link
        self._attempt = attempt
        self._sources = sources
        self._progress = progress
        self._credit = 0
        self._may_send = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._frame: asyncio.Task[Frame] | None = None

    async def receive(self) -> Frame:
        """The link's next frame.

        Raises:
            SandboxLostError: As `Link.receive`.
            StoreUnavailableError, BlobMissingError: The file could not be read on to its end.
        """
        self._frame = self._frame or asyncio.create_task(self._link.receive())
        while not self._frame.done():
            waited: set[asyncio.Task[Any]] = {self._frame}
            if self._task is not None:
                waited.add(self._task)
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if self._task is not None and self._task.done():
                ended, self._task = self._task, None
                with contextlib.suppress(PipeClosedError):  # the link tells it, too
                    ended.result()
        frame, self._frame = self._frame, None
        return frame.result()

    async def take(self, frame: Frame) -> None:
        """Act on one frame of `FEED_TYPES`. Raises: FrameError: it is not in order."""
        header = frame.header
        number, size = header.get("round"), header.get("bytes")
        if header.get("attempt") != self._attempt or type(number) is not int or type(size) is not int:
            raise FrameError("a frame of feeding is misshapen")
        if frame.type == "feed_credit":
            if number == self._progress.round:
                self._let(size)
            return
        source = self._sources.get(str(header.get("file_id")))
        if source is None or number != self._progress.round + 1 or number > _ROUNDS:
            raise FrameError("a round of feeding is not in order")
        await self._stop()
        self._credit = 0
        self._progress.round, self._progress.sent_bytes = number, 0
        self._let(size)
        self._task = asyncio.create_task(self._send(source(), number))

    async def close(self) -> None:
        """Send no more."""
        await self._stop()
        if self._frame is not None:
            self._frame.cancel()
            await asyncio.gather(self._frame, return_exceptions=True)
            self._frame = None

    def _let(self, size: int) -> None:
        self._credit += size
        if size < 0 or self._credit > _WINDOW_BYTES:
            raise FrameError("more is asked for than a window")
        self._may_send.set()

    async def _stop(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _send(self, chunks: AsyncIterator[bytes], number: int) -> None:
        async for chunk in chunks:
            for at in range(0, len(chunk), BLOB_LIMIT_BYTES):
                await self._send_piece(chunk[at : at + BLOB_LIMIT_BYTES], number)
        await self._link.send({"type": "feed", "round": number, "last": True})

    async def _send_piece(self, piece: bytes, number: int) -> None:
        while self._credit < len(piece):
            self._may_send.clear()
            await self._may_send.wait()
        self._credit -= len(piece)
        await self._link.send({"type": "feed", "round": number, "last": False}, piece)
        self._progress.sent_bytes += len(piece)
