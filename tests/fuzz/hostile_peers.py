"""How do sandboxes behave that lie, drip, flood, hang or vanish: the other end of a real attach socket?"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any

from worker.engines.attach import SocketPipe
from worker.engines.dummy import DummyEngine
from worker.sandbox.frames import ZERO_KEY, Decoder, Encoder, Frame

STDOUT, STDERR = 1, 2


class Peer:
    """The container's end of an attach socket, with nothing honest behind it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._decoder = Decoder(ZERO_KEY, b"W")
        self._frames: list[Frame] = []
        self.encoder = Encoder(ZERO_KEY, b"S")

    async def hear(self) -> Frame:
        while not self._frames:
            data = await self._reader.read(1 << 18)
            if not data:
                raise ConnectionError("the worker hung up")
            for frame in self._decoder.feed(data):
                if frame.type == "hello":
                    self._decoder.use_key(bytes.fromhex(frame.header["key"]))
                    self.encoder.use_key(bytes.fromhex(frame.header["key"]))
                self._frames.append(frame)
        return self._frames.pop(0)

    async def raw(self, data: bytes, stream: int = STDOUT) -> None:
        self._writer.write(struct.pack(">BxxxL", stream, len(data)) + data)
        await self._writer.drain()

    async def say(self, header: dict[str, Any], blob: bytes = b"") -> None:
        await self.raw(self.encoder.encode(header, blob))

    async def greet(self) -> None:
        await self.hear()
        await self.say({"type": "ready", "version": 1, "facts": {}})

    def hang_up(self) -> None:
        self._writer.close()


Behaviour = Callable[[Peer], Awaitable[None]]


class HostileEngine(DummyEngine):
    """Its containers behave as told, over a real socket pair."""

    def __init__(self, behaviour: Behaviour) -> None:
        super().__init__()
        self._behaviour = behaviour
        self.peers: list[asyncio.Task[None]] = []

    async def start(self, container_id: str) -> Any:
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)
        theirs.setblocking(False)
        reader, writer = await asyncio.open_connection(sock=theirs)
        self.peers.append(asyncio.create_task(self._behave(Peer(reader, writer), writer)))
        return await SocketPipe.over(ours)

    async def _behave(self, peer: Peer, writer: asyncio.StreamWriter) -> None:
        try:
            await self._behaviour(peer)
            await asyncio.sleep(60)
        except (ConnectionError, OSError):
            return
        finally:
            writer.transport.abort()

    async def remove(self, container_id: str) -> None:
        await super().remove(container_id)
        for peer in self.peers:
            peer.cancel()
        await asyncio.gather(*self.peers, return_exceptions=True)


async def never_answers(peer: Peer) -> None:
    await peer.greet()


async def closes_at_once(peer: Peer) -> None:
    await peer.greet()
    await peer.hear()
    peer.hang_up()


async def closes_in_the_middle_of_a_frame(peer: Peer) -> None:
    await peer.greet()
    await peer.hear()
    await peer.raw(peer.encoder.encode({"type": "end", "attempt": 1, "status": "ok"})[:-7])
    peer.hang_up()


async def drips(peer: Peer) -> None:
    await peer.greet()
    await peer.hear()
    for byte in peer.encoder.encode({"type": "end", "attempt": 1, "status": "ok", "pad": "x" * 5000}):
        await peer.raw(bytes([byte]))
        await asyncio.sleep(0.01)


async def floods_stderr(peer: Peer) -> None:
    await peer.greet()
    await peer.hear()
    while True:
        await peer.raw(b"\x1b[2J\xff" * 10_000, STDERR)


async def floods_tiny_attach_frames(peer: Peer) -> None:
    await peer.greet()
    await peer.hear()
    while True:
        await peer.raw(b"", STDOUT)


async def floods_before_it_is_asked(peer: Peer) -> None:
    await peer.greet()
    while True:
        await peer.say({"type": "net_data", "conn": 1}, bytes(1 << 16))


async def sends_noise(peer: Peer) -> None:
    await peer.greet()
    await peer.hear()
    while True:
        await peer.raw(random.randbytes(1000))  # noqa: S311 - not a secret


async def echoes(peer: Peer) -> None:
    await peer.greet()
    asked = await peer.hear()
    await peer.raw(Encoder(ZERO_KEY, b"W").encode(asked.header, asked.blob))


async def replays(peer: Peer) -> None:
    await peer.greet()
    await peer.hear()
    frame = peer.encoder.encode({"type": "stdout", "attempt": 1, "tail": False}, b"x")
    await peer.raw(frame + frame)


async def promises_gigabytes(peer: Peer) -> None:
    await peer.greet()
    await peer.hear()
    await peer.raw(struct.pack(">II", 0xFFFFFFFF, 0xFFFFFFFF))


async def breaks_the_attach_stream(peer: Peer) -> None:
    await peer.greet()
    await peer.hear()
    await peer.raw(b"", 9)


async def speaks_of_another_attempt(peer: Peer) -> None:
    await peer.greet()
    await peer.hear()
    await peer.say({"type": "end", "attempt": 2, "status": "ok"})


async def nests_deep(peer: Peer) -> None:
    await peer.greet()
    await peer.hear()
    header = b'{"type":"end","a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    await peer.raw(struct.pack(">II", len(header), 0) + header + bytes(16))


async def hangs_up_unheard(peer: Peer) -> None:
    peer.hang_up()


async def says_end_first(peer: Peer) -> None:
    await peer.hear()
    await peer.say({"type": "end", "attempt": 1, "status": "ok"})


async def greets_with_noise(peer: Peer) -> None:
    await peer.raw(bytes(range(256)) * 8)


async def is_silent(peer: Peer) -> None:
    await peer.hear()


async def drips_its_greeting(peer: Peer) -> None:
    await peer.hear()
    for byte in peer.encoder.encode({"type": "ready", "version": 1, "facts": {"pad": "x" * 5000}}):
        await peer.raw(bytes([byte]))
        await asyncio.sleep(0.01)
