"""How does the runner hold the container's pipe: frames in from stdin, frames out to stdout?"""

from __future__ import annotations

import os
import select
from typing import Any

from .frames import FROM_SANDBOX, FROM_WORKER, MAX_BLOB_BYTES, FrameError, FrameReader, FrameWriter

_READ_BYTES = 1 << 20


class PipeClosed(Exception):
    """The worker is gone, or has said `stop`: there is nothing left to do."""


class Pipe:
    """Both ends of the pipe; after `adopt_key` each frame has a mac that only worker and runner can make."""

    def __init__(self, read_from: int, write_to: int) -> None:
        self.read_from = read_from
        self._write_to = write_to
        self._reader = FrameReader(FROM_WORKER)
        self._writer = FrameWriter(FROM_SANDBOX)

    def adopt_key(self, key: bytes) -> None:
        """Use `key` for all frames from now on."""
        self._reader.key = key
        self._writer.key = key

    def receive(self) -> tuple[dict[str, Any], bytes]:
        """Wait for the next frame.

        Raises:
            PipeClosed: There will be none.
            FrameError: The bytes are no genuine frame.
        """
        while (frame := self._reader.next()) is None:
            select.select([self.read_from], [], [])
            self._read()
        return frame

    def refuse_frames(self) -> None:
        """Take what came while code runs, where only the end may come.

        Raises:
            PipeClosed: It was the end.
            FrameError: It was anything else.
        """
        self._read()
        frame = self._reader.next()
        if frame is None:
            return
        if frame[0]["type"] == "stop":
            raise PipeClosed
        raise FrameError(f"frame {frame[0]['type']!r} while an attempt runs")

    def send(self, header: dict[str, Any], blob: bytes = b"") -> None:
        """Write one frame, however long the worker takes to read it.

        Raises:
            PipeClosed: The worker is gone.
        """
        data = memoryview(self._writer.encode(header, blob))
        while data:
            try:
                data = data[os.write(self._write_to, data) :]
            except BlockingIOError:
                select.select([], [self._write_to], [])
            except BrokenPipeError:
                raise PipeClosed from None

    def send_chunks(self, header: dict[str, Any], data: bytes) -> None:
        """Write `data` as frames with the same header."""
        for start in range(0, len(data), MAX_BLOB_BYTES):
            self.send(header, data[start : start + MAX_BLOB_BYTES])

    def _read(self) -> None:
        try:
            data = os.read(self.read_from, _READ_BYTES)
        except BlockingIOError:
            return
        if not data:
            raise PipeClosed
        self._reader.feed(data)
