"""How does a file that comes over the pipe, as often as it is wanted, look to a reader of files?"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from typing import Any

_SLICE_BYTES = 16 << 10

Restart = Callable[[], Iterator[bytes]]
"""Gives the file from its beginning, block by block; what an earlier call gave is over then."""


class FedFile:
    """Opens like a `Path`, as often as one likes; its first block is held, so that looking at it is free."""

    def __init__(self, restart: Restart) -> None:
        self._restart = restart
        self._ready: Iterator[bytes] | None = restart()
        self.head = next(self._ready, b"")

    def blocks(self) -> Iterator[bytes]:
        """All of it from the beginning; the first call costs no new sending."""
        rest, self._ready = self._ready, None
        if rest is None:
            yield from self._restart()
            return
        yield self.head
        yield from rest

    def open(
        self,
        mode: str = "r",
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> Any:
        """A stream of bytes (mode `rb`), else of text."""
        stream = io.BufferedReader(_Stream(self), 1 << 20)
        if mode == "rb":
            return stream
        return io.TextIOWrapper(stream, encoding=encoding, errors=errors, newline=newline)

    def tail_blocks(self) -> Iterator[bytes]:
        """All behind the first block."""
        blocks = self.blocks()
        next(blocks, None)
        return blocks


class _Stream(io.RawIOBase):
    """The held block first; the file is sent again only if more is read."""

    def __init__(self, file: FedFile) -> None:
        self._file = file
        self._left = memoryview(file.head)
        self._blocks: Iterator[bytes] | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            if self._blocks is None:
                self._blocks = self._file.tail_blocks()
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._left = memoryview(block)
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count


def unpacked(restart: Restart, block_bytes: int) -> Restart:
    """The same of a gzip file's content.

    The iterator raises `zlib.error` or `EOFError` where it is damaged.
    """

    def again() -> Iterator[bytes]:
        return _gunzip(restart(), block_bytes)

    return again


def _gunzip(blocks: Iterator[bytes], block_bytes: int) -> Iterator[bytes]:
    member = zlib.decompressobj(31)
    held = bytearray()
    for data in _slices(blocks):
        while data:
            if member.eof:
                data = data.lstrip(b"\0")  # padding behind a member
                if not data:
                    break
                member = zlib.decompressobj(31)
            held += member.decompress(data, block_bytes)
            data = member.unconsumed_tail or member.unused_data
            if len(held) >= block_bytes:
                yield bytes(held)
                held.clear()
    if not member.eof:
        held += member.flush()
        if not member.eof:
            raise EOFError("the archive is cut off")
    if held:
        yield bytes(held)


def _slices(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Small ones: what is behind a member is copied with each of them."""
    for block in blocks:
        for start in range(0, len(block), _SLICE_BYTES):
            yield block[start : start + _SLICE_BYTES]
