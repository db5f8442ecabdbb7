"""Jobs that were under way or waiting when a column was hidden, over the dummy engine and a real store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest

from store.records import Table, utc_now
from tests.worker.asking import TENANT, asked, failing_or_echo, found, queued, with_session, worked
from worker.context import JobContext
from worker.ending import ending
from worker.engines.dummy import DummyEngine
from worker.jobs import KINDS
from worker.models.settings import ModelSettings
from worker.runtime import Runtime
from worker.session_facts import write_facts
from worker.settings import Settings


@pytest.fixture
async def runtime(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Runtime]:
    monkeypatch.setattr("worker.engines.connect.DummyEngine", partial(DummyEngine, failing_or_echo))
    opened = Runtime(settings)
    opened.models = ModelSettings(models_allowed=("scripted:*",))
    await opened.open()
    yield opened
    await opened.close()


async def hide(runtime: Runtime, session_id: str, *columns: str) -> None:
    changes = {"hidden": {"sales.csv": list(columns)}, "hidden_at": utc_now()}
    assert await runtime.store.update_session(TENANT, session_id, changes)


async def test_no_question_gets_a_table_that_still_has_the_column(runtime: Runtime) -> None:
    session_id = await with_session(runtime)
    await hide(runtime, session_id, "Category ")
    job = await asked(runtime, session_id)
    assert (job.state, job.outcome) == ("failed", "bad_file")
    assert job.error is not None
    assert job.error.code == "hidden_not_removed"
    assert "Table sales still has category" in job.error.message
    assert job.attempts == []


async def test_no_follow_up_goes_on_with_what_was_asked_before_something_was_hidden(runtime: Runtime) -> None:
    outcomes = []
    for hides in (False, True):
        session_id = await with_session(runtime)
        await asked(runtime, session_id)
        if hides:
            await hide(runtime, session_id, "email")
            await asyncio.sleep(0.002)
        outcomes.append((await asked(runtime, session_id, question="split by category")).outcome)
    assert outcomes == ["ok", "not_answerable"]


async def test_no_suggestion_is_made_of_a_table_that_still_has_the_column(runtime: Runtime) -> None:
    session_id = await with_session(runtime)
    job = await queued(runtime, session_id)
    context = cast(JobContext, SimpleNamespace(job=job, runtime=runtime))
    assert "revenue" in await write_facts(context)
    await hide(runtime, session_id, "category")
    assert await write_facts(context) == ""
    session = await runtime.store.get_session(TENANT, session_id)
    assert session is not None
    assert session.suggestions == []


async def test_a_hidden_name_that_the_table_has_not_is_no_hindrance(runtime: Runtime) -> None:
    session_id = await with_session(runtime)
    await hide(runtime, session_id, "ssn")
    assert (await asked(runtime, session_id)).state == "succeeded"


async def test_what_waited_for_approval_meanwhile_is_not_gone_on_with(runtime: Runtime) -> None:
    session_id = await with_session(runtime)
    job = await asked(runtime, session_id, approve=True)
    await hide(runtime, session_id, "ssn")
    assert job.approval is not None
    assert job.awaiting_since is not None
    approval = job.approval.model_copy(update={"state": "approved", "decided_at": utc_now()})
    approved = await runtime.store.approve_job(TENANT, job.task_id, job.awaiting_since, approval)
    assert approved is not None
    done = await worked(runtime, approved)
    assert (done.state, done.result) == ("failed", None)
    assert done.error is not None
    assert done.error.code == "hidden_since"


async def test_a_table_that_was_replaced_before_it_went_in_is_said(runtime: Runtime) -> None:
    session_id = await with_session(runtime)
    (table,) = await runtime.store.list_tables(TENANT, session_id)
    await runtime.blobs.delete(table.blob_key)
    job = await asked(runtime, session_id)
    assert job.error is not None
    assert job.error.code == "table_replaced"
    assert job.result is None


async def test_a_question_does_the_reading_that_no_worker_is_free_for(runtime: Runtime) -> None:
    """Questions that wait hold their workers; where all did, the reading queued behind them never began."""
    session_id = await with_session(runtime)
    reading = await queued(runtime, session_id, kind="profile", question=None)
    job = await asked(runtime, session_id)
    assert (job.state, job.outcome) == ("succeeded", "ok")
    assert (await found(runtime, reading)).state == "succeeded"


async def test_a_reading_goes_on_when_the_question_that_began_it_is_cancelled(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = await with_session(runtime)
    reading, question = await queued(runtime, session_id, kind="profile"), await queued(runtime, session_id)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def held(context: JobContext) -> dict[str, Any]:
        begun.set()
        await go_on.wait()
        return ending("ok")

    monkeypatch.setitem(KINDS, "profile", held)
    asking = asyncio.create_task(worked(runtime, question))
    await asyncio.wait_for(begun.wait(), 10)
    await runtime.store.request_cancel(TENANT, question.task_id)
    assert (await asking).state == "cancelled"
    assert (await found(runtime, reading)).state == "running"
    go_on.set()
    async with asyncio.timeout(10):
        while (await found(runtime, reading)).state == "running":  # noqa: ASYNC110 - nothing else tells
            await asyncio.sleep(0.02)
    assert (await found(runtime, reading)).state == "succeeded"


async def test_a_question_with_its_files_says_which_hidden_name_means_nothing(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no profile task whose notes would say it, and the model has seen the column."""

    async def as_read(context: JobContext, session_id: str, file_ids: list[str]) -> list[Table]:
        return await runtime.store.list_tables(TENANT, session_id)

    monkeypatch.setattr("worker.analyze.read_files", as_read)
    session_id = await with_session(runtime)
    await hide(runtime, session_id, "catgeory")
    job = await asked(runtime, session_id, file_ids=["f"])
    assert job.state == "succeeded"
    (note,) = job.notes
    assert "catgeory; is one misspelt?" in note
    again = await asked(runtime, session_id, file_ids=["f"])
    assert (again.cached, again.notes) == (True, [note])
