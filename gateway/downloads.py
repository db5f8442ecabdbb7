"""How are bytes given back: streamed, as an attachment that no browser runs."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from urllib.parse import quote

from starlette.responses import StreamingResponse

from gateway.errors import NotFoundError
from store.base import BlobMissingError, Blobs

_INERT_TYPES = frozenset(
    {"image/png", "image/jpeg", "text/csv", "text/plain", "application/json", "application/octet-stream"}
)
"""Types that no browser executes; anything else is given as plain bytes."""
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._ -]")


async def attachment(
    blobs: Blobs, blob_key: str, *, name: str, mime: str, size_bytes: int
) -> StreamingResponse:
    """The blob as a download.

    Raises:
        NotFoundError: Its bytes are gone.
    """
    chunks = blobs.get(blob_key)
    try:
        first = await anext(chunks, b"")
    except BlobMissingError:
        raise NotFoundError("the bytes of this file are gone", code="bytes_gone") from None
    return StreamingResponse(
        _all(first, chunks),
        media_type=mime if mime in _INERT_TYPES else "application/octet-stream",
        headers={
            "Content-Length": str(size_bytes),
            "Content-Disposition": content_disposition(name),
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )


def content_disposition(name: str) -> str:
    """`attachment` with the name twice: plain ASCII for old clients, RFC 5987 for all others."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1] or "download"
    encoded = quote(base.encode("utf-8", "replace"), safe="")
    return f"attachment; filename=\"{_NOT_PLAIN.sub('_', base)}\"; filename*=UTF-8''{encoded}"


async def _all(first: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in chunks:
        yield chunk
