"""A stored answer is given past the queue; whatever else comes by that way goes to the queue, untouched."""

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial

import pytest
import redis.asyncio

from store.lookups import LOOKUPS, hint_name
from store.records import TERMINAL, Job, utc_now
from tests.worker.asking import QUESTION, TENANT, asked, failing_or_echo, found, queued, script, with_session
from worker.engines.dummy import DummyEngine
from worker.lookups import Lookups, answered
from worker.models.settings import ModelSettings
from worker.publish import QUEUE
from worker.runtime import Runtime
from worker.settings import Settings


@pytest.fixture
async def broker(redis_url: str) -> AsyncIterator[redis.asyncio.Redis]:
    async with redis.asyncio.from_url(redis_url) as client:
        await client.flushdb()
        yield client


@pytest.fixture
async def runtime(
    settings: Settings, redis_url: str, broker: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Runtime]:
    monkeypatch.setattr("worker.engines.connect.DummyEngine", partial(DummyEngine, failing_or_echo))
    opened = Runtime(settings.model_copy(update={"standby": 0, "redis_url": redis_url}))
    opened.models = ModelSettings(models_allowed=("scripted:*",))
    await opened.open()
    yield opened
    await opened.close()


async def looked_up(runtime: Runtime, job: Job) -> bool:
    return await asyncio.wait_for(answered(runtime, job.tenant_id, job.task_id), 20)


async def stays_queued(runtime: Runtime, job: Job) -> None:
    assert not await looked_up(runtime, job)
    kept = await found(runtime, job)
    assert (kept.state, kept.deliveries, kept.started_at) == ("queued", 0, None)


async def ended(runtime: Runtime, job: Job) -> Job:
    async with asyncio.timeout(20):
        while (kept := await found(runtime, job)).state not in TERMINAL:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return kept


async def test_a_stored_answer_ends_the_job(runtime: Runtime) -> None:
    session = await with_session(runtime)
    first = await asked(runtime, session)
    job = await queued(runtime, session)
    assert await looked_up(runtime, job)
    second = await found(runtime, job)
    assert (second.state, second.cached, second.cached_from) == ("succeeded", True, first.task_id)
    assert (second.result, second.receipt, second.notes) == (first.result, first.receipt, first.notes)
    assert second.deliveries == 1, "it was claimed, as any job is"


async def test_a_stored_value_ends_a_compute_job(runtime: Runtime) -> None:
    session = await with_session(runtime)
    wanted = {"kind": "compute", "column": "revenue", "operation": "sum", "question": None}
    first = await asked(runtime, session, **wanted)
    assert first.outcome == "ok", first.error
    job = await queued(runtime, session, **wanted)
    assert await looked_up(runtime, job)
    assert (await found(runtime, job)).cached_from == first.task_id


@pytest.mark.parametrize(
    "request_",
    [
        {"question": "What is the average of revenue?"},
        {"cache": False},
        {"approve": True},
        {"mode": "sql"},
        {"model": "ollama:not-allowed"},
        {"policy": "no-such-policy"},
    ],
    ids=lambda one: next(iter(one)),
)
async def test_what_has_no_stored_answer_is_left_for_the_queue(
    runtime: Runtime, request_: dict[str, object]
) -> None:
    session = await with_session(runtime)
    await asked(runtime, session)
    await stays_queued(runtime, await queued(runtime, session, **request_))


async def test_what_was_hidden_since_is_left_for_the_queue(runtime: Runtime) -> None:
    session = await with_session(runtime)
    await asked(runtime, session)
    changes = {"hidden": {"sales": ["revenue"]}, "hidden_at": utc_now()}
    await runtime.store.update_session(TENANT, session, changes)
    await stays_queued(runtime, await queued(runtime, session))


async def test_the_answer_of_a_model_that_is_not_allowed_any_more_is_left_for_the_queue(
    runtime: Runtime,
) -> None:
    session = await with_session(runtime)
    model = script("result = 1", "It is result = 1.")
    assert (await asked(runtime, session, model=model)).outcome == "ok"
    job = await queued(runtime, session, model=model)
    runtime.models = ModelSettings()
    await stays_queued(runtime, job)
    runtime.models = ModelSettings(models_allowed=("scripted:*",))
    assert await looked_up(runtime, job)


async def test_while_files_are_read_it_is_left_for_the_queue(runtime: Runtime) -> None:
    session = await with_session(runtime)
    await asked(runtime, session)
    reading = await queued(runtime, session, kind="profile")
    job = await queued(runtime, session)
    async with asyncio.timeout(3):  # who waits for the reading keeps all others waiting
        await stays_queued(runtime, job)
    assert (await found(runtime, reading)).state == "queued", "a look-up reads no file"


