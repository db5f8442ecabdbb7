"""What goes wrong with an S3 service is told in words, in time and without keys, and nothing is left half."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import botocore.auth
import httpx
import pytest

from store import s3_client
from store.base import Grant, StoreUnavailableError
from store.blob_settings import BlobSettings
from store.s3_blobs import PART_BYTES, S3Blobs
from store.waiting import Patience, wait_for_blobs
from tests.minio.server import ACCESS_KEY, SECRET_KEY, MinioServer
from tests.store.fake_s3 import CuttingProxy, fake_s3

LIMIT = 1 << 30
CSV = b"a,b\n1,2\n"


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def made(url: str, **fields: Any) -> S3Blobs:
    settings = BlobSettings(
        **{"s3_access_key": ACCESS_KEY, "s3_secret_key": SECRET_KEY, "blobs": url} | fields
    )
    blobs = settings.open_blobs("sqlite:////none/s.db")
    assert isinstance(blobs, S3Blobs)
    return blobs


async def granted(blobs: S3Blobs, sha256: str | None, seconds: int = 60) -> Grant:
    grant = await blobs.grant_put("t/new", len(CSV), sha256, seconds)
    assert grant is not None
    return grant


@pytest.fixture
def bucket(minio: MinioServer) -> str:
    return minio.bucket()


@pytest.fixture
async def blobs(minio: MinioServer, bucket: str) -> AsyncIterator[S3Blobs]:
    opened = made(minio.blobs_url(bucket), s3_public_endpoint=minio.endpoint)
    await opened.open()
    yield opened
    await opened.close()


async def test_keys_are_under_the_prefix(blobs: S3Blobs, minio: MinioServer, bucket: str) -> None:
    await blobs.put("t/s/a.csv", stream(CSV), LIMIT)
    await blobs.copy("t/s/a.csv", "t/s/b.csv")
    assert minio.keys(bucket) == ["blobs/t/s/a.csv", "blobs/t/s/b.csv"]


async def test_a_bucket_that_is_gone_does_not_answer(blobs: S3Blobs) -> None:
    await blobs.ping()
    with fake_s3() as service:
        away = made(f"s3://bucket?endpoint={service.endpoint}")
        await away.open()
        service.answers, service.asked = [(404, "NoSuchBucket")], 0
        with pytest.raises(StoreUnavailableError, match="no such bucket"):
            await away.ping()
        await away.close()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"s3_secret_key": "geheimnis"}, r"refuses the keys.*SignatureDoesNotMatch.*SANDGLASS_S3_SECRET_KEY"),
        ({"s3_access_key": "nobody"}, r"refuses the keys.*InvalidAccessKeyId.*SANDGLASS_S3_ACCESS_KEY"),
    ],
)
async def test_wrong_keys_are_told_when_it_is_opened(
    minio: MinioServer, bucket: str, fields: dict[str, str], said: str
) -> None:
    with pytest.raises(StoreUnavailableError, match=said) as caught:
        await made(minio.blobs_url(bucket), **fields).open()
    assert not {SECRET_KEY, "geheimnis"} & set(str(caught.value).split())


async def test_a_missing_bucket_is_told_and_is_no_missing_blob(minio: MinioServer) -> None:
    blobs = made(minio.blobs_url("none-there"))
    with pytest.raises(StoreUnavailableError, match=r"'none-there'.*no such bucket; make it"):
        await blobs.open()
    for work in (blobs.delete("a/b"), anext(blobs.get("a/b")), blobs.put("a/b", stream(CSV), LIMIT)):
        with pytest.raises(StoreUnavailableError, match="no such bucket"):
            await work
    await blobs.close()


async def test_a_bucket_that_is_made_later_is_waited_for(minio: MinioServer) -> None:
    name = f"late-{uuid4().hex}"
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        if len(said) == 1:
            minio.client.create_bucket(Bucket=name)

    await wait_for_blobs(made(minio.blobs_url(name)), Patience.of(20, say))
    assert "waiting for the blob store" in said[0]
    assert "no such bucket" in said[0]


async def test_wrong_keys_are_not_waited_for(minio: MinioServer, bucket: str) -> None:
    started = time.monotonic()
    with pytest.raises(StoreUnavailableError, match="refuses the keys"):
        await wait_for_blobs(made(minio.blobs_url(bucket), s3_secret_key="wrong"), Patience.of(60, print))
    assert time.monotonic() - started < 20


async def test_a_persons_aws_settings_change_nothing(
    minio: MinioServer, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "none-there")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "another")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    blobs = made(minio.blobs_url(bucket))
    await blobs.open()
    await blobs.close()


async def test_a_wrong_clock_is_told(
    minio: MinioServer, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = datetime.now(UTC) + timedelta(hours=1)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda **_: late.replace(tzinfo=None))
    with pytest.raises(StoreUnavailableError, match="its clock and that of this machine differ"):
        await made(minio.blobs_url(bucket)).open()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((507, "XMinioStorageFull"), r"it is full \(XMinioStorageFull\); make room"),
        ((403, "QuotaExceeded"), "it is full"),
        ((301, "PermanentRedirect"), "another region"),
        ((400, "Strange"), r"it refused \(Strange, HTTP 400\)"),
    ],
)
async def test_other_refusals_are_told(answer: tuple[int, str], said: str) -> None:
    with fake_s3() as service:
        blobs = made(f"s3://bucket?endpoint={service.endpoint}")
        await blobs.open()
        service.answers = [answer]
        with pytest.raises(StoreUnavailableError, match=said):
            await blobs.put("a/b", stream(CSV), LIMIT)
        await blobs.close()


async def test_a_busy_service_is_asked_again_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.01)
    with fake_s3() as service:
        blobs = made(f"s3://bucket?endpoint={service.endpoint}")
        service.answers = [(503, "SlowDown")] * 3 + [(200, "")]
        await blobs.open()
        assert service.asked == 4
        service.answers, service.asked = [(503, "SlowDown")], 0
        with pytest.raises(StoreUnavailableError, match=r"too much to do \(SlowDown\)"):
            await blobs.put("a/b", stream(CSV), LIMIT)
        assert service.asked == 4
        await blobs.close()


async def test_a_service_that_says_nothing_is_given_up(
    own_minio: MinioServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_client, "_READ_SECONDS", 1)
    monkeypatch.setattr(s3_client, "_ATTEMPTS", 2)
    blobs = made(own_minio.blobs_url(own_minio.bucket()))
    await blobs.open()
    own_minio.pause()
    started = time.monotonic()
    with pytest.raises(StoreUnavailableError, match=r"does not answer.*ReadTimeout"):
        await blobs.put("a/b", stream(CSV), LIMIT)
    assert time.monotonic() - started < 20
    own_minio.resume()
    await blobs.close()


async def test_what_is_refused_or_cancelled_leaves_no_part(
    blobs: S3Blobs, minio: MinioServer, bucket: str
) -> None:
    big = os.urandom(PART_BYTES + 1)
    with pytest.raises(Exception, match=f"more than {len(big)} bytes"):
        await blobs.put("a/b", stream(big, b"x"), len(big))
    begun = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield big
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(blobs.put("a/b", slow(), LIMIT))
    await asyncio.wait_for(begun.wait(), 30)
    assert minio.keys(bucket) != []  # so that the last line can fail
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert minio.keys(bucket) == []


async def test_closing_drops_what_is_half_put(minio: MinioServer, bucket: str) -> None:
    blobs = made(minio.blobs_url(bucket))
    await blobs.open()
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield os.urandom(PART_BYTES + 1)
        begun.set()
        await go_on.wait()

    task = asyncio.create_task(blobs.put("a/b", slow(), LIMIT))
    await asyncio.wait_for(begun.wait(), 30)
    await blobs.close()
    assert minio.keys(bucket) == []
    go_on.set()
    with pytest.raises(StoreUnavailableError, match="not open"):
        await task


async def test_killed_in_the_midst_of_an_upload_and_back_again(own_minio: MinioServer) -> None:
    bucket = own_minio.bucket()
    blobs = made(own_minio.blobs_url(bucket))
    await blobs.open()

    async def killing() -> AsyncIterator[bytes]:
        for number in range(4):
            yield os.urandom(PART_BYTES)
            if number == 1:
                own_minio.kill()

    with pytest.raises(StoreUnavailableError, match="does not answer"):
        await blobs.put("a/b", killing(), LIMIT)
    own_minio.start()
    assert not await blobs.delete("a/b")
    assert (await blobs.put("a/b", stream(CSV), LIMIT))[0] == len(CSV)
    assert b"".join([chunk async for chunk in blobs.get("a/b")]) == CSV
    await blobs.close()


async def test_killed_in_the_midst_of_a_download_is_an_error_not_an_end(own_minio: MinioServer) -> None:
    blobs = made(own_minio.blobs_url(own_minio.bucket()))
    await blobs.open()
    await blobs.put("a/b", stream(*[os.urandom(1 << 20)] * 40), LIMIT)
    chunks = blobs.get("a/b")
    assert await anext(chunks)
    own_minio.kill()
    with pytest.raises(StoreUnavailableError, match=r"a/b broke off|does not answer"):
        async for _ in chunks:
            pass
    await blobs.close()


@pytest.mark.parametrize(("cuts", "whole"), [(1, True), (3, True), (9, False)])
async def test_a_download_that_is_cut_is_taken_up_where_it_was(
    minio: MinioServer, bucket: str, cuts: int, whole: bool
) -> None:
    proxy = CuttingProxy(minio.port, 3 << 20, 0)
    proxy.start()
    blobs = made(f"s3://{bucket}?endpoint={proxy.endpoint}")
    await blobs.open()
    data = os.urandom(20 << 20)
    await blobs.put("a/b", stream(data), LIMIT)
    proxy.cuts = cuts
    read = bytearray()
    try:
        async for chunk in blobs.get("a/b"):
            read += chunk
        assert (whole, bytes(read)) == (True, data)
    except StoreUnavailableError:
        assert not whole
        assert data.startswith(read)
    await blobs.close()
    proxy.close()


async def test_replaced_while_it_is_cut_is_an_error(minio: MinioServer, bucket: str) -> None:
    proxy = CuttingProxy(minio.port, 3 << 20, 0)
    proxy.start()
    blobs = made(f"s3://{bucket}?endpoint={proxy.endpoint}")
    await blobs.open()
    await blobs.put("a/b", stream(b"1" * (20 << 20)), LIMIT)
    proxy.cuts = 1
    chunks = blobs.get("a/b")
    await anext(chunks)
    await blobs.put("a/b", stream(b"2" * (20 << 20)), LIMIT)
    with pytest.raises(StoreUnavailableError, match="broke off at byte .* or was replaced"):
        _ = [chunk async for chunk in chunks]
    await blobs.close()
    proxy.close()


async def test_a_grant_takes_what_was_said_and_nothing_else(blobs: S3Blobs) -> None:
    sha256 = hashlib.sha256(CSV).hexdigest()
    grant = await granted(blobs, sha256)
    longer = {**grant.headers, "Content-Length": str(len(CSV) + 1)}
    elsewhere = httpx.URL(grant.url)
    elsewhere = elsewhere.copy_with(path=elsewhere.path.replace("t/new", "t/other"))
    async with httpx.AsyncClient(trust_env=False) as client:
        refused = [
            await client.put(grant.url, content=CSV + b"3", headers=longer),
            await client.put(grant.url, content=CSV[:-1] + b"3", headers=grant.headers),
            await client.put(grant.url, content=CSV, headers={**grant.headers, "Content-Type": "text/html"}),
            await client.put(grant.url, content=CSV),
            await client.put(elsewhere, content=CSV, headers=grant.headers),
            await client.get(grant.url),
            await client.delete(grant.url),
        ]
        assert {400, 403} >= {reply.status_code for reply in refused}
        assert not await blobs.delete("t/new")
        assert (await client.put(grant.url, content=CSV, headers=grant.headers)).status_code == 200
        assert b"".join([chunk async for chunk in blobs.get("t/new")]) == CSV


async def test_size_type_and_hash_are_signed_each_by_itself(blobs: S3Blobs) -> None:
    plain = await granted(blobs, None)
    hashed = await granted(blobs, hashlib.sha256(CSV).hexdigest())
    unhashed = {name: value for name, value in hashed.headers.items() if "sha256" not in name}
    longer = {**plain.headers, "Content-Length": str(len(CSV) + 1)}
    async with httpx.AsyncClient(trust_env=False) as client:
        refused = [
            await client.put(plain.url, content=CSV + b"3", headers=longer),
            await client.put(plain.url, content=CSV, headers={**plain.headers, "Content-Type": "text/html"}),
            await client.put(hashed.url, content=CSV[:-1] + b"3", headers=unhashed),
        ]
    assert {400, 403} >= {reply.status_code for reply in refused}
    assert not await blobs.delete("t/new")


async def test_what_clients_cannot_put_there_is_not_granted(
    blobs: S3Blobs, minio: MinioServer, bucket: str
) -> None:
    assert await blobs.grant_put("t/new", 5 << 30, None, 60) is not None
    assert await blobs.grant_put("t/new", (5 << 30) + 1, None, 60) is None
    inside = made(minio.blobs_url(bucket))
    await inside.open()
    assert await inside.grant_put("t/new", 3, None, 60) is None
    await inside.close()


async def test_a_grant_ends(blobs: S3Blobs) -> None:
    grant = await granted(blobs, None, 1)
    async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(20):
        while (await client.put(grant.url, content=CSV, headers=grant.headers)).status_code == 200:
            pass
    assert await blobs.delete("t/new")


async def test_a_grant_is_for_where_clients_reach_the_service(minio: MinioServer, bucket: str) -> None:
    blobs = made(minio.blobs_url(bucket), s3_public_endpoint="https://files.example.org")
    await blobs.open()
    grant = await granted(blobs, None)
    assert grant.url.startswith(f"https://files.example.org/{bucket}/blobs/t/new?")
    assert SECRET_KEY not in grant.url
    await blobs.close()


async def test_it_belongs_to_the_process_that_opened_it(
    blobs: S3Blobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getpid", lambda: -1)
    with pytest.raises(StoreUnavailableError, match="after the fork"):
        await blobs.delete("a/b")
