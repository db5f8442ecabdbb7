"""Both backends, fresh for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from store.base import Blobs, Store
from store.blob_settings import BlobSettings
from store.open import open_store
from tests.ferretdb import server
from tests.minio.server import MinioServer


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


@pytest.fixture(params=["disk", pytest.param("gridfs", marks=pytest.mark.mongo), "s3"])
def blob_environ(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """What a process must have in its environment to open the blobs of this test."""
    if request.param == "gridfs":
        return {"SANDGLASS_STORE": f"{request.getfixturevalue('ferretdb_url')}test_{uuid4().hex}"}
    environ = {"SANDGLASS_STORE": f"sqlite://{tmp_path}/store.db"}
    if request.param == "s3":
        minio: MinioServer = request.getfixturevalue("minio")
        environ |= {"SANDGLASS_BLOBS": minio.blobs_url(minio.bucket()), **minio.environ}
    return environ


@pytest.fixture
def open_place(blob_environ: dict[str, str]) -> Callable[[], Blobs]:
    """Makes one more of the blobs of this test, not opened yet."""
    fields: dict[str, Any] = {
        name.removeprefix("SANDGLASS_").lower(): value for name, value in blob_environ.items()
    }
    store_url = fields.pop("store")
    settings = BlobSettings(**fields)
    return lambda: settings.open_blobs(store_url)


@pytest_asyncio.fixture
async def blobs(open_place: Callable[[], Blobs]) -> AsyncIterator[Blobs]:
    blobs = open_place()
    await blobs.open()
    yield blobs
    await blobs.close()
