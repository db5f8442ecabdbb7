"""How does an engine's attach stream become a pipe: its multiplexed frames taken apart."""

from __future__ import annotations

import asyncio
import re
import socket
import struct

from worker.engines.base import PipeClosedError

_HEADER = struct.Struct(">BxxxL")
_STDOUT, _STDERR = 1, 2
_DIAGNOSTICS_BYTES = 8 << 10
_READ_BYTES = 256 << 10
_CONTROL = re.compile(r"[^\x20-\x7e\n]")


class Demultiplexer:
    """Takes apart the stream of `attach` without a TTY: 8-byte headers, then bytes of stdout or stderr."""

    def __init__(self) -> None:
        self._header = b""
        self._left = 0
        self._stream = 0
        self.stderr = b""

    def feed(self, data: bytes) -> bytes:
        """The stdout bytes in `data`; stderr's last ones are kept aside.

        Raises:
            ValueError: Not such a stream.
        """
        out = []
        at = 0
        while at < len(data):
            if self._left == 0:
                at = self._take_header(data, at)
                continue
            piece = data[at : at + self._left]
            at += len(piece)
            self._left -= len(piece)
            if self._stream == _STDOUT:
                out.append(piece)
            else:
                self.stderr = (self.stderr + piece)[-_DIAGNOSTICS_BYTES:]
        return b"".join(out)

    def _take_header(self, data: bytes, at: int) -> int:
        need = _HEADER.size - len(self._header)
        self._header += data[at : at + need]
        if len(self._header) == _HEADER.size:
            self._stream, self._left = _HEADER.unpack(self._header)
            if self._stream not in (_STDOUT, _STDERR):
                raise ValueError(f"not an attach stream: stream type {self._stream}")
            self._header = b""
        return at + need


class SocketPipe:
    """A pipe over the raw socket of an attach call."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._demultiplexer = Demultiplexer()

    @classmethod
    async def over(cls, sock: socket.socket) -> SocketPipe:
        """Take over a connected socket."""
        sock.setblocking(False)
        reader, writer = await asyncio.open_connection(sock=sock, limit=4 << 20)
        return cls(reader, writer)

    async def send(self, data: bytes) -> None:
        """Write all of it. Raises: PipeClosedError."""
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError as error:
            raise PipeClosedError(f"the sandbox's stdin is closed: {error}") from error

    async def receive(self) -> bytes:
        """The next bytes of stdout; empty at the end."""
        while True:
            try:
                data = await self._reader.read(_READ_BYTES)
            except OSError:
                return b""
            if not data:
                return b""
            out = self._demultiplexer.feed(data)
            if out:
                return out

    def diagnostics(self) -> str:
        """The last of the container's stderr, printable ASCII only."""
        return _CONTROL.sub("?", self._demultiplexer.stderr.decode("utf-8", "replace"))

    async def close(self) -> None:
        """Close the socket."""
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except OSError:
            return
