"""How is a provider's HTTP reply kept from filling the worker's memory?"""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from worker.models.base import ModelReplyError

LINE_BYTES_MAX = 1 << 20
"""Both protocols are line by line (NDJSON, SSE): a longer line would be buffered whole by the client."""
BODY_BYTES_MAX = 64 << 20
"""JSON around each token makes a body some 50 times as long as its text."""


class _CappedStream(httpx.AsyncByteStream):
    def __init__(self, inner: httpx.AsyncByteStream, encoding: str) -> None:
        self._inner = inner
        self._encoding = encoding

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._encoding not in ("", "identity"):
            # We asked for identity: a few compressed bytes could become gigabytes.
            raise ModelReplyError(f"the model's server sent a compressed reply ({self._encoding[:20]!r})")
        body = line = 0
        async for chunk in self._inner:
            body += len(chunk)
            newline = chunk.rfind(b"\n")
            line = line + len(chunk) if newline < 0 else len(chunk) - newline - 1
            if line > LINE_BYTES_MAX or body > BODY_BYTES_MAX:
                raise ModelReplyError("the model's reply is too large; it was cut off")
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()


async def _cap(response: httpx.Response) -> None:
    stream = response.stream
    if isinstance(stream, httpx.AsyncByteStream):
        response.stream = _CappedStream(stream, response.headers.get("content-encoding", "").strip().lower())


def client_options(base_url: str) -> dict[str, Any]:
    """Arguments of `httpx.AsyncClient` for a provider at `base_url`.

    Replies are capped, redirects are not followed (a key must not travel on), no connection outlives its
    call (each job has its own event loop), and a proxy of the environment is not used towards loopback.
    """
    return {
        "event_hooks": {"response": [_cap]},
        "follow_redirects": False,
        "headers": {"Accept-Encoding": "identity"},
        "limits": httpx.Limits(max_keepalive_connections=0),
        "trust_env": not _is_loopback(urlsplit(base_url).hostname or ""),
    }


def shown_url(base_url: str) -> str:
    """`base_url` as an error may show it: without user, password, query."""
    parts = urlsplit(base_url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
