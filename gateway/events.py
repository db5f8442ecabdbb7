"""When has a job moved on: one Redis subscription a process wakes all who wait for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import redis.asyncio
import structlog
from redis.exceptions import RedisError

from gateway.queue import EVENTS_CHANNEL
from store.records import TERMINAL, Job, State
from store.tasks import end_task

_RECONNECT_SECONDS = 0.5
_QUIET_POLL_SECONDS = 10.0
"""The longest pause between two looks at the store while the subscription stands: an event can be lost."""
_log = structlog.get_logger("gateway")

SETTLED: frozenset[State] = TERMINAL | {"awaiting_approval"}
"""Nothing more comes of the job by itself."""

Reader = Callable[[], Awaitable[Job | None]]


@dataclass(eq=False)
class _Waiter:
    """One who waits: for the end of the job, or for any change of its stage."""

    any_change: bool
    moved: asyncio.Event = field(default_factory=asyncio.Event)


class JobEvents:
    """Wakes waiters; where no event comes, they read the store at intervals. A waiter costs no connection."""

    def __init__(self, redis_url: str, poll_seconds: float) -> None:
        self._url = redis_url
        self._poll_seconds = poll_seconds
        self._waiters: dict[str, set[_Waiter]] = {}
        self._listener: asyncio.Task[None] | None = None
        self.subscribed = asyncio.Event()

    @property
    def waiters(self) -> int:
        """How many wait."""
        return sum(len(waiters) for waiters in self._waiters.values())

    async def open(self) -> None:
        """Start to listen; Redis need not be there yet."""
        self._listener = asyncio.create_task(self._listen_always(), name="job-events")

    async def close(self) -> None:
        """Stop listening, and let all who wait go."""
        await end_task(self._listener)
        for waiters in self._waiters.values():
            for waiter in waiters:
                waiter.moved.set()

    async def wait(self, task_id: str, read: Reader, seconds: float, after_stage: str | None) -> Job | None:
        """The job once it ended, waits for an approval or left `after_stage`; or as it is after `seconds`."""
        deadline = asyncio.get_running_loop().time() + seconds
        with_stage = after_stage is not None
        async with self._waiting(task_id, any_change=with_stage) as waiter:
            pause = self._poll_seconds
            while True:
                waiter.moved.clear()
                job = await read()
                left = deadline - asyncio.get_running_loop().time()
                if job is None or job.state in SETTLED or left <= 0:
                    return job
                if with_stage and job.stage != after_stage:
                    return job
                pause = (
                    min(pause * 2, _QUIET_POLL_SECONDS) if self.subscribed.is_set() else self._poll_seconds
                )
                with suppress(TimeoutError):
                    await asyncio.wait_for(waiter.moved.wait(), min(left, pause))

    @asynccontextmanager
    async def _waiting(self, task_id: str, *, any_change: bool) -> AsyncIterator[_Waiter]:
        waiter = _Waiter(any_change)
        self._waiters.setdefault(task_id, set()).add(waiter)
        try:
            yield waiter
        finally:
            self._waiters[task_id].discard(waiter)
            if not self._waiters[task_id]:
                del self._waiters[task_id]

    async def _listen_always(self) -> None:
        while True:
            try:
                await self._listen()
            except (RedisError, OSError, TimeoutError) as error:
                if self.subscribed.is_set():
                    _log.warning("events_lost", error=type(error).__name__)
            self.subscribed.clear()
            self._wake_all()  # What was published meanwhile is lost: everyone looks for himself.
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _listen(self) -> None:
        client: redis.asyncio.Redis = redis.asyncio.from_url(
            self._url, socket_connect_timeout=1.0, health_check_interval=15
        )
        async with client, client.pubsub() as subscription:
            await subscription.subscribe(EVENTS_CHANNEL)
            while True:
                message = await subscription.get_message(timeout=5.0)
                if message is None:
                    continue
                if message["type"] == "subscribe":
                    self.subscribed.set()
                    self._wake_all()  # An event between the last look and now went by unheard.
                elif message["type"] == "message":
                    self._on_event(message["data"])

    def _on_event(self, data: bytes) -> None:
        try:
            event = json.loads(data)
            task_id, state = str(event["task_id"]), str(event["state"])
        except (ValueError, KeyError, TypeError):
            return
        for waiter in self._waiters.get(task_id, ()):
            if waiter.any_change or state in SETTLED:
                waiter.moved.set()

    def _wake_all(self) -> None:
        for waiters in self._waiters.values():
            for waiter in waiters:
                waiter.moved.set()
