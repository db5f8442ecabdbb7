"""The gateway over MongoDB and GridFS: the same trip as over SQLite."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from gateway.settings import Settings
from store.keys import hash_key, make_key
from store.open import open_store
from store.records import ApiKey
from tests.ferretdb import server
from tests.gateway.conftest import CSV, Gateway, serve

pytestmark = pytest.mark.mongo


@pytest.fixture
async def on_mongo(tmp_path: Path, redis_url: str) -> AsyncIterator[Gateway]:
    server.build()
    with server.running(tmp_path) as (base, _):
        url = f"{base}gateway_{uuid4().hex}"
        keys = {tenant: make_key() for tenant in ("alpha", "beta")}
        store = open_store(url)
        await store.open()
        for tenant, key in keys.items():
            await store.insert_key(ApiKey(tenant_id=tenant, name=tenant, sha256=hash_key(key)))
        await store.close()
        settings = Settings(store=url, redis_url=redis_url, max_upload_bytes=1 << 20)
        async for running in serve(settings, keys):
            yield running


async def test_the_same_trip_works(on_mongo: Gateway) -> None:
    gateway = on_mongo
    made = await gateway.session()
    session = f"/sessions/{made['session_id']}"
    assert (await gateway.client.get(f"{session}/files/sales.csv")).content == CSV
    too_much = {"files": ("a.csv", b"a\n" * (1 << 20))}
    assert (await gateway.client.post("/sessions", files=too_much)).status_code == 413

    async def ask() -> tuple[int, str]:
        headers = {"Idempotency-Key": "once"}
        reply = await gateway.client.post(
            f"{session}/analyze", json={"question": "How many?"}, headers=headers
        )
        return reply.status_code, reply.text

    assert {status for status, _ in await asyncio.gather(*(ask() for _ in range(5)))} == {202}
    assert len({text for _, text in await asyncio.gather(*(ask() for _ in range(5)))}) == 1
    view = (await gateway.client.get(session)).json()
    assert [task["kind"] for task in view["tasks"]] == ["analyze", "profile"]
    assert (await gateway.other.get(session)).status_code == 404
    task = view["tasks"][0]["task_id"]
    assert (await gateway.client.post(f"/status/{task}/cancel")).json()["state"] == "cancelled"
    assert (await gateway.client.delete(session)).status_code == 204
    assert (await gateway.client.get(f"/status/{task}")).status_code == 404


@pytest.mark.parametrize("path", ["/sessions/%00", "/status/$where", "/artifacts/%ff", "/sessions/a.b"])
async def test_odd_ids_are_not_there(on_mongo: Gateway, path: str) -> None:
    assert (await on_mongo.client.get(path)).status_code == 404
