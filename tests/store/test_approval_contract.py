"""How a job waits for an approval, and how a stored answer is found, in every store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest

from store.base import Store
from store.records import Approval, Job, JobError, utc_now
from tests.store import make
from tests.store.make import OTHER, TENANT

AWAITING = Approval(state="awaiting", code="1 + 1", language="python")
APPROVED = AWAITING.model_copy(
    update={"state": "approved", "code": "2 + 2", "edited": True, "decided_at": make.ago(1)}
)
REJECTED = {
    "state": "cancelled",
    "outcome": "cancelled",
    "approval": AWAITING.model_copy(update={"state": "rejected"}),
    "error": JobError(code="rejected", message="no"),
}


async def running(store: Store, **fields: Any) -> Job:
    job = make.job(**fields)
    await store.insert_job(job)
    assert await store.claim_job(TENANT, job.task_id, "w", make.soon())
    return job


async def parked(store: Store, **fields: Any) -> Job:
    job = await running(store, **fields)
    assert await store.park_job(TENANT, job.task_id, "w", {"approval": AWAITING, "code": "1 + 1"})
    return await found(store, job)


async def found(store: Store, job: Job) -> Job:
    kept = await store.get_job(job.tenant_id, job.task_id)
    assert kept is not None
    return kept


def since(job: Job) -> datetime:
    assert job.awaiting_since is not None
    return job.awaiting_since


async def test_a_parked_job_is_held_by_nobody_and_says_its_code(store: Store) -> None:
    before = utc_now()
    job = await parked(store)
    assert (job.state, job.stage, job.code) == ("awaiting_approval", "awaiting_approval", "1 + 1")
    assert (job.lease_owner, job.lease_until, job.finished_at) == (None, None, None)
    assert job.approval == AWAITING
    assert before <= since(job) <= utc_now()


async def test_nothing_of_a_worker_moves_a_parked_job(store: Store) -> None:
    job = await parked(store)
    assert await store.claim_job(TENANT, job.task_id, "w", make.soon()) is None
    assert not await store.renew_lease(TENANT, job.task_id, "w", make.soon())
    assert not await store.update_job(TENANT, job.task_id, "w", {"stage": "x"})
    assert not await store.finish_job(TENANT, job.task_id, "w", {"state": "failed"})
    assert not await store.park_job(TENANT, job.task_id, "w", {"code": "3"})
    assert not await store.sweep_end(TENANT, job.task_id, {"state": "failed"}, make.soon(900))
    assert await store.sweep_leases(make.soon(900)) == []
    assert await store.sweep_unpublished(make.soon(900)) == []
    assert await found(store, job) == job


async def test_only_its_owner_parks_a_job_and_not_once_a_cancel_was_asked_for(store: Store) -> None:
    job = await running(store)
    assert not await store.park_job(TENANT, job.task_id, "v", {"approval": AWAITING})
    assert not await store.park_job(OTHER, job.task_id, "w", {"approval": AWAITING})
    await store.request_cancel(TENANT, job.task_id)
    assert not await store.park_job(TENANT, job.task_id, "w", {"approval": AWAITING})
    assert (await found(store, job)).state == "running"
    with pytest.raises(ValueError, match="state"):
        await store.park_job(TENANT, job.task_id, "w", {"state": "succeeded"})


async def test_an_approved_job_is_queued_anew_with_the_approved_code(store: Store) -> None:
    job = await parked(store, created_at=make.ago(90_000))
    await store.mark_published(TENANT, job.task_id, make.ago(1))
    before = utc_now()
    approved = await store.approve_job(TENANT, job.task_id, since(job), APPROVED)
    assert approved is not None
    assert (approved.state, approved.stage, approved.approval) == ("queued", "queued", APPROVED)
    assert (approved.deliveries, approved.published_at, approved.awaiting_since) == (0, None, None)
    assert approved.queued_at is not None
    assert before <= approved.queued_at <= utc_now()
    assert await found(store, job) == approved
    assert await store.sweep_unpublished(make.soon()) == [(TENANT, job.task_id)]
    claimed = await store.claim_job(TENANT, job.task_id, "v", make.soon())
    assert claimed is not None
    assert (claimed.deliveries, claimed.approval) == (1, APPROVED)
    assert await store.finish_job(TENANT, job.task_id, "v", {"state": "succeeded"})


async def test_of_many_decisions_at_once_one_counts(
    store: Store, another_store: Callable[[], Awaitable[Store]]
) -> None:
    second = await another_store()
    for _ in range(3):
        job = await parked(store)
        at = since(job)
        decisions = [each.approve_job(TENANT, job.task_id, at, APPROVED) for each in (store, second) * 3]
        decisions += [each.end_awaiting(TENANT, job.task_id, at, REJECTED) for each in (store, second)]
        won = [one for one in await asyncio.gather(*decisions) if one is not None]
        assert won == [await found(store, job)]
        assert won[0].state in ("queued", "cancelled")


async def test_a_decision_on_code_that_was_shown_before_does_not_count_for_the_next(store: Store) -> None:
    first = await parked(store)
    await store.approve_job(TENANT, first.task_id, since(first), APPROVED)
    await store.claim_job(TENANT, first.task_id, "w", make.soon())
    await asyncio.sleep(0.002)  # the store keeps milliseconds
    assert await store.park_job(TENANT, first.task_id, "w", {"approval": AWAITING})
    second = await found(store, first)
    assert await store.approve_job(TENANT, first.task_id, since(first), APPROVED) is None
    assert await store.end_awaiting(TENANT, first.task_id, since(first), REJECTED) is None
    assert await found(store, first) == second
    assert await store.approve_job(TENANT, first.task_id, since(second), APPROVED) is not None


async def test_a_rejected_job_has_ended(store: Store) -> None:
    job = await parked(store)
    assert await store.end_awaiting(OTHER, job.task_id, since(job), REJECTED) is None
    ended = await store.end_awaiting(TENANT, job.task_id, since(job), REJECTED)
    assert ended is not None
    assert (ended.state, ended.awaiting_since) == ("cancelled", None)
    assert ended.error == JobError(code="rejected", message="no")
    assert ended.finished_at is not None
    assert await store.approve_job(TENANT, job.task_id, since(job), APPROVED) is None
    assert await found(store, job) == ended


async def test_cancel_ends_a_parked_job_at_once(store: Store) -> None:
    job = await parked(store)
    cancelled = await store.request_cancel(TENANT, job.task_id)
    assert cancelled is not None
    assert (cancelled.state, cancelled.outcome, cancelled.awaiting_since) == ("cancelled", "cancelled", None)
    assert await store.approve_job(TENANT, job.task_id, since(job), APPROVED) is None


async def test_a_parked_job_counts_and_is_swept_by_its_age(store: Store) -> None:
    job = await parked(store)
    await running(store)
    assert await store.count_jobs(TENANT) == 2
    assert await store.sweep_awaiting(make.ago(5)) == []
    assert await store.sweep_awaiting(make.soon()) == [(TENANT, job.task_id)]
    assert await store.sweep_awaiting(make.soon(), limit=0) == []
    await store.end_awaiting(TENANT, job.task_id, since(job), REJECTED)
    assert await store.count_jobs(TENANT) == 1
    assert await store.sweep_awaiting(make.soon()) == []


async def ended(store: Store, key: str, state: str = "succeeded", tenant: str = TENANT) -> Job:
    job = make.job(tenant_id=tenant)
    await store.insert_job(job)
    await store.claim_job(tenant, job.task_id, "w", make.soon())
    assert await store.finish_job(tenant, job.task_id, "w", {"state": state, "answer_key": key})
    return await found(store, job)


async def test_the_answer_is_that_of_the_succeeded_job_that_ended_last(store: Store) -> None:
    assert await store.find_answer(TENANT, "k") is None
    first = await ended(store, "k")
    assert await store.find_answer(TENANT, "k") == first
    second = await ended(store, "k")
    await ended(store, "k", state="failed")
    await ended(store, "other")
    await store.insert_job(make.job(answer_key="k"))
    assert await store.find_answer(TENANT, "k") == second


async def test_no_tenant_finds_the_answer_of_another(store: Store) -> None:
    await ended(store, "k", tenant=OTHER)
    assert await store.find_answer(TENANT, "k") is None
    mine = await ended(store, "k")
    assert await store.find_answer(TENANT, "k") == mine


async def test_an_answer_goes_with_its_session(store: Store) -> None:
    session = make.session()
    await store.insert_session(session)
    job = await running(store, session_id=session.session_id)
    await store.finish_job(TENANT, job.task_id, "w", {"state": "succeeded", "answer_key": "k"})
    assert await store.find_answer(TENANT, "k") is not None
    await store.delete_session(TENANT, session.session_id)
    assert await store.find_answer(TENANT, "k") is None


async def test_the_unfinished_jobs_of_a_session_are_listed_whatever_came_after_them(store: Store) -> None:
    session, other = make.session(), make.session()
    queued = make.job(session.session_id)
    await store.insert_job(queued)
    waits = await parked(store, session_id=session.session_id)
    done = await running(store, session_id=session.session_id)
    await store.finish_job(TENANT, done.task_id, "w", {"state": "failed"})
    await running(store, session_id=other.session_id)
    runs = await running(store, session_id=session.session_id)
    unfinished = [job.task_id for job in await store.list_unfinished(TENANT, session.session_id)]
    assert unfinished == [queued.task_id, waits.task_id, runs.task_id]
    assert await store.list_unfinished(OTHER, session.session_id) == []
