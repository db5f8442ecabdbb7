"""How is the engine asked? A connection for each call; its head is written here, never handed on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h11

PIPE_BYTES = 128 << 10
"""Of what has come and was not read: little, for clients may open many connections and say much."""
_ANSWER_BYTES = 8 << 20
_READ_BYTES = 64 << 10
_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 55.0
"""Less than the worker waits, so that it reads our words and not a time-out of its own."""
_UPGRADE = [("Connection", "Upgrade"), ("Upgrade", "tcp")]

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Answer:
    """What the engine, or the proxy in its place, says to one request."""

    status: int
    body: bytes = b""
    plain_json: bool = True

    def value(self) -> Any:
        """Its JSON. Raises: EngineDownError: It is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise EngineDownError("the engine's answer is not JSON") from None


class EngineDownError(Exception):
    """The engine does not answer, not in time, or not in HTTP."""

    status = 502


class EngineSlowError(EngineDownError):
    """It took the call and is silent."""

    status = 504


@dataclass(frozen=True)
class Attached:
    """A hijacked connection, and what the engine has already said on it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    first: bytes


class EngineSocket:
    """The engine behind a socket of this host."""

    def __init__(self, path: Path, answer_seconds: float = _ANSWER_SECONDS) -> None:
        self._path = path
        self._seconds = answer_seconds

    async def ask(self, method: str, target: str, body: Any = None) -> Answer:
        """The engine's whole answer. Raises: EngineDownError."""
        async with self._connected() as (reader, writer):
            return await self._converse(reader, writer, method, target, body)

    async def attach(self, target: str) -> Attached | Answer:
        """The hijacked connection, which is then the caller's to close; or the engine's no.

        Raises:
            EngineDownError: It does not answer.
        """
        reader, writer = await self._connect()
        kept = False
        try:
            async with self._in_time():
                conn = h11.Connection(h11.CLIENT)
                await _send(conn, writer, "POST", target, b"", _UPGRADE)
                event = await _next(conn, reader)
                if isinstance(event, h11.InformationalResponse) and event.status_code == 101:
                    kept = True
                    return Attached(reader, writer, conn.trailing_data[0])
                return await _rest(conn, reader, event)
        finally:
            if not kept:
                writer.close()

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, method: str, target: str, body: Any
    ) -> Answer:
        data = b"" if body is None else json.dumps(body).encode()
        async with self._in_time():
            conn = h11.Connection(h11.CLIENT)
            headers = [("Connection", "close")]
            if body is not None:
                headers.append(("Content-Type", "application/json"))
            await _send(conn, writer, method, target, data, headers)
            return await _rest(conn, reader, await _next(conn, reader))

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Streams]:
        reader, writer = await self._connect()
        try:
            yield reader, writer
        finally:
            writer.close()

    async def _connect(self) -> Streams:
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                return await asyncio.open_unix_connection(self._path, limit=PIPE_BYTES)
        except TimeoutError:
            raise EngineSlowError(f"the engine at {self._path} takes no connection") from None
        except OSError as error:
            raise EngineDownError(f"no engine answers at {self._path}: {error.strerror or error}") from None

    @asynccontextmanager
    async def _in_time(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._seconds):
                yield
        except TimeoutError:
            raise EngineSlowError(
                f"the engine at {self._path} did not answer in {self._seconds:g} s"
            ) from None
        except OSError as error:
            why = error.strerror or error
            raise EngineDownError(f"the engine at {self._path} broke off: {why}") from None
        except h11.ProtocolError:
            raise EngineDownError(f"the engine at {self._path} broke off, or does not speak HTTP") from None


async def _send(
    conn: h11.Connection,
    writer: asyncio.StreamWriter,
    method: str,
    target: str,
    body: bytes,
    headers: list[tuple[str, str]],
) -> None:
    head = [("Host", "engine"), *headers]
    if method == "POST":
        head.append(("Content-Length", str(len(body))))
    data = conn.send(h11.Request(method=method, target=target, headers=head)) or b""
    if body:
        data += conn.send(h11.Data(data=body)) or b""
    writer.write(data + (conn.send(h11.EndOfMessage()) or b""))
    await writer.drain()


async def _next(conn: h11.Connection, reader: asyncio.StreamReader) -> Any:
    """The next event; a plain `100 Continue` is none."""
    while True:
        event = conn.next_event()
        if event is h11.NEED_DATA:
            conn.receive_data(await reader.read(_READ_BYTES))
        elif not (isinstance(event, h11.InformationalResponse) and event.status_code != 101):
            return event


async def _rest(conn: h11.Connection, reader: asyncio.StreamReader, head: Any) -> Answer:
    if not isinstance(head, h11.Response):
        raise EngineDownError("the engine's answer is no answer to what it was asked")
    kind = dict(head.headers).get(b"content-type", b"").split(b";")[0].strip().lower()
    body = bytearray()
    while isinstance(event := await _next(conn, reader), h11.Data):
        body += event.data
        if len(body) > _ANSWER_BYTES:
            raise EngineDownError(f"the engine's answer is larger than {_ANSWER_BYTES >> 20} MiB")
    if not isinstance(event, h11.EndOfMessage):
        raise EngineDownError("the engine's answer has no end")
    return Answer(head.status_code, bytes(body), kind == b"application/json")
