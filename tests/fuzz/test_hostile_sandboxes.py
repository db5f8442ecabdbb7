"""Sandboxes that lie, drip, flood, hang or vanish, over a real socket: the job ends in time."""

import asyncio
import random
import socket
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from policies.model import load_policy
from tests.fuzz.streams import World
from worker.analysis.contract import RunResult
from worker.engines.attach import SocketPipe
from worker.engines.base import EngineUnavailableError, PipeClosedError
from worker.engines.dummy import DummyEngine
from worker.sandbox import standby
from worker.sandbox.frames import ZERO_KEY, Decoder, Encoder, Frame
from worker.sandbox.run import ContainerSandbox
from worker.sandbox.standby import Maker

_LIMITS = load_policy("default").limits.model_copy(update={"code_wall_seconds": 0.3, "grace_seconds": 0.3})
POLICY = load_policy("default").model_copy(update={"limits": _LIMITS})
CLOCK_SECONDS = 0.6
SLACK_SECONDS = 3.0
"""Beyond the clock, for a machine that is busy."""
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


async def made(behaviour: Behaviour, spool: Path) -> ContainerSandbox:
    engine = HostileEngine(behaviour)
    return await Maker(engine, "image", "stack", "owner", spool, 60).make(POLICY, "t")


async def ran(behaviour: Behaviour, spool: Path) -> RunResult:
    """One run in a sandbox of this behaviour; asserts that it ends by the clock and leaves no task."""
    sandbox = await made(behaviour, spool)
    started = time.monotonic()
    try:
        result = await sandbox.run("code", "python", 1)
    finally:
        await sandbox.destroy()
    assert time.monotonic() - started < CLOCK_SECONDS + SLACK_SECONDS
    await no_task_is_left()
    return result


async def no_task_is_left() -> None:
    for _ in range(10):  # what was cancelled needs a turn of the loop to end
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


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


@pytest.mark.parametrize(
    ("behaviour", "outcomes"),
    [
        (never_answers, {"timeout"}),
        (drips, {"timeout"}),
        (floods_stderr, {"timeout"}),
        (floods_tiny_attach_frames, {"timeout"}),
        (closes_at_once, {"runner_lost"}),
        (closes_in_the_middle_of_a_frame, {"runner_lost"}),
        (floods_before_it_is_asked, {"runner_lost", "timeout"}),
        (sends_noise, {"runner_lost"}),
        (echoes, {"runner_lost"}),
        (replays, {"runner_lost"}),
        (promises_gigabytes, {"runner_lost"}),
        (breaks_the_attach_stream, {"runner_lost"}),
        (speaks_of_another_attempt, {"runner_lost"}),
        (nests_deep, {"runner_lost"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_a_job_ends_by_the_clock_whatever_its_sandbox_does(
    tmp_path: Path, behaviour: Behaviour, outcomes: set[str]
) -> None:
    result = await ran(behaviour, tmp_path)
    assert result.outcome in outcomes
    assert result.result is None
    assert result.message


@pytest.mark.parametrize("seed", range(40))
async def test_a_hostile_stream_in_place_of_an_answer_ends_the_job(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - must come again
    stream = World(rng).stream()

    async def behave(peer: Peer) -> None:
        await peer.greet()
        await peer.hear()
        for chunk in stream.chunks:
            await peer.raw(chunk)
        peer.hang_up()

    result = await ran(behave, tmp_path)
    assert result.outcome == "runner_lost"


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


@pytest.mark.parametrize(
    "behaviour",
    [hangs_up_unheard, says_end_first, greets_with_noise, is_silent, drips_its_greeting, floods_stderr],
)
async def test_a_sandbox_that_never_greets_is_given_up_in_time(
    tmp_path: Path, behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standby, "READY_SECONDS", 0.4)
    if behaviour is floods_stderr:
        monkeypatch.setattr(Peer, "greet", Peer.hear)
    started = time.monotonic()
    with pytest.raises(EngineUnavailableError, match="did not come up"):
        await made(behaviour, tmp_path)
    assert time.monotonic() - started < 0.4 + SLACK_SECONDS
    await no_task_is_left()


async def test_data_that_goes_to_a_sandbox_which_ends_is_said_to_be_lost(tmp_path: Path) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        while True:
            yield bytes(1 << 20)

    sandbox = await made(closes_at_once, tmp_path)
    with pytest.raises(PipeClosedError):
        await asyncio.wait_for(sandbox.put("t.parquet", chunks()), 5)
    await sandbox.destroy()
    await no_task_is_left()


async def test_who_waits_for_a_frame_is_told_when_the_sandbox_is_given_up(tmp_path: Path) -> None:
    sandbox = await made(never_answers, tmp_path)
    running = asyncio.create_task(sandbox.run("code", "python", 1))
    await asyncio.sleep(0.05)
    started = time.monotonic()
    await sandbox.destroy()
    assert (await running).outcome == "runner_lost"
    assert time.monotonic() - started < CLOCK_SECONDS / 2
    await no_task_is_left()
