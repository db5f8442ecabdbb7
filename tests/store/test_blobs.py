"""What goes wrong with a blob folder is told in words, and nothing is left half."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.base import StoreFullError, StoreUnavailableError
from store.blobs import DiskBlobs


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_missing_folder_above(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailableError, match="make the folder above it"):
        await DiskBlobs(tmp_path / "a" / "blobs").open()


async def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("x")
    with pytest.raises(StoreUnavailableError, match="blobs"):
        await DiskBlobs(tmp_path / "blobs").open()


async def test_folder_that_was_removed_is_no_missing_blob(tmp_path: Path) -> None:
    blobs = DiskBlobs(tmp_path / "blobs")
    await blobs.open()
    shutil.rmtree(tmp_path / "blobs")
    with pytest.raises(StoreUnavailableError, match="is not there"):
        await anext(blobs.get("a/b"))
    with pytest.raises(StoreUnavailableError, match="is not there"):
        await blobs.put("a/b", stream(b"x"), 10)
    with pytest.raises(StoreUnavailableError, match="is not there"):
        await blobs.ping()


@pytest.mark.parametrize("call", ["write", "fsync"])
async def test_a_full_disk_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    blobs = DiskBlobs(tmp_path / "blobs")
    await blobs.open()

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(StoreFullError, match="the disk is full; make room"):
            await blobs.put("a/b", stream(b"x"), 10)
    assert files(tmp_path) == []
    assert await blobs.put("a/b", stream(b"x"), 10)


async def test_a_short_write_is_carried_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = DiskBlobs(tmp_path / "blobs")
    await blobs.open()
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, bytes(data[:3])))
    await blobs.put("a/b", stream(b"0123456789"), 10)
    assert (tmp_path / "blobs/a/b").read_bytes() == b"0123456789"


async def test_a_refused_blob_leaves_no_file(tmp_path: Path) -> None:
    blobs = DiskBlobs(tmp_path / "blobs")
    await blobs.open()
    with pytest.raises(Exception, match="more than 3 bytes"):
        await blobs.put("a/b", stream(b"12", b"34"), 3)
    assert files(tmp_path) == []


async def test_deleting_the_last_blob_drops_its_folders(tmp_path: Path) -> None:
    blobs = DiskBlobs(tmp_path / "blobs")
    await blobs.open()
    await blobs.put("t/s/a", stream(b"x"), 10)
    await blobs.put("t/s2/b", stream(b"x"), 10)
    await blobs.delete("t/s/a")
    assert sorted(path.name for path in (tmp_path / "blobs/t").iterdir()) == ["s2"]


async def test_what_crashed_uploads_left_is_dropped_after_a_day(tmp_path: Path) -> None:
    blobs = DiskBlobs(tmp_path / "blobs")
    await blobs.open()
    old, young = tmp_path / "blobs/.incoming/old", tmp_path / "blobs/.incoming/young"
    old.write_bytes(b"x")
    young.write_bytes(b"x")
    os.utime(old, (time.time() - 90_000,) * 2)
    await blobs.open()
    assert files(tmp_path) == [young]


async def test_only_the_owner_may_read(tmp_path: Path) -> None:
    blobs = DiskBlobs(tmp_path / "blobs")
    await blobs.open()
    await blobs.put("t/s/a", stream(b"x"), 10)
    assert (tmp_path / "blobs").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in files(tmp_path)} == {0o600}
