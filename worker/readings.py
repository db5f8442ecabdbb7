"""Who else reads files of a job's session, and how is that waited for?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from store.records import TERMINAL, Job
from worker.context import JobContext
from worker.ending import JobFailedError

_POLL_SECONDS = 0.15
_READINGS: set[asyncio.Future[None]] = set()
"""Held, or the loop would lose them."""


async def wait_for_readers(context: JobContext, reads: Callable[[Job], bool]) -> None:
    """Wait until no other job of the session `reads` its files. Raises: JobFailedError."""
    started = time.monotonic()
    while readers := await _readers(context, reads):
        await _read_now(context, readers)
        if time.monotonic() - started > context.policy.limits.load_wall_seconds:
            raise JobFailedError(
                "timeout", "The session's files are still being read. Ask again when that is done."
            )
        await asyncio.sleep(_POLL_SECONDS)
    context.mark("tables_wait_seconds", time.monotonic() - started)


async def files_are_read(context: JobContext) -> bool:
    """Whether no other job of the session reads its files, or is about to."""
    return not await _readers(context, reads_files)


async def _readers(context: JobContext, reads: Callable[[Job], bool]) -> list[Job]:
    job = context.job
    unfinished = await context.runtime.store.list_unfinished(job.tenant_id, job.session_id or "")
    return [one for one in unfinished if reads(one) and one.task_id != job.task_id]


async def _read_now(context: JobContext, readers: list[Job]) -> None:
    """Do the first reading that no worker has begun: questions that wait may hold every worker it could have.

    If this job ends first, the reading goes on: the worker that gets it from the queue finds it taken.
    """
    queued = [one for one in readers if one.kind == "profile" and one.state == "queued"]
    if not queued:
        return
    first = min(queued, key=lambda one: (one.created_at, one.task_id))
    reading = asyncio.ensure_future(context.run_job(context.runtime, first.tenant_id, first.task_id))
    _READINGS.add(reading)
    reading.add_done_callback(_READINGS.discard)
    await asyncio.shield(reading)


def reads_files(job: Job) -> bool:
    """Whether it reads files of its session, or is about to."""
    if job.state in TERMINAL:
        return False
    return job.kind == "profile" or reads_first(job)


def reads_first(job: Job) -> bool:
    """Whether it is a question that comes with its files, and has not read them yet."""
    return bool(job.request.file_ids) and job.approval is None and job.stage in ("queued", "profiling")
