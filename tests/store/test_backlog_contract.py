"""How much there is to do, in every store."""

from __future__ import annotations

from datetime import UTC

from store.base import Store
from store.records import Approval, Backlog
from tests.store import make
from tests.store.make import OTHER, TENANT


async def test_an_empty_store_has_nothing_to_do(store: Store) -> None:
    assert await store.backlog() == Backlog()


async def test_unfinished_jobs_of_all_tenants_are_counted_by_state(store: Store) -> None:
    oldest = make.job(tenant_id=OTHER, created_at=make.ago(90))
    for job in (make.job(created_at=make.ago(30)), oldest, make.job()):
        await store.insert_job(job)
    running = make.job(created_at=make.ago(500))
    ended = make.job(state="succeeded", created_at=make.ago(900))
    for job in (running, ended):
        await store.insert_job(job)
    assert await store.claim_job(TENANT, running.task_id, "w", make.soon())
    found = await store.backlog()
    assert (found.queued, found.running, found.awaiting_approval) == (3, 1, 0)
    assert found.oldest_queued_at is not None
    assert found.oldest_queued_at.astimezone(UTC) == oldest.created_at


async def test_an_approved_job_waits_since_it_was_approved(store: Store) -> None:
    job = make.job(created_at=make.ago(7200))
    await store.insert_job(job)
    assert await store.claim_job(TENANT, job.task_id, "w", make.soon())
    approval = Approval(state="awaiting", code="1", language="python")
    assert await store.park_job(TENANT, job.task_id, "w", {"approval": approval})
    assert (await store.backlog()).awaiting_approval == 1
    parked = await store.get_job(TENANT, job.task_id)
    assert parked is not None
    assert parked.awaiting_since is not None
    queued = await store.approve_job(TENANT, job.task_id, parked.awaiting_since, approval)
    assert queued is not None
    assert queued.queued_at is not None
    found = await store.backlog()
    assert (found.queued, found.awaiting_approval) == (1, 0)
    assert found.oldest_queued_at is not None
    assert abs((found.oldest_queued_at.astimezone(UTC) - queued.queued_at).total_seconds()) < 1
    await store.insert_job(make.job(created_at=make.ago(60)))
    earlier = (await store.backlog()).oldest_queued_at
    assert earlier is not None
    assert earlier < found.oldest_queued_at
