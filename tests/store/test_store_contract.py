"""What every store does with records: run on SQLite and on MongoDB (FerretDB)."""

from __future__ import annotations

import asyncio
from datetime import UTC, timedelta
from typing import Any

import pytest

from store.base import DuplicateError, Store
from store.records import Attempt, JobError, Stream, new_id, utc_now
from tests.store import make
from tests.store.make import OTHER, TENANT


async def test_opens_what_is_there_already(store: Store, another_store: Any) -> None:
    session = make.session()
    await store.insert_session(session)
    await store.open()
    again = await another_store()
    await again.ping()
    assert await again.get_session(TENANT, session.session_id) == session


async def test_session_comes_back_with_utc_time(store: Store) -> None:
    session = make.session()
    await store.insert_session(session)
    found = await store.get_session(TENANT, session.session_id)
    assert found == session
    assert found.created_at.utcoffset() == timedelta(0)
    assert found.created_at.astimezone(UTC).isoformat() == session.created_at.isoformat()


async def test_session_id_is_taken_once(store: Store) -> None:
    session = make.session()
    await store.insert_session(session)
    with pytest.raises(DuplicateError):
        await store.insert_session(session)


async def test_sessions_come_newest_first_up_to_the_limit(store: Store) -> None:
    now = utc_now()
    old, *same_millisecond = [
        make.session(created_at=now - timedelta(seconds=5)),
        make.session(created_at=now),
        make.session(created_at=now),
    ]
    for session in (*same_millisecond, old):
        await store.insert_session(session)
    assert await store.list_sessions(TENANT) == [*reversed(same_millisecond), old]
    assert await store.list_sessions(TENANT, limit=1) == [same_millisecond[-1]]
    assert await store.list_sessions(TENANT, limit=0) == []


async def test_files_come_in_order_of_arrival(store: Store) -> None:
    session_id, now = new_id(), utc_now()
    files = [make.file(session_id, f"{n}.csv", created_at=now - timedelta(seconds=n)) for n in range(5)]
    for file in files:
        await store.insert_file(file)
    assert await store.list_files(TENANT, session_id) == files
    with pytest.raises(DuplicateError):
        await store.insert_file(files[0])


async def test_file_error_is_written(store: Store) -> None:
    file = make.file(new_id())
    await store.insert_file(file)
    assert await store.write_file_error(TENANT, file.file_id, "no rows")
    assert [f.error for f in await store.list_files(TENANT, file.session_id)] == ["no rows"]
    assert not await store.write_file_error(TENANT, new_id(), "no rows")


async def test_table_takes_the_place_of_its_namesake(store: Store) -> None:
    session_id = new_id()
    first, second = make.table(session_id, "b", position=1), make.table(session_id, "a", position=0)
    await store.upsert_table(first)
    await store.upsert_table(second)
    newer = make.table(session_id, "b", position=2, profile={"rows": 9})
    await store.upsert_table(newer)
    assert await store.list_tables(TENANT, session_id) == [second, newer]


async def test_tables_of_one_name_written_at_once_leave_one(store: Store, another_store: Any) -> None:
    session_id, stores = new_id(), [store, await another_store(), await another_store()]
    tables = [make.table(session_id, position=n) for n in range(12)]
    await asyncio.gather(*(stores[n % 3].upsert_table(table) for n, table in enumerate(tables)))
    found = await store.list_tables(TENANT, session_id)
    assert len(found) == 1
    assert found[0] in tables


async def test_job_comes_back_whole(store: Store) -> None:
    job = make.job(
        new_id(),
        stdout=Stream(text="x", bytes=9, truncated=True),
        attempts=[Attempt(number=1, outcome="ok")],
        artifacts=[{"artifact_id": "a"}],
        error=JobError(code="c", message="m"),
        result={"type": "scalar", "value": 1},
    )
    await store.insert_job(job)
    assert await store.get_job(TENANT, job.task_id) == job
    with pytest.raises(DuplicateError):
        await store.insert_job(job)


