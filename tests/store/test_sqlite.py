"""What goes wrong with a SQLite file is told in words."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from store import sqlite_connection
from store.base import StoreUnavailableError
from store.documents import to_json
from store.sqlite import SqliteStore
from store.sqlite_schema import MIGRATIONS
from tests.store import make
from tests.store.make import TENANT


@contextmanager
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


async def refused(path: Path, words: str) -> None:
    store = SqliteStore(path)
    with pytest.raises(StoreUnavailableError, match=words) as caught:
        await store.open()
    assert str(path) in str(caught.value)
    await store.close()


async def test_missing_folder(tmp_path: Path) -> None:
    await refused(tmp_path / "none" / "store.db", "the folder .*none is not there; make it first")


async def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    await refused(tmp_path, "Is a directory")


async def test_another_kind_of_file(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"These are notes, no database. " * 100)
    await refused(path, "not a SQLite database")


async def test_a_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = SqliteStore(path)
    await store.open()
    for _ in range(200):
        await store.insert_session(make.session())
    await store.close()
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
    await store.open()
    with pytest.raises(StoreUnavailableError, match="damaged"):
        await store.list_sessions(TENANT)
    await store.close()


async def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with raw(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    await refused(path, "schema version is 99, this Sandglass knows up to 3")
    with raw(path) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


async def test_a_file_of_the_first_version_is_brought_to_this_one(tmp_path: Path) -> None:
    path, old = tmp_path / "store.db", make.job(answer="42")
    with raw(path) as connection:
        for statement in MIGRATIONS[0].split(";"):
            connection.execute(statement)
        connection.execute("PRAGMA user_version = 1")
        fields = json.loads(to_json(old))
        for name in ("answer_key", "approval", "awaiting_since", "cached", "parts", "queued_at", "replay"):
            del fields[name]  # what that version did not know
        connection.execute(
            "INSERT INTO jobs (task_id, tenant_id, state, created_at, doc) VALUES (?, ?, 'queued', 0, ?)",
            (old.task_id, TENANT, json.dumps(fields)),
        )
    store = SqliteStore(path)
    await store.open()
    assert await store.get_job(TENANT, old.task_id) == old
    assert await store.count_jobs(TENANT) == 1
    assert await store.claim_job(TENANT, old.task_id, "w", make.soon()) is not None
    ended = {"state": "succeeded", "answer_key": "k"}
    assert await store.finish_job(TENANT, old.task_id, "w", ended)
    found = await store.find_answer(TENANT, "k")
    assert found is not None
    assert (found.task_id, found.answer) == (old.task_id, "42")
    await store.insert_upload(make.upload())
    assert await store.count_uploads(TENANT) == 1
    await store.close()
    await store.open()  # a second start changes nothing
    assert await store.find_answer(TENANT, "k") == found
    await store.close()


async def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with raw(path) as connection:
        for statement in MIGRATIONS[0].split(";"):
            connection.execute(statement)
        connection.execute("PRAGMA user_version = 1")
        connection.execute("DROP INDEX jobs_live")  # which the second version would take away
    store = SqliteStore(path)
    with pytest.raises(sqlite3.OperationalError, match="jobs_live"):
        await store.open()
    with raw(path) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(jobs)")]
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    assert "answer_key" not in columns


async def test_a_lock_that_is_held_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_connection, "BUSY_SECONDS", 0.05)
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    session = make.session()
    with raw(tmp_path / "store.db") as connection:
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailableError, match="another process has held its lock"):
            await store.insert_session(session)
        assert await store.list_sessions(TENANT) == []  # readers go on
        connection.execute("ROLLBACK")
    await store.insert_session(session)
    assert await store.list_sessions(TENANT) == [session]
    await store.close()


async def test_a_full_disk_keeps_what_was_there(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    session = make.session()
    await store.insert_session(session)
    await store._db.read(lambda db: db.execute("PRAGMA max_page_count = 40"))
    with pytest.raises(StoreUnavailableError, match="the disk is full"):
        await store.insert_job(make.job(result={"x": "y" * 1_000_000}))
    assert await store.list_sessions(TENANT) == [session]
    assert await store.count_jobs(TENANT) == 0
    await store._db.read(lambda db: db.execute("PRAGMA max_page_count = 4000"))
    await store.insert_job(make.job())
    assert await store.count_jobs(TENANT) == 1
    await store.close()


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    with pytest.raises(StoreUnavailableError, match="not open"):
        await store.ping()
    await store.open()
    await store.close()
    await store.close()
    with pytest.raises(StoreUnavailableError, match="not open"):
        await store.ping()


async def test_only_the_owner_may_read_the_file(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    await store.insert_session(make.session())
    modes = {path.name: path.stat().st_mode & 0o777 for path in os.scandir(tmp_path) if path.is_file()}
    assert set(modes.values()) == {0o600}
    assert {"store.db", "store.db-wal"} <= modes.keys()
    await store.close()


_FORK = """
import asyncio, os, sys
from store.base import StoreUnavailableError
from store.records import Session
from store.sqlite import SqliteStore

store = SqliteStore(sys.argv[1])
asyncio.run(store.open())
asyncio.run(store.insert_session(Session(tenant_id="t")))

async def in_child():
    try:
        await store.list_sessions("t")
    except StoreUnavailableError as error:
        assert "after the fork" in str(error), error
    else:
        raise AssertionError("used across a fork")
    await store.open()
    await store.insert_session(Session(tenant_id="t"))
    assert len(await store.list_sessions("t")) == 2
    await store.close()

child = os.fork()
if child == 0:
    code = 1
    try:
        asyncio.run(in_child())
        code = 0
    finally:
        os._exit(code)
assert os.waitpid(child, 0)[1] == 0
assert len(asyncio.run(store.list_sessions("t"))) == 2
asyncio.run(store.close())
"""


def test_it_is_opened_again_after_a_fork(tmp_path: Path) -> None:
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", _FORK, str(tmp_path / "store.db")],
        env={"PYTHONPATH": root},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
