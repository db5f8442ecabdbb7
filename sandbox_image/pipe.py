"""How does the runner hold the container's pipe: frames in from stdin, frames out to stdout?"""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from typing import Any

from .frames import FROM_SANDBOX, FROM_WORKER, MAX_BLOB_BYTES, FrameReader, FrameWriter

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
        for descriptor in (read_from, write_to):
            os.set_blocking(descriptor, False)

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
            self.read()
        return frame

    def arrived(self) -> Iterator[tuple[dict[str, Any], bytes]]:
        """The frames that are there already, read by `read` or while something was sent.

        Raises:
            PipeClosed: One says `stop`.
            FrameError: The bytes are no genuine frame.
        """
        while (frame := self._reader.next()) is not None:
            if frame[0]["type"] == "stop":
                raise PipeClosed
            yield frame

    def send(self, header: dict[str, Any], blob: bytes = b"") -> None:
        """Write one frame, however long the worker takes to read it.

        Reads on meanwhile: the engine's monitor is one thread, and while it waits for us to read, it does not
        read what we write. What comes then is bounded by the windows of the connections (`carrier`).

        Raises:
            PipeClosed: The worker is gone.
        """
        data = memoryview(self._writer.encode(header, blob))
        while data:
            try:
                data = data[os.write(self._write_to, data) :]
            except BlockingIOError:
                if select.select([self.read_from], [self._write_to], [])[0]:
                    self.read()
            except BrokenPipeError:
                raise PipeClosed from None

    def send_chunks(self, header: dict[str, Any], data: bytes) -> None:
        """Write `data` as frames with the same header."""
        for start in range(0, len(data), MAX_BLOB_BYTES):
            self.send(header, data[start : start + MAX_BLOB_BYTES])

    def read(self) -> None:
        """Take what there is to read.

        Raises:
            PipeClosed: The worker is gone.
        """
        try:
            data = os.read(self.read_from, _READ_BYTES)
        except BlockingIOError:
            return
        if not data:
            raise PipeClosed
        self._reader.feed(data)
