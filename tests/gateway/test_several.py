"""Batches, computed values and replays: what is taken, what is refused, and what is made of it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.settings import Settings
from store.base import StoreUnavailableError
from store.records import Table, utc_now
from tests.conftest import RedisServer
from tests.gateway.conftest import Gateway, make_store, serve
from tests.gateway.moved import claimed, ended, waiting

QUESTIONS = ["How many rows?", "Total revenue?", "Average revenue?"]


@pytest.fixture
async def narrow(tmp_path: Path, own_redis: RedisServer) -> AsyncIterator[Gateway]:
    """A gateway where one tenant may have five unfinished jobs."""
    url, keys = await make_store(tmp_path)
    settings = Settings(store=url, redis_url=own_redis.url, max_queued_per_tenant=5)
    async for running in serve(settings, keys):
        yield running


async def batch(gateway: Gateway, session: str, key: str | None = None, **body: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    body = {"questions": QUESTIONS, **body}
    return await gateway.client.post(f"/sessions/{session}/batch", json=body, headers=headers)


async def test_a_batch_is_a_job_for_each_question_in_order(gateway: Gateway) -> None:
    session = (await gateway.session())["session_id"]
    reply = await batch(gateway, session, mode="sql", policy="strict", cache=False, approve=True)
    made = reply.json()
    assert (reply.status_code, made["session_id"]) == (202, session)
    assert [task["question"] for task in made["tasks"]] == QUESTIONS
    jobs = [await gateway.job(task["task_id"]) for task in made["tasks"]]
    assert [job.request.question for job in jobs] == QUESTIONS
    for job in jobs:
        asked = job.request
        assert (job.kind, asked.mode, asked.policy, asked.cache, asked.approve) == (
            "analyze", "sql", "strict", False, True,
        )  # fmt: skip
    assert len({job.created_at for job in jobs}) == 1, "none is a follow-up of another"
    assert {job.task_id for job in jobs} <= set(await gateway.queued_ids())
    cancelled = await gateway.client.post(f"/status/{jobs[1].task_id}/cancel")
    assert cancelled.json()["state"] == "cancelled"
    assert (await gateway.job(jobs[2].task_id)).state == "queued"


async def test_the_same_batch_with_its_key_is_the_same_jobs(gateway: Gateway) -> None:
    session = (await gateway.session())["session_id"]
    replies = await asyncio.gather(*(batch(gateway, session, "k1") for _ in range(5)))
    replies.append(await batch(gateway, session, "k1"))
    assert {reply.status_code for reply in replies} == {202}
    assert len({reply.text for reply in replies}) == 1
    assert len(await gateway.queued_ids()) == 1 + len(QUESTIONS)
    other = await batch(gateway, session, "k1", mode="sql")
    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_conflict")


async def test_all_of_a_batch_fit_or_none_is_taken(narrow: Gateway) -> None:
    session = (await narrow.session())["session_id"]  # its profile job is one of the five
    refused = await batch(narrow, session, questions=["?"] * 5)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_jobs")
    assert int(refused.headers["retry-after"]) > 0
    assert "5 more" in refused.json()["error"]["message"]
    assert await narrow.services.store.count_jobs("alpha") == 1
    assert (await batch(narrow, session, questions=["?"] * 4)).status_code == 202
    assert (await batch(narrow, session, questions=["?"])).status_code == 429


async def test_a_job_that_waits_for_an_approval_takes_room(narrow: Gateway) -> None:
    jobs = [await waiting(narrow) for _ in range(5)]
    assert (await narrow.client.post("/execute", json={"code": "1"})).status_code == 429
    assert (await narrow.client.post(f"/status/{jobs[0].task_id}/approve", json={})).status_code == 200
    assert (await narrow.client.post(f"/status/{jobs[1].task_id}/reject", json={})).status_code == 200
    assert (await narrow.client.post("/execute", json={"code": "1"})).status_code == 202


async def test_a_batch_that_cannot_be_kept_whole_leaves_no_job_to_run(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = (await gateway.session())["session_id"]
    store = gateway.services.store
    real, calls = store.insert_job, []

    async def third_fails(job: Any) -> None:
        calls.append(job)
        if len(calls) == 3:
            raise StoreUnavailableError("the disk is full")
        await real(job)

    monkeypatch.setattr(store, "insert_job", third_fails)
    assert (await batch(gateway, session)).status_code == 503
    monkeypatch.undo()
    assert await store.count_jobs("alpha") == 1
    assert len(await gateway.queued_ids()) == 1
    assert (await batch(gateway, session, "again")).status_code == 202


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"questions": []}, "questions"),
        ({"questions": ["?"] * 51}, "questions"),
        ({"questions": ["a", " "]}, "questions.1: must not be empty"),
        ({"questions": "a"}, "questions"),
        ({"questions": ["a"], "policy": "open"}, "policy"),
        ({"questions": ["a"], "table": "x"}, "table: unknown field"),
    ],
)
async def test_a_bad_batch_is_named(gateway: Gateway, body: Any, words: str) -> None:
    session = (await gateway.session())["session_id"]
    reply = await gateway.client.post(f"/sessions/{session}/batch", json=body)
    assert reply.status_code == 422
    assert words in reply.json()["error"]["message"]
    assert await gateway.services.store.count_jobs("alpha") == 1


async def profiled(gateway: Gateway, *names: str) -> str:
    """A session whose files were read: tables of these names with the columns `revenue` and `name of it`."""
    made = await gateway.session()
    store = gateway.services.store
    await store.request_cancel("alpha", made["task_id"])
    for position, name in enumerate(names):
        columns = [{"name": "revenue", "kind": "number"}, {"name": name, "kind": "text"}]
        table = Table(
            tenant_id="alpha", session_id=made["session_id"], name=name, file_id="f", position=position,
            profile={"columns": columns}, blob_key="k", sha256="0", size_bytes=1,
        )  # fmt: skip
        await store.upsert_table(table)
    return made["session_id"]


async def compute(gateway: Gateway, session: str, **body: Any) -> Any:
    return await gateway.client.post(f"/sessions/{session}/compute", json=body)


async def test_a_computed_value_is_a_job_that_is_listed_with_its_value(gateway: Gateway) -> None:
    session = await profiled(gateway, "sales")
    reply = await compute(gateway, session, column="revenue", operation="MEAN", by="sales")
    assert reply.status_code == 202
    job = await gateway.job(reply.json()["task_id"])
    asked = job.request
    assert (job.kind, asked.column, asked.operation, asked.by) == ("compute", "revenue", "average", "sales")
    store = gateway.services.store
    assert await store.claim_job("alpha", job.task_id, "w", utc_now())
    ending = {"state": "succeeded", "result": {"type": "scalar", "value": 7.5}}
    assert await store.finish_job("alpha", job.task_id, "w", ending)
    (row, _) = (await gateway.client.get(f"/sessions/{session}")).json()["tasks"]
    assert (row["kind"], row["column"], row["operation"], row["by"]) == (
        "compute",
        "revenue",
        "average",
        "sales",
    )
    assert row["result"] == {"type": "scalar", "value": 7.5}
    status = (await gateway.client.get(f"/status/{job.task_id}")).json()
    assert (status["column"], status["operation"], status["by"], status["table"]) == (
        "revenue", "average", "sales", None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"column": "revenue", "operation": "explode"}, "there are: average, sum, std"),
        ({"column": "Revenu", "operation": "sum"}, "column: there is no 'Revenu'; did you mean 'revenue'?"),
        ({"column": "x", "operation": "sum"}, "there are: revenue, sales, bought"),
        ({"column": "revenue", "operation": "sum"}, "'revenue' is in sales, bought; say which"),
        ({"column": "revenue", "operation": "sum", "table": "sale"}, "did you mean 'sales'"),
        ({"column": "revenue", "operation": "sum", "table": "sales", "by": "bought"}, "by: there is no"),
        ({"column": "sales", "operation": "count", "by": "bought"}, "no table has both"),
        ({"column": "", "operation": "sum"}, "column"),
        ({"operation": "sum"}, "column: missing"),
        ({"column": "revenue", "operation": "sum", "mode": "sql"}, "mode: unknown field"),
    ],
)
async def test_what_cannot_be_computed_is_named(gateway: Gateway, body: Any, words: str) -> None:
    session = await profiled(gateway, "sales", "bought")
    reply = await compute(gateway, session, **body)
    assert reply.status_code == 422
    assert words in reply.json()["error"]["message"]


async def test_a_hidden_column_is_not_there(gateway: Gateway) -> None:
    session = await profiled(gateway, "sales")
    kept = await gateway.services.store.get_session("alpha", session)
    assert kept is not None
    hiding = kept.model_copy(update={"session_id": "hiding", "hidden": {"sales": ["revenue"]}})
    await gateway.services.store.insert_session(hiding)
    for table in await gateway.services.store.list_tables("alpha", session):
        await gateway.services.store.upsert_table(table.model_copy(update={"session_id": "hiding"}))
    reply = await compute(gateway, "hiding", column="revenue", operation="sum")
    assert reply.status_code == 422
    assert "there are: sales" in reply.json()["error"]["message"]


async def test_while_files_are_read_the_job_will_know_the_columns(gateway: Gateway) -> None:
    session = (await gateway.session())["session_id"]
    assert (await compute(gateway, session, column="anything", operation="sum")).status_code == 202


async def test_a_replay_is_a_job_of_its_own(gateway: Gateway) -> None:
    source = await ended(gateway, code="1", language="python", receipt={"code_sha256": "0", "data": {}})
    headers = {"Idempotency-Key": "k"}
    replies = [
        await gateway.client.post(f"/status/{source.task_id}/replay", headers=headers) for _ in range(2)
    ]
    assert [reply.status_code for reply in replies] == [202, 202]
    assert replies[0].json() == replies[1].json()
    job = await gateway.job(replies[0].json()["task_id"])
    assert (job.kind, job.request.replay_of, job.request.policy) == ("replay", source.task_id, "default")


async def test_what_has_no_code_that_ran_cannot_be_replayed(gateway: Gateway) -> None:
    never_ran = await waiting(gateway)
    await gateway.client.post(f"/status/{never_ran.task_id}/reject", json={})
    for task_id, words in (
        ((await ended(gateway, answer="words")).task_id, "no code was written"),
        (never_ran.task_id, "never run"),
        ((await claimed(gateway)).task_id, "it is running"),
        ((await waiting(gateway)).task_id, "awaiting_approval"),
    ):
        reply = await gateway.client.post(f"/status/{task_id}/replay")
        assert (reply.status_code, reply.json()["error"]["code"]) == (409, "not_replayable")
        assert words in reply.json()["error"]["message"]