async def test_a_deleted_session_is_left_for_the_queue(runtime: Runtime) -> None:
    session = await with_session(runtime)
    await asked(runtime, session)
    job = await queued(runtime, session)
    await runtime.store.delete_session(TENANT, session)
    assert await looked_up(runtime, job), "its jobs are gone with it"


async def test_a_job_that_is_taken_or_cancelled_is_nobodys(runtime: Runtime) -> None:
    session = await with_session(runtime)
    await asked(runtime, session)
    cancelled = await queued(runtime, session)
    await runtime.store.request_cancel(TENANT, cancelled.task_id)
    assert await looked_up(runtime, cancelled)
    assert (await found(runtime, cancelled)).state == "cancelled"


async def test_of_two_who_look_at_once_one_ends_it(runtime: Runtime) -> None:
    session = await with_session(runtime)
    await asked(runtime, session)
    job = await queued(runtime, session)
    assert await asyncio.gather(*[looked_up(runtime, job) for _ in range(4)]) == [True] * 4
    kept = await found(runtime, job)
    assert (kept.state, kept.deliveries) == ("succeeded", 1)


async def test_where_a_file_of_the_answer_is_lost_it_is_run_anew(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(*_: object) -> None:
        return None

    session = await with_session(runtime)
    await asked(runtime, session)
    monkeypatch.setattr("worker.lookups.taken_over", lost)
    monkeypatch.setattr("worker.answers.taken_over", lost)
    job = await queued(runtime, session)
    assert await looked_up(runtime, job)
    anew = await found(runtime, job)
    assert (anew.state, anew.cached) == ("succeeded", False)


async def test_an_answer_that_is_kept_leaves_a_hint_and_no_other_does(
    runtime: Runtime, broker: redis.asyncio.Redis
) -> None:
    session = await with_session(runtime)
    kept = await asked(runtime, session)
    declined = await asked(runtime, session, question="who is the president?")
    assert (kept.state, declined.outcome) == ("succeeded", "not_answerable")
    assert await broker.ttl(hint_name(kept)) > 0
    assert not await broker.exists(hint_name(declined))
    spaced = kept.model_copy(update={"request": kept.request.model_copy(update={"question": f" {QUESTION}"})})
    assert hint_name(spaced) == hint_name(kept)
    others = [{"session_id": "other"}, {"tenant_id": "other"}, {"kind": "compute"}]
    assert hint_name(kept) not in {hint_name(kept.model_copy(update=other)) for other in others}


async def test_a_process_serves_the_list_and_gives_the_rest_to_the_queue(
    runtime: Runtime, broker: redis.asyncio.Redis
) -> None:
    session = await with_session(runtime)
    first = await asked(runtime, session)
    stored = await queued(runtime, session)
    fresh = await queued(runtime, session, question="What is the average of revenue?")
    await broker.rpush(LOOKUPS, "no json", *(json.dumps([TENANT, job.task_id]) for job in (fresh, stored)))
    lookups = Lookups(runtime)
    await lookups.start()
    try:
        assert (await ended(runtime, stored)).cached_from == first.task_id
    finally:
        await lookups.stop()
    messages = await broker.lrange(QUEUE, 0, -1)
    assert [json.loads(message)["headers"]["id"] for message in messages] == [fresh.task_id]


async def test_the_one_under_way_is_seen_to_its_end(
    runtime: Runtime, broker: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()
    find = runtime.store.find_answer

    async def slowly(tenant_id: str, answer_key: str) -> Job | None:
        begun.set()
        await may_end.wait()
        return await find(tenant_id, answer_key)

    session = await with_session(runtime)
    await asked(runtime, session)
    job = await queued(runtime, session)
    monkeypatch.setattr(runtime.store, "find_answer", slowly)
    await broker.rpush(LOOKUPS, json.dumps([TENANT, job.task_id]))
    lookups = Lookups(runtime)
    await lookups.start()
    await asyncio.wait_for(begun.wait(), 20)
    stopping = asyncio.create_task(lookups.stop())
    may_end.set()
    await asyncio.wait_for(stopping, 20)
    assert (await found(runtime, job)).cached


async def test_it_stops_even_while_it_connects(runtime: Runtime) -> None:
    """The Redis client swallows some cancels: a process that is stopped then would leave its sandboxes."""
    for turns in range(1, 25):
        await runtime._redis.connection_pool.disconnect()
        lookups = Lookups(runtime)
        await lookups.start()
        for _ in range(turns):
            await asyncio.sleep(0)
        stopping = asyncio.create_task(lookups.stop())
        done, _ = await asyncio.wait({stopping}, timeout=5)
        assert done, f"still there, stopped after {turns} turns of the loop"
