"""Is a file what its name says, seen while it passes by on its way to wherever it goes?"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable

from gateway.archives import Tail, check_zip
from gateway.errors import InvalidRequestError
from gateway.formats import SNIFF_BYTES, check_content, format_of

Sink = Callable[[AsyncIterator[bytes]], Awaitable[tuple[int, str]]]
"""Takes all of a stream: its size and its SHA-256."""


async def pass_checked(name: str, chunks: AsyncIterator[bytes], sink: Sink) -> tuple[int, str]:
    """Pass the bytes on to `sink`. What it has kept is the caller's to drop when this raises.

    Raises:
        ApiError: It is empty, or not what its name says, or an archive that is not taken.
    """
    file_format = format_of(name)
    head = await _head(chunks)
    if not head:
        raise InvalidRequestError(f"{name}: the file is empty", code="empty_file")
    check_content(name, file_format, head)
    tail = Tail()
    seen = await sink(tail.passing(_all(head, chunks)))
    if file_format == "zip":
        check_zip(name, tail)
    return seen


async def only_look(chunks: AsyncIterator[bytes]) -> tuple[int, str]:
    """A sink that keeps nothing."""
    digest, size = hashlib.sha256(), 0
    async for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
    return size, digest.hexdigest()


async def _head(chunks: AsyncIterator[bytes]) -> bytes:
    head = bytearray()
    async for chunk in chunks:
        head += chunk
        if len(head) >= SNIFF_BYTES:
            break
    return bytes(head)


async def _all(head: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield head
    async for chunk in chunks:
        yield chunk
