"""How does a request become a job: admitted, written to the store, then handed to the queue."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from gateway.auth import Caller
from gateway.errors import ConflictError, NotFoundError
from gateway.grants import spend
from gateway.idempotency import earlier
from gateway.limits import refusal
from gateway.services import Services
from gateway.uploads import Upload
from store.base import DuplicateError, Store, StoreError
from store.records import Job, Session, utc_now

_log = structlog.get_logger("gateway")


async def require_session(store: Store, caller: Caller, session_id: str) -> Session:
    """The caller's session.

    Raises:
        NotFoundError: There is none.
    """
    session = await store.get_session(caller.tenant_id, session_id)
    if session is None:
        raise NotFoundError("there is no session with this id", code="session_not_found")
    return session


async def require_task(store: Store, caller: Caller, task_id: str) -> Job:
    """The caller's job.

    Raises:
        NotFoundError: There is none.
    """
    return found_task(await store.get_job(caller.tenant_id, task_id))


def found_task(job: Job | None) -> Job:
    """`job`, as the store gave it.

    Raises:
        NotFoundError: It gave none.
    """
    if job is None:
        raise NotFoundError("there is no task with this id", code="task_not_found")
    return job


async def require_room(services: Services, caller: Caller) -> None:
    """Refuse before a body is read what could not be run or kept.

    Raises:
        QueueUnavailableError: Redis does not answer.
        TooManyJobsError: The tenant has its fill of unfinished jobs.
    """
    await services.queue.require()
    error = refusal(
        await services.store.count_jobs(caller.tenant_id), services.settings.max_queued_per_tenant
    )
    if error is not None:
        raise error


async def submit(services: Services, job: Job) -> Job:
    """Keep and publish `job`, or give the job that the same request made before.

    Raises:
        ConflictError: The idempotency key belongs to another request.
        QueueUnavailableError: Redis does not answer; nothing was kept.
        TooManyJobsError: The tenant has its fill of unfinished jobs.
    """
    repeated = await earlier(services.store, job.tenant_id, job.idempotency_key, job.request_digest or "")
    if repeated is not None:
        return repeated
    await services.queue.require()
    kept = await _insert(services, job)
    if kept is job:
        await hand_over(services, job)
    return kept


async def submit_all(services: Services, jobs: list[Job]) -> list[Job]:
    """Keep and publish all of a batch or none, or give the jobs that the same request made before.

    The last of them has the client's own idempotency key and is written last: where it is, all are.

    Raises:
        ConflictError: The idempotency key belongs to another request.
        QueueUnavailableError: Redis does not answer; nothing was kept.
        TooManyJobsError: They do not fit with the tenant's unfinished jobs.
    """
    last = jobs[-1]
    repeated = await earlier(services.store, last.tenant_id, last.idempotency_key, last.request_digest or "")
    if repeated is not None:
        return await _batch_of(services, repeated)
    await services.queue.require()
    kept = await _insert_all(services, jobs)
    if kept is not last:
        return await _batch_of(services, kept)
    for job in jobs:
        await hand_over(services, job)
    return jobs


async def _insert_all(services: Services, jobs: list[Job]) -> Job:
    """The last of the batch that is kept: that of `jobs`, or the one that the same request made before."""
    *others, last = jobs
    inserted: list[Job] = []
    async with services.admission(last.tenant_id):
        # Looked for again under the lock: the first of two equal requests may just have been written.
        digest = last.request_digest or ""
        repeated = await earlier(services.store, last.tenant_id, last.idempotency_key, digest)
        if repeated is not None:
            return repeated
        in_flight = await services.store.count_jobs(last.tenant_id)
        error = refusal(in_flight, services.settings.max_queued_per_tenant, len(jobs))
        if error is not None:
            raise error
        try:
            for job in others:
                await services.store.insert_job(job)
                inserted.append(job)
            kept = await _insert_once(services, last)
        except BaseException:
            await _take_back(services, inserted)
            raise
        if kept is not last:
            await _take_back(services, inserted)
    return kept


async def _take_back(services: Services, jobs: list[Job]) -> None:
    for job in jobs:
        with suppress(StoreError):
            await services.store.request_cancel(job.tenant_id, job.task_id)


async def _batch_of(services: Services, last: Job) -> list[Job]:
    found = [await services.store.get_job(last.tenant_id, task_id) for task_id in last.request.batch]
    return [job for job in found if job is not None]


async def submit_upload(
    services: Services,
    job: Job,
    upload: Upload,
    *,
    new_session: bool,
    hidden: dict[str, list[str]] | None = None,
) -> Job:
    """Keep an upload's records with its job, then publish; if that fails or was done before, undo the upload.

    Raises:
        ConflictError: The idempotency key belongs to another request.
        TooManyJobsError: The tenant has its fill of unfinished jobs.
    """
    try:
        kept = await _insert_upload(services, job, upload, new_session=new_session, hidden=hidden or {})
    except BaseException:
        await _undo(services, job, upload, new_session=new_session)
        raise
    if kept is job:
        await hand_over(services, job)
        await spend(services, upload.taken)
    else:
        await _undo(services, job, upload, new_session=new_session)
    return kept


async def _insert_upload(
    services: Services, job: Job, upload: Upload, *, new_session: bool, hidden: dict[str, list[str]]
) -> Job:
    repeated = await earlier(services.store, job.tenant_id, job.idempotency_key, job.request_digest or "")
    if repeated is not None:
        return repeated
    if len(upload.granted) < len(upload.upload_ids):  # left to the first of two, whose job was deleted since
        raise ConflictError("what this Idempotency-Key began was deleted just now; use a fresh one")
    if new_session:
        session = Session(session_id=upload.session_id, tenant_id=job.tenant_id, hidden=hidden)
        await services.store.insert_session(session)
    elif hidden:
        # Before the job is there that reads the files.
        await services.store.hide_columns(job.tenant_id, upload.session_id, hidden, utc_now())
    kept = await _insert(services, job)
    if kept is job:
        for file in upload.files:
            await services.store.insert_file(file)
    return kept


async def _insert(services: Services, job: Job) -> Job:
    async with services.admission(job.tenant_id):
        error = refusal(
            await services.store.count_jobs(job.tenant_id), services.settings.max_queued_per_tenant
        )
        if error is not None:
            raise error
        return await _insert_once(services, job)


async def _insert_once(services: Services, job: Job) -> Job:
    try:
        await services.store.insert_job(job)
    except DuplicateError:
        # Another request with this key won between our look and our write.
        repeated = await earlier(services.store, job.tenant_id, job.idempotency_key, job.request_digest or "")
        if repeated is None:
            raise
        return repeated
    return job


async def hand_over(services: Services, job: Job) -> None:
    """Publish a job that is kept; if Redis is away just now, the worker's reaper does it later."""
    reached = await services.queue.look_up(job) or await services.queue.publish(job.tenant_id, job.task_id)
    services.metrics.published(job.kind, reached=reached)
    if reached:
        # Unmarked, the worker's reaper publishes it again, which does no harm.
        with suppress(StoreError):
            await services.store.mark_published(job.tenant_id, job.task_id, utc_now())


async def _undo(services: Services, job: Job, upload: Upload, *, new_session: bool) -> None:
    undo: Callable[[], Awaitable[object]]
    if new_session:
        undo = lambda: services.store.delete_session(job.tenant_id, upload.session_id)  # noqa: E731
    else:
        undo = lambda: services.store.request_cancel(job.tenant_id, job.task_id)  # noqa: E731
    try:
        await undo()
    except StoreError as error:
        _log.warning("upload_not_undone", session_id=upload.session_id, error=type(error).__name__)
    await upload.discard(services)
