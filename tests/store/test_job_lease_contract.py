"""How a job moves, in every store: claim, lease, finish, cancel, sweep."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from store.base import Store
from store.records import Attempt, Job, JobError, State, Stream, new_id, utc_now
from tests.store import make
from tests.store.make import TENANT

ENDED: list[State] = ["succeeded", "failed", "cancelled"]


async def insert(store: Store, **fields: Any) -> Job:
    job = make.job(**fields)
    await store.insert_job(job)
    return job


async def test_claim_takes_a_queued_job(store: Store) -> None:
    job, until, before = await insert(store), make.soon(), utc_now()
    claimed = await store.claim_job(TENANT, job.task_id, "w", until)
    assert claimed is not None
    assert (claimed.state, claimed.lease_owner, claimed.lease_until) == ("running", "w", until)
    assert claimed.deliveries == 1
    assert claimed.started_at is not None
    assert before <= claimed.started_at <= utc_now()
    assert await store.get_job(TENANT, job.task_id) == claimed


async def test_a_live_lease_is_not_claimed_not_even_by_its_owner(store: Store) -> None:
    job = await insert(store)
    assert await store.claim_job(TENANT, job.task_id, "w", make.soon())
    assert await store.claim_job(TENANT, job.task_id, "v", make.soon()) is None
    assert await store.claim_job(TENANT, job.task_id, "w", make.soon()) is None


async def test_an_ended_lease_is_claimed_again(store: Store) -> None:
    job = await insert(store)
    first = await store.claim_job(TENANT, job.task_id, "w", make.ago(1))
    second = await store.claim_job(TENANT, job.task_id, "v", make.soon())
    assert first is not None
    assert second is not None
    assert (second.lease_owner, second.deliveries, second.started_at) == ("v", 2, first.started_at)


async def test_who_lost_the_lease_changes_nothing(store: Store) -> None:
    job = await insert(store)
    await store.claim_job(TENANT, job.task_id, "w", make.ago(1))
    second = await store.claim_job(TENANT, job.task_id, "v", make.soon())
    assert not await store.renew_lease(TENANT, job.task_id, "w", make.soon(900))
    assert not await store.update_job(TENANT, job.task_id, "w", {"stage": "x"})
    assert not await store.update_job(TENANT, job.task_id, "w", {})
    assert not await store.finish_job(TENANT, job.task_id, "w", {"state": "failed"})
    assert await store.get_job(TENANT, job.task_id) == second


async def test_lease_is_renewed(store: Store) -> None:
    job, later = await insert(store), make.soon(900)
    await store.claim_job(TENANT, job.task_id, "w", make.soon())
    assert await store.renew_lease(TENANT, job.task_id, "w", later)
    found = await store.get_job(TENANT, job.task_id)
    assert found is not None
    assert found.lease_until == later


async def test_a_queued_job_has_no_owner_to_change_it(store: Store) -> None:
    job = await insert(store)
    assert not await store.renew_lease(TENANT, job.task_id, "w", make.soon())
    assert not await store.update_job(TENANT, job.task_id, "w", {"stage": "x"})
    assert not await store.finish_job(TENANT, job.task_id, "w", {"state": "failed"})
    assert await store.get_job(TENANT, job.task_id) == job


async def test_update_takes_plain_values_and_models_and_clears_with_none(store: Store) -> None:
    job = await insert(store)
    await store.claim_job(TENANT, job.task_id, "w", make.soon())
    assert await store.update_job(TENANT, job.task_id, "w", {})
    changes = {
        "stage": "run",
        "code": "1",
        "stdout": {"text": "x", "bytes": 1},
        "stderr": Stream(text="y", bytes=1),
        "attempts": [Attempt(number=1, outcome="ok"), {"number": 2, "outcome": "timeout"}],
        "error": JobError(code="c", message="m"),
        "timings": {"run": 0.25},
    }
    assert await store.update_job(TENANT, job.task_id, "w", changes)
    found = await store.get_job(TENANT, job.task_id)
    assert found is not None
    assert (found.stage, found.code) == ("run", "1")
    assert (found.stdout, found.stderr) == (Stream(text="x", bytes=1), Stream(text="y", bytes=1))
    assert [attempt.outcome for attempt in found.attempts] == ["ok", "timeout"]
    assert (found.error, found.timings) == (JobError(code="c", message="m"), {"run": 0.25})
    assert await store.update_job(TENANT, job.task_id, "w", {"code": None, "error": None})
    found = await store.get_job(TENANT, job.task_id)
    assert found is not None
    assert (found.code, found.error, found.stage) == (None, None, "run")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"state": "succeeded"}, "state"),
        ({"tenant_id": "x"}, "tenant_id"),
        ({"lease_owner": "x"}, "lease_owner"),
        ({"$set": 1}, r"\$set"),
        ({"timings.run": 1}, "timings.run"),
        ({"stdout": "text"}, "stdout"),
        ({"outcome": "fine"}, "outcome"),
    ],
)
async def test_update_refuses_other_fields_and_types(store: Store, changes: Any, message: str) -> None:
    job = await insert(store)
    claimed = await store.claim_job(TENANT, job.task_id, "w", make.soon())
    with pytest.raises(ValueError, match=message):
        await store.update_job(TENANT, job.task_id, "w", changes)
    assert await store.get_job(TENANT, job.task_id) == claimed


@pytest.mark.parametrize("state", ENDED)
async def test_job_is_finished_once(store: Store, state: State) -> None:
    job = await insert(store)
    await store.claim_job(TENANT, job.task_id, "w", make.soon())
    assert await store.finish_job(TENANT, job.task_id, "w", {"state": state, "answer": "42"})
    ended = await store.get_job(TENANT, job.task_id)
    assert ended is not None
    assert (ended.state, ended.answer, ended.lease_owner, ended.lease_until) == (state, "42", None, None)
    assert ended.finished_at is not None

    assert not await store.finish_job(TENANT, job.task_id, "w", {"state": "failed", "answer": "43"})
    assert not await store.update_job(TENANT, job.task_id, "w", {"answer": "43"})
    assert not await store.renew_lease(TENANT, job.task_id, "w", make.soon())
    assert not await store.sweep_end(TENANT, job.task_id, {"state": "failed"}, make.soon(900))
    assert await store.claim_job(TENANT, job.task_id, "v", make.soon()) is None
    assert await store.request_cancel(TENANT, job.task_id) == ended
    assert await store.get_job(TENANT, job.task_id) == ended


@pytest.mark.parametrize("changes", [{}, {"state": "running"}, {"state": "queued"}, {"state": None}])
async def test_finish_needs_a_state_that_ends(store: Store, changes: Any) -> None:
    job = await insert(store)
    claimed = await store.claim_job(TENANT, job.task_id, "w", make.soon())
    with pytest.raises(ValueError, match="state must be one of"):
        await store.finish_job(TENANT, job.task_id, "w", changes)
    with pytest.raises(ValueError, match="state must be one of"):
        await store.sweep_end(TENANT, job.task_id, changes, make.soon())
    assert await store.get_job(TENANT, job.task_id) == claimed


async def test_cancel_ends_a_queued_job(store: Store) -> None:
    job = await insert(store)
    cancelled = await store.request_cancel(TENANT, job.task_id)
    assert cancelled is not None
    assert (cancelled.state, cancelled.outcome) == ("cancelled", "cancelled")
    assert cancelled.finished_at is not None
    assert await store.get_job(TENANT, job.task_id) == cancelled
    assert await store.claim_job(TENANT, job.task_id, "w", make.soon()) is None


async def test_cancel_asks_the_owner_of_a_running_job(store: Store) -> None:
    job = await insert(store)
    claimed = await store.claim_job(TENANT, job.task_id, "w", make.soon())
    asked = await store.request_cancel(TENANT, job.task_id)
    assert claimed is not None
    assert asked == claimed.model_copy(update={"cancel_requested": True})
    assert await store.request_cancel(TENANT, job.task_id) == asked
    assert await store.finish_job(TENANT, job.task_id, "w", {"state": "cancelled"})


async def test_what_is_not_there_cannot_move(store: Store) -> None:
    unknown = new_id()
    assert await store.get_job(TENANT, unknown) is None
    assert await store.claim_job(TENANT, unknown, "w", make.soon()) is None
    assert await store.request_cancel(TENANT, unknown) is None
    assert not await store.mark_published(TENANT, unknown, utc_now())
    assert not await store.finish_job(TENANT, unknown, "w", {"state": "failed"})
    assert not await store.sweep_end(TENANT, unknown, {"state": "failed"}, make.soon())


async def test_jobs_that_have_not_ended_are_counted(store: Store) -> None:
    jobs = [await insert(store) for _ in range(3)]
    await insert(store, tenant_id=make.OTHER)
    await store.claim_job(TENANT, jobs[0].task_id, "w", make.soon())
    assert await store.count_jobs(TENANT) == 3
    await store.finish_job(TENANT, jobs[0].task_id, "w", {"state": "succeeded"})
    await store.request_cancel(TENANT, jobs[1].task_id)
    assert await store.count_jobs(TENANT) == 1


async def test_sweep_finds_what_was_not_published(store: Store) -> None:
    never = await insert(store, created_at=make.ago(60))
    long_ago = await insert(store, created_at=make.ago(60), tenant_id=make.OTHER)
    lately = await insert(store, created_at=make.ago(60))
    await insert(store)  # so young that it is being published now
    claimed = await insert(store, created_at=make.ago(60))
    assert await store.mark_published(make.OTHER, long_ago.task_id, make.ago(40))
    assert await store.mark_published(TENANT, lately.task_id, utc_now())
    await store.claim_job(TENANT, claimed.task_id, "w", make.soon())
    found = await store.sweep_unpublished(make.ago(30))
    assert sorted(found) == sorted([(TENANT, never.task_id), (make.OTHER, long_ago.task_id)])
    assert len(await store.sweep_unpublished(make.ago(30), limit=1)) == 1
    assert await store.sweep_unpublished(make.ago(30), limit=0) == []


async def test_sweep_finds_leases_that_ended(store: Store) -> None:
    lost, alive, queued = [await insert(store) for _ in range(3)]
    await store.claim_job(TENANT, lost.task_id, "w", make.ago(10))
    await store.claim_job(TENANT, alive.task_id, "w", make.soon())
    assert await store.sweep_leases(utc_now()) == [(TENANT, lost.task_id)]
    assert await store.sweep_leases(make.ago(30)) == []
    assert await store.sweep_leases(utc_now(), limit=0) == []
    assert await store.get_job(TENANT, queued.task_id) == queued


async def test_sweep_ends_what_nobody_holds(store: Store) -> None:
    lost, alive, queued = [await insert(store) for _ in range(3)]
    await store.claim_job(TENANT, lost.task_id, "w", make.ago(10))
    await store.claim_job(TENANT, alive.task_id, "w", make.soon())
    ended = {"state": "failed", "outcome": "poison", "error": JobError(code="poison", message="m")}
    assert not await store.sweep_end(TENANT, lost.task_id, ended, make.ago(30))
    assert await store.sweep_end(TENANT, lost.task_id, ended, utc_now())
    assert not await store.sweep_end(TENANT, alive.task_id, ended, utc_now())
    assert await store.sweep_end(TENANT, queued.task_id, ended, utc_now())
    found = await store.get_job(TENANT, lost.task_id)
    assert found is not None
    assert (found.state, found.outcome, found.lease_owner, found.lease_until) == (
        "failed",
        "poison",
        None,
        None,
    )
    assert found.finished_at is not None
    assert await store.sweep_leases(utc_now()) == []
    assert not await store.finish_job(TENANT, lost.task_id, "w", {"state": "succeeded"})


def race(url: str, task_id: str) -> list[str]:
    """Let four processes claim five times each, all at once; the owners that were told they have it."""
    command = [sys.executable, str(Path(__file__).with_name("claimer.py")), url, TENANT, task_id]
    claimers = [
        subprocess.Popen(
            [*command, f"process{number}", "5"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": str(Path(__file__).parents[2])},
        )
        for number in range(4)
    ]
    for claimer in claimers:
        assert claimer.stdout is not None
        assert claimer.stdout.readline() == "ready\n"
    for claimer in claimers:
        assert claimer.stdin is not None
        claimer.stdin.write("go\n")
        claimer.stdin.flush()
    winners = [name for claimer in claimers for name in claimer.communicate(timeout=60)[0].split()]
    assert [claimer.returncode for claimer in claimers] == [0] * 4
    return winners


async def test_one_of_twenty_claimers_in_four_processes_wins(store: Store, store_url: str) -> None:
    for _ in range(3):
        job = await insert(store)
        winners = await asyncio.to_thread(race, store_url, job.task_id)
        found = await store.get_job(TENANT, job.task_id)
        assert found is not None
        assert winners == [found.lease_owner]
        assert found.deliveries == 1
