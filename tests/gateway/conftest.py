"""A gateway over a real SQLite store, real blobs on disk and a real Redis, asked in process."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import redis.asyncio
from fastapi import FastAPI

from gateway.app import create_app
from gateway.services import Services
from gateway.settings import Settings
from store.keys import hash_key, make_key
from store.open import open_store
from store.records import ApiKey, Job

CSV = b"category,revenue\nToys,10\nFood,5\n"


@dataclass
class Gateway:
    """The app, its services, and clients of two tenants and of nobody."""

    app: FastAPI
    settings: Settings
    key: str
    client: httpx.AsyncClient
    other: httpx.AsyncClient
    wrong: httpx.AsyncClient
    anonymous: httpx.AsyncClient

    @property
    def services(self) -> Services:
        found: Services = self.app.state.services
        return found

    @property
    def blob_folder(self) -> Path:
        return Path(self.settings.store.removeprefix("sqlite://")).parent / "blobs"

    def blobs(self) -> list[Path]:
        return [path for path in self.blob_folder.rglob("*") if path.is_file()]

    async def session(self, name: str = "sales.csv", content: bytes = CSV) -> dict[str, str]:
        reply = await self.client.post("/sessions", files={"files": (name, content)})
        assert reply.status_code == 201, reply.text
        return dict(reply.json())

    async def task(self) -> str:
        reply = await self.client.post("/execute", json={"code": "print(1)"})
        assert reply.status_code == 202, reply.text
        return str(reply.json()["task_id"])

    async def job(self, task_id: str) -> Job:
        job = await self.services.store.get_job("alpha", task_id)
        assert job is not None
        return job

    async def queued_ids(self) -> list[str]:
        async with redis.asyncio.from_url(self.settings.redis_url) as client:
            messages = await client.lrange("sandglass", 0, -1)
        return [json.loads(message)["headers"]["id"] for message in messages]


async def make_store(tmp_path: Path) -> tuple[str, dict[str, str]]:
    """A store with a key for the tenants `alpha` and `beta`: its URL and the keys."""
    url = f"sqlite://{tmp_path / 'store' / 'sandglass.db'}"
    (tmp_path / "store").mkdir(exist_ok=True)
    store = open_store(url)
    await store.open()
    keys = {tenant: make_key() for tenant in ("alpha", "beta")}
    for tenant, key in keys.items():
        await store.insert_key(ApiKey(tenant_id=tenant, name=tenant, sha256=hash_key(key)))
    await store.close()
    return url, keys


async def serve(settings: Settings, keys: dict[str, str]) -> AsyncIterator[Gateway]:
    app = create_app(settings)
    transport = httpx.ASGITransport(app)

    def client(key: str | None) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.AsyncClient(transport=transport, base_url="http://gateway", headers=headers, timeout=30)

    async with (
        app.router.lifespan_context(app),
        client(keys["alpha"]) as alpha,
        client(keys["beta"]) as beta,
        client(make_key()) as wrong,
        client(None) as anonymous,
    ):
        yield Gateway(app, settings, keys["alpha"], alpha, beta, wrong, anonymous)


@pytest.fixture
async def gateway(tmp_path: Path, redis_url: str) -> AsyncIterator[Gateway]:
    url, keys = await make_store(tmp_path)
    async with redis.asyncio.from_url(redis_url) as client:
        await client.flushdb()
    settings = Settings(store=url, redis_url=redis_url, max_upload_bytes=2 << 20, max_files=3)
    async for running in serve(settings, keys):
        async with asyncio.timeout(5):
            await running.services.events.subscribed.wait()
        yield running
