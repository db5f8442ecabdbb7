"""What is refused is never dialled: each case by its id, with a dialer that would note one connection."""

import asyncio
import ssl

import pytest

from tests.worker.sandbox.test_client_hello import hello
from tests.worker.sandbox.web import HOST, PUBLIC, FakeNetwork, Runner, connect, get, lab, serving

INNER = [
    "127.0.0.1", "0.0.0.0", "10.0.0.1",  # noqa: S104
    "172.17.0.1", "192.168.65.7", "169.254.169.254", "100.100.100.200",
    "100.96.0.96", "100.80.80.80", "192.0.0.192", "168.63.129.16", "192.0.2.1", "224.0.0.1",
    "255.255.255.255",
    "::", "::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "::ffff:169.254.169.254", "::ffff:8.8.8.8",
    "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "2001:0:5601:5601::1", "2001:db8::1", "ff02::1", "nonsense",
    "",
]  # fmt: skip


async def refused(request: bytes, network: FakeNetwork, **egress: object) -> tuple[bytes, Runner]:
    """The answer to `request`; it was refused, nothing was dialled, and the audit says so."""
    runner = Runner(lab(**egress), network.network)
    answer = await runner.ask(request)
    await runner.quiet()
    assert network.dialled == []
    (record,) = runner.tunnel.account.records
    assert not record.allowed
    assert record.reason
    assert record.address is None
    assert len(runner.tunnel.refused()) == 1
    return answer, runner


@pytest.mark.parametrize("address", INNER)
async def test_N03_N04_N05_a_listed_name_that_leads_inside_is_refused(address: str) -> None:
    for answers in ([address], [PUBLIC, address], [address, PUBLIC]):
        network = FakeNetwork(answers={HOST: [answers]})
        answer, _ = await refused(connect(f"{HOST}:443"), network)
        assert answer.startswith(b"HTTP/1.1 403 Sandglass: policy 'lab' refuses api.example.org:443: ")
        assert b"not an address of the public internet" in answer
        assert network.resolved == [HOST]


@pytest.mark.parametrize(
    "authority",
    [
        "evil.example:443", "www.api.example.org:443", "data.example:443", "api.example.org.:443",
        "169.254.169.254:443", "[::1]:443", "[fd00:ec2::254]:443", "[::ffff:a9fe:a9fe]:443", "2852039166:443",
        "0xa9fea9fe:443", "0251.0376.0251.0376:443", "169.254.43518:443", "127.1:443", "0:443",
        "127.0.0.1.:443",
        "user@api.example.org:443", "user:pass@api.example.org:443", "api.example.org%2eevil.example:443",
        "api.example.org%00:443", "metadata.google.internal:443", "host.docker.internal:443", "localhost:443",
        "api.example.org", "api.example.org:https", "xn--pi-7lc.example.org:443",
    ],
)  # fmt: skip
async def test_N08_no_other_host_is_reached_by_a_tunnel(authority: str) -> None:
    network = FakeNetwork()
    answer, _ = await refused(connect(authority), network)
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"policy 'lab'" in answer.partition(b"\r\n\r\n")[2]
    assert network.resolved == []


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"CONNECT api.example.org:443\r\nHost: evil.example HTTP/1.1\r\n\r\n",
        b"CONNECT api.example.org\r\n:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"CONNECT api.example.org\x00.evil.example:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"CONNECT api.example.org :443 HTTP/1.1\r\nHost: a\r\n\r\n",
        "CONNECT аpi.example.org:443 HTTP/1.1\r\nHost: a\r\n\r\n".encode(),
        "CONNECT api。example。org:443 HTTP/1.1\r\nHost: a\r\n\r\n".encode(),
        b"CONNECT api.example.org:443 HTTP/1.1\r\n\r\n",
        b"CONNECT api.example.org:443 HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET http://api.example.org/ HTTP/1.1\r\nHost: api.example.org\r\nX:\x00\r\n\r\n",
        b"GET http://api.example.org/ HTTP/1.1\r\nHost : api.example.org\r\n\r\n",
        b"GET http://api.example.org/ HTTP/1.1\r\nHost: api.example.org\r\nContent-Length: 1, 2\r\n\r\n",
        b"GET http://api.example.org/ HTTP/1.1\r\nHost: api.example.org\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"\x16\x03\x01\x00\x05hello\r\n\r\n",
        b"\x04\x01\x01\xbb\x5d\xb8\xd8\x22\x00\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
async def test_N08_what_is_no_sound_request_is_refused(request_bytes: bytes) -> None:
    network = FakeNetwork()
    answer, _ = await refused(request_bytes, network)
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 403 ", b"HTTP/1.1 501 "))
    assert network.resolved == []


