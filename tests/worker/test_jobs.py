"""Jobs from claim to end, over the dummy engine and a real store: what happens when something goes wrong."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from store.base import StoreUnavailableError
from store.records import Job, Request, utc_now
from worker.context import JobContext
from worker.engines.base import PipeClosedError
from worker.engines.choose import Engines
from worker.engines.dummy import DummyEngine
from worker.jobs import KINDS, run_job
from worker.runtime import Runtime, owner_lives, owner_mark
from worker.settings import Settings

TENANT = "t"


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The dummy answers nothing: the code runs on and on."""
    monkeypatch.setattr("worker.engines.connect.DummyEngine", partial(DummyEngine, lambda frame: ()))


@pytest.fixture
async def runtime(settings: Settings) -> AsyncIterator[Runtime]:
    opened = Runtime(settings)
    await opened.open()
    yield opened
    await opened.close()


async def queued(runtime: Runtime, **fields: Any) -> Job:
    job = Job(tenant_id=TENANT, kind="execute", **{"request": Request(code="1 + 1"), **fields})
    await runtime.store.insert_job(job)
    return job


async def at_stage(runtime: Runtime, job: Job, stage: str) -> Job:
    async with asyncio.timeout(5):
        while True:
            found = await runtime.store.get_job(TENANT, job.task_id)
            if found is not None and found.stage == stage:
                return found
            await asyncio.sleep(0.02)


async def ended(runtime: Runtime, job: Job) -> Job:
    await asyncio.wait_for(run_job(runtime, TENANT, job.task_id), 20)
    found = await runtime.store.get_job(TENANT, job.task_id)
    assert found is not None
    return found


async def test_a_policy_that_no_engine_may_run_says_so_to_the_client(runtime: Runtime) -> None:
    job = await ended(runtime, await queued(runtime, request=Request(code="1", policy="strict")))
    assert (job.state, job.outcome) == ("failed", "engine_error")
    assert job.error is not None
    assert "gVisor" in job.error.message
    assert "apt-get install runsc" in job.error.message


async def test_a_job_succeeds_with_code_result_receipt_and_clocks(runtime: Runtime) -> None:
    job = await ended(runtime, await queued(runtime))
    assert (job.state, job.outcome, job.planner, job.code) == ("succeeded", "ok", "user", "1 + 1")
    assert job.result == {"type": "text", "value": "1 + 1"}
    assert [attempt.outcome for attempt in job.attempts] == ["ok"]
    assert job.receipt["policy"]["name"] == "default"
    assert job.receipt["image"].startswith("sha256:")
    assert job.timings["standby"] in ("warm", "cold")
    assert job.lease_owner is None
    assert job.finished_at is not None


async def test_a_second_delivery_does_nothing(runtime: Runtime) -> None:
    first = await ended(runtime, await queued(runtime))
    again = await ended(runtime, first)
    assert again == first


async def test_five_deliveries_at_once_use_one_sandbox(runtime: Runtime) -> None:
    job = await queued(runtime)
    await asyncio.gather(*(run_job(runtime, TENANT, job.task_id) for _ in range(5)))
    found = await runtime.store.get_job(TENANT, job.task_id)
    assert found is not None
    assert (found.state, found.deliveries) == ("succeeded", 1)


async def test_an_unknown_policy_is_denied_by_name(runtime: Runtime) -> None:
    job = await ended(runtime, await queued(runtime, request=Request(code="1", policy="lax")))
    assert (job.state, job.outcome) == ("failed", "policy_denied")
    assert job.error is not None
    assert "lax" in job.error.message


