"""Upload grants: bytes that a client puts by itself, to the gateway and to a real S3 service."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis.asyncio

from gateway.settings import Settings
from store.records import utc_now
from tests.gateway.conftest import CSV, Gateway, make_store, serve
from tests.gateway.test_uploads import _bomb, _packed
from tests.minio.server import ACCESS_KEY, SECRET_KEY, MinioServer

SHA = hashlib.sha256(CSV).hexdigest()
OTHER = CSV.replace(b"10", b"99")
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 32


@pytest.fixture(params=["disk", "s3"])
async def granting(request: pytest.FixtureRequest, tmp_path: Path, redis_url: str) -> AsyncIterator[Gateway]:
    url, keys = await make_store(tmp_path)
    fields: dict[str, Any] = {}
    if request.param == "s3":
        minio: MinioServer = request.getfixturevalue("minio")
        fields = {"blobs": minio.blobs_url(minio.bucket()), "s3_public_endpoint": minio.endpoint}
        fields |= {"s3_access_key": ACCESS_KEY, "s3_secret_key": SECRET_KEY}
    async with redis.asyncio.from_url(redis_url) as client:
        await client.flushdb()
    settings = Settings(store=url, redis_url=redis_url, max_upload_bytes=2 << 20, max_files=3, **fields)
    async for running in serve(settings, keys):
        yield running


async def grant(
    gateway: Gateway, content: bytes = CSV, name: str = "sales.csv", **more: Any
) -> dict[str, Any]:
    body = {"name": name, "size_bytes": len(content), **more}
    reply = await gateway.client.post("/uploads", json=body)
    assert reply.status_code == 201, reply.text
    return dict(reply.json())


async def put(gateway: Gateway, granted: dict[str, Any], content: bytes = CSV, **headers: str) -> int:
    """As any client does: to the gateway with its key, elsewhere with what was granted only."""
    sent = {**granted["headers"], "Content-Length": str(len(content)), **headers}
    if granted["url"].startswith("/"):
        return (await gateway.client.put(granted["url"], content=content, headers=sent)).status_code
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.put(granted["url"], content=content, headers=sent)).status_code


async def use(gateway: Gateway, *ids: str, path: str = "/sessions", **more: Any) -> httpx.Response:
    parts = [("uploads", (None, one)) for one in ids]
    return await gateway.client.post(path, files=[*parts, *more.pop("files", [])], **more)


async def blob_keys(gateway: Gateway) -> list[str]:
    if not gateway.settings.blobs:
        return [str(path.relative_to(gateway.blob_folder)) for path in gateway.blobs()]
    client = gateway.services.blobs._client  # type: ignore[attr-defined]
    return [one["Key"] for one in (await client.call("list_objects_v2")).get("Contents", [])]


async def test_put_by_oneself_and_used_in_a_session(granting: Gateway) -> None:
    granted = await grant(granting)
    assert granted["method"] == "PUT"
    assert granted["url"].startswith("/uploads/" if not granting.settings.blobs else "http://127.0.0.1")
    assert await put(granting, granted) in (200, 204)
    reply = await use(granting, granted["upload_id"])
    assert reply.status_code == 201, reply.text
    [file] = reply.json()["files"]
    assert (file["name"], file["size_bytes"], file["sha256"]) == ("sales.csv", len(CSV), SHA)
    session = reply.json()["session_id"]
    original = await granting.client.get(f"/sessions/{session}/files/sales.csv")
    assert original.content == CSV
    [key] = await blob_keys(granting)
    assert key.endswith(f"alpha/{session}/files/{file['file_id']}")
    assert (await granting.client.delete(f"/sessions/{session}")).status_code == 204
    assert await blob_keys(granting) == []


async def test_mixed_with_files_and_in_a_question(granting: Gateway) -> None:
    one, two = await grant(granting, name="one.csv"), await grant(granting, OTHER, name="two.csv")
    await put(granting, one)
    await put(granting, two, OTHER)
    sent = [("files", ("sent.csv", CSV))]
    reply = await use(granting, f"{one['upload_id']}, {two['upload_id']}", files=sent)
    assert [file["name"] for file in reply.json()["files"]] == ["sent.csv", "one.csv", "two.csv"]
    three, four = await grant(granting), await grant(granting)
    await put(granting, three)
    await put(granting, four)
    reply = await use(
        granting, three["upload_id"], path="/analyze", data={"question": "How many rows are there?"}
    )
    assert reply.status_code == 202, reply.text
    reply = await use(granting, four["upload_id"], path=f"/sessions/{reply.json()['session_id']}/files")
    assert reply.status_code == 201, reply.text


async def test_an_upload_is_used_once(granting: Gateway) -> None:
    granted = await grant(granting)
    await put(granting, granted)
    replies = await asyncio.gather(*(use(granting, granted["upload_id"]) for _ in range(4)))
    statuses = sorted(reply.status_code for reply in replies)
    assert statuses == [201, 409, 409, 409]
    again = await use(granting, granted["upload_id"])
    assert (again.status_code, again.json()["error"]["code"]) == (409, "upload_used")


async def test_of_two_requests_that_name_the_same_uploads_in_another_order_one_gets_them(
    granting: Gateway,
) -> None:
    one, two = await grant(granting, name="one.csv"), await grant(granting, OTHER, "two.csv")
    await put(granting, one)
    await put(granting, two, OTHER)
    ids = [one["upload_id"], two["upload_id"]]
    replies = await asyncio.gather(use(granting, *ids), use(granting, *reversed(ids)))
    assert sorted(reply.status_code for reply in replies) == [201, 409]
    in_order = [names := ["one.csv", "two.csv"], names[::-1]]
    for reply, names in zip(replies, in_order, strict=True):
        if reply.status_code == 201:
            assert [file["name"] for file in reply.json()["files"]] == names


async def test_a_repeated_request_gets_the_first_answer(granting: Gateway) -> None:
    granted = await grant(granting)
    await put(granting, granted)
    key = {"Idempotency-Key": "once"}
    first = await use(granting, granted["upload_id"], headers=key)
    assert (await use(granting, granted["upload_id"], headers=key)).json() == first.json()
    other = await grant(granting)
    await put(granting, other)
    reply = await use(granting, other["upload_id"], headers=key)
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "idempotency_conflict")
    assert (await use(granting, other["upload_id"])).status_code == 201
    assert len(await blob_keys(granting)) == 2


async def test_a_request_that_is_repeated_while_it_is_under_way_gets_the_first_answer(
    granting: Gateway,
) -> None:
    one, two = await grant(granting), await grant(granting, OTHER, "two.csv")
    await put(granting, one)
    await put(granting, two, OTHER)
    key, ids = {"Idempotency-Key": "twice"}, (one["upload_id"], two["upload_id"])
    first, second = await asyncio.gather(*(use(granting, *ids, headers=key) for _ in range(2)))
    assert first.status_code == 201, first.text
    assert second.json() == first.json()
    assert len(await blob_keys(granting)) == 2
    other = {"Idempotency-Key": "another"}
    assert (await use(granting, *ids, headers=other)).json()["error"]["code"] == "upload_used"


async def test_a_repeated_request_whose_first_answer_is_deleted_meanwhile_makes_no_empty_session(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted = await grant(gateway)
    await put(gateway, granted)
    key = {"Idempotency-Key": "once"}
    first = (await use(gateway, granted["upload_id"], headers=key)).json()

    async def gone(*_: object) -> None:
        await gateway.client.delete(f"/sessions/{first['session_id']}")

    monkeypatch.setattr("gateway.jobs.earlier", gone)
    reply = await use(gateway, granted["upload_id"], headers=key)
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "idempotency_conflict")
    assert (await gateway.client.get("/sessions")).json()["sessions"] == []


async def test_another_tenants_upload_is_not_there(granting: Gateway) -> None:
    granted = await grant(granting)
    await put(granting, granted)
    reply = await granting.other.post("/sessions", files=[("uploads", (None, granted["upload_id"]))])
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "upload_not_found")
    path = f"/uploads/{granted['upload_id']}"
    assert (await granting.other.put(path, content=CSV)).status_code == 404
    assert (await use(granting, granted["upload_id"])).status_code == 201


async def test_what_did_not_come_is_told_and_may_still_come(granting: Gateway) -> None:
    granted = await grant(granting)
    reply = await use(granting, granted["upload_id"])
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "upload_missing")
    await put(granting, granted)
    assert (await use(granting, granted["upload_id"])).status_code == 201


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("plot.csv", PNG, 415, "type_mismatch"),
        ("book.xlsx", CSV, 415, "type_mismatch"),
        ("bomb.zip", _bomb(), 413, "too_large"),
        ("nested.zip", _packed("a.csv", "b.zip"), 422, "invalid_request"),
        ("escape.zip", _packed("../a.csv"), 422, "invalid_request"),
    ],
)
async def test_what_is_not_what_its_name_says_is_refused_and_nothing_kept(
    granting: Gateway, name: str, content: bytes, status: int, code: str
) -> None:
    granted = await grant(granting, content, name)
    came = await put(granting, granted, content)
    if granting.settings.blobs:  # S3 looks at no content: the gateway does when it is used
        reply = await use(granting, granted["upload_id"])
        assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)
        assert [key.split("/")[:3] for key in await blob_keys(granting)] == [["blobs", "alpha", "uploads"]]
    else:
        assert came == status
        assert await blob_keys(granting) == []


@pytest.mark.parametrize("content", [CSV + b"x", CSV[:-1], OTHER], ids=["longer", "shorter", "other bytes"])
async def test_other_bytes_than_were_said_do_not_come_in(granting: Gateway, content: bytes) -> None:
    granted = await grant(granting, sha256=SHA)
    assert await put(granting, granted, content) in (400, 403, 422)
    assert await blob_keys(granting) == []
    assert await put(granting, granted) in (200, 204)
    assert (await use(granting, granted["upload_id"])).status_code == 201


async def test_a_longer_body_without_its_length_is_stopped(gateway: Gateway) -> None:
    granted = await grant(gateway)

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield CSV

    reply = await gateway.client.put(granted["url"], content=endless())
    assert (reply.status_code, reply.json()["error"]["code"]) == (422, "size_mismatch")
    assert gateway.blobs() == []


async def test_after_it_was_checked_nothing_that_is_put_changes_it(granting: Gateway) -> None:
    granted = await grant(granting)
    await put(granting, granted)
    made = (await use(granting, granted["upload_id"])).json()
    again = await put(granting, granted, OTHER)
    assert again == (200 if granting.settings.blobs else 409)
    original = await granting.client.get(f"/sessions/{made['session_id']}/files/sales.csv")
    assert original.content == CSV


async def test_of_two_puts_at_once_on_the_gateway_one_is_kept(gateway: Gateway) -> None:
    granted = await grant(gateway)
    statuses = await asyncio.gather(put(gateway, granted, CSV), put(gateway, granted, OTHER))
    assert sorted(statuses) == [204, 409]
    assert len(gateway.blobs()) == 1
    made = (await use(gateway, granted["upload_id"])).json()
    original = await gateway.client.get(f"/sessions/{made['session_id']}/files/sales.csv")
    assert original.content == (CSV if statuses[0] == 204 else OTHER)


async def test_a_shorter_body_without_its_length_is_refused(gateway: Gateway) -> None:
    granted = await grant(gateway)

    async def short() -> AsyncIterator[bytes]:
        yield CSV[:-1]

    reply = await gateway.client.put(granted["url"], content=short())
    assert (reply.status_code, reply.json()["error"]["code"]) == (422, "size_mismatch")
    assert gateway.blobs() == []


async def test_what_s3_does_not_take_in_one_put_goes_through_the_gateway(
    granting: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.s3_blobs._MAX_PUT_BYTES", 10)
    granted = await grant(granting)
    assert granted["url"] == f"/uploads/{granted['upload_id']}"
    assert await put(granting, granted) == 204
    made = (await use(granting, granted["upload_id"])).json()
    original = await granting.client.get(f"/sessions/{made['session_id']}/files/sales.csv")
    assert original.content == CSV


async def test_its_time_ends(granting: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    granted = await grant(granting)
    await put(granting, granted)
    late = utc_now() + timedelta(seconds=granting.settings.upload_seconds + 1)
    monkeypatch.setattr("gateway.grants.utc_now", lambda: late)
    if not granting.settings.blobs:
        assert await put(granting, await grant(granting)) == 204
    second = dict(granted, url=f"/uploads/{granted['upload_id']}")
    assert await put(granting, second) == 409
    assert (await use(granting, granted["upload_id"])).status_code == 201
    unused = await grant(granting)
    monkeypatch.setattr("gateway.grants.utc_now", lambda: late + timedelta(days=2))
    reply = await use(granting, unused["upload_id"])
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "upload_not_found")


async def test_a_request_that_fails_gives_its_uploads_back(granting: Gateway) -> None:
    good, bad = await grant(granting), await grant(granting, PNG, "plot.csv")
    await put(granting, good)
    await put(granting, bad, PNG)
    before = await blob_keys(granting)
    reply = await use(granting, good["upload_id"], bad["upload_id"])
    assert reply.status_code in (409, 415)
    reply = await use(granting, good["upload_id"], data={"hidden": "no json"})
    assert reply.status_code == 422
    assert sorted(await blob_keys(granting)) == sorted(before)
    assert (await use(granting, good["upload_id"])).status_code == 201


async def test_what_one_request_may_have_counts_for_uploads_too(gateway: Gateway) -> None:
    big = b"a,b\n" + b"1,2\n" * (300 << 10)
    ids = []
    for number in range(4):
        granted = await grant(gateway, big, f"{number}.csv")
        assert await put(gateway, granted, big) == 204
        ids.append(granted["upload_id"])
    reply = await use(gateway, *ids)
    assert (reply.status_code, reply.json()["error"]["code"]) == (422, "too_many_files")
    reply = await use(gateway, *ids[:2])
    assert (reply.status_code, reply.json()["error"]["code"]) == (413, "too_large")
    assert (await use(gateway, ids[0])).status_code == 201
    reply = await gateway.client.post("/uploads", json={"name": "a.csv", "size_bytes": (2 << 20) + 1})
    assert (reply.status_code, reply.json()["error"]["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "a.exe", "size_bytes": 3}, 415),
        ({"name": "", "size_bytes": 3}, 422),
        ({"name": "\u202e.csv\x00", "size_bytes": 3}, 422),
        ({"name": "x" * 300 + ".csv", "size_bytes": 3}, 422),
        ({"name": "a.csv", "size_bytes": 0}, 422),
        ({"name": "a.csv", "size_bytes": -1}, 422),
        ({"name": "a.csv", "size_bytes": "3"}, 422),
        ({"name": "a.csv", "size_bytes": True}, 422),
        ({"name": "a.csv", "size_bytes": 10**30}, 413),
        ({"name": "a.csv", "size_bytes": 3, "sha256": "AB" * 32}, 422),
        ({"name": "a.csv", "size_bytes": 3, "more": 1}, 422),
    ],
)
async def test_what_cannot_be_granted_is_said(gateway: Gateway, body: dict[str, Any], status: int) -> None:
    reply = await gateway.client.post("/uploads", json=body)
    assert reply.status_code == status, reply.text


@pytest.mark.parametrize("ids", [["x"], ["", ""], ["a,a"], ["../../etc"], ["a\x00b"], ["$where"]])
async def test_odd_ids_are_no_uploads(gateway: Gateway, ids: list[str]) -> None:
    assert (await use(gateway, *ids)).status_code in (404, 422)
    assert (await gateway.client.post("/sessions", files={"uploads": ("x.csv", CSV)})).status_code == 422


async def test_many_grants_that_nobody_uses_are_refused(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.grants.MAX_OPEN_UPLOADS", 2)
    granted = [await grant(gateway), await grant(gateway)]
    reply = await gateway.client.post("/uploads", json={"name": "a.csv", "size_bytes": 3})
    assert (reply.status_code, reply.json()["error"]["code"]) == (429, "too_many_uploads")
    await put(gateway, granted[0])
    await use(gateway, granted[0]["upload_id"])
    await grant(gateway)
    assert (await gateway.other.post("/uploads", json={"name": "a.csv", "size_bytes": 3})).status_code == 201
