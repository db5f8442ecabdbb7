"""What happens on one connection of the code, from its first byte to its last?"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Literal

import h11

from policies.egress import decide
from policies.model import Egress, Policy
from store.records import WebRequest
from store.text import clean_text
from worker.engines.base import PipeClosedError
from worker.sandbox.account import Account
from worker.sandbox.client_hello import BadHelloError, server_name
from worker.sandbox.code_stream import CodeStream
from worker.sandbox.dial import Network, dial, judged_addresses
from worker.sandbox.forward import Forward, feed
from worker.sandbox.host_stream import HostStream, run_both
from worker.sandbox.proxy_head import HEAD_BYTES, ProxyRequest, interpret, request_headers, size
from worker.sandbox.web_error import WebError, failed

_LINGER_SECONDS = 2.0
_REASON_CHARACTERS = 300
_HOST_CHARACTERS = 255
_METHOD_CHARACTERS = 20
_PHRASE_CHARACTERS = 300
_REFUSED_KEPT = 20
_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
# Fatal TLS alerts, so that a client says more than that the connection was closed.
_UNRECOGNIZED_NAME = b"\x15\x03\x03\x00\x02\x02\x70"
_INTERNAL_ERROR = b"\x15\x03\x03\x00\x02\x02\x50"


@dataclass
class Rules:
    """What all connections of one attempt have in common."""

    policy: Policy
    egress: Egress
    account: Account
    network: Network
    attempt: int
    refused: list[str] = field(default_factory=list)
    """`host: reason` of what was refused or cut."""


class Exchange:
    """The proxy's side of one connection: heads are parsed, decided on, and carried out or answered."""

    def __init__(self, rules: Rules, code: CodeStream) -> None:
        self._rules = rules
        self._code = code
        self._server = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_BYTES)
        self._record: WebRequest | None = None
        self._started = time.monotonic()
        self._served = False
        self._stage: Literal["head", "hello", "host"] = "head"

    async def run(self) -> None:
        """Until the code or a verdict ends it. Raises: PipeClosedError."""
        while await self._serve_one():
            self._server.start_next_cycle()
            self._served = True
        await self._part()

    async def refuse_crowd(self) -> None:
        """Break off, unheard, for there are too many. Raises: PipeClosedError."""
        self._fault(WebError(f"more than {self._rules.egress.at_once} connections at once"))
        await self._code.finish(reset=True)

    async def _serve_one(self) -> bool:
        """One request; whether the connection may carry another."""
        self._started = time.monotonic()
        try:
            head = await self._head()
            if head is None:
                return False
            await self._carry_out(head, interpret(head))
        except WebError as error:
            self._fault(error)
            await self._answer(error)
            return False
        except PipeClosedError:
            raise
        except Exception:
            self._fault(failed("the worker failed inside"))
            raise
        except asyncio.CancelledError:
            # Of a tunnel nobody can say whether it was cut: clients keep one open when all has come.
            if self._record is not None and self._stage != "host" and not self._code.broken_off:
                self._record.reason = self._record.reason or "open until the attempt ended"
            raise
        finally:
            if self._record is not None:
                self._record.seconds = round(time.monotonic() - self._started, 4)
            self._record = None
        return self._server.our_state is h11.DONE and self._server.their_state is h11.DONE

    async def _head(self) -> h11.Request | None:
        """The next request's head; None: the code is through."""
        seconds = self._rules.egress.idle_seconds
        try:
            async with asyncio.timeout(seconds):
                while (event := self._server.next_event()) is h11.NEED_DATA:
                    await feed(self._server, self._code)
        except TimeoutError:
            if self._served and not self._server.trailing_data[0]:
                return None
            raise failed(f"no whole request came within {seconds:g} s", 408) from None
        except h11.RemoteProtocolError as error:
            raise WebError(f"this is no request to a proxy: {error}", status=400) from None
        if not isinstance(event, h11.Request):
            return None
        if size(event) > HEAD_BYTES:  # h11 counts only heads that come in pieces
            raise WebError(f"its head is larger than {HEAD_BYTES >> 10} KiB", status=431)
        return event

    async def _carry_out(self, head: h11.Request, request: ProxyRequest) -> None:
        rules, record = self._rules, self._note(_record_of(request, self._rules.attempt))
        self._stage = "head"
        if not rules.account.admit():
            raise WebError(f"the job has made all {rules.egress.requests:,} requests that the policy allows")
        if request.fault:
            raise WebError(request.fault)
        verdict = decide(request.asked, rules.egress)
        if not verdict.allowed or verdict.port is None:
            raise WebError(verdict.reason)
        record.allowed = True
        seconds = rules.egress.connect_seconds
        addresses = await judged_addresses(rules.network, verdict.host, verdict.port, seconds)
        opening = await self._open_tunnel(verdict.host) if request.method == "CONNECT" else b""
        record.address, reader, writer = await dial(rules.network, addresses, verdict.port, seconds)
        host = HostStream(reader, writer, rules.account, record)
        self._stage = "host" if request.method == "CONNECT" else "head"
        try:
            if request.method == "CONNECT":
                await self._relay(host, opening)
            else:
                headers = request_headers(head, verdict.host)
                forward = Forward(self._server, self._code, host)
                await forward.run(head, request.path, headers, rules.egress.idle_seconds)
        finally:
            host.close()

    async def _open_tunnel(self, host: str) -> bytes:
        """Say yes, and wait for a ClientHello that names `host`; the bytes so far."""
        await self._code.write(_ESTABLISHED)
        self._stage = "hello"
        data = self._server.trailing_data[0]
        seconds = self._rules.egress.idle_seconds
        try:
            async with asyncio.timeout(seconds):
                while (name := server_name(data)) is None:
                    more = await self._code.read()
                    if not more:
                        raise failed("the code ended the tunnel before it said anything")
                    await self._code.written_on(len(more))
                    data += more
        except TimeoutError:
            raise WebError(f"no ClientHello came within {seconds:g} s") from None
        except BadHelloError as error:
            raise WebError(f"what came in its tunnel is refused: {error}") from None
        if name != host:
            raise WebError(f"its tunnel was used to ask for {clean_text(name)[:100]!r}")
        return data

    async def _relay(self, host: HostStream, opening: bytes) -> None:
        async def upload() -> None:
            await host.send(opening)
            while data := await self._code.read():
                await host.send(data)
                await self._code.written_on(len(data))
            host.end()

        async def download() -> None:
            while data := await host.receive():
                await self._code.write(data)

        up, down = asyncio.create_task(upload()), asyncio.create_task(download())
        await run_both(up, down, host, self._rules.egress.idle_seconds)

    async def _answer(self, error: WebError) -> None:
        """Tell the code, as far as the protocol still lets it be told; else break off."""
        if self._stage == "hello":
            await self._code.write(_UNRECOGNIZED_NAME if error.denied else _INTERNAL_ERROR)
        elif self._stage == "host" or self._server.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            await self._code.finish(reset=True)
        else:
            await self._respond(error)

    async def _respond(self, error: WebError) -> None:
        text = self._explain(error)
        body = f"{text}\n".encode()
        headers = [("content-type", "text/plain; charset=utf-8"), ("content-length", str(len(body)))]
        events: list[h11.Event] = [
            h11.Response(
                status_code=error.status, reason=_phrase(text), headers=[*headers, ("connection", "close")]
            ),
            h11.EndOfMessage(),
        ]
        if self._record is None or self._record.method != "HEAD":
            events.insert(1, h11.Data(data=body))
        await self._code.write(b"".join(self._server.send(event) or b"" for event in events))

    async def _part(self) -> None:
        """Let the code read what it was told before the connection goes."""
        await self._code.finish()
        try:
            async with asyncio.timeout(_LINGER_SECONDS):
                while data := await self._code.read():
                    await self._code.written_on(len(data))
        except TimeoutError:
            await self._code.finish(reset=True)

    def _note(self, record: WebRequest) -> WebRequest:
        self._rules.account.note(record)
        self._record = record
        return record

    def _fault(self, error: WebError) -> None:
        record = self._record
        if record is None:
            self._rules.account.admit()
            record = self._note(WebRequest(attempt=self._rules.attempt, host="", allowed=False))
        record.reason = clean_text(error.reason)[:_REASON_CHARACTERS]
        if error.denied:
            # What was dialled was allowed, however it went on: the host has seen something of it.
            record.allowed = record.allowed and record.address is not None
            if len(self._rules.refused) < _REFUSED_KEPT:
                self._rules.refused.append(f"{record.host or 'a request'}: {record.reason}")

    def _explain(self, error: WebError) -> str:
        record = self._record
        where = f"{record.host}:{record.port or ''}".rstrip(":") if record and record.host else "the request"
        if not error.denied:
            return f"Sandglass: {where}: {error.reason}."
        return (
            f"Sandglass: policy {self._rules.policy.name!r} refuses {where}: {error.reason}. "
            "Its hosts and limits are the operator's to change (docs/policies.md)."
        )


def _record_of(request: ProxyRequest, attempt: int) -> WebRequest:
    return WebRequest(
        attempt=attempt,
        host=clean_text(request.asked.host)[:_HOST_CHARACTERS],
        port=request.asked.port,
        scheme=request.asked.scheme,
        method=request.method[:_METHOD_CHARACTERS],
        allowed=False,
    )


def _phrase(text: str) -> bytes:
    return "".join(char if " " <= char <= "~" else "?" for char in text)[:_PHRASE_CHARACTERS].encode()