async def test_a_policy_that_cannot_be_read_names_no_folder_of_the_host_to_clients(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDGLASS_POLICY_DIR", "/nowhere/inner")
    job = await ended(runtime, await queued(runtime))
    assert (job.state, job.outcome) == ("failed", "policy_denied")
    assert job.error is not None
    assert "nowhere" not in job.error.message
    assert "sandglass doctor" in job.error.message


async def test_no_engine_is_its_own_outcome_and_the_next_job_works(settings: Settings) -> None:
    runtime = Runtime(settings.model_copy(update={"engine_url": "unix:///nowhere/engine.sock"}))
    await runtime.open()
    job = await ended(runtime, await queued(runtime))
    assert (job.state, job.outcome) == ("failed", "engine_error")
    assert job.error is not None
    assert "doctor" in job.error.message
    assert "/nowhere" not in job.error.message
    runtime.engines = Engines(settings.engine_url)
    assert (await ended(runtime, await queued(runtime))).state == "succeeded"
    await runtime.close()


async def test_a_full_disk_is_said_and_the_next_job_works(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def spool(context: JobContext) -> dict[str, Any]:
        raise OSError(errno.ENOSPC, "No space left on device", "/host/spool/1")

    with monkeypatch.context() as patch:
        patch.setitem(KINDS, "execute", spool)
        job = await ended(runtime, await queued(runtime))
    assert (job.state, job.outcome) == ("failed", "engine_error")
    assert job.error is not None
    assert job.error.code == "disk_full"
    assert "/host" not in job.error.message
    assert (await ended(runtime, await queued(runtime))).state == "succeeded"


async def test_a_sandbox_that_ends_while_data_goes_in_is_no_fault_of_the_engine(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def closed(context: JobContext) -> dict[str, Any]:
        raise PipeClosedError("gone")

    monkeypatch.setitem(KINDS, "execute", closed)
    job = await ended(runtime, await queued(runtime))
    assert job.outcome == "runner_lost"


async def test_a_job_that_killed_its_worker_three_times_is_poison(runtime: Runtime) -> None:
    job = await queued(runtime)
    for _ in range(3):
        past = utc_now() - timedelta(seconds=1)
        assert await runtime.store.claim_job(TENANT, job.task_id, "dead", past) is not None
    found = await ended(runtime, job)
    assert (found.state, found.outcome) == ("failed", "poison")


async def test_a_job_that_waited_too_long_has_expired(runtime: Runtime) -> None:
    old = utc_now() - timedelta(seconds=runtime.settings.queued_seconds + 5)
    found = await ended(runtime, await queued(runtime, created_at=old))
    assert (found.state, found.outcome) == ("failed", "expired")


async def test_a_cancel_ends_a_running_job_and_destroys_its_sandbox(silent: None, runtime: Runtime) -> None:
    job = await queued(runtime)
    running = asyncio.create_task(run_job(runtime, TENANT, job.task_id))
    await at_stage(runtime, job, "running")
    await runtime.store.request_cancel(TENANT, job.task_id)
    await asyncio.wait_for(running, 5)
    found = await ended(runtime, job)
    assert (found.state, found.outcome) == ("cancelled", "cancelled")


async def test_the_jobs_own_clock_ends_it(silent: None, settings: Settings) -> None:
    short = settings.model_copy(update={"job_seconds": 0.5})
    runtime = Runtime(short)
    await runtime.open()
    found = await ended(runtime, await queued(runtime))
    assert (found.state, found.outcome) == ("failed", "timeout")
    await runtime.close()


async def test_a_lost_lease_writes_nothing(silent: None, runtime: Runtime) -> None:
    job = await queued(runtime)
    running = asyncio.create_task(run_job(runtime, TENANT, job.task_id))
    found = await at_stage(runtime, job, "running")
    past, later = utc_now() - timedelta(seconds=1), utc_now() + timedelta(seconds=60)
    assert await runtime.store.renew_lease(TENANT, job.task_id, found.lease_owner or "", past)
    assert await runtime.store.claim_job(TENANT, job.task_id, "another", later) is not None
    await asyncio.wait_for(running, 10)
    found = await runtime.store.get_job(TENANT, job.task_id)
    assert found is not None
    assert (found.state, found.lease_owner, found.result) == ("running", "another", None)


async def test_an_end_that_cannot_be_written_is_written_later(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = runtime.store.finish_job, []

    async def failing_once(*arguments: Any) -> bool:
        calls.append(arguments)
        if len(calls) == 1:
            raise StoreUnavailableError("the disk is full")
        return await real(*arguments)

    monkeypatch.setattr(runtime.store, "finish_job", failing_once)
    assert (await ended(runtime, await queued(runtime))).state == "succeeded"
    assert len(calls) == 2


def test_an_owner_is_alive_dead_or_of_another_host() -> None:
    mine = owner_mark("here", os.getpid())
    assert owner_lives(mine, "here") is True
    assert owner_lives(mine, "there") is None
    name, pid, _, place = mine.split(":")
    assert owner_lives(f"{name}:{pid}:1:{place}", "here") is False
    assert owner_lives(f"{name}:{pid}:1:another", "here") is None
    assert owner_lives(owner_mark("a:b", os.getpid()), "a:b") is True
    assert owner_lives("nonsense", "here") is None
