"""The other end of a tunnel: a runner played by the test, its own servers, a network that leads to them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from policies.model import Egress, Policy
from worker.sandbox.code_stream import PIECE_BYTES, WINDOW_BYTES
from worker.sandbox.dial import Network
from worker.sandbox.frames import Frame
from worker.sandbox.tunnel import Tunnel

PUBLIC = "93.184.216.34"
HOST = "api.example.org"
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def lab(**egress: Any) -> Policy:
    return Policy(
        name="lab", network="allow-list", egress=Egress(**{"hosts": (HOST, "*.data.example"), **egress})
    )


class FakeNetwork:
    """Names lead where the test says; what is dialled is noted, and ends at one server on loopback."""

    def __init__(self, port: int = 0, answers: dict[str, list[list[str]]] | None = None) -> None:
        self.port = port
        self.answers = answers or {}
        self.resolved: list[str] = []
        self.dialled: list[tuple[str, int]] = []
        self.network = Network(self._resolve, self._dial)

    async def _resolve(self, host: str, port: int) -> list[str]:
        self.resolved.append(host)
        answers = self.answers.get(host, [[PUBLIC]])
        return answers.pop(0) if len(answers) > 1 else answers[0]

    async def _dial(self, address: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self.dialled.append((address, port))
        if not self.port:
            raise ConnectionRefusedError
        return await asyncio.open_connection("127.0.0.1", self.port)


class Code:
    """One connection of the code, with a runner's care for the windows."""

    def __init__(self, conn: int, runner: "Runner") -> None:
        self._conn = conn
        self._runner = runner
        self._credit = WINDOW_BYTES
        self._changed = asyncio.Event()
        self.received = bytearray()
        self.ended = False
        self.reset = False
        self.holds_credit = False
        """Reads nothing: what comes is kept, but not credited."""

    async def send(self, data: bytes) -> None:
        at = 0
        while at < len(data):
            await self.until(lambda: bool(self._credit) or self.ended)
            if self.ended:
                return
            piece = data[at : at + min(PIECE_BYTES, self._credit)]
            at += len(piece)
            self._credit -= len(piece)
            self._runner.tunnel.take(Frame({"type": "net_data", "conn": self._conn}, piece))
            await asyncio.sleep(0)

    def end(self, *, reset: bool = False) -> None:
        header = {"type": "net_end", "conn": self._conn}
        self._runner.tunnel.take(Frame({**header, "reset": True} if reset else header))

    async def all(self) -> bytes:
        """Everything up to the end, after which the code closes."""
        await self.until(lambda: self.ended)
        if not self.reset:
            self.end()
        return bytes(self.received)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def says(self, words: bytes) -> None:
        """Wait until the host's side has said this."""
        await self.until(lambda: words in self.received)

    async def has(self, count: int) -> None:
        """Wait until so many bytes are there."""
        await self.until(lambda: len(self.received) >= count)

    def take(self, frame: Frame) -> None:
        if frame.type == "net_data":
            self.received += frame.blob
            if not self.holds_credit:
                credit = {"type": "net_credit", "conn": self._conn, "bytes": len(frame.blob)}
                self._runner.tunnel.take(Frame(credit))
        elif frame.type == "net_credit":
            self._credit += frame.header["bytes"]
            assert self._credit <= WINDOW_BYTES
        else:
            self.ended = True
            self.reset = frame.header.get("reset", False)
        self._changed.set()


class Runner:
    """Plays the sandbox's side of the pipe for a tunnel."""

    def __init__(self, policy: Policy, network: Network) -> None:
        assert policy.egress is not None
        self.tunnel = Tunnel(policy, policy.egress, self._send, network)
        self.tunnel.begin(1)
        self._conns: dict[int, Code] = {}
        self.attempt = 1
        self.frames: list[Frame] = []

    async def _send(self, header: dict[str, Any], blob: bytes) -> None:
        frame = Frame(header, blob)
        self.frames.append(frame)
        assert len(blob) <= PIECE_BYTES
        self._conns[header["conn"]].take(frame)

    def open(self) -> Code:
        conn = len(self._conns) + 1
        code = self._conns[conn] = Code(conn, self)
        self.tunnel.take(Frame({"type": "net_open", "attempt": self.attempt, "conn": conn}))
        return code

    async def ask(self, data: bytes) -> bytes:
        """One connection that sends `data` and reads until it is ended."""
        code = self.open()
        await code.send(data)
        return await code.all()

    async def quiet(self) -> None:
        """Wait until no connection is left."""
        async with asyncio.timeout(10):
            while self.tunnel._live:  # noqa: ASYNC110 - a limit is set
                await asyncio.sleep(0.01)


@asynccontextmanager
async def serving(handler: Handler, **options: Any) -> AsyncIterator[int]:
    """A server on loopback; its port."""
    server = await asyncio.start_server(handler, "127.0.0.1", 0, **options)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def get(url: str, *headers: str, method: str = "GET", body: str = "") -> bytes:
    host = url.split("/")[2]
    lines = [f"{method} {url} HTTP/1.1", f"Host: {host}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def connect(authority: str, *headers: str) -> bytes:
    lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
