"""What happens around every request: an id, a log line, safe headers, and an answer that arrives."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import MutableMapping
from typing import Any
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.errors import ApiError, error_reply
from gateway.metrics import GatewayMetrics

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_DRAIN_BYTES = 256 << 20
_DRAIN_SECONDS = 5.0
_log = structlog.get_logger("gateway")
INERT = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""On every reply that does not say otherwise: whatever a record or a file holds, no browser runs it."""
_DOCS = "/docs"
"""The one page with scripts, where an operator has switched it on."""


class RequestContext:
    """Gives each request its id, catches what nobody caught, and logs one line without secrets."""

    def __init__(self, app: ASGIApp, metrics: GatewayMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send)
        scope["sandglass.request_id"] = exchange.request_id
        started = time.perf_counter()
        with (
            structlog.contextvars.bound_contextvars(request_id=exchange.request_id),
            self._metrics.in_flight.track_inprogress(),
        ):
            try:
                await self._app(scope, exchange.receive, exchange.send)
            except ClientDisconnect:
                exchange.status = 499
            except Exception:
                _log.exception("unexpected_error", method=scope["method"], path=scope["path"])
                await exchange.fail()
            finally:
                seconds = time.perf_counter() - started
                route = getattr(scope.get("route"), "path", None)
                self._metrics.request_ended(scope["method"], route, exchange.status, seconds)
                _log.info(
                    "request",
                    method=scope["method"],
                    path=scope["path"],
                    status=exchange.status,
                    milliseconds=round(seconds * 1000, 1),
                )


class _Exchange:
    """One request and its response."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        headers = Headers(scope=scope)
        asked = headers.get("x-request-id", "")
        self.request_id = asked if _REQUEST_ID.fullmatch(asked) else uuid4().hex
        self.status = 0
        # A client that waits for "100 Continue" sends no body until it is asked for.
        self._body_left = "content-length" in headers or "transfer-encoding" in headers
        self._withheld = headers.get("expect", "").lower() == "100-continue"

    async def receive(self) -> Message:
        self._withheld = False
        message = await self._receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            self._body_left = False
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._add_headers(message)
            if self._body_left and not self._withheld:
                await self._drain()
        await self._send(message)

    async def fail(self) -> None:
        if self.status:
            return  # The response has begun: the server cuts the connection, which the client can see.
        error = ApiError("something went wrong in the gateway; its log has this request id")
        await error_reply(error, self.request_id)(self._scope, self.receive, self.send)

    def _add_headers(self, message: MutableMapping[str, Any]) -> None:
        headers = MutableHeaders(scope=message)
        headers["X-Request-ID"] = self.request_id
        for name, value in INERT.items():
            if name != "Content-Security-Policy" or self._scope["path"] != _DOCS:
                headers.setdefault(name, value)

    async def _drain(self) -> None:
        """Read on for a bounded while: a client that is still sending would see a reset, not the answer."""
        dropped = 0
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                while self._body_left and dropped < _DRAIN_BYTES:
                    dropped += len((await self.receive()).get("body", b""))
        except TimeoutError:
            pass
