"""`sandglass blobs copy`: what lies beside the store goes to S3 and back, byte for byte."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from store.base import Blobs
from store.blobs import DiskBlobs
from tests.minio.server import MinioServer

CONTENTS = {"t/s/files/1": b"one", "t/s/task/figure-1.png": os.urandom(9 << 20), "other/s/files/2": b""}


async def _put(blobs: Blobs, contents: dict[str, bytes]) -> None:
    async def chunks(content: bytes) -> AsyncIterator[bytes]:
        yield content

    await blobs.open()
    for key, content in contents.items():
        await blobs.put(key, chunks(content), 1 << 30)
    await blobs.close()


async def _all(blobs: Blobs) -> dict[str, bytes]:
    await blobs.open()
    keys = [key async for key in blobs.keys()]  # noqa: SIM118 - no dict
    found = {key: b"".join([chunk async for chunk in blobs.get(key)]) for key in keys}
    await blobs.close()
    return found


@pytest.fixture
def minio_settings(minio: MinioServer, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    bucket = minio.bucket()
    monkeypatch.setenv("SANDGLASS_STORE", f"sqlite://{tmp_path}/store.db")
    monkeypatch.setenv("SANDGLASS_BLOBS", minio.blobs_url(bucket))
    for name, value in minio.environ.items():
        monkeypatch.setenv(name, value)
    return bucket


def test_there_and_back(
    bare_cli: Callable[..., Any], minio: MinioServer, minio_settings: str, tmp_path: Path
) -> None:
    asyncio.run(_put(DiskBlobs(tmp_path / "blobs"), CONTENTS))
    ran = bare_cli("blobs", "copy")
    assert (ran.code, ran.out) == (0, "copied 3 blobs; 0 were there already\n")
    assert minio.keys(minio_settings) == sorted(f"blobs/{key}" for key in CONTENTS)
    assert bare_cli("blobs", "copy").out == "copied 0 blobs; 3 were there already\n"
    (tmp_path / "blobs").rename(tmp_path / "before")
    assert bare_cli("blobs", "copy", "--back").out == "copied 3 blobs; 0 were there already\n"
    assert asyncio.run(_all(DiskBlobs(tmp_path / "blobs"))) == CONTENTS


def test_what_is_wrong_is_said(
    bare_cli: Callable[..., Any], minio_settings: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDGLASS_S3_SECRET_KEY", "wrong")
    ran = bare_cli("blobs", "copy")
    assert ran.code == 2
    assert "it refuses the keys" in ran.err.replace("\n", " ")
    monkeypatch.setenv("SANDGLASS_S3_SECRET_KEY", "")
    assert "SANDGLASS_S3_SECRET_KEY" in bare_cli("blobs", "copy").err
    monkeypatch.setenv("SANDGLASS_BLOBS", "")
    assert "SANDGLASS_BLOBS is not set" in bare_cli("blobs", "copy").err
