"""What every blob store does with bytes: run on a folder, on GridFS (FerretDB) and on S3 (MinIO)."""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.base import BlobMissingError, Blobs, BlobTooLargeError

MIB = 1024 * 1024
LIMIT = 200 * MIB
KEY = "tenant/session/file"


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def read(blobs: Blobs, key: str = KEY) -> bytes:
    return b"".join([chunk async for chunk in blobs.get(key)])


def listing(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


async def test_what_was_put_comes_back(blobs: Blobs) -> None:
    data = os.urandom(3 * MIB + 17)
    parts = [data[:10], b"", data[10 : 2 * MIB], data[2 * MIB :]]
    assert await blobs.put(KEY, stream(*parts), LIMIT) == (len(data), hashlib.sha256(data).hexdigest())
    chunks = [chunk async for chunk in blobs.get(KEY)]
    assert b"".join(chunks) == data
    assert max(map(len, chunks)) <= MIB
    assert all(chunks)


async def test_blobs_that_are_open_answer(blobs: Blobs) -> None:
    await blobs.ping()


async def test_no_bytes_are_a_blob_too(blobs: Blobs) -> None:
    assert await blobs.put(KEY, stream(), LIMIT) == (0, hashlib.sha256().hexdigest())
    assert await read(blobs) == b""
    assert await blobs.delete(KEY)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chunks=st.lists(st.binary(max_size=300), max_size=6))
async def test_any_chunks_come_back_joined(blobs: Blobs, chunks: list[bytes]) -> None:
    await blobs.put(KEY, stream(*chunks), LIMIT)
    assert await read(blobs) == b"".join(chunks)


async def test_a_second_put_replaces_the_first(blobs: Blobs) -> None:
    await blobs.put(KEY, stream(b"first"), LIMIT)
    await blobs.put(KEY, stream(b"second"), LIMIT)
    assert await read(blobs) == b"second"
    assert await blobs.delete(KEY)
    with pytest.raises(BlobMissingError):
        await read(blobs)


async def test_missing_blob_is_told_at_the_first_chunk(blobs: Blobs) -> None:
    chunks = blobs.get("tenant/none")
    with pytest.raises(BlobMissingError, match="tenant/none"):
        await anext(chunks)
    assert not await blobs.delete("tenant/none")


async def test_a_prefix_of_a_key_is_no_blob(blobs: Blobs) -> None:
    await blobs.put(KEY, stream(b"x"), LIMIT)
    for key in ("tenant", "tenant/session"):
        with pytest.raises(BlobMissingError):
            await read(blobs, key)
        assert not await blobs.delete(key)
    assert await read(blobs) == b"x"


async def test_the_limit_is_kept_to_the_byte(blobs: Blobs) -> None:
    assert (await blobs.put(KEY, stream(b"12345", b"67890"), 10))[0] == 10
    with pytest.raises(BlobTooLargeError):
        await blobs.put("tenant/big", stream(b"12345", b"678901"), 10)
    with pytest.raises(BlobMissingError):
        await read(blobs, "tenant/big")


async def test_an_endless_stream_is_stopped_at_the_limit(blobs: Blobs) -> None:
    asked = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal asked
        while True:
            asked += 1
            yield b"x" * 1000

    with pytest.raises(BlobTooLargeError):
        await blobs.put(KEY, endless(), 10_000)
    assert asked == 11


async def test_a_broken_stream_keeps_nothing_and_its_error_passes(blobs: Blobs) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * MIB
        raise ConnectionResetError("the client went away")

    with pytest.raises(ConnectionResetError, match="the client went away"):
        await blobs.put(KEY, broken(), LIMIT)
    with pytest.raises(BlobMissingError):
        await read(blobs)


async def test_a_broken_replacement_keeps_the_old_bytes(blobs: Blobs) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"new"
        raise ConnectionResetError

    await blobs.put(KEY, stream(b"old"), LIMIT)
    with pytest.raises(ConnectionResetError):
        await blobs.put(KEY, broken(), LIMIT)
    with pytest.raises(BlobTooLargeError):
        await blobs.put(KEY, stream(b"newer"), 1)
    assert await read(blobs) == b"old"


