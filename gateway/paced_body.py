"""How is a large body read: as it comes, but not from a client that stopped sending."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from fastapi import Request

from gateway.errors import TooSlowError
from gateway.limits import BODY_PAUSE_SECONDS


async def paced(request: Request) -> AsyncIterator[bytes]:
    """The body in chunks, none of them empty. Raises: TooSlowError."""
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(BODY_PAUSE_SECONDS):
                chunk = await anext(stream, None)
        except TimeoutError:
            raise TooSlowError(f"nothing of the body came for {BODY_PAUSE_SECONDS:.0f} s") from None
        if chunk is None:
            return
        if chunk:
            yield chunk
