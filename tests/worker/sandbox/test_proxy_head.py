"""Heads that h11 takes: what they ask for, what of them goes on, and that noise gives a verdict only."""

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.egress import Asked
from tests.worker.sandbox.web import FakeNetwork, Runner, connect, get, lab
from worker.sandbox.proxy_head import end_to_end, interpret, request_headers


def head(data: bytes) -> h11.Request:
    server = h11.Connection(h11.SERVER)
    server.receive_data(data)
    event = server.next_event()
    assert isinstance(event, h11.Request)
    return event


def test_a_tunnel_and_a_plain_request_are_read() -> None:
    tunnel = interpret(head(connect("api.example.org:443")))
    assert (tunnel.asked, tunnel.fault) == (Asked("https", "api.example.org", 443), "")
    plain = interpret(head(get("http://api.example.org/a?b")))
    assert (plain.asked, plain.path, plain.fault) == (Asked("http", "api.example.org", 80), "/a?b", "")


@pytest.mark.parametrize("host", ["API.example.org", "api.example.org:80"])
def test_another_spelling_of_the_same_host_is_no_fault(host: str) -> None:
    request = f"GET http://api.example.org/ HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    assert interpret(head(request)).fault == ""


def test_only_the_decided_host_goes_on_and_nothing_of_this_hop() -> None:
    request = head(
        get(
            "http://api.example.org/",
            "Connection: X-Hop, Content-Length",
            "X-Hop: 1",
            "Content-Length: 2",
            "TE: x",
        )
    )
    assert request_headers(request, "api.example.org") == [
        (b"host", b"api.example.org"), (b"content-length", b"2"), (b"connection", b"close"),
    ]  # fmt: skip
    assert end_to_end([(b"keep-alive", b"1"), (b"x", b"1")]) == [(b"x", b"1")]


NOISE = st.binary(max_size=200) | st.sampled_from(
    [connect("api.example.org:443"), get("http://api.example.org/"), b"\r\n\r\n", b"HTTP/1.1", b"Host: x\r\n"]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(NOISE, min_size=1, max_size=6))
async def test_noise_gives_a_verdict_and_nothing_else(pieces: list[bytes]) -> None:
    network = FakeNetwork()
    runner = Runner(lab(idle_seconds=5), network.network)
    code = runner.open()
    for piece in pieces:
        await code.send(piece)
    code.end()
    await code.until(lambda: code.ended)
    await runner.quiet()
    reasons = [r.reason for r in runner.tunnel.account.records]
    assert all(reasons)
    assert "the worker failed inside" not in reasons


@settings(max_examples=100, deadline=None)
@given(st.data())
async def test_a_changed_byte_of_a_head_never_reaches_another_host(data: st.DataObject) -> None:
    sent = bytearray(get("http://api.example.org/path", "Content-Length: 0"))
    sent[data.draw(st.integers(0, len(sent) - 1))] = data.draw(st.integers(0, 255))
    network = FakeNetwork()
    runner = Runner(lab(), network.network)
    code = runner.open()
    await code.send(bytes(sent))
    code.end()
    await code.until(lambda: code.ended)
    assert set(network.resolved) <= {"api.example.org"}