@pytest.mark.parametrize(
    ("request_bytes", "words"),
    [
        (b"GET http://api.example.org/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"Host header"),
        (b"GET http://api.example.org/ HTTP/1.1\r\nHost: api.example.org:8080\r\n\r\n", b"Host header"),
        (b"GET http://evil.example/ HTTP/1.1\r\nHost: api.example.org\r\n\r\n", b"Host header"),
        (b"CONNECT api.example.org:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"Host header"),
        (b"CONNECT api.example.org:443 HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc", b"no body"),
        (
            get(f"http://{HOST}/", "Content-Length: 3", "Transfer-Encoding: chunked", method="POST"),
            b"length twice",
        ),
        (get("http://user:pass@api.example.org/"), b"user name"),
        (get("http://169.254.169.254/latest/meta-data/"), b"IP address"),
        (get("http://api.example.org:8080/"), b"port"),
        (get("http://api.example.org:443/"), b"port"),
        (get("https://api.example.org/"), b"CONNECT"),
        (b"GET /latest HTTP/1.1\r\nHost: api.example.org\r\n\r\n", b"absolute"),
        (b"OPTIONS * HTTP/1.1\r\nHost: api.example.org\r\n\r\n", b"absolute"),
    ],
)
async def test_N08_a_request_that_means_two_things_is_refused(request_bytes: bytes, words: bytes) -> None:
    network = FakeNetwork()
    answer, _ = await refused(request_bytes, network)
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert words in answer
    assert network.resolved == []


@pytest.mark.parametrize("port", [22, 25, 80, 2375, 6443, 8443])
async def test_N11_a_tunnel_to_any_port_but_443_is_refused(port: int) -> None:
    answer, _ = await refused(connect(f"{HOST}:{port}"), FakeNetwork())
    assert b"only port 443" in answer


async def test_N10_a_name_that_turns_inside_is_refused_and_the_checked_address_is_the_dialled_one() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()

    async with serving(answer) as port:
        network = FakeNetwork(port, {HOST: [["8.8.4.4"], ["127.0.0.1"]]})
        runner = Runner(lab(), network.network)
        code = runner.open()
        await code.send(get(f"http://{HOST}/"))
        await code.until(lambda: b"204" in code.received)
        await code.send(get(f"http://{HOST}/"))
        said = await code.all()
    assert network.dialled == [("8.8.4.4", 80)]
    assert network.resolved == [HOST, HOST]
    assert b"HTTP/1.1 403 " in said
    assert [r.address for r in runner.tunnel.account.records] == ["8.8.4.4", None]


@pytest.mark.parametrize(
    ("opening", "words"),
    [
        (hello("evil.example"), "'evil.example'"),
        (hello(f"www.{HOST}"), "'www.api.example.org'"),
        (hello(None), "names no host"),
        (b"GET / HTTP/1.1\r\nHost: api.example.org\r\n\r\n", "not TLS"),
        (b"SSH-2.0-OpenSSH_9.9\r\n", "not TLS"),
        (b"EHLO evil\r\n", "not TLS"),
    ],
)
async def test_N08_a_tunnel_is_for_tls_to_the_host_that_it_was_asked_for(opening: bytes, words: str) -> None:
    network = FakeNetwork()
    answer, runner = await refused(connect(f"{HOST}:443") + opening, network)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"\x15\x03\x03\x00\x02\x02\x70"), "a fatal TLS alert: unrecognized name"
    assert words in runner.tunnel.account.records[0].reason


async def test_a_client_understands_why_its_tunnel_ended() -> None:
    runner = Runner(lab(), FakeNetwork().network)
    answer = await runner.ask(connect(f"{HOST}:443") + hello("evil.example"))
    incoming = ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(incoming, ssl.MemoryBIO(), server_hostname="evil.example")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    incoming.write(answer.partition(b"\r\n\r\n")[2])
    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        tls.do_handshake()


async def test_an_empty_list_refuses_all_and_says_so() -> None:
    answer, _ = await refused(connect(f"{HOST}:443"), FakeNetwork(), hosts=())
    assert b"the list is empty" in answer


@pytest.mark.parametrize(
    ("answers", "words"), [({HOST: [[]]}, "has no address"), ({}, "could not be reached")]
)
async def test_a_host_that_does_not_answer_is_no_refusal(
    answers: dict[str, list[list[str]]], words: str
) -> None:
    runner = Runner(lab(), FakeNetwork(0, answers).network)
    answer = await runner.ask(get(f"http://{HOST}/"))
    assert answer.startswith((b"HTTP/1.1 502 ", b"HTTP/1.1 504 "))
    (record,) = runner.tunnel.account.records
    assert record.allowed
    assert words in record.reason
    assert runner.tunnel.refused() == ()


async def test_a_resolver_that_hangs_or_fails_is_waited_for_so_long_only() -> None:
    async def hang(host: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    async def fail(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    for resolve, words in ((hang, b"not resolved within 0.1 s"), (fail, b"could not be resolved")):
        network = FakeNetwork()
        changed = type(network.network)(resolve, network.network.dial)
        runner = Runner(lab(connect_seconds=0.1), changed)
        assert words in await runner.ask(get(f"http://{HOST}/"))
        assert network.dialled == []
