"""Who answers a question whose answer is stored, while all processes make sandboxes anew?

A process takes its next job from the queue when its used sandbox is replaced. A stored answer needs none: its
job comes by a list of its own, which each process serves meanwhile. What is not stored goes to the queue.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import structlog

from store.lookups import asks_the_store
from store.records import Job
from store.tasks import end_task
from worker.analyze import stored_under as analyze_key
from worker.answers import AnswerKey, find_stored, taken_over
from worker.compute import stored_under as compute_key
from worker.context import JobContext
from worker.jobs import KINDS, run_job
from worker.lease import Lease
from worker.publish import publish
from worker.readings import files_are_read
from worker.runtime import Runtime

log = structlog.get_logger()
_KEYS: dict[str, Callable[[JobContext], Awaitable[AnswerKey | None]]] = {
    "analyze": analyze_key,
    "compute": compute_key,
}
_TAKE_SECONDS = 2.0
_LOOK_SECONDS = 5.0
_PAUSE_SECONDS = 2.0
_STOP_SECONDS = 5.0


class Lookups:
    """One process's turn at the list: one job at a time, beside whatever it runs."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._taking: asyncio.Task[None] | None = None
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to take jobs; Redis need not be there yet."""
        self._taking = asyncio.create_task(self._take_always())

    async def stop(self) -> None:
        """Take no more, and see the one under way to its end, if that comes soon."""
        await end_task(self._taking)
        if self._serving is not None:
            await asyncio.wait({self._serving}, timeout=_STOP_SECONDS)

    async def _take_always(self) -> None:
        while True:
            try:
                taken = await self._runtime.take_lookup(_TAKE_SECONDS)
            except Exception as error:
                log.info("no look-ups", reason=repr(error))
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            if taken is not None:
                self._serving = asyncio.create_task(serve(self._runtime, taken))
                await asyncio.shield(self._serving)


async def serve(runtime: Runtime, taken: bytes | str) -> None:
    """Answer the job named on the list from the store, or hand it to the queue."""
    try:
        tenant_id, task_id = json.loads(taken)
        if not await answered(runtime, tenant_id, task_id):
            await publish(runtime.settings.redis_url, tenant_id, task_id)
    except Exception:  # the reaper publishes it; who comes next must be served
        log.exception("a look-up failed")


async def answered(runtime: Runtime, tenant_id: str, task_id: str) -> bool:
    """Finish a queued job with its stored answer; False: there is none, it needs the queue.

    The look is free: the job is claimed only to end it, and the claim decides whose it is.
    """
    job = await runtime.store.get_job(tenant_id, task_id)
    if job is None or job.state != "queued":
        return True
    try:
        async with asyncio.timeout(_LOOK_SECONDS):
            found = await _found(_looking(runtime, job))
    except Exception as error:  # whatever it is, the job itself meets it again and says it in words
        log.info("not looked up", task_id=task_id, reason=repr(error))
        return False
    if found is None:
        return False
    key, source, notes = found
    await run_job(runtime, tenant_id, task_id, partial(_take_over, key, source, notes))
    return True


def _looking(runtime: Runtime, job: Job) -> JobContext:
    lease = Lease(runtime.store, job, "nobody", runtime.settings.lease_seconds)
    return JobContext(runtime, job, lease, claimed_at=time.monotonic(), run_job=_leave_it)


async def _leave_it(*_: object) -> None:
    """To read files is a job for the queue."""


async def _found(context: JobContext) -> tuple[AnswerKey, Job, list[str]] | None:
    if not asks_the_store(context.job) or not await files_are_read(context):
        return None
    key = await _KEYS[context.job.kind](context)
    source = await find_stored(context, key)
    return None if key is None or source is None else (key, source, context.notes)


async def _take_over(key: AnswerKey, source: Job, notes: list[str], context: JobContext) -> dict[str, Any]:
    context.notes += notes
    stored = await taken_over(context, key, source)
    if stored is not None:
        return stored
    context.notes.clear()
    return await KINDS[context.job.kind](context)  # a file of the answer is gone
