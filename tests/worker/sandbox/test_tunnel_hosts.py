"""Hosts that misbehave: whatever they answer, the code gets a verdict and the worker goes on."""

import asyncio
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worker.sandbox.web import HOST, PUBLIC, Runner, get, lab
from worker.sandbox.dial import Network

OK = b"HTTP/1.1 200 OK\r\n"


class Sink:
    """Takes what is sent to a host that only exists in memory."""

    def __init__(self) -> None:
        self.sent = b""
        self.transport = self

    def write(self, data: bytes) -> None:
        self.sent += data

    async def drain(self) -> None:
        return

    def abort(self) -> None:
        return


def answering(answer: bytes) -> tuple[Network, Sink]:
    sink = Sink()

    async def resolve(host: str, port: int) -> list[str]:
        return [PUBLIC]

    async def dial(address: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader = asyncio.StreamReader()
        reader.feed_data(answer)
        reader.feed_eof()
        return reader, cast(asyncio.StreamWriter, sink)

    return Network(resolve, dial), sink


async def asked(
    answer: bytes, request: bytes = get(f"http://{HOST}/", "Connection: close")
) -> tuple[bytes, Any]:
    network, _ = answering(answer)
    runner = Runner(lab(), network)
    code = runner.open()
    await code.send(request)
    said = await code.all()
    await runner.quiet()
    (record,) = runner.tunnel.account.records
    assert record.allowed
    return said, record


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"garbage\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"HTTP/1.1 200 OK",
        OK + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        OK + b"Content-Length: -1\r\n\r\n",
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        OK + b"X: a\x00b\r\n\r\n",
        OK + b"X-Large: " + b"x" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nraw",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
)
async def test_what_is_no_answer_is_a_bad_gateway(answer: bytes) -> None:
    said, record = await asked(answer)
    assert said.startswith(b"HTTP/1.1 502 Sandglass: api.example.org:80: ")
    assert record.reason


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"Content-Length: 10\r\n\r\nhalf",
        OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhalf",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_half_an_answer_is_broken_off_and_noted(answer: bytes) -> None:
    network, _ = answering(answer)
    runner = Runner(lab(), network)
    code = runner.open()
    await code.send(get(f"http://{HOST}/"))
    await code.until(lambda: code.ended)
    assert code.reset
    assert "its answer is no sound HTTP" in runner.tunnel.account.records[0].reason


async def test_nothing_of_an_answer_beyond_its_end_goes_on() -> None:
    said, record = await asked(OK + b"Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\nsmuggled")
    assert said.endswith(b"ok")
    assert record.reason == ""


async def test_headers_of_one_hop_do_not_reach_the_code() -> None:
    head = (
        b"Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nProxy-Authenticate: x\r\nX-End: 1\r\n"
    )
    said, _ = await asked(OK + head + b"Content-Length: 0\r\n\r\n")
    assert b"x-end: 1" in said.lower()
    for gone in (b"x-hop", b"keep-alive", b"proxy-"):
        assert gone not in said.lower()


PIECES = st.sampled_from(
    [
        OK,
        b"\r\n",
        b"Content-Length: 3\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"3\r\nabc\r\n",
        b"0\r\n\r\n",
        b"abc",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES | st.binary(max_size=40), max_size=8).map(b"".join))
async def test_any_answer_gives_a_verdict_and_nothing_else(answer: bytes) -> None:
    network, sink = answering(answer)
    runner = Runner(lab(), network)
    code = runner.open()
    await code.send(get(f"http://{HOST}/", "Connection: close"))
    await code.until(lambda: code.ended)
    code.end()
    await runner.quiet()
    assert code.reset or code.received.startswith(b"HTTP/1.1 ")
    assert "failed inside" not in runner.tunnel.account.records[0].reason
    assert sink.sent.startswith(b"GET / HTTP/1.1\r\nhost: api.example.org\r\n")


async def test_a_failure_inside_the_worker_is_noted_and_ends_that_connection_alone() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise ZeroDivisionError

    runner = Runner(lab(), Network(resolve, answering(b"")[0].dial))
    code = runner.open()
    await code.send(get(f"http://{HOST}/"))
    await code.until(lambda: code.reset)
    assert runner.tunnel.account.records[0].reason == "the worker failed inside"
    assert b"not listed" in await runner.ask(get("http://evil.example/"))


async def test_what_one_attempt_was_refused_does_not_count_against_the_next() -> None:
    runner = Runner(lab(), answering(b"")[0])
    await runner.ask(get("http://evil.example/"))
    assert runner.tunnel.refused() == (
        "evil.example: it is not listed; listed are api.example.org, *.data.example",
    )
    await runner.tunnel.end()
    runner.tunnel.begin(2)
    assert runner.tunnel.refused() == ()


async def test_a_body_that_breaks_off_into_nonsense_is_noted_as_sent() -> None:
    """Its head was with the host by then: an audit that says "refused" of it would lie."""
    sink = Sink()

    async def resolve(host: str, port: int) -> list[str]:
        return [PUBLIC]

    async def dial(address: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return asyncio.StreamReader(), cast(asyncio.StreamWriter, sink)

    runner = Runner(lab(), Network(resolve, dial))
    request = f"POST http://{HOST}/ HTTP/1.1\r\nHost: {HOST}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    answer = await runner.ask(request.encode())
    (record,) = runner.tunnel.account.records
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert "illegal chunk header" in record.reason
    assert (record.allowed, record.address, record.sent_bytes) == (True, PUBLIC, len(sink.sent))
    assert sink.sent.startswith(b"POST / HTTP/1.1")
    assert len(runner.tunnel.refused()) == 1
