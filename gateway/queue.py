"""How does a job's id reach a worker: published to Celery's broker, by task name only."""

from __future__ import annotations

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import redis.asyncio
import structlog
from celery import Celery
from redis.exceptions import RedisError

from gateway.errors import QueueUnavailableError
from store.lookups import LOOKUPS, MAX_WAITING, asks_the_store, hint_name
from store.records import Job

QUEUE = "sandglass"
EVENTS_CHANNEL = "sandglass:events"
TASK = "sandglass.run_job"
_PUBLISH_SECONDS = 3.0
_PROBE_SECONDS = 1.0
"""How long one answer of the probe is believed."""
_WORKER_KEYS = "sandglass:worker:*"
_MAX_WORKERS_SHOWN = 50
_log = structlog.get_logger("gateway")


class JobQueue:
    """Publishes task ids. The job itself is in the store by then; this carries only its name."""

    def __init__(self, redis_url: str) -> None:
        self._celery = _publisher(redis_url)
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="publish")
        self._redis: redis.asyncio.Redis = redis.asyncio.from_url(
            redis_url, socket_connect_timeout=0.5, socket_timeout=0.5, decode_responses=True
        )
        self._probe_lock = asyncio.Lock()
        self._probed_at = float("-inf")
        self._answered = False

    async def close(self) -> None:
        """Give back connections and threads."""
        await self._redis.aclose()
        await asyncio.to_thread(self._celery.close)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def answers(self) -> bool:
        """Whether Redis answered within the last second or does now."""
        async with self._probe_lock:
            if time.monotonic() - self._probed_at > _PROBE_SECONDS:
                self._answered = await self._ping()
                self._probed_at = time.monotonic()
            return self._answered

    async def require(self) -> None:
        """Before anything of a request is kept.

        Raises:
            QueueUnavailableError: Redis does not answer.
        """
        if not await self.answers():
            raise QueueUnavailableError

    async def publish(self, tenant_id: str, task_id: str) -> bool:
        """Hand the id to the queue; False: it stays in the store, and the worker's reaper publishes it."""
        loop = asyncio.get_running_loop()
        sending = loop.run_in_executor(self._threads, self._send, tenant_id, task_id)
        try:
            await asyncio.wait_for(asyncio.shield(sending), _PUBLISH_SECONDS)
        except Exception as error:  # Whatever the broker's client raises, the job is safe in the store.
            sending.add_done_callback(_forget)
            self._probed_at = float("-inf")
            _log.warning("publish_failed", task_id=task_id, error=type(error).__name__)
            return False
        return True

    async def look_up(self, job: Job) -> bool:
        """Hand the id to the workers' look-up, if its answer may be stored; False: it goes by the queue."""
        try:
            if not asks_the_store(job) or not await self._redis.exists(hint_name(job)):
                return False
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.rpush(LOOKUPS, json.dumps([job.tenant_id, job.task_id]))
                pipe.ltrim(LOOKUPS, -MAX_WAITING, -1)
                await pipe.execute()
        except (RedisError, OSError, TimeoutError):
            return False
        return True

    async def announce(self, job: Job) -> None:
        """Tell all who wait for `job` that the gateway moved it; if this fails, they find out by reading."""
        event = {"task_id": job.task_id, "stage": job.stage, "state": job.state}
        with suppress(RedisError, OSError, TimeoutError):
            await self._redis.publish(EVENTS_CHANNEL, json.dumps(event))

    async def length(self) -> int | None:
        """Ids in the queue and among the look-ups that no worker has taken; None: Redis does not answer."""
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.llen(QUEUE)
                pipe.llen(LOOKUPS)
                return sum(int(length) for length in await pipe.execute())
        except (RedisError, OSError, TimeoutError):
            return None

    async def workers(self, most: int = _MAX_WORKERS_SHOWN) -> list[dict[str, Any]]:
        """What each living worker says of itself in its heartbeat; empty if Redis does not answer."""
        try:
            keys = []
            async for key in self._redis.scan_iter(match=_WORKER_KEYS, count=500):
                keys.append(key)
                if len(keys) >= most:
                    break
            values = await self._redis.mget(keys) if keys else []
        except (RedisError, OSError, TimeoutError):
            return []
        return [_facts(value) for value in values if value is not None]

    async def _ping(self) -> bool:
        try:
            await self._redis.ping()
        except (RedisError, OSError, TimeoutError):
            return False
        return True

    def _send(self, tenant_id: str, task_id: str) -> None:
        self._celery.send_task(
            TASK,
            args=[tenant_id, task_id],
            task_id=task_id,
            queue=QUEUE,
            retry=True,
            # Once more at once: a pooled connection may have died with the Redis before this one.
            retry_policy={"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0},
        )


def _publisher(redis_url: str) -> Celery:
    app = Celery("sandglass", broker=redis_url, set_as_current=False)
    app.conf.update(
        task_default_queue=QUEUE,
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        result_backend=None,
        broker_pool_limit=4,
        broker_connection_timeout=1.0,
        broker_transport_options={"socket_timeout": 1.0, "socket_connect_timeout": 1.0},
    )
    return app


def _facts(value: str | bytes) -> dict[str, Any]:
    try:
        facts = json.loads(value)
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}


def _forget(sending: asyncio.Future[None]) -> None:
    if not sending.cancelled():
        sending.exception()
