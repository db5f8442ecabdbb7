"""What do probes of the engine proxy use? A proxy of their own, and an engine that only listens."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from policies.seccomp import PROFILE_PATH
from policies.spec import LABEL_OWNER, Marks, container_body
from worker.engine_proxy.calls import API
from worker.engine_proxy.carry import Carrier
from worker.engine_proxy.engine import PIPE_BYTES, EngineSocket
from worker.engine_proxy.judge import Rules
from worker.engine_proxy.serve import Server
from worker.wall.case import NotTestableError
from worker.wall.wall import Wall

_ANSWER_SECONDS = 10.0
_LIFE_SECONDS = 600


@asynccontextmanager
async def proxy_before(engine: Path, rules: Rules, most: int = 64) -> AsyncIterator[Path]:
    """An engine proxy before the engine behind this socket; its own socket."""
    # What it refuses is what the probe looks at; a doctor's page needs no log of it.
    server = Server(rules, Carrier(EngineSocket(engine), rules, most), say=lambda *_, **__: None)
    with tempfile.TemporaryDirectory(prefix="sg-guard-") as folder:
        path = Path(folder) / "engine.sock"
        listener = await asyncio.start_unix_server(server.serve, path, limit=PIPE_BYTES)
        try:
            yield path
        finally:
            listener.close()


class Recorder:
    """An engine that answers nothing of use, and keeps what it was sent."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            self.heard.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
            await writer.drain()
        writer.close()


@asynccontextmanager
async def only_listening() -> AsyncIterator[tuple[Recorder, Path]]:
    """A proxy before an engine that records, and the proxy's socket."""
    recorder = Recorder()
    with tempfile.TemporaryDirectory(prefix="sg-guard-") as folder:
        engine = Path(folder) / "engine.sock"
        listener = await asyncio.start_unix_server(recorder.serve, engine)
        try:
            async with proxy_before(engine, Rules("default", "sandglass-sandbox:dev", "/p.json")) as path:
                yield recorder, path
        finally:
            listener.close()


async def send(path: Path, data: bytes) -> tuple[int, bytes]:
    """Status and body of the answer to these bytes; status 0: there was none."""
    reader, writer = await asyncio.open_unix_connection(path)
    said = b""
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            with suppress(OSError):
                writer.write(data)
                await writer.drain()
                # As a client that has said all: one whose request has no end is not waited for.
                writer.write_eof()
            with suppress(OSError):
                said = await reader.read(1 << 20)
                while more := await reader.read(1 << 20):
                    said += more
    finally:
        writer.close()
    head, _, body = said.partition(b"\r\n\r\n")
    words = head.split(b" ")
    return (int(words[1]) if len(words) > 1 and words[1].isdigit() else 0), body


def request(method: str, path: str, body: bytes | None = None, headers: Sequence[str] = ()) -> bytes:
    """A plain request, as the worker's client writes it."""
    lines = [f"{method} {API}{path} HTTP/1.1", "Host: localhost", *headers]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")


def engine_socket(wall: Wall) -> Path:
    """The socket of the wall's engine. Raises: NotTestableError: It is no socket of this host."""
    url = str(getattr(wall.engine, "url", ""))
    if not url.startswith("unix://"):
        raise NotTestableError("the engine is not at a socket of this host, so no proxy can stand before it")
    return Path(url.removeprefix("unix://"))


class Guarded:
    """A stack of its own behind a proxy, on the wall's engine."""

    def __init__(self, wall: Wall) -> None:
        self.stack = f"sandglass-guard-{uuid4().hex[:8]}"
        self._wall = wall
        # On the engine's own runtime: Podman has no other, and gVisor's is asked elsewhere.
        self._policy = wall.policy.model_copy(update={"runtime": "", "fixed_versions": False})

    def rules(self) -> Rules:
        """Of its proxy."""
        return Rules(self.stack, self._wall.image, str(PROFILE_PATH), lambda name: self._policy)

    async def body(self, task: str = "") -> dict[str, Any]:
        """A create body that is as it should be."""
        digest = await self._wall.engine.image_digest(self._wall.image)
        deadline = int(time.time()) + _LIFE_SECONDS
        marks = Marks(self.stack, "guard", deadline, task or self._wall.run_id)
        return container_body(self._policy, digest, marks)

    async def made(self) -> list[str]:
        """What the engine itself has of the guard's tries, whatever stack they say they are of."""
        return [entry.container_id for entry in await self._wall.engine.find({LABEL_OWNER: "guard"})]

    async def clean(self) -> None:
        """Remove what was made even so."""
        for container_id in await self.made():
            await self._wall.engine.remove(container_id)


def words_of(body: bytes) -> str:
    """The message of an answer."""
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return repr(body[:100])
