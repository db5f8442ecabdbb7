"""A worker says what the others must know of it: its engine, its clock, its name, its store."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
import redis.asyncio

from store.keys import hash_key, make_key
from store.mark import store_mark
from store.open import open_store
from store.records import ApiKey, utc_now
from tests.engine_services import wait_for
from worker.engines.choose import Engines
from worker.heartbeat import Heartbeat
from worker.reaper import Reaper
from worker.settings import Settings

SAFE_SECONDS = 45 / 4


@pytest.fixture
def settings(tmp_path: Path, redis_url: str) -> Settings:
    return Settings(
        store=f"sqlite://{tmp_path}/s.db", redis_url=redis_url, worker_name=tmp_path.name, stack="mine"
    )


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[redis.asyncio.Redis]:
    async with redis.asyncio.from_url(settings.redis_url) as opened:
        yield opened


async def beaten(client: redis.asyncio.Redis, heartbeat: Heartbeat, settings: Settings) -> dict[str, Any]:
    await heartbeat.beat(client, Engines("dummy:"), None)
    said = await client.get(f"sandglass:worker:{settings.worker_name}")
    assert said is not None
    return dict(json.loads(said))


async def test_it_says_what_is_weak_and_which_policies_are_refused(
    settings: Settings, client: redis.asyncio.Redis
) -> None:
    facts = await beaten(client, Heartbeat(settings), settings)
    assert facts["policies"]["default"] == "ok"
    assert "apt-get install runsc" in facts["policies"]["strict"]
    assert facts["policies"]["strict"] in facts["weaknesses"]
    assert facts["engine"]["name"] == "dummy"
    assert (facts["stack"], facts["store"]) == ("mine", None)
    assert facts["version"]


async def test_a_policy_file_that_is_spoilt_later_is_a_problem(
    settings: Settings, client: redis.asyncio.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own.toml").write_text("name = ")
    monkeypatch.setenv("SANDGLASS_POLICY_DIR", str(tmp_path))
    facts = await beaten(client, Heartbeat(settings), settings)
    assert facts["problem"].startswith("own.toml: not TOML")
    assert facts["engine"]["name"] == "dummy"


@pytest.mark.parametrize("ahead", [SAFE_SECONDS + 2, -SAFE_SECONDS - 2, SAFE_SECONDS - 2])
async def test_a_clock_apart_from_that_of_redis_is_weak(
    settings: Settings, client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch, ahead: float
) -> None:
    monkeypatch.setattr("worker.heartbeat.utc_now", lambda: utc_now() + timedelta(seconds=ahead))
    facts = await beaten(client, Heartbeat(settings), settings)
    assert facts["clock_seconds"] == pytest.approx(ahead, abs=1)
    told = [line for line in facts["weaknesses"] if "NTP" in line]
    assert len(told) == (abs(ahead) > SAFE_SECONDS)


async def test_a_living_namesake_is_told_of_and_one_that_was_started_again_is_none(
    settings: Settings, client: redis.asyncio.Redis
) -> None:
    first, second = Heartbeat(settings), Heartbeat(settings)
    for heartbeat in (first, first, second, second):
        assert "one name" not in " ".join((await beaten(client, heartbeat, settings))["weaknesses"])
    for heartbeat in (first, second):
        assert "two workers have one name" in " ".join(
            (await beaten(client, heartbeat, settings))["weaknesses"]
        )


@pytest.mark.parametrize("left", ["", "no json", "[]", "3", '{"worker": "x"}'])
async def test_what_is_no_heartbeat_is_no_namesake(
    settings: Settings, client: redis.asyncio.Redis, left: str
) -> None:
    heartbeat = Heartbeat(settings)
    await beaten(client, heartbeat, settings)
    await client.set(f"sandglass:worker:{settings.worker_name}", left)
    assert "one name" not in " ".join((await beaten(client, heartbeat, settings))["weaknesses"])


async def test_the_store_is_marked_by_its_oldest_key(settings: Settings, client: redis.asyncio.Redis) -> None:
    store = open_store(settings.store)
    await store.open()
    assert await store_mark(store) is None
    keys = [ApiKey(tenant_id="t", name="n", sha256=hash_key(make_key())) for _ in range(2)]
    await store.insert_key(keys[0])
    mark = await store_mark(store)
    await store.insert_key(keys[1])
    await store.revoke_key(keys[0].key_id)
    heartbeat = Heartbeat(settings)
    await heartbeat.beat(client, Engines("dummy:"), store)
    said = json.loads(await client.get(f"sandglass:worker:{settings.worker_name}") or "{}")
    assert said["store"] == await store_mark(store) == mark is not None
    await store.close()
    await heartbeat.beat(client, Engines("dummy:"), store)
    said = json.loads(await client.get(f"sandglass:worker:{settings.worker_name}") or "{}")
    assert said["store"] is None


async def test_without_redis_it_goes_on(settings: Settings) -> None:
    async with redis.asyncio.from_url("redis://127.0.0.1:1/0") as away:
        await Heartbeat(settings).beat(away, Engines("dummy:"), None)


async def test_at_its_end_a_worker_takes_back_its_own_heartbeat_and_no_other(
    settings: Settings, client: redis.asyncio.Redis
) -> None:
    key = f"sandglass:worker:{settings.worker_name}"
    before, after = Heartbeat(settings), Heartbeat(settings)
    await beaten(client, before, settings)
    await beaten(client, after, settings)
    await before.end(client)
    assert await client.exists(key)
    await after.end(client)
    assert not await client.exists(key)


def test_a_sweep_that_is_stopped_takes_the_heartbeat_back(settings: Settings) -> None:
    key = f"sandglass:worker:{settings.worker_name}"
    reaper = Reaper(settings.model_copy(update={"engine_url": "dummy:"}))
    with redis.Redis.from_url(settings.redis_url) as client:
        reaper.start()
        wait_for(lambda: bool(client.exists(key)), 20, "it beats")
        reaper.stop()
        assert not client.exists(key)