async def test_jobs_of_a_session_come_newest_first(store: Store) -> None:
    session_id, now = new_id(), utc_now()
    jobs = [make.job(session_id, created_at=now) for _ in range(4)]
    for job in jobs:
        await store.insert_job(job)
    await store.insert_job(make.job(new_id()))
    assert await store.list_jobs(TENANT, session_id) == jobs[::-1]
    assert await store.list_jobs(TENANT, session_id, limit=2) == jobs[:1:-1]


async def test_idempotency_key_is_taken_once_by_each_tenant(store: Store) -> None:
    job, other = make.job(idempotency_key="k.$1"), make.job(tenant_id=OTHER, idempotency_key="k.$1")
    await store.insert_job(job)
    await store.insert_job(other)
    with pytest.raises(DuplicateError):
        await store.insert_job(make.job(idempotency_key="k.$1"))
    assert await store.get_job_by_key(TENANT, "k.$1") == job
    assert await store.get_job_by_key(OTHER, "k.$1") == other
    assert await store.get_job_by_key(TENANT, "k") is None


async def test_one_of_many_with_the_same_key_is_kept(store: Store, another_store: Any) -> None:
    stores = [store, await another_store(), await another_store()]
    inserts = [stores[n % 3].insert_job(make.job(idempotency_key="once")) for n in range(12)]
    outcomes = await asyncio.gather(*inserts, return_exceptions=True)
    assert outcomes.count(None) == 1
    assert sum(isinstance(outcome, DuplicateError) for outcome in outcomes) == 11
    assert await store.count_jobs(TENANT) == 1


async def test_many_jobs_without_a_key_are_kept(store: Store) -> None:
    for _ in range(3):
        await store.insert_job(make.job())
    assert await store.count_jobs(TENANT) == 3


async def test_artifact_comes_back(store: Store) -> None:
    artifact = make.artifact(new_id())
    await store.insert_artifact(artifact)
    assert await store.get_artifact(TENANT, artifact.artifact_id) == artifact
    with pytest.raises(DuplicateError):
        await store.insert_artifact(artifact)


async def test_deleted_session_leaves_nothing_and_names_its_blobs(store: Store) -> None:
    session, kept = make.session(), make.session()
    records: dict[str, list[Any]] = {}
    for owner in (session, kept):
        file, table = make.file(owner.session_id), make.table(owner.session_id)
        job = make.job(owner.session_id, idempotency_key=owner.session_id)
        artifact = make.artifact(job.task_id)
        await store.insert_session(owner)
        await store.insert_file(file)
        await store.upsert_table(table)
        await store.insert_job(job)
        await store.insert_artifact(artifact)
        records[owner.session_id] = [file, table, artifact, job]

    file, table, artifact, job = records[session.session_id]
    keys = await store.delete_session(TENANT, session.session_id)
    assert sorted(keys or []) == sorted(record.blob_key for record in (file, table, artifact))
    assert await store.get_session(TENANT, session.session_id) is None
    assert await store.list_files(TENANT, session.session_id) == []
    assert await store.list_tables(TENANT, session.session_id) == []
    assert await store.get_job(TENANT, job.task_id) is None
    assert await store.get_job_by_key(TENANT, session.session_id) is None
    assert await store.get_artifact(TENANT, artifact.artifact_id) is None
    assert await store.delete_session(TENANT, session.session_id) is None

    file, table, artifact, job = records[kept.session_id]
    assert await store.list_sessions(TENANT) == [kept]
    assert await store.list_files(TENANT, kept.session_id) == [file]
    assert await store.list_tables(TENANT, kept.session_id) == [table]
    assert await store.get_job(TENANT, job.task_id) == job
    assert await store.get_artifact(TENANT, artifact.artifact_id) == artifact


async def test_session_without_anything_is_deleted(store: Store) -> None:
    session = make.session()
    await store.insert_session(session)
    assert await store.delete_session(TENANT, session.session_id) == []


