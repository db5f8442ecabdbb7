"""What goes wrong with MongoDB is told in words, and no message holds the password."""

from __future__ import annotations

import asyncio
import gc
import socket
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from pymongo import ReadPreference, WriteConcern

from store import mongo_connection
from store.base import StoreUnavailableError
from store.gridfs import GridFSBlobs
from store.mongo import MongoStore
from store.open import open_blobs, open_store
from tests.ferretdb import server
from tests.store import make
from tests.store.make import TENANT

pytestmark = pytest.mark.mongo


@pytest.fixture(autouse=True)
def forget_sockets_of_cancelled_connects() -> Iterator[None]:
    """Pymongo leaves a socket to the garbage collector when it is closed in the midst of a connect."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def nobody_listens(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(mongo_connection, "_WAIT_MS", 200)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"mongodb://user:geheim@127.0.0.1:{free.getsockname()[1]}/db"


@pytest.mark.parametrize("kind", [MongoStore, GridFSBlobs])
async def test_no_server(nobody_listens: str, kind: type[MongoStore] | type[GridFSBlobs]) -> None:
    store = kind(nobody_listens)
    with pytest.raises(StoreUnavailableError, match="MongoDB does not answer") as caught:
        await store.open()
    assert "geheim" not in str(caught.value)
    await store.close()


@pytest.mark.parametrize("url", ["mongodb://", "mongodb://u:geheim@h:port/x", "mongodb://u:ge/heim@h"])
async def test_a_url_that_is_none(url: str) -> None:
    with pytest.raises(StoreUnavailableError, match="not a MongoDB URL") as caught:
        await MongoStore(url).open()
    assert "heim" not in str(caught.value)


async def test_a_store_that_is_not_open() -> None:
    with pytest.raises(StoreUnavailableError, match="not open"):
        await MongoStore("mongodb://127.0.0.1/x").ping()
    with pytest.raises(StoreUnavailableError, match="not open"):
        await GridFSBlobs("mongodb://127.0.0.1/x").delete("a")


async def test_a_server_that_goes_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.build()
    monkeypatch.setattr(mongo_connection, "_WAIT_MS", 300)
    with server.running(tmp_path) as (url, process):
        store, blobs = open_store(url), open_blobs(url)
        await store.open()
        await blobs.open()
        session = make.session()
        await store.insert_session(session)
        process.terminate()
        await asyncio.to_thread(process.wait, 30)
        for call in (store.ping(), store.get_session(TENANT, session.session_id), blobs.delete("a")):
            with pytest.raises(StoreUnavailableError, match="MongoDB does not answer"):
                await call
        await store.close()
        await blobs.close()


async def test_an_interrupted_delete_is_repeated_without_losing_a_blob(
    ferretdb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MongoStore(f"{ferretdb_url}interrupted")
    await store.open()
    session = make.session()
    job = make.job(session.session_id)
    records = [make.file(session.session_id), make.table(session.session_id), make.artifact(job.task_id)]
    await store.insert_session(session)
    await store.insert_file(records[0])
    await store.upsert_table(records[1])
    await store.insert_job(job)
    await store.insert_artifact(records[2])

    jobs = type(store._connection.database["jobs"])
    delete_many = jobs.delete_many

    async def dies_at_tables(collection, *arguments):
        if collection.name == "tables":
            raise mongo_connection.PyMongoError("the process dies here")
        return await delete_many(collection, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "delete_many", dies_at_tables)
        with pytest.raises(StoreUnavailableError):
            await store.delete_session(TENANT, session.session_id)
    assert await store.get_job(TENANT, job.task_id) is None

    keys = await store.delete_session(TENANT, session.session_id)
    assert sorted(keys or []) == sorted(record.blob_key for record in records)
    assert await store.delete_session(TENANT, session.session_id) is None
    await store.close()


@pytest.mark.parametrize(
    "url",
    [
        "mongodb://u:p%40ss@a:27017,b:27018,c/x?replicaSet=rs0",
        "mongodb://u:p@a,b/x?replicaSet=rs0&readPreference=secondaryPreferred&w=1",
    ],
)
async def test_of_a_replica_set_the_primary_is_read_and_a_majority_keeps(url: str) -> None:
    """Whatever the URL says: a record read from behind would be claimed again."""
    connection = mongo_connection.MongoConnection(url)
    connection.open()  # connects to none yet
    database = connection.database
    assert database.name == "x"
    assert database.read_preference == ReadPreference.PRIMARY
    assert database.write_concern == WriteConcern("majority")
    assert database.client.options.replica_set_name == "rs0"
    await connection.close()
