"""How are bytes given back: streamed, as an attachment that no browser runs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import AsyncIterator
from urllib.parse import quote

from starlette.responses import StreamingResponse

from gateway.errors import NotFoundError
from store.base import BlobMissingError, Blobs

ANY_BYTES = "application/octet-stream"
_INERT_TYPES = frozenset(
    {
        "image/png",
        "image/jpeg",
        "text/csv",
        "text/plain",
        "application/json",
        "application/vnd.apache.parquet",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }
)
"""Types that no browser executes; anything else (HTML, SVG, XML, PDF, scripts) is given as plain bytes."""
_NAME_BYTES = 200
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._ -]")
_NOT_IN_NAMES = re.compile(r'[<>:"|?*%]')
"""What Windows refuses in names or a shell there expands."""
_RESERVED = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?= *(?:\.|$))", re.I)
"""Names of devices on Windows, whatever ending follows."""


async def attachment(
    blobs: Blobs, blob_key: str, *, name: str, mime: str, size_bytes: int
) -> StreamingResponse:
    """The blob as a download; the headers that hold for all replies too are `gateway.middleware`'s.

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
        media_type=inert_type(mime),
        headers={
            "Content-Length": str(size_bytes),
            "Content-Disposition": content_disposition(name),
            "Cache-Control": "private, no-store",
        },
    )


def inert_type(mime: str) -> str:
    """`mime`, as the sandbox said it, where no browser executes that type; else that of any bytes."""
    return mime if mime in _INERT_TYPES else ANY_BYTES


def content_disposition(name: str) -> str:
    """`attachment` with the name twice: plain ASCII for old clients, RFC 5987 for all others."""
    safe = safe_name(name)
    ascii_name = _NOT_PLAIN.sub("_", safe)
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(safe, safe='')}"


def safe_name(name: str) -> str:
    """The last part of `name` as any system may save it: nothing hidden, turned around or reserved."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    # Cc, Cf, Cs: controls, what turns text around or is not seen, halves of characters; Zl, Zp: line ends.
    seen = "".join(char for char in last if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))
    safe = _cut(_NOT_IN_NAMES.sub("_", seen).strip(" ").lstrip(".")).rstrip(" .")
    return f"_{safe}" if _RESERVED.match(safe) else safe or "download"


def _cut(name: str) -> str:
    if len(name.encode()) <= _NAME_BYTES:
        return name
    stem, dot, ending = name.rpartition(".")
    kept = f"{dot}{ending}" if stem and len(ending.encode()) <= 20 else ""
    return name.encode()[: _NAME_BYTES - len(kept.encode())].decode("utf-8", "ignore") + kept


async def _all(first: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in chunks:
        yield chunk