async def test_another_tenant_sees_and_changes_nothing(store: Store) -> None:
    session = make.session()
    file, table = make.file(session.session_id), make.table(session.session_id)
    job = make.job(session.session_id, idempotency_key="k")
    artifact = make.artifact(job.task_id)
    await store.insert_session(session)
    await store.insert_file(file)
    await store.upsert_table(table)
    await store.insert_job(job)
    await store.insert_artifact(artifact)
    session_id, task_id, ended = session.session_id, job.task_id, {"state": "failed"}

    assert await store.get_session(OTHER, session_id) is None
    assert await store.list_sessions(OTHER) == []
    assert await store.delete_session(OTHER, session_id) is None
    assert await store.list_files(OTHER, session_id) == []
    assert not await store.write_file_error(OTHER, file.file_id, "x")
    assert await store.list_tables(OTHER, session_id) == []
    assert await store.get_job(OTHER, task_id) is None
    assert await store.get_job_by_key(OTHER, "k") is None
    assert await store.list_jobs(OTHER, session_id) == []
    assert not await store.mark_published(OTHER, task_id, utc_now())
    assert await store.claim_job(OTHER, task_id, "w", make.soon()) is None
    assert await store.request_cancel(OTHER, task_id) is None
    assert await store.count_jobs(OTHER) == 0
    assert await store.get_artifact(OTHER, artifact.artifact_id) is None
    assert not await store.sweep_end(OTHER, task_id, ended, make.soon())
    await store.upsert_table(make.table(session_id, tenant_id=OTHER))
    assert await store.list_tables(TENANT, session_id) == [table]
    assert await store.get_job(TENANT, task_id) == job

    assert await store.claim_job(TENANT, task_id, "w", make.soon())
    assert not await store.renew_lease(OTHER, task_id, "w", make.soon())
    assert not await store.update_job(OTHER, task_id, "w", {"stage": "x"})
    assert not await store.finish_job(OTHER, task_id, "w", ended)
    assert [f.error for f in await store.list_files(TENANT, session_id)] == [None]


@pytest.mark.parametrize("value", [{"$ne": ""}, {"$gt": ""}, ["x"], None, 7, b"x"])
async def test_only_strings_are_compared(store: Store, value: Any) -> None:
    session = make.session()
    job = make.job(session.session_id, idempotency_key="k")
    await store.insert_session(session)
    await store.insert_job(job)
    for call in (
        store.get_session(TENANT, value),
        store.get_session(value, session.session_id),
        store.get_job(TENANT, value),
        store.get_job_by_key(TENANT, value),
        store.delete_session(value, session.session_id),
        store.claim_job(TENANT, job.task_id, value, make.soon()),
        store.request_cancel(TENANT, value),
        store.count_jobs(value),
        store.find_key(value),
        store.revoke_key(value),
    ):
        with pytest.raises(TypeError, match="must be a string"):
            await call
    assert await store.get_session(TENANT, session.session_id) == session


async def test_key_is_found_until_it_is_revoked(store: Store) -> None:
    first, second = make.key("a"), make.key("b", tenant_id=OTHER)
    await store.insert_key(first)
    await store.insert_key(second)
    assert await store.find_key(first.sha256) == first
    assert await store.list_keys() == [first, second]
    assert await store.revoke_key(first.key_id)
    assert not await store.revoke_key(first.key_id)
    assert not await store.revoke_key("unknown")
    assert await store.find_key(first.sha256) is None
    assert await store.find_key(second.sha256) == second
    assert [key.revoked_at is None for key in await store.list_keys()] == [False, True]


async def test_key_id_and_hash_are_taken_once(store: Store) -> None:
    key = make.key()
    await store.insert_key(key)
    with pytest.raises(DuplicateError):
        await store.insert_key(make.key(sha256=key.sha256))
    with pytest.raises(DuplicateError):
        await store.insert_key(make.key(key_id=key.key_id))
