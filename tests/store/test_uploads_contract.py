"""What every store does with upload grants: run on SQLite and on MongoDB (FerretDB)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from store.base import DuplicateError, Store
from store.records import utc_now
from tests.store import make
from tests.store.make import OTHER, TENANT

SHA = "ab" * 32


async def test_a_grant_comes_back_as_it_was_kept(store: Store) -> None:
    grant = make.upload(name="größe $x.csv", sha256=SHA)
    await store.insert_upload(grant)
    assert await store.get_upload(TENANT, grant.upload_id) == grant
    assert await store.count_uploads(TENANT) == 1
    with pytest.raises(DuplicateError):
        await store.insert_upload(grant)


async def test_it_is_one_tenants_own(store: Store) -> None:
    grant = make.upload()
    await store.insert_upload(grant)
    upload_id = grant.upload_id
    assert await store.get_upload(OTHER, upload_id) is None
    assert await store.count_uploads(OTHER) == 0
    assert await store.take_upload(OTHER, upload_id, utc_now()) is None
    assert not await store.receive_upload(OTHER, upload_id, "k/x", SHA, utc_now())
    assert not await store.free_upload(OTHER, upload_id)
    assert not await store.delete_upload(OTHER, upload_id)
    assert await store.get_upload(TENANT, upload_id) == grant


async def test_of_many_who_take_it_one_wins(
    store: Store, another_store: Callable[[], Awaitable[Store]]
) -> None:
    grant = make.upload()
    await store.insert_upload(grant)
    stores = [store, await another_store(), store, await another_store()] * 3
    taken = await asyncio.gather(*(one.take_upload(TENANT, grant.upload_id, utc_now()) for one in stores))
    assert [one.upload_id for one in taken if one is not None] == [grant.upload_id]
    assert await store.count_uploads(TENANT) == 0


async def test_what_was_given_back_can_be_taken_again(store: Store) -> None:
    grant = make.upload()
    await store.insert_upload(grant)
    now = utc_now()
    taken = await store.take_upload(TENANT, grant.upload_id, now)
    assert taken == grant.model_copy(update={"taken_at": now})
    assert await store.take_upload(TENANT, grant.upload_id, now) is None
    assert await store.free_upload(TENANT, grant.upload_id)
    assert await store.get_upload(TENANT, grant.upload_id) == grant
    assert await store.take_upload(TENANT, grant.upload_id, now) == taken


async def test_what_has_ended_is_not_taken(store: Store) -> None:
    grant = make.upload(expires_at=make.soon(10))
    await store.insert_upload(grant)
    assert await store.take_upload(TENANT, grant.upload_id, grant.expires_at) is None
    assert not await store.receive_upload(TENANT, grant.upload_id, "k/x", SHA, grant.expires_at)
    assert await store.take_upload(TENANT, grant.upload_id, make.soon(9)) is not None


async def test_bytes_are_received_once_and_not_once_it_is_taken(store: Store) -> None:
    grant, taken = make.upload(), make.upload()
    await store.insert_upload(grant)
    await store.insert_upload(taken)
    now = utc_now()
    assert await store.receive_upload(TENANT, grant.upload_id, "k/new", SHA, now)
    assert not await store.receive_upload(TENANT, grant.upload_id, "k/newer", "cd" * 32, now)
    kept = grant.model_copy(update={"blob_key": "k/new", "sha256": SHA, "received_at": now})
    assert await store.get_upload(TENANT, grant.upload_id) == kept
    assert await store.take_upload(TENANT, taken.upload_id, now) is not None
    assert not await store.receive_upload(TENANT, taken.upload_id, "k/x", SHA, now)


async def test_what_is_deleted_is_gone(store: Store) -> None:
    grant = make.upload()
    await store.insert_upload(grant)
    assert await store.delete_upload(TENANT, grant.upload_id)
    assert not await store.delete_upload(TENANT, grant.upload_id)
    assert await store.get_upload(TENANT, grant.upload_id) is None
    assert await store.take_upload(TENANT, grant.upload_id, utc_now()) is None


async def test_the_ended_ones_are_swept_of_all_tenants_the_oldest_first(store: Store) -> None:
    old, older = make.upload(expires_at=make.ago(10)), make.upload(tenant_id=OTHER, expires_at=make.ago(20))
    for grant in (old, make.upload(), older):
        await store.insert_upload(grant)
    assert await store.sweep_uploads(utc_now()) == [older, old]
    assert await store.sweep_uploads(utc_now(), limit=1) == [older]
    assert await store.sweep_uploads(utc_now(), limit=0) == []
    assert await store.sweep_uploads(make.ago(15)) == [older]


@pytest.mark.parametrize("odd", [{"$ne": ""}, None, 1])
async def test_an_id_that_is_no_text_is_refused(store: Store, odd: object) -> None:
    for work in (store.get_upload, store.free_upload, store.delete_upload):
        with pytest.raises(TypeError):
            await work(TENANT, odd)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        await store.take_upload(TENANT, odd, utc_now())  # type: ignore[arg-type]
