"""Which connections has the code open, and which frame belongs to which of them?

Frames are put into their connection without waiting, so that the pipe is always read; each connection is a
task that writes at its own pace (docs/decisions/0010).
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

import structlog

from policies.model import Egress, Policy
from worker.engines.base import PipeClosedError
from worker.sandbox.account import Account
from worker.sandbox.code_stream import CodeStream, Send
from worker.sandbox.dial import Network
from worker.sandbox.exchange import Exchange, Rules
from worker.sandbox.frames import Frame, FrameError

NET_TYPES = frozenset({"net_open", "net_data", "net_end", "net_credit"})
_CROWD = 4
"""Connections beyond so many times `at_once` are no backlog but an attack on the worker's memory."""
log = structlog.get_logger()


@dataclass
class _Live:
    stream: CodeStream
    task: asyncio.Task[None]


class Tunnel:
    """The web requests of one sandbox, all its attempts."""

    def __init__(self, policy: Policy, egress: Egress, send: Send, network: Network) -> None:
        self._policy = policy
        self._egress = egress
        self._send = send
        self._network = network
        self._rules: Rules | None = None
        """Of the attempt that runs, or ran last."""
        self._running = False
        self._last_conn = 0
        self._live: dict[int, _Live] = {}
        self._slots = asyncio.Semaphore(egress.at_once)
        self.account = Account(egress)

    def begin(self, attempt: int) -> None:
        """From now on `attempt` may open connections."""
        self._running = True
        self._rules = Rules(self._policy, self._egress, self.account, self._network, attempt)

    def refused(self) -> tuple[str, ...]:
        """`host: reason` of what this attempt was refused."""
        return tuple(dict.fromkeys(self._rules.refused)) if self._rules else ()

    def take(self, frame: Frame) -> None:
        """Take in one `net_*` frame, without waiting. Raises: FrameError."""
        conn = frame.header.get("conn")
        if type(conn) is not int or conn < 1:
            raise FrameError("a connection has no number")
        if frame.type == "net_open":
            self._open(conn, frame.header.get("attempt"))
            return
        if conn > self._last_conn:
            raise FrameError("a connection was never opened")
        live = self._live.get(conn)
        if live is None or live.stream.broken_off:
            return  # it is over, and this was on the way
        if frame.type == "net_data":
            live.stream.feed(frame.blob)
        elif frame.type == "net_credit":
            live.stream.add_credit(frame.header.get("bytes"))
        elif frame.header.get("reset") is True:
            live.stream.break_off()
            live.task.cancel()
        else:
            live.stream.end()

    async def end(self) -> None:
        """The attempt is over, and all its connections with it."""
        self._running = False
        tasks = [live.task for live in self._live.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._live.clear()

    def _open(self, conn: int, attempt: object) -> None:
        if self._rules is None or not self._running or attempt != self._rules.attempt:
            raise FrameError("a connection belongs to no attempt that is running")
        if conn <= self._last_conn:
            raise FrameError("a connection's number was used before")
        if sum(not live.stream.broken_off for live in self._live.values()) >= _CROWD * self._egress.at_once:
            raise FrameError("far more connections at once than the policy allows")
        self._last_conn = conn
        stream = CodeStream(conn, self._send)
        task = asyncio.create_task(self._serve(Exchange(self._rules, stream), stream))
        self._live[conn] = _Live(stream, task)
        task.add_done_callback(lambda _: self._live.pop(conn, None))

    async def _serve(self, exchange: Exchange, stream: CodeStream) -> None:
        try:
            try:
                async with asyncio.timeout(self._egress.connect_seconds):
                    await self._slots.acquire()
            except TimeoutError:
                await exchange.refuse_crowd()
                return
            try:
                await exchange.run()
            finally:
                self._slots.release()
        except PipeClosedError:
            return  # whoever reads the pipe sees that too
        except Exception:
            log.exception("a web request failed inside the worker")
            with contextlib.suppress(PipeClosedError):
                await stream.finish(reset=True)
