"""Do the blobs answer? Asked for health checks: seldom, one call at a time, and never waited for long."""

from __future__ import annotations

import asyncio
import time

import structlog

from store.base import Blobs, StoreError

_KEPT_SECONDS = 5.0
"""Anyone may ask: a bucket is asked no more often, whatever comes."""
_PATIENCE_SECONDS = 2.0
_log = structlog.get_logger("gateway")


class BlobProbe:
    """Asks, and believes the answer for a moment."""

    def __init__(self, blobs: Blobs, kept_seconds: float = _KEPT_SECONDS) -> None:
        self._blobs, self._kept_seconds = blobs, kept_seconds
        self._asking: asyncio.Task[bool] | None = None
        self._asked_at = float("-inf")

    async def answers(self) -> bool:
        """Whether they answered lately, or do now within two seconds."""
        if self._asking is None or (self._asking.done() and self._is_old()):
            # One that hangs is left to end by itself: a second call would hang beside it.
            self._asking, self._asked_at = asyncio.create_task(self._ask()), time.monotonic()
        done, _ = await asyncio.wait({self._asking}, timeout=_PATIENCE_SECONDS)
        return bool(done) and self._asking.result()

    async def close(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait({self._asking})

    def _is_old(self) -> bool:
        return time.monotonic() - self._asked_at > self._kept_seconds

    async def _ask(self) -> bool:
        try:
            await self._blobs.ping()
        except StoreError as error:
            _log.warning("blobs_away", error=str(error))
            return False
        return True
