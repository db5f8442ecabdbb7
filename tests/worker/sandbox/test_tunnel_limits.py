"""Caps hold to the byte, what stands still is cut, and nothing is left of an attempt."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.worker.sandbox.test_client_hello import REAL
from tests.worker.sandbox.web import HOST, FakeNetwork, Runner, connect, get, lab, serving
from worker.sandbox.account import RECORDS_KEPT
from worker.sandbox.code_stream import PIECE_BYTES, WINDOW_BYTES
from worker.sandbox.frames import Frame, FrameError

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


class Server:
    """Takes what comes, and gives `gives` bytes after a head."""

    def __init__(self, gives: int = 0, head: bytes = b"") -> None:
        self.took = 0
        self._gives = gives
        self._head = head

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(self._head)
            for _ in range(0, self._gives, PIECE_BYTES):
                writer.write(bytes(PIECE_BYTES))
                await writer.drain()
            while data := await reader.read(PIECE_BYTES):
                self.took += len(data)
        except OSError:
            pass
        finally:
            writer.close()


def open_sockets() -> int:
    return sum(
        "socket" in str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.is_symlink()
    )


async def settled(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - servers and sockets have their own pace
            await asyncio.sleep(0.01)


async def test_N14_an_upload_is_cut_at_the_byte() -> None:
    server = Server()
    async with serving(server) as port:
        runner = Runner(lab(upload_bytes=100_000), FakeNetwork(port).network)
        code = runner.open()
        await code.send(connect(f"{HOST}:443") + REAL + bytes(300_000))
        await code.until(lambda: code.ended)
        await runner.quiet()
        await settled(lambda: server.took >= 100_000)
    assert server.took == 100_000
    assert code.reset
    (record,) = runner.tunnel.account.records
    assert record.sent_bytes == 100_000
    assert record.reason == "cut: the job has uploaded all that the policy allows"
    assert record.allowed
    assert runner.tunnel.refused() == (f"{HOST}: {record.reason}",)


async def test_a_download_is_cut_at_the_byte_over_all_connections_and_attempts() -> None:
    async with serving(Server(gives=8 * PIECE_BYTES)) as port:
        runner = Runner(lab(download_bytes=700_000), FakeNetwork(port).network)
        for attempt in (1, 2):
            runner.tunnel.begin(attempt)
            runner.attempt = attempt
            code = runner.open()
            await code.send(connect(f"{HOST}:443") + REAL)
            wanted = 8 * PIECE_BYTES if attempt == 1 else 700_000 - 8 * PIECE_BYTES
            await code.has(wanted + len(ESTABLISHED))
            if attempt == 2:
                await code.all()
                assert code.reset
            await runner.tunnel.end()
            assert len(code.received) == wanted + len(ESTABLISHED)
    assert sum(r.received_bytes for r in runner.tunnel.account.records) == 700_000
    assert runner.tunnel.account.records[1].reason == "cut: the job has downloaded all that the policy allows"


async def test_exactly_as_much_as_allowed_is_not_cut() -> None:
    body = b"x" * 50_000
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n" + body

    async def give(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with serving(give) as port:
        runner = Runner(lab(download_bytes=len(answer)), FakeNetwork(port).network)
        assert (await runner.ask(get(f"http://{HOST}/", "Connection: close"))).endswith(body)
        assert runner.tunnel.account.records[0].reason == ""
        again = await runner.ask(get(f"http://{HOST}/", "Connection: close"))
    assert again.startswith(b"HTTP/1.1 403 ")
    assert b"downloaded all" in again


async def test_requests_of_a_job_are_counted_refused_ones_too() -> None:
    network = FakeNetwork()
    runner = Runner(lab(requests=3), network.network)
    for _ in range(3):
        assert b"not listed" in await runner.ask(connect("evil.example:443"))
    assert b"all 3 requests" in await runner.ask(connect(f"{HOST}:443"))
    assert network.resolved == []


async def test_only_so_many_connections_are_served_at_once() -> None:
    server = Server()
    async with serving(server) as port:
        network = FakeNetwork(port)
        runner = Runner(lab(at_once=2, connect_seconds=1), network.network)
        codes = [runner.open() for _ in range(3)]
        for code in codes:
            await code.send(connect(f"{HOST}:443") + REAL)
        await codes[2].until(lambda: codes[2].reset)
        assert len(network.dialled) == 2
        assert "more than 2 connections at once" in runner.tunnel.account.records[-1].reason
        codes[0].end(reset=True)
        again = runner.open()
        await again.send(connect(f"{HOST}:443") + REAL)
        await again.until(lambda: again.received.startswith(b"HTTP/1.1 200"))
        await runner.tunnel.end()


@pytest.mark.parametrize(
    "sent", [b"", b"CONNECT api.exam", connect(f"{HOST}:443"), connect(f"{HOST}:443") + REAL[:9]]
)
async def test_a_half_open_connection_is_ended(sent: bytes) -> None:
    runner = Runner(lab(idle_seconds=0.2), FakeNetwork().network)
    code = runner.open()
    await code.send(sent)
    await code.all()
    await runner.quiet()
    assert "within 0.2 s" in runner.tunnel.account.records[0].reason


@pytest.mark.parametrize("begin", [b"", connect(f"{HOST}:443")])
async def test_a_slow_drip_has_one_clock_for_the_whole_head(begin: bytes) -> None:
    runner = Runner(lab(idle_seconds=0.3), FakeNetwork().network)
    code = runner.open()
    await code.send(begin)
    drip = REAL if begin else connect(f"{HOST}:443")
    for byte in drip:
        if code.ended:
            break
        await code.send(bytes([byte]))
        await asyncio.sleep(0.05)
    assert code.ended


async def test_a_connection_over_which_nothing_passes_is_cut() -> None:
    async with serving(Server()) as port:
        runner = Runner(lab(idle_seconds=0.6), FakeNetwork(port).network)
        code = runner.open()
        await code.send(connect(f"{HOST}:443") + REAL)
        await code.until(lambda: code.reset)
        await runner.quiet()
    assert runner.tunnel.account.records[0].reason == "cut: nothing passed for 0.6 s"
    assert runner.tunnel.refused() == ()


async def test_a_head_has_a_largest_size() -> None:
    runner = Runner(lab(), FakeNetwork().network)
    answer = await runner.ask(get(f"http://{HOST}/", f"X-Large: {'x' * 70_000}"))
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"larger than 64 KiB" in answer


async def test_code_that_does_not_read_holds_up_its_own_connection_only() -> None:
    async with serving(Server(gives=64 * PIECE_BYTES)) as port:
        runner = Runner(lab(), FakeNetwork(port).network)
        stuck, free = runner.open(), runner.open()
        stuck.holds_credit = True
        for code in (stuck, free):
            await code.send(connect(f"{HOST}:443") + REAL)
        await free.until(lambda: len(free.received) >= 64 * PIECE_BYTES)
        assert len(stuck.received) == WINDOW_BYTES
        await runner.tunnel.end()


async def test_2000_connections_in_a_row_leave_nothing_behind() -> None:
    server = Server()
    async with serving(server) as port:
        runner = Runner(lab(requests=10_000, at_once=4), FakeNetwork(port).network)
        before, tasks = open_sockets(), len(asyncio.all_tasks())
        for number in range(2000):
            code = runner.open()
            if number % 4 == 3:
                await code.send(connect(f"{HOST}:443") + REAL)
                await code.has(1)
                code.end(reset=True)
            else:
                await code.send(connect("evil.example:443"))
                assert (await code.all()).startswith(b"HTTP/1.1 403 ")
        await runner.quiet()
        await settled(lambda: open_sockets() <= before)
        await settled(lambda: len(asyncio.all_tasks()) <= tasks)
    account = runner.tunnel.account
    assert len(account.records) == RECORDS_KEPT
    assert account.notes() == ["web requests: 1,000 more than the 1,000 listed"]


async def test_the_end_of_an_attempt_ends_all_its_connections() -> None:
    async with serving(Server(gives=4 * PIECE_BYTES)) as port:
        tasks, before = asyncio.all_tasks(), open_sockets()
        network = FakeNetwork(port)
        runner = Runner(lab(), network.network)
        codes = [runner.open() for _ in range(5)]
        for code in codes[1:]:
            await code.send(connect(f"{HOST}:443") + REAL)
            await code.has(PIECE_BYTES)
        await codes[0].send(b"GET ")
        await runner.tunnel.end()
        sent = len(runner.frames)
        ours = {task for task in asyncio.all_tasks() - tasks if "Server" not in repr(task)}
        assert ours == set()
        await settled(lambda: open_sockets() <= before)
        assert len(runner.frames) == sent
    assert {r.reason for r in runner.tunnel.account.records} == {""}


async def test_a_request_without_an_answer_was_open_until_the_attempt_ended() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()

    async with serving(silent) as port:
        before = open_sockets()
        network = FakeNetwork(port)
        runner = Runner(lab(), network.network)
        await runner.open().send(get(f"http://{HOST}/"))
        await settled(lambda: bool(network.dialled))
        await runner.tunnel.end()
        await settled(lambda: open_sockets() <= before)
    assert [r.reason for r in runner.tunnel.account.records] == ["open until the attempt ended"]


def frame(kind: str, conn: Any, blob: bytes = b"", **fields: Any) -> Frame:
    return Frame({"type": kind, "conn": conn, **fields}, blob)


@pytest.mark.parametrize(
    "frames",
    [
        [frame("net_open", 1, attempt=2)],
        [frame("net_open", 0, attempt=1)],
        [frame("net_open", True, attempt=1)],
        [frame("net_open", "1", attempt=1)],
        [frame("net_open", 1, attempt=1), frame("net_open", 1, attempt=1)],
        [frame("net_data", 1, b"x")],
        [frame("net_open", 1, attempt=1), frame("net_data", 1, bytes(PIECE_BYTES + 1))],
        [frame("net_open", 1, attempt=1), *[frame("net_data", 1, bytes(PIECE_BYTES))] * 5],
        [frame("net_open", 1, attempt=1), frame("net_end", 1), frame("net_data", 1, b"x")],
        [frame("net_open", 1, attempt=1), frame("net_credit", 1, bytes=1)],
        [frame("net_open", 1, attempt=1), frame("net_credit", 1, bytes=-1)],
        [frame("net_open", 1, attempt=1), frame("net_credit", 1, bytes=True)],
        [frame("net_open", conn, attempt=1) for conn in range(1, 66)],
    ],
)
async def test_a_runner_that_breaks_the_contract_ends_its_sandbox(frames: list[Frame]) -> None:
    runner = Runner(lab(), FakeNetwork().network)

    def take_all() -> None:
        for one in frames:
            runner.tunnel.take(one)

    with pytest.raises(FrameError):
        take_all()
    await runner.tunnel.end()


async def test_late_frames_of_a_connection_that_is_over_are_dropped() -> None:
    runner = Runner(lab(), FakeNetwork().network)
    code = runner.open()
    await code.send(connect("evil.example:443"))
    await code.all()
    code.end(reset=True)
    for late in (frame("net_data", 1, b"x"), frame("net_end", 1), frame("net_credit", 1, bytes=5)):
        runner.tunnel.take(late)
    await runner.tunnel.end()
    for late in (frame("net_data", 1, b"x"), frame("net_credit", 1, bytes=5)):
        runner.tunnel.take(late)
    with pytest.raises(FrameError):
        runner.tunnel.take(frame("net_open", 2, attempt=1))
