"""A job that asked for it waits for a person before any code runs, and then runs what they approved."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import redis

from policies.spec import LABEL_STACK
from store.records import Approval, Job, Language, utc_now
from tests.worker import asking
from tests.worker.asking import asked, failing_or_echo, found, queued, script, with_session, worked
from worker.analysis.contract import RunResult
from worker.approval import ApprovalNeededError, GatedSandbox
from worker.engines.dummy import DummyEngine
from worker.models.settings import ModelSettings
from worker.reaper import sweep_jobs
from worker.runtime import Runtime
from worker.settings import Settings

EDITED = "result = 'edited'\n\n"


@pytest.fixture
async def runtime(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Runtime]:
    monkeypatch.setattr("worker.engines.connect.DummyEngine", partial(DummyEngine, failing_or_echo))
    opened = Runtime(settings)
    opened.models = ModelSettings(models_allowed=("scripted:*",))
    await opened.open()
    yield opened
    await opened.close()


async def decided(runtime: Runtime, job: Job, code: str | None = None) -> Job:
    assert job.approval is not None
    assert job.awaiting_since is not None
    changes = {"state": "approved", "decided_at": utc_now(), "code": code or job.approval.code}
    approval = job.approval.model_copy(update={**changes, "edited": code is not None})
    approved = await runtime.store.approve_job(job.tenant_id, job.task_id, job.awaiting_since, approval)
    assert approved is not None
    return approved


def digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


async def test_nothing_runs_before_the_approval(runtime: Runtime) -> None:
    runtime.settings = runtime.settings.model_copy(update={"standby": 0})
    job = await asked(runtime, await with_session(runtime), approve=True)
    assert (job.state, job.stage, job.outcome) == ("awaiting_approval", "awaiting_approval", None)
    assert job.approval is not None
    assert (job.approval.state, job.approval.code) == ("awaiting", job.code)
    assert "revenue" in (job.code or "")
    assert (job.planner, job.lease_owner, job.receipt, job.attempts) == ("builtin", None, {}, [])
    engine = await runtime.engine()
    made = await engine.find({LABEL_STACK: runtime.settings.stack})
    assert [entry for entry in made if entry.labels["sandglass.task"] == job.task_id] == []


async def test_after_the_approval_exactly_the_approved_code_runs(runtime: Runtime) -> None:
    job = await asked(runtime, await with_session(runtime), approve=True)
    shown = job.code or ""
    done = await worked(runtime, await decided(runtime, job))
    assert (done.state, done.outcome, done.planner) == ("succeeded", "ok", "builtin")
    assert done.result == {"type": "text", "value": shown}
    assert (done.code, done.receipt["code_sha256"]) == (shown, digest(shown))
    assert done.approval is not None
    assert (done.approval.state, done.approval.edited) == ("approved", False)
    assert "approval_seconds" in done.timings


async def test_code_that_was_approved_in_one_language_does_not_run_in_another() -> None:
    class Never:
        async def run(self, code: str, language: Language, number: int) -> RunResult:
            raise AssertionError("it ran")

    approval = Approval(state="approved", code="x", language="sql")
    with pytest.raises(ApprovalNeededError):
        await GatedSandbox(Never(), approval).run("x", "python", 1)


async def test_edited_code_runs_byte_for_byte_and_is_the_users(runtime: Runtime) -> None:
    job = await asked(runtime, await with_session(runtime), approve=True)
    done = await worked(runtime, await decided(runtime, job, EDITED))
    assert (done.state, done.code, done.planner) == ("succeeded", EDITED, "user")
    assert done.receipt["code_sha256"] == digest(EDITED)
    assert done.result == {"type": "text", "value": EDITED}
    assert "result" in (done.answer or "")
    assert done.answer_key is None, "a person's code is nobody else's answer"


async def test_a_models_code_waits_runs_and_is_put_into_words(runtime: Runtime) -> None:
    model = script("```python\nresult = 41\n```", "The result is there.")
    job = await asked(runtime, await with_session(runtime), approve=True, model=model)
    assert (job.state, job.code, job.planner) == ("awaiting_approval", "result = 41", "scripted")
    done = await worked(runtime, await decided(runtime, job, EDITED))
    assert (done.state, done.code, done.planner) == ("succeeded", EDITED, "user")
    assert done.receipt["code_sha256"] == digest(EDITED)


async def test_mended_code_waits_for_an_approval_of_its_own(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await asked(runtime, await with_session(runtime), approve=True, model=script("result = fails(1)"))
    approved = await decided(runtime, job)
    monkeypatch.setattr("worker.analyze.resolve_spec", lambda *_: script("result = 2", "It is result = 2."))
    waiting = await worked(runtime, approved)
    assert (waiting.state, waiting.code) == ("awaiting_approval", "result = 2")
    assert waiting.approval is not None
    assert (waiting.approval.state, waiting.approval.decided_at) == ("awaiting", None)
    assert [attempt.outcome for attempt in waiting.attempts] == ["code_error"]
    done = await worked(runtime, await decided(runtime, waiting))
    assert (done.state, done.code) == ("succeeded", "result = 2")
    assert [attempt.number for attempt in done.attempts] == [1, 2]


async def test_a_cancel_before_the_code_is_there_is_kept(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = runtime.store.park_job

    async def cancelled_meanwhile(tenant_id: str, task_id: str, *rest: Any) -> bool:
        await runtime.store.request_cancel(tenant_id, task_id)
        return await real(tenant_id, task_id, *rest)

    monkeypatch.setattr(runtime.store, "park_job", cancelled_meanwhile)
    job = await asked(runtime, await with_session(runtime), approve=True)
    assert (job.state, job.outcome) == ("cancelled", "cancelled")


async def test_a_parked_job_is_left_alone_by_further_deliveries(runtime: Runtime) -> None:
    job = await asked(runtime, await with_session(runtime), approve=True)
    assert await worked(runtime, job) == job


async def test_an_old_job_that_is_approved_has_not_expired_in_the_queue(runtime: Runtime) -> None:
    old = utc_now() - timedelta(seconds=runtime.settings.queued_seconds + 100)
    job = await queued(runtime, await with_session(runtime), approve=True)
    aged = job.model_copy(update={"task_id": "aged", "created_at": old, "queued_at": utc_now()})
    await runtime.store.insert_job(aged)
    waiting = await worked(runtime, aged)
    assert waiting.state == "awaiting_approval"
    assert (await worked(runtime, await decided(runtime, waiting))).state == "succeeded"


async def test_who_is_never_answered_expires(runtime: Runtime, redis_url: str) -> None:
    settings = runtime.settings.model_copy(update={"redis_url": redis_url})
    job = await asked(runtime, await with_session(runtime), approve=True)
    await sweep_jobs(runtime.store, settings)
    assert (await found(runtime, job)).state == "awaiting_approval"
    await asyncio.sleep(0.005)
    await sweep_jobs(runtime.store, settings.model_copy(update={"approval_seconds": 0.001}))
    ended = await found(runtime, job)
    assert (ended.state, ended.outcome) == ("failed", "expired")
    assert ended.error is not None
    assert "approved or rejected" in ended.error.message
    with redis.Redis.from_url(redis_url) as client:
        ids = [json.loads(message)["headers"]["id"] for message in client.lrange("sandglass", 0, -1)]
    assert job.task_id not in ids


async def test_an_approved_job_whose_id_was_lost_is_published_by_the_reaper(
    runtime: Runtime, redis_url: str
) -> None:
    settings = runtime.settings.model_copy(update={"redis_url": redis_url})
    long_ago = utc_now() - timedelta(seconds=settings.queued_seconds + 100)
    job = await queued(runtime, await with_session(runtime), approve=True)
    aged = job.model_copy(update={"task_id": "aged", "created_at": long_ago, "queued_at": utc_now()})
    await runtime.store.insert_job(aged)
    await decided(runtime, await worked(runtime, aged))
    await sweep_jobs(runtime.store, settings)
    with redis.Redis.from_url(redis_url) as client:
        ids = [json.loads(message)["headers"]["id"] for message in client.lrange("sandglass", 0, -1)]
        client.delete("sandglass")
    assert "aged" in ids


async def test_files_that_came_with_the_question_are_not_read_again(runtime: Runtime) -> None:
    approval = Approval(state="approved", code=EDITED, language="python", edited=True)
    job = await queued(runtime, await with_session(runtime), approve=True, file_ids=["f"])
    approved = job.model_copy(update={"task_id": "approved", "approval": approval})
    await runtime.store.insert_job(approved)
    await runtime.store.request_cancel(asking.TENANT, job.task_id)
    done = await worked(runtime, approved)
    assert (done.state, done.result) == ("succeeded", {"type": "text", "value": EDITED}), done.error
    assert list(done.receipt["data"]) == ["sales"], "the table that was read before it waited"
