"""How does the worker run with no container at all? A peer in memory that answers frames and runs no code.

For tests of faults that a real engine cannot be brought to make, and for demos of the pipe.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from worker.engines.base import ContainerEntry, ContainerState, EngineFacts, Pipe, PipeClosedError
from worker.sandbox.frames import ZERO_KEY, Decoder, Encoder, Frame

Answer = Callable[[Frame], Iterable[Frame]]
DIGEST = "sha256:" + "0" * 64


def echo(frame: Frame) -> Iterable[Frame]:
    """Answer a `run` with its own code as a text result."""
    if frame.type != "run":
        return
    attempt = frame.header["attempt"]
    result = {"type": "text", "value": frame.header["code"]}
    yield Frame({"type": "result", "attempt": attempt, "result": result})
    yield Frame({"type": "end", "attempt": attempt, "status": "ok", "stdout_bytes": 0, "stderr_bytes": 0})


@dataclass
class _Container:
    labels: Mapping[str, str]
    body: dict[str, Any]
    running: bool = False
    pipe: DummyPipe | None = None


class DummyPipe:
    """Both ends of a pipe: what is sent is decoded and answered by `answer`."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._decoder = Decoder(ZERO_KEY, b"W")
        self._encoder = Encoder(ZERO_KEY, b"S")
        self._out: asyncio.Queue[bytes] = asyncio.Queue()
        self._closed = False

    async def send(self, data: bytes) -> None:
        """Take bytes as the sandbox would. Raises: PipeClosedError."""
        if self._closed:
            raise PipeClosedError("the dummy's pipe is closed")
        for frame in self._decoder.feed(data):
            if frame.type == "hello":
                self._welcome(bytes.fromhex(frame.header["key"]))
                continue
            for reply in self._answer(frame):
                self._out.put_nowait(self._encoder.encode(reply.header, reply.blob))

    def _welcome(self, key: bytes) -> None:
        self._decoder.use_key(key)
        self._encoder.use_key(key)
        self._out.put_nowait(self._encoder.encode({"type": "ready", "version": 1, "facts": {}}))

    async def receive(self) -> bytes:
        """What the peer answered; empty once closed."""
        return b"" if self._closed and self._out.empty() else await self._out.get()

    def inject(self, data: bytes) -> None:
        """Put raw bytes into the stream, as hostile code might."""
        self._out.put_nowait(data)

    def diagnostics(self) -> str:
        """Nothing: a dummy has no stderr."""
        return ""

    async def close(self) -> None:
        """End the stream."""
        self._closed = True
        self._out.put_nowait(b"")


@dataclass
class DummyEngine:
    """An engine without containers. `answer` says what each frame is answered with."""

    answer: Answer = echo
    name: str = "dummy"
    containers: dict[str, _Container] = field(default_factory=dict)

    async def facts(self) -> EngineFacts:
        """Its one weakness is that it isolates nothing, and runs nothing."""
        weakness = "the dummy engine runs no code at all: for tests and demos only"
        return EngineFacts(self.name, "0", "none", "0", (), "none", (weakness,))

    async def image_digest(self, image: str) -> str:
        """Always the same digest of zeros."""
        return DIGEST

    async def create(self, body: dict[str, Any]) -> str:
        """Remember the body."""
        container_id = uuid4().hex
        self.containers[container_id] = _Container(body.get("Labels", {}), body)
        return container_id

    async def start(self, container_id: str) -> Pipe:
        """Hand out a pipe to the peer."""
        container = self.containers[container_id]
        container.running = True
        container.pipe = DummyPipe(self.answer)
        return container.pipe

    async def state(self, container_id: str) -> ContainerState | None:
        """None: it is gone."""
        container = self.containers.get(container_id)
        if container is None:
            return None
        return ContainerState(container.running, None if container.running else 0, oom_killed=False)

    async def inspect(self, container_id: str) -> dict[str, Any] | None:
        """The create body, as it was given."""
        container = self.containers.get(container_id)
        return None if container is None else {"Id": container_id, **container.body}

    async def remove(self, container_id: str) -> None:
        """Forget it and close its pipe."""
        container = self.containers.pop(container_id, None)
        if container is not None and container.pipe is not None:
            await container.pipe.close()

    async def find(self, labels: Mapping[str, str]) -> list[ContainerEntry]:
        """All that carry all these labels."""
        return [
            ContainerEntry(container_id, container.running, container.labels)
            for container_id, container in self.containers.items()
            if labels.items() <= container.labels.items()
        ]

    async def close(self) -> None:
        """Nothing to give back."""
