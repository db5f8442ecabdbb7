"""The gateway's start in a container: its first key, and the parts that are not up yet."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.app import create_app
from gateway.settings import Settings, StartRefusedError, load_settings
from store.keys import hash_key, make_key
from store.open import open_store
from store.records import ApiKey
from tests.conftest import RedisServer
from tests.engine_services import wait_for
from tests.gateway.server_process import ROOT, variables_of

KEY = make_key()


async def _start(url: str, key: str = KEY) -> None:
    app = create_app(Settings(store=url, redis_url="redis://127.0.0.1:1/0", first_key=key))
    async with app.router.lifespan_context(app):
        pass


async def _keys(url: str) -> list[ApiKey]:
    store = open_store(url)
    await store.open()
    try:
        return await store.list_keys()
    finally:
        await store.close()


async def test_the_first_key_is_kept_once_also_by_several_at_once(tmp_path: Path) -> None:
    url = f"sqlite://{tmp_path}/s.db"
    await asyncio.gather(*(_start(url) for _ in range(4)))
    await _start(url)
    found = await _keys(url)
    assert [(key.tenant_id, key.sha256, key.revoked_at) for key in found] == [("local", hash_key(KEY), None)]


async def test_a_revoked_first_key_stays_revoked(tmp_path: Path) -> None:
    url = f"sqlite://{tmp_path}/s.db"
    await _start(url)
    store = open_store(url)
    await store.open()
    assert await store.revoke_key((await store.list_keys())[0].key_id)
    await store.close()
    with pytest.raises(StartRefusedError, match="SANDGLASS_FIRST_KEY"):
        await _start(url)
    other = make_key()
    await _start(url, other)
    await _start(url)
    assert [key.revoked_at is None for key in await _keys(url)] == [False, True]


@pytest.mark.parametrize(
    "key", ["hunter2", "sg_" + "x" * 42, "x" * 64, "sg_" + "x" * 43 + " y", "sg_" + "ä" * 50]
)
def test_a_weak_first_key_is_refused_and_not_shown(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDGLASS_FIRST_KEY", key)
    with pytest.raises(StartRefusedError, match="SANDGLASS_FIRST_KEY: must be sg_") as refused:
        load_settings()
    assert key not in str(refused.value)
    monkeypatch.setenv("SANDGLASS_FIRST_KEY", KEY)
    assert KEY not in repr(load_settings())


@contextmanager
def _process(module: str, variables: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", module], cwd=ROOT, env=variables, stdout=stream, stderr=stream
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def test_gateway_and_worker_wait_and_end_at_once_on_sigterm(tmp_path: Path, own_redis: RedisServer) -> None:
    own_redis.stop()
    more = {"SANDGLASS_START_SECONDS": "60", "SANDGLASS_FIRST_KEY": KEY}
    variables = variables_of(f"sqlite://{tmp_path}/s.db", own_redis.url, **more)
    logs = {module: tmp_path / f"{module}.log" for module in ("gateway", "worker")}
    with (
        _process("gateway", variables, logs["gateway"]) as gateway,
        _process("worker", variables, logs["worker"]) as worker,
    ):
        for log in logs.values():
            wait_for(lambda log=log: b"waiting for Redis" in log.read_bytes(), 30, f"{log.name} says so")
        worker.terminate()
        assert worker.wait(5) == 128 + 15
        own_redis.start()
        wait_for(lambda: b"startup complete" in logs["gateway"].read_bytes(), 20, "the gateway starts")
        gateway.terminate()
        gateway.wait(15)
    for log in logs.values():
        assert KEY.encode() not in log.read_bytes()


def test_a_refused_password_ends_it_at_once(tmp_path: Path, own_redis: RedisServer) -> None:
    own_redis.require_password("letmein")
    url = own_redis.url.replace("redis://", "redis://:hunter2@")
    variables = variables_of(f"sqlite://{tmp_path}/s.db", url, SANDGLASS_START_SECONDS="60")
    for module, code in (("gateway", 2), ("worker", 1)):
        command = [sys.executable, "-m", module]
        done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, timeout=30, check=False)
        assert done.returncode == code
        assert b"does not start: Redis refuses the user or the password" in done.stderr
        assert b"hunter2" not in done.stderr + done.stdout
