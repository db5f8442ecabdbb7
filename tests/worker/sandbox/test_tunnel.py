"""Requests that the policy allows get through, and are in the audit; real servers on loopback answer them."""

import asyncio
import ssl
from pathlib import Path

from tests.certificates import shared_authority
from tests.worker.sandbox.web import HOST, PUBLIC, Code, FakeNetwork, Runner, connect, get, lab, serving


async def echo_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer with the request, head and body, as it came."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
    )
    body = head + await reader.readexactly(length)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX-Seen: yes\r\n\r\n" % len(body) + body)
    await writer.drain()
    writer.close()


async def echo_lines(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        writer.write(line.upper())
        await writer.drain()
    writer.close()


class Tls:
    """A TLS client of the code inside a tunnel."""

    def __init__(self, code: Code, name: str) -> None:
        self._code = code
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._seen = 0
        context = shared_authority().client_context()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=name)

    async def _until(self, work: object) -> bytes:
        while True:
            try:
                done = work()  # type: ignore[operator]
            except ssl.SSLWantReadError:
                await self._code.send(self._out.read())
                await self._code.until(lambda: len(self._code.received) > self._seen or self._code.ended)
                self._in.write(bytes(self._code.received[self._seen :]))
                self._seen = len(self._code.received)
                if self._code.ended:
                    self._in.write_eof()
                continue
            await self._code.send(self._out.read())
            return done if isinstance(done, bytes) else b""

    async def greet(self, authority: str) -> None:
        await self._code.send(connect(authority))
        await self._code.until(lambda: b"\r\n\r\n" in self._code.received)
        assert self._code.received.startswith(b"HTTP/1.1 200 ")
        self._seen = self._code.received.index(b"\r\n\r\n") + 4
        await self._until(self._tls.do_handshake)

    async def ask(self, data: bytes) -> bytes:
        self._tls.write(data)
        return await self._until(lambda: self._tls.read(1000))


async def test_a_plain_request_reaches_its_host_and_is_noted() -> None:
    async with serving(echo_http) as port:
        network = FakeNetwork(port)
        runner = Runner(lab(), network.network)
        answer = await runner.ask(get(f"http://{HOST.upper()}/a?b=1", "Connection: close", "X-Mine: 1"))
    head, _, seen = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert b"x-seen: yes" in head.lower()
    assert seen.startswith(b"GET /a?b=1 HTTP/1.1\r\nhost: api.example.org\r\n")
    assert b"x-mine: 1" in seen.lower()
    assert (network.resolved, network.dialled) == ([HOST], [(PUBLIC, 80)])
    (record,) = runner.tunnel.account.records
    assert (record.allowed, record.host, record.port, record.scheme) == (True, HOST.upper(), 80, "http")
    assert (record.method, record.address, record.reason, record.attempt) == ("GET", PUBLIC, "", 1)
    assert record.sent_bytes == len(seen)
    assert record.received_bytes > len(seen)
    assert record.seconds > 0
    await runner.quiet()


async def test_each_request_of_a_connection_is_decided_anew() -> None:
    async with serving(echo_http) as port:
        network = FakeNetwork(port)
        runner = Runner(lab(), network.network)
        code = runner.open()
        for path in ("/1", "/2"):
            await code.send(get(f"http://{HOST}{path}"))
            await code.says(f"GET {path} ".encode())
        await code.send(get("http://x.data.example/3") + get("http://evil.example/4"))
        answer = await code.all()
    assert b"GET /3 HTTP/1.1\r\nhost: x.data.example" in answer
    assert b"HTTP/1.1 403 Sandglass: policy 'lab' refuses evil.example:80: it is not listed" in answer
    assert network.dialled == [(PUBLIC, 80)] * 3
    assert [(r.host, r.allowed) for r in runner.tunnel.account.records] == [
        (HOST, True), (HOST, True), ("x.data.example", True), ("evil.example", False),
    ]  # fmt: skip
    assert [reason.split(":")[0] for reason in runner.tunnel.refused()] == ["evil.example"]


async def test_a_body_goes_up_in_any_framing_and_only_end_to_end_headers_go_on() -> None:
    async with serving(echo_http) as port:
        runner = Runner(lab(), FakeNetwork(port).network)
        sent = get(
            f"http://{HOST}/", "Content-Length: 5", "Expect: 100-continue", "Proxy-Authorization: secret",
            "Connection: close, X-Hop", "X-Hop: 1", "Upgrade: websocket", method="POST",
        )  # fmt: skip
        code = runner.open()
        await code.send(sent)
        await code.until(lambda: code.received.startswith(b"HTTP/1.1 100"))
        await code.send(b"hello")
        seen = (await code.all()).lower()
    assert seen.endswith(b"hello")
    for gone in (b"secret", b"x-hop", b"upgrade", b"expect"):
        assert gone not in seen


async def test_a_tunnel_carries_tls_to_the_host_that_it_names(tmp_path: Path) -> None:
    context = shared_authority().server_context(tmp_path, HOST)
    async with serving(echo_lines, ssl=context) as port:
        network = FakeNetwork(port)
        runner = Runner(lab(), network.network)
        code = runner.open()
        tls = Tls(code, HOST)
        await tls.greet(f"{HOST}:443")
        assert await tls.ask(b"hello\n") == b"HELLO\n"
        assert await tls.ask(b"again\n") == b"AGAIN\n"
        code.end()
        await code.until(lambda: code.ended)
        await runner.quiet()
    (record,) = runner.tunnel.account.records
    assert (record.method, record.scheme, record.allowed, record.reason) == ("CONNECT", "https", True, "")
    assert network.dialled == [(PUBLIC, 443)]
    assert record.sent_bytes > 300
    assert record.received_bytes > 500


async def test_answers_of_every_framing_come_whole() -> None:
    answers = [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\nabcdef",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabcdef",
    ]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answers.pop(0))
        await writer.drain()
        writer.close()

    async with serving(answer) as port:
        runner = Runner(lab(), FakeNetwork(port).network)
        for _ in range(3):
            seen = await runner.ask(get(f"http://{HOST}/", "Connection: close"))
            body = seen.partition(b"\r\n\r\n")[2]
            assert b"".join(body.split(b"\r\n")).translate(None, b"0123456789") == b"abcdef"
        head = runner.open()
        answers.append(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n")
        await head.send(get(f"http://{HOST}/", "Connection: close", method="HEAD"))
        assert (await head.all()).lower().count(b"content-length: 6\r\n") == 1


async def test_N09_a_host_that_redirects_inside_gives_no_way_in() -> None:
    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with serving(redirect) as port:
        network = FakeNetwork(port)
        runner = Runner(lab(), network.network)
        first = await runner.ask(get(f"http://{HOST}/", "Connection: close"))
        target = first.partition(b"location: ")[2].partition(b"\r\n")[0].decode()
        second = await runner.ask(get(target))
    assert second.startswith(b"HTTP/1.1 403 ")
    assert b"IP address" in second
    assert network.dialled == [(PUBLIC, 80)]
