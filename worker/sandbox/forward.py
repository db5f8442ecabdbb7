"""How does a plain HTTP request reach its host? Both messages are parsed and written anew."""

from __future__ import annotations

import asyncio

import h11

from worker.sandbox.code_stream import CodeStream
from worker.sandbox.host_stream import HostStream, run_both
from worker.sandbox.proxy_head import HEAD_BYTES, Headers, end_to_end
from worker.sandbox.web_error import WebError, failed


async def feed(server: h11.Connection, code: CodeStream) -> None:
    """Hand the next bytes of the code to its parser. Raises: PipeClosedError."""
    data = await code.read()
    server.receive_data(data)
    await code.written_on(len(data))


class Forward:
    """One request and its response, over a connection to the host that serves no other."""

    def __init__(self, server: h11.Connection, code: CodeStream, host: HostStream) -> None:
        self._server = server
        self._client = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES)
        self._code = code
        self._host = host

    async def run(self, head: h11.Request, path: str, headers: Headers, idle_seconds: float) -> None:
        """See it to its end. Raises: WebError, PipeClosedError."""
        try:
            request = h11.Request(method=head.method, target=path, headers=headers)
            opening = self._client.send(request)
        except h11.LocalProtocolError as error:
            raise WebError(f"it is no sound HTTP: {error}", status=400) from None
        up = asyncio.create_task(self._upload(opening or b""))
        down = asyncio.create_task(self._download())
        await run_both(up, down, self._host, idle_seconds)

    async def _upload(self, opening: bytes) -> None:
        await self._host.send(opening)
        while True:
            try:
                event = self._server.next_event()
            except h11.ProtocolError as error:
                raise WebError(f"it is no sound HTTP: {error}", status=400) from None
            if event is h11.NEED_DATA:
                await self._ask_on()
                await feed(self._server, self._code)
            elif isinstance(event, h11.Data):
                await self._host.send(self._client.send(event) or b"")
            elif isinstance(event, h11.EndOfMessage):
                await self._host.send(self._client.send(h11.EndOfMessage()) or b"")
                return
            else:
                return

    async def _ask_on(self) -> None:
        if self._server.they_are_waiting_for_100_continue:
            go_on = h11.InformationalResponse(status_code=100, headers=[])
            await self._code.write(self._server.send(go_on) or b"")

    async def _download(self) -> None:
        try:
            while not await self._take(self._client.next_event()):
                pass
        except h11.ProtocolError as error:
            raise failed(f"its answer is no sound HTTP: {error}") from None

    async def _take(self, event: h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]) -> bool:
        """Pass on one event of the host; whether it was the last."""
        if event is h11.NEED_DATA:
            self._client.receive_data(await self._host.receive())
        elif isinstance(event, h11.Response):
            headers = end_to_end(event.headers)
            response = h11.Response(status_code=event.status_code, headers=headers, reason=event.reason)
            await self._code.write(self._server.send(response) or b"")
        elif isinstance(event, h11.Data):
            await self._code.write(self._server.send(h11.Data(data=event.data)) or b"")
        elif isinstance(event, h11.EndOfMessage):
            await self._code.write(self._server.send(h11.EndOfMessage()) or b"")
            return True
        elif not isinstance(event, h11.InformationalResponse):
            raise failed("it ended the connection without an answer")
        return False
