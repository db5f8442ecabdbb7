"""Waiting at start: for what does not answer yet, no longer than said, and not for what refuses."""

import asyncio
import sqlite3
import time
from pathlib import Path
from typing import cast

import pytest
from pymongo.errors import NotPrimaryError, OperationFailure, ServerSelectionTimeoutError

from store.base import Store, StoreAwayError, StoreUnavailableError
from store.mongo_connection import explained
from store.open import open_store
from store.waiting import Patience, RedisAwayError, RedisRefusedError, wait_for_redis, wait_for_store
from tests.conftest import RedisServer
from tests.engine_services import wait_for


class LateStore:
    """A store that is away for its first few looks."""

    def __init__(self, away: int, error: type[StoreUnavailableError] = StoreAwayError) -> None:
        self.away, self.error, self.closed = away, error, 0

    async def open(self) -> None: ...

    async def ping(self) -> None:
        self.away -= 1
        if self.away >= 0:
            raise self.error("nobody there")

    async def close(self) -> None:
        self.closed += 1


async def _wait(store: LateStore, seconds: float) -> list[str]:
    said: list[str] = []
    await wait_for_store(cast(Store, store), Patience.of(seconds, said.append))
    return said


async def test_it_waits_says_so_and_closes_what_it_opened() -> None:
    store = LateStore(away=2)
    said = await _wait(store, 20)
    assert said[0].startswith("waiting for the store, 20 s more at most: nobody there")
    assert said[1].startswith("the store answers, after 1 s")
    assert (len(said), store.closed) == (2, 3)
    assert await _wait(LateStore(away=0), 20) == []


async def test_it_waits_no_longer_than_said() -> None:
    started = time.monotonic()
    with pytest.raises(StoreAwayError, match="nobody there"):
        await _wait(LateStore(away=1000), 1)
    assert 1 <= time.monotonic() - started < 2


async def test_it_does_not_wait_for_what_will_not_mend_itself(tmp_path: Path) -> None:
    store = LateStore(1000, StoreUnavailableError)
    with pytest.raises(StoreUnavailableError, match="nobody there"):
        await _wait(store, 60)
    assert store.closed == 1
    with pytest.raises(StoreUnavailableError, match="make it first"):
        await wait_for_store(open_store(f"sqlite://{tmp_path}/none/s.db"), Patience.of(60, print))


def test_what_mongodb_says_is_told_apart() -> None:
    for error in (ServerSelectionTimeoutError("no primary"), NotPrimaryError("not primary")):
        with pytest.raises(StoreAwayError), explained():
            raise error
    with pytest.raises(StoreUnavailableError) as refused, explained():
        raise OperationFailure("Authentication failed.", 18)
    assert not isinstance(refused.value, StoreAwayError)


async def test_a_locked_file_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.sqlite_connection.BUSY_SECONDS", 0.05)
    path = tmp_path / "s.db"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("PRAGMA journal_mode = WAL")
    holder.execute("BEGIN IMMEDIATE")
    asyncio.get_running_loop().call_later(1, holder.execute, "ROLLBACK")
    said: list[str] = []
    await wait_for_store(open_store(f"sqlite://{path}"), Patience.of(20, said.append))
    holder.close()
    assert "lock" in said[0]


async def test_two_that_make_a_file_at_once_wait_for_each_other(tmp_path: Path) -> None:
    # Before it has a write-ahead log, SQLite itself would not wait.
    holder = sqlite3.connect(tmp_path / "s.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    asyncio.get_running_loop().call_later(0.3, holder.execute, "ROLLBACK")
    store = open_store(f"sqlite://{tmp_path}/s.db")
    await store.open()
    await store.close()
    holder.close()


async def test_redis_that_comes_later(own_redis: RedisServer) -> None:
    own_redis.stop()
    said: list[str] = []
    waiting = asyncio.create_task(wait_for_redis(own_redis.url, Patience.of(20, said.append)))
    await asyncio.to_thread(wait_for, lambda: bool(said), 10, "it says what it waits for")
    await asyncio.to_thread(own_redis.start)
    await asyncio.wait_for(waiting, 10)
    assert said[-1].startswith("Redis answers")


async def test_redis_that_does_not_come_or_refuses(own_redis: RedisServer) -> None:
    own_redis.require_password("letmein")
    for user in ("", ":hunter2@", "nobody:hunter2@"):
        refused = own_redis.url.replace("redis://", f"redis://{user}")
        with pytest.raises(RedisRefusedError, match="password in SANDGLASS_REDIS_URL") as error:
            await wait_for_redis(refused, Patience.of(60, print))
        assert "hunter2" not in str(error.value)
    own_redis.stop()
    with pytest.raises(RedisAwayError, match="does not answer"):
        await wait_for_redis(own_redis.url, Patience.of(0.2, print))
