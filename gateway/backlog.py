"""How much is there to do, and who is there to do it? Asked of store and Redis when somebody scrapes."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from gateway.events import JobEvents
from gateway.queue import JobQueue
from store.base import Store, StoreError
from store.records import Backlog, utc_now

_KEPT_SECONDS = 1.0
"""However many scrape, the store is asked once a second."""
_PATIENCE_SECONDS = 2.0
"""Less than the shortest sensible scrape timeout: a store that hangs must not hide all other numbers."""

_MOST_WORKERS = 10_000


@dataclass(frozen=True)
class Snapshot:
    """What was found; None: nobody could say."""

    jobs: Backlog | None
    messages: int | None
    redis_up: bool
    workers: int
    slots: int
    waiters: int

    @property
    def store_up(self) -> bool:
        """Whether the store answered."""
        return self.jobs is not None

    @property
    def oldest_seconds(self) -> float:
        """The age of the oldest job that waits; 0: none does."""
        since = self.jobs.oldest_queued_at if self.jobs is not None else None
        return max(0.0, (utc_now() - since).total_seconds()) if since is not None else 0.0


class BacklogView:
    """Asks, and keeps the answer for a moment."""

    def __init__(self, store: Store, queue: JobQueue, events: JobEvents) -> None:
        self._store, self._queue, self._events = store, queue, events
        self._lock = asyncio.Lock()
        self._seen: tuple[float, Snapshot] | None = None

    async def look(self) -> Snapshot:
        """The state of things within the last second."""
        async with self._lock:
            if self._seen is None or time.monotonic() - self._seen[0] > _KEPT_SECONDS:
                self._seen = (time.monotonic(), await self._ask())
            return self._seen[1]

    async def _ask(self) -> Snapshot:
        jobs, (redis_up, messages, workers, slots) = await asyncio.gather(self._jobs(), self._of_redis())
        return Snapshot(jobs, messages, redis_up, workers, slots, self._events.waiters)

    async def _jobs(self) -> Backlog | None:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await self._store.backlog()
        except (StoreError, TimeoutError):
            return None

    async def _of_redis(self) -> tuple[bool, int | None, int, int]:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                messages = await self._queue.length()
                heartbeats = await self._queue.workers(_MOST_WORKERS) if messages is not None else []
        except TimeoutError:
            return False, None, 0, 0
        slots = [facts.get("concurrency") for facts in heartbeats]
        known = sum(count for count in slots if isinstance(count, int))
        return messages is not None, messages, len(heartbeats), known
