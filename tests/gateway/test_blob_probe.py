"""Does the probe of the blobs say what is so, seldom ask, and never hang?"""

import asyncio

import pytest

from gateway.blob_probe import BlobProbe
from store.base import StoreUnavailableError
from store.blobs import DiskBlobs


class Blobs(DiskBlobs):
    """Answers as it is told to."""

    def __init__(self) -> None:
        super().__init__("/nowhere")
        self.asked = 0
        self.away = False
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def ping(self) -> None:
        self.asked += 1
        await self.goes_on.wait()
        if self.away:
            raise StoreUnavailableError("no bucket")


async def test_it_says_whether_they_answer() -> None:
    blobs = Blobs()
    probe = BlobProbe(blobs, kept_seconds=0)
    assert await probe.answers()
    blobs.away = True
    assert not await probe.answers()
    blobs.away = False
    assert await probe.answers()


async def test_however_many_ask_they_are_asked_once() -> None:
    blobs = Blobs()
    probe = BlobProbe(blobs)
    assert all(await asyncio.gather(*(probe.answers() for _ in range(20))))
    assert blobs.asked == 1


async def test_blobs_that_hang_are_away_and_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.blob_probe._PATIENCE_SECONDS", 0.05)
    blobs = Blobs()
    blobs.goes_on.clear()
    probe = BlobProbe(blobs, kept_seconds=0)
    assert [await probe.answers() for _ in range(3)] == [False] * 3
    assert blobs.asked == 1
    blobs.goes_on.set()
    await asyncio.sleep(0)
    assert await probe.answers()
    await probe.close()
