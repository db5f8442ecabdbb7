"""What happens on one connection of a worker: one request, one answer, or a pipe until it ends."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from worker.engine_proxy.calls import Call, Create, OnContainer, Refused
from worker.engine_proxy.carry import Carrier, RefusedError
from worker.engine_proxy.engine import PIPE_BYTES, Answer, Attached, EngineDownError
from worker.engine_proxy.judge import Request, Rules, judge
from worker.engine_proxy.log import say, shown
from worker.engine_proxy.pump import End, pump
from worker.engine_proxy.reading import BadRequestError, read_request

CONNECTIONS = 192
"""At once, beside the pipes of sandboxes."""
_ANSWER_SECONDS = 30.0
_LEFT_SECONDS = 2.0
_LEFT_BYTES = 4 << 20
_UPGRADED = (
    b"HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n"
    b"Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
)
_REASONS = {200: "OK", 201: "Created", 204: "No Content", 304: "Not Modified", 403: "Forbidden"}


class Server:
    """Serves the connections of all workers of one stack."""

    def __init__(
        self, rules: Rules, carrier: Carrier, connections: int = CONNECTIONS, say: Callable[..., None] = say
    ) -> None:
        self._rules = rules
        self._say = say
        self._carrier = carrier
        self._most = connections
        self._open = 0
        self._waited_for: dict[End, None] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its first byte to its last."""
        self._open += 1
        client = End(reader, writer)
        try:
            if self._open > self._most and not self._show_out_one():
                _write(writer, _refusal(Refused(f"more than {self._most} connections at once", 503)))
                return
            await self._serve(client)
        except OSError:
            pass  # the client is gone
        finally:
            with self._waiting_for(client):
                await _close(writer)
            self._open -= 1

    @contextmanager
    def _waiting_for(self, client: End) -> Iterator[None]:
        """Meanwhile it is the client's turn: to send its request, or to read its answer."""
        self._waited_for[client] = None
        try:
            yield
        finally:
            self._waited_for.pop(client, None)

    def _show_out_one(self) -> bool:
        """Close the connection that has kept us waiting longest, if there is one: a worker does not."""
        client = next(iter(self._waited_for), None)
        if client is None:
            return False
        del self._waited_for[client]
        client.writer.transport.abort()
        return True

    async def _serve(self, client: End) -> None:
        try:
            with self._waiting_for(client):
                request = await read_request(client.reader)
        except BadRequestError as error:
            await self._refuse(client, error.refused, error.method, error.target)
            return
        if request is None:
            return
        try:
            call = judge(request, self._rules, time.time())
            if isinstance(call, Refused):
                raise RefusedError(call)
            done = await self._carry_out(call, request)
        except RefusedError as error:
            await self._refuse(client, error.refused, request.method, request.target)
            return
        except Exception as error:
            self._say("failed", error=f"{type(error).__name__}: {error}"[:500], target=shown(request.target))
            done = _refusal(Refused("it failed at this request; its log says how", 500))
        if isinstance(done, Answer):
            _write(client.writer, done)
        elif isinstance(call, OnContainer):
            await self._pump(client, call, done)

    async def _carry_out(self, call: Call, request: Request) -> Answer | Attached:
        done: Answer | Attached
        try:
            if isinstance(call, OnContainer) and call.verb == "attach":
                return await self._carrier.attach(call)
            done = await self._carrier.answer(call)
        except EngineDownError as error:
            self._say("engine", error=str(error), method=request.method, target=shown(request.target))
            done = _refusal(Refused(str(error), error.status))
        if isinstance(call, Create):
            self._say(
                "create",
                status=done.status,
                policy=call.policy,
                owner=call.marks.owner,
                task=call.marks.task,
            )
        return done

    async def _pump(self, client: End, call: OnContainer, attached: Attached) -> None:
        try:
            client.writer.write(_UPGRADED + attached.first)
            await pump(client, End(attached.reader, attached.writer))
        finally:
            # Not closed: what a sandbox does not read would be kept for it as long as it lives.
            attached.writer.transport.abort()
            self._carrier.detached(call)

    async def _refuse(self, client: End, refused: Refused, method: str, target: str) -> None:
        self._say(
            "refused", method=shown(method), target=shown(target), status=refused.status, why=refused.reason
        )
        _write(client.writer, _refusal(refused))
        # A client that is still sending would otherwise see a broken pipe and not the reason.
        with suppress(TimeoutError, OSError):
            client.writer.write_eof()
            async with asyncio.timeout(_LEFT_SECONDS):
                left = _LEFT_BYTES
                while left > 0 and (data := await client.reader.read(PIPE_BYTES)):
                    left -= len(data)


def _refusal(refused: Refused) -> Answer:
    words = (
        refused.reason if refused.status in (404, 502, 504) else f"sandglass engine proxy: {refused.reason}"
    )
    return Answer(refused.status, json.dumps({"message": words}).encode())


def _write(writer: asyncio.StreamWriter, answer: Answer) -> None:
    bare = answer.status in (204, 304) or answer.status < 200
    body = b"" if bare else answer.body
    kind = "application/json" if answer.plain_json else "text/plain"
    lines = [f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Answer')}", "Connection: close"]
    if not bare:
        lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    writer.write("\r\n".join([*lines, "", ""]).encode("ascii") + body)


async def _close(writer: asyncio.StreamWriter) -> None:
    """Its last byte is read, or it is not wanted."""
    writer.close()
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            await writer.wait_closed()
    except TimeoutError:
        writer.transport.abort()
    except OSError:
        pass
