"""Both backends, fresh for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from store.base import Blobs, Store
from store.open import open_blobs, open_store
from tests.ferretdb import server


@pytest.fixture(scope="session")
def ferretdb_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server.build()
    with server.running(tmp_path_factory.mktemp("ferretdb")) as (url, _):
        yield url


@pytest.fixture(params=["sqlite", pytest.param("mongo", marks=pytest.mark.mongo)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite://{tmp_path}/store.db"
    return f"{request.getfixturevalue('ferretdb_url')}test_{uuid4().hex}"


@pytest_asyncio.fixture
async def another_store(store_url: str) -> AsyncIterator[Callable[[], Awaitable[Store]]]:
    """Opens one more store on the same data."""
    opened: list[Store] = []

    async def open_one() -> Store:
        store = open_store(store_url)
        opened.append(store)
        await store.open()
        return store

    yield open_one
    for store in opened:
        await store.close()


@pytest_asyncio.fixture
async def store(another_store: Callable[[], Awaitable[Store]]) -> Store:
    return await another_store()


@pytest_asyncio.fixture
async def blobs(store_url: str) -> AsyncIterator[Blobs]:
    blobs = open_blobs(store_url)
    await blobs.open()
    yield blobs
    await blobs.close()