async def test_a_cancelled_put_keeps_nothing(blobs: Blobs) -> None:
    begun = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"x" * MIB
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(blobs.put(KEY, slow(), LIMIT))
    await asyncio.wait_for(begun.wait(), 30)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(BlobMissingError):
        await read(blobs)


async def test_puts_at_once_leave_the_bytes_of_one(blobs: Blobs, open_place: Callable[[], Blobs]) -> None:
    other = open_place()
    await other.open()
    contents = [bytes([number]) * 300_000 for number in range(8)]
    puts = [
        (blobs if number % 2 else other).put(KEY, stream(content[:1000], content[1000:]), LIMIT)
        for number, content in enumerate(contents)
    ]
    await asyncio.gather(*puts)
    assert await read(blobs) in contents
    assert await other.delete(KEY)
    assert not await blobs.delete(KEY)
    await other.close()


async def test_a_copy_has_the_same_bytes_and_a_life_of_its_own(blobs: Blobs) -> None:
    data = os.urandom(2 * MIB + 5)
    await blobs.put(KEY, stream(data), LIMIT)
    await blobs.put("tenant/other", stream(b"before"), LIMIT)
    for to in ("tenant/other", "tenant/a/new/one", KEY):
        await blobs.copy(KEY, to)
        assert await read(blobs, to) == data
    await blobs.put(KEY, stream(b"changed"), LIMIT)
    assert await read(blobs, "tenant/other") == data
    await blobs.delete(KEY)
    assert await read(blobs, "tenant/a/new/one") == data


async def test_all_keys_are_listed_once(blobs: Blobs) -> None:
    assert [key async for key in blobs.keys()] == []
    names = {f"tenant-{number % 3}/session/{number}.csv" for number in range(12)}
    for name in names:
        await blobs.put(name, stream(b"x"), LIMIT)
    await blobs.put(min(names), stream(b"again"), LIMIT)
    assert sorted([key async for key in blobs.keys()]) == sorted(names)


async def test_what_is_not_there_is_not_copied(blobs: Blobs) -> None:
    with pytest.raises(BlobMissingError, match="tenant/none"):
        await blobs.copy("tenant/none", KEY)
    with pytest.raises(BlobMissingError):
        await read(blobs)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "..",
        "../x",
        "a/../../x",
        "a/..",
        "a//b",
        "a/",
        "a/./b",
        ".incoming/x",
        "a\0b",
        "a\\..\\b",
        "a b",
        "é",
        "a\n",
        "x" * 1001,
        "x" * 201,
    ],
)
async def test_key_that_is_no_plain_path_is_refused(blobs: Blobs, tmp_path: Path, key: str) -> None:
    before = listing(tmp_path)
    with pytest.raises(ValueError, match="blob key"):
        await blobs.put(key, stream(b"x"), LIMIT)
    with pytest.raises(ValueError, match="blob key"):
        await anext(blobs.get(key))
    with pytest.raises(ValueError, match="blob key"):
        await blobs.delete(key)
    with pytest.raises(ValueError, match="blob key"):
        await blobs.copy("a/b", key)
    assert listing(tmp_path) == before


_HUNDRED = """
import asyncio, hashlib, os
from pathlib import Path
from store.blob_settings import BlobSettings

MIB = 1024 * 1024

def peak_kib():  # not ru_maxrss: that starts at the peak of the process which started this one
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])

async def chunks():
    for number in range(100):
        yield bytes([number]) * MIB

async def main():
    blobs = BlobSettings().open_blobs(os.environ["SANDGLASS_STORE"])
    await blobs.open()
    before = peak_kib()
    size, digest = await blobs.put("tenant/big", chunks(), 200 * MIB)
    seen = hashlib.sha256()
    async for chunk in blobs.get("tenant/big"):
        seen.update(chunk)
    grown = (peak_kib() - before) // 1024
    await blobs.close()
    print(size == 100 * MIB, digest == seen.hexdigest(), grown)

asyncio.run(main())
"""


@pytest.mark.slow
async def test_a_hundred_mebibytes_pass_in_little_memory(blob_environ: dict[str, str]) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _HUNDRED,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), **blob_environ},
    )
    out, _ = await asyncio.wait_for(process.communicate(), 120)
    whole, same, grown_mib = out.decode().split()
    assert (whole, same) == ("True", "True")
    assert 0 < int(grown_mib) < 40
