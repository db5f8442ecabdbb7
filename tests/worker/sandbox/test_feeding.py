"""A sandbox asks for a file as often as it may, and its parts come: what else it says ends it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from policies.model import load_policy
from worker.sandbox.collect import Collected, TooMuchError
from worker.sandbox.feeder import Feeder, Progress
from worker.sandbox.frames import Frame, FrameError

POLICY = load_policy("default")
CHUNK = bytes(1 << 20)


class Link:
    """Keeps what is sent; nothing ever comes."""

    def __init__(self) -> None:
        self.sent: list[tuple[dict[str, Any], bytes]] = []

    async def send(self, header: dict[str, Any], blob: bytes = b"") -> None:
        self.sent.append((header, blob))

    async def receive(self) -> Frame:
        return await asyncio.Event().wait()  # type: ignore[return-value]


async def _three_chunks() -> AsyncIterator[bytes]:
    for _ in range(3):
        yield CHUNK


@asynccontextmanager
async def _feeder(link: Link) -> AsyncIterator[Feeder]:
    feeder = Feeder(link, 0, {"f": _three_chunks}, Progress())  # type: ignore[arg-type]
    try:
        yield feeder
    finally:
        await feeder.close()


def _start(number: Any = 1, size: Any = 2 << 20, **said: Any) -> Frame:
    return Frame({"type": "feed_start", "attempt": 0, "file_id": "f", "round": number, "bytes": size} | said)


def _credit(number: Any = 1, size: Any = 1 << 20) -> Frame:
    return Frame({"type": "feed_credit", "attempt": 0, "round": number, "bytes": size})


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the condition is of a fake that knows no events
            await asyncio.sleep(0)


async def test_no_more_is_sent_than_is_allowed_and_then_the_rest() -> None:
    link = Link()
    async with _feeder(link) as feeder:
        await feeder.take(_start())
        await _until(lambda: len(link.sent) == 2)
        for _ in range(50):
            await asyncio.sleep(0)
        assert len(link.sent) == 2
        await feeder.take(_credit())
        await _until(lambda: len(link.sent) == 4)
    assert [header["last"] for header, _ in link.sent] == [False, False, False, True]


async def test_credit_of_a_round_that_is_over_counts_for_nothing() -> None:
    link = Link()
    async with _feeder(link) as feeder:
        await feeder.take(_start(1, 0))
        await feeder.take(_start(2, 0))
        await feeder.take(_credit(1, 8 << 20))
        for _ in range(50):
            await asyncio.sleep(0)
        assert link.sent == []


@pytest.mark.parametrize(
    "frame",
    [
        _start(0),
        _start(2),
        _start(True),
        _start("1"),
        _start(1, None),
        _start(1, -1),
        _start(1, 1 << 40),
        _start(file_id="other"),
        _start(attempt=1),
    ],
)
async def test_a_round_that_is_not_in_order_is_refused(frame: Frame) -> None:
    async with _feeder(Link()) as feeder:
        with pytest.raises(FrameError):
            await feeder.take(frame)


async def test_rounds_and_windows_have_an_end() -> None:
    async with _feeder(Link()) as feeder:
        for number in range(1, 61):
            await feeder.take(_start(number, 0))
        with pytest.raises(FrameError, match="not in order"):
            await feeder.take(_start(61, 0))
        with pytest.raises(FrameError, match="window"):
            await feeder.take(_credit(60, 65 << 20))


def _collected(folder: Path, fed: bool = True) -> Collected:
    ids = frozenset({"f"})
    return Collected(POLICY, folder, 0, 1 << 30, ids, ids if fed else frozenset())


def _part(name: Any = "t.p0.parquet", index: Any = 0, last: bool = True, blob: bytes = b"x") -> Frame:
    header = {"type": "file", "attempt": 0, "role": "part", "name": name, "index": index, "last": last}
    return Frame(header, blob)


def test_a_part_that_begins_anew_takes_the_place_of_the_first(tmp_path: Path) -> None:
    seen = _collected(tmp_path)
    seen.take(_part(blob=b"old"))
    seen.take(_part(last=False, blob=CHUNK))
    seen.take(_part("t.p1.parquet", blob=b"other"))
    seen.take(_part(blob=b"new"))
    seen.close()
    kept = {one.name: Path(one.path).read_bytes() for one in seen.produced}
    assert kept == {"t.p0.parquet": b"new", "t.p1.parquet": b"other"}
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    "frame",
    [
        _part("t.parquet"),
        _part("../t.p0.parquet"),
        _part(None),
        _part(index=1),
        _part(last=False, blob=b"few"),
    ],
)
def test_a_part_that_may_not_come_is_refused(tmp_path: Path, frame: Frame) -> None:
    with pytest.raises(FrameError):
        _collected(tmp_path).take(frame)


def test_parts_come_of_fed_files_alone(tmp_path: Path) -> None:
    with pytest.raises(FrameError, match="may not come"):
        _collected(tmp_path, fed=False).take(_part())


def test_many_parts_do_not_open_many_files(tmp_path: Path) -> None:
    seen = _collected(tmp_path)
    for number in range(64):
        seen.take(_part(f"t{number}.p0.parquet", last=False, blob=CHUNK[:5000]))
    with pytest.raises(TooMuchError, match="parts"):
        seen.take(_part("t64.p0.parquet", last=False, blob=CHUNK[:5000]))
    seen.close()
    assert list(tmp_path.iterdir()) == []


def test_a_part_is_not_begun_anew_for_ever(tmp_path: Path) -> None:
    seen = _collected(tmp_path)
    for _ in range(60):
        seen.take(_part(blob=b""))
    with pytest.raises(TooMuchError, match="parts"):
        seen.take(_part(blob=b""))


def test_a_load_that_ends_amid_a_part_keeps_none_of_it(tmp_path: Path) -> None:
    seen = _collected(tmp_path)
    seen.take(_part(last=False, blob=CHUNK))
    seen.close()
    assert seen.produced == []
    assert list(tmp_path.iterdir()) == []
