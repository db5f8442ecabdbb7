"""What does a coverage-guided fuzzer try on the proxy that the worker is to code with an allow-list?"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
import sys
from types import SimpleNamespace
from typing import Any

import h11

from policies.egress import decide
from policies.model import Egress, Policy
from worker.sandbox import exchange
from worker.sandbox import tunnel as tunnel_module
from worker.sandbox.account import Account
from worker.sandbox.client_hello import BadHelloError, server_name
from worker.sandbox.code_stream import PIECE_BYTES, CodeStream
from worker.sandbox.dial import Network
from worker.sandbox.exchange import Exchange, Rules
from worker.sandbox.frames import Frame, FrameError
from worker.sandbox.proxy_head import HEAD_BYTES, interpret, request_headers
from worker.sandbox.tunnel import Tunnel

EGRESS = Egress(hosts=("api.example.org", "*.data.example"), idle_seconds=0.05, connect_seconds=0.05)
LAB = Policy(name="lab", network="allow-list", egress=EGRESS)
_WORDS = (
    *(
        b"GET ",
        b"CONNECT ",
        b"POST ",
        b"HEAD ",
        b" HTTP/1.1\r\n",
        b" HTTP/1.0\r\n",
        b"\r\n\r\n",
        b"\r\n",
        b"\n",
        b" ",
    ),
    *(
        b"http://",
        b"https://",
        b"api.example.org",
        b"x.data.example",
        b"evil.example",
        b":443",
        b":80",
        b":",
        b"/",
        b"@",
    ),
    *(
        b"Host: ",
        b"Content-Length: 5\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Connection: ",
        b"Expect: 100-continue\r\n",
    ),
    *(
        b"5\r\nhello\r\n",
        b"0\r\n\r\n",
        b"127.0.0.1",
        b"[::1]",
        b"2130706433",
        b"0x7f.1",
        b"\x00",
        b"\xff",
        b"%00",
        b"xn--",
    ),
    *(
        b"GET http://api.example.org/ HTTP/1.1\r\nHost: api.example.org\r\n\r\n",
        b"API.EXAMPLE.ORG.",
        b"\xe2\x80\xae",
        b"#",
        b"?",
    ),
    *(
        b"CONNECT api.example.org:443 HTTP/1.1\r\nHost: api.example.org:443\r\n\r\n",
        b"upgrade",
        b"a" * 300,
        b"\t",
    ),
)
_HOSTS = (
    *(b"api.example.org", b"api.example.org", b"x.data.example", b"API.Example.ORG", b"api.example.org."),
    *(
        b"data.example",
        b"evil.example",
        b"127.0.0.1",
        b"[::1]",
        b"2130706433",
        b"0x7f.1",
        b"xn--a.data.example",
    ),
    *(b"api.example.org%00.evil.example", b"..", b"", b"a..data.example", b"api\xc2\xadexample.org", b"\xff"),
)


def real_hello(host: str) -> bytes:
    """The first message of a TLS client that asks for `host`."""
    out = ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), out, server_hostname=host)
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return out.read()


HELLO = real_hello("api.example.org")


def client_hello(fdp: Any) -> None:
    """A ClientHello with wrong parts, whole and in pieces: never two names for one beginning."""
    data = bytearray(HELLO if fdp.ConsumeIntInRange(0, 3) == 0 else _built_hello(fdp))
    for _ in range(fdp.ConsumeIntInRange(0, 3)):
        at = fdp.ConsumeIntInRange(0, len(data))
        gone = fdp.ConsumeIntInRange(0, 4)
        data[at : at + gone] = fdp.ConsumeBytes(4)
    names: set[str | None] = set()
    for end in sorted(fdp.ConsumeIntInRange(0, len(data)) for _ in range(3)) + [len(data)]:
        try:
            names.add(server_name(bytes(data[:end])))
        except BadHelloError:
            break
    assert len(names - {None}) <= 1


def proxy_head(fdp: Any) -> None:
    """Bytes to the proxy: what h11 takes is decided on without an error, and a yes is for a listed host."""
    server = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_BYTES)
    try:
        server.receive_data(_request(fdp) or b"\r\n")
        event = server.next_event()
    except h11.RemoteProtocolError:
        return
    if not isinstance(event, h11.Request):
        return
    asked = interpret(event)
    verdict = decide(asked.asked, EGRESS)
    if verdict.allowed:
        assert verdict.host == "api.example.org" or verdict.host.endswith(".data.example")
        assert verdict.port in (80, 443)
        headers = request_headers(event, verdict.host)
        assert [value for name, value in headers if name == b"host"] == [verdict.host.encode()]
    json.dumps(exchange._record_of(asked, 1).model_dump(mode="json"), ensure_ascii=False).encode()


def proxy(fdp: Any) -> None:
    """A whole connection of the code: it ends by itself, and only a listed host is resolved."""
    asyncio.run(_converse(fdp))


def tunnel(fdp: Any) -> None:
    """Frames of connections in any order, with numbers and credits that lie: refused, or nothing is left."""
    asyncio.run(_carry(fdp))


WEB_TARGETS = {function.__name__: function for function in (client_hello, proxy_head, proxy, tunnel)}


def _built_hello(fdp: Any) -> bytes:
    def block(data: bytes, length_bytes: int) -> bytes:
        return len(data).to_bytes(length_bytes, "big") + data

    extensions = b""
    for _ in range(fdp.ConsumeIntInRange(0, 4)):
        kind = fdp.PickValueInList([0, 0, 0, 16, 43, 0xFE0D, 0xFFCE, 21])
        host = fdp.PickValueInList([b"api.example.org", b"API.example.org", b"", b"\xff", b"a" * 300])
        entries = (bytes([fdp.ConsumeIntInRange(0, 1)]) + block(host, 2)) * fdp.ConsumeIntInRange(1, 2)
        extensions += kind.to_bytes(2, "big") + block(block(entries, 2), 2)
    body = b"\x03\x03" + bytes(32) + block(b"", 1) + block(b"\x13\x01", 2) + block(b"\0", 1)
    message = b"\x01" + block(body + block(extensions, 2) + fdp.ConsumeBytes(fdp.ConsumeIntInRange(0, 1)), 3)
    step = fdp.PickValueInList([len(message), 7, 1, 100])
    pieces = [message[at : at + step] for at in range(0, len(message), step)]
    return b"".join(b"\x16\x03\x01" + block(piece, 2) for piece in pieces)


def _request(fdp: Any) -> bytes:
    """A request to a proxy, more or less."""
    if fdp.ConsumeIntInRange(0, 3) == 0:
        return b"".join(_part(fdp) for _ in range(fdp.ConsumeIntInRange(1, 12)))
    authority = fdp.PickValueInList(list(_HOSTS))
    authority += fdp.PickValueInList([b"", b"", b":80", b":443", b":81", b":0080", b":99999", b":", b":x"])
    authority = fdp.PickValueInList([b"", b"", b"", b"u:p@", b"evil.example@", b"@"]) + authority
    method = fdp.PickValueInList([b"CONNECT", b"GET", b"POST", b"HEAD", b"OPTIONS", b"connect", b"PRI"])
    target = authority if method == b"CONNECT" else b"http://" + authority + b"/" + _part(fdp)
    lines = [method + b" " + target + fdp.PickValueInList([b" HTTP/1.1", b" HTTP/1.1", b" HTTP/1.0", b""])]
    if fdp.ConsumeIntInRange(0, 7):
        lines.append(
            b"Host: " + (authority if fdp.ConsumeIntInRange(0, 3) else fdp.PickValueInList(list(_HOSTS)))
        )
    lines += [_part(fdp).strip(b"\r\n") for _ in range(fdp.ConsumeIntInRange(0, 2))]
    return (
        b"\r\n".join(lines) + b"\r\n\r\n" + b"".join(_part(fdp) for _ in range(fdp.ConsumeIntInRange(0, 2)))
    )


def _answer(fdp: Any) -> bytes:
    """What a host may say, whatever it was asked."""
    status = fdp.PickValueInList([b"200 OK", b"204 No", b"304 Not", b"101 Up", b"100 Go on", b"20 x"])
    length = fdp.PickValueInList(
        [b"Content-Length: 5", b"Transfer-Encoding: chunked", b"Content-Length: 9999", b"X: y"]
    )
    head = b"HTTP/1.1 " + status + b"\r\n" + length + b"\r\n"
    return head + b"".join(_part(fdp) for _ in range(fdp.ConsumeIntInRange(0, 2))) + b"\r\n\r\nhello"


def _part(fdp: Any) -> bytes:
    return bytes(fdp.PickValueInList(list(_WORDS)) if fdp.ConsumeIntInRange(0, 5) else fdp.ConsumeBytes(6))


async def _converse(fdp: Any) -> None:
    said = bytearray()
    sockets: list[socket.socket] = []
    answer = _answer(fdp) if fdp.ConsumeIntInRange(0, 3) else b""

    async def send(header: dict[str, Any], blob: bytes) -> None:
        said.extend(blob)
        if header["type"] == "net_data":
            code.add_credit(len(blob))

    async def resolve(host: str, port: int) -> list[str]:
        assert host == "api.example.org" or host.endswith(".data.example")
        assert port in (80, 443)
        return ["93.184.216.34"]

    async def dial(address: str, port: int) -> Any:
        if not answer:
            raise ConnectionRefusedError
        ours, theirs = socket.socketpair()
        sockets.append(theirs)
        theirs.sendall(answer)
        theirs.shutdown(socket.SHUT_WR)
        return await asyncio.open_connection(sock=ours)

    code = CodeStream(1, send)
    rules = Rules(LAB, EGRESS, Account(EGRESS), Network(resolve, dial), 1)
    conversation = asyncio.create_task(Exchange(rules, code).run())
    for _ in range(fdp.ConsumeIntInRange(1, 3)):
        data = HELLO if fdp.ConsumeIntInRange(0, 4) == 0 else _request(fdp)
        with contextlib.suppress(FrameError):
            code.feed(data[:PIECE_BYTES])
        await asyncio.sleep(0)
    code.end()
    try:
        await asyncio.wait_for(conversation, 15)
    finally:
        for end in sockets:
            end.close()
    for record in rules.account.records:
        json.dumps(record.model_dump(mode="json"), ensure_ascii=False).encode()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def _carry(fdp: Any) -> None:
    sent = 0

    async def send(header: dict[str, Any], blob: bytes) -> None:
        nonlocal sent
        json.dumps(header, allow_nan=False)
        assert len(blob) <= PIECE_BYTES
        sent += 1

    async def refuse(*_: object) -> Any:
        raise ConnectionRefusedError

    # The tunnel logs what it did not expect, and goes on; here that is a find.
    unexpected: list[object] = []
    tunnel_module.log = SimpleNamespace(exception=lambda *_: unexpected.append(sys.exc_info()[1]))
    carried = Tunnel(LAB, EGRESS, send, Network(refuse, refuse))
    carried.begin(1)
    try:
        for _ in range(fdp.ConsumeIntInRange(1, 30)):
            kind = fdp.PickValueInList(
                ["net_open", "net_open", "net_data", "net_data", "net_end", "net_credit"]
            )
            header: dict[str, Any] = {"type": kind, "attempt": 1, "conn": fdp.ConsumeIntInRange(1, 4)}
            if kind == "net_credit" or fdp.ConsumeIntInRange(0, 9) == 0:
                odd = fdp.PickValueInList(["bytes", "bytes", "bytes", "conn", "attempt", "reset"])
                header[odd] = fdp.PickValueInList([0, 1, -1, True, None, "1", 10**400, 1.5, [1], 300_000])
            blob = (
                _request(fdp)
                if kind == "net_data" and fdp.ConsumeBool()
                else bytes(fdp.ConsumeIntInRange(0, 70_000))
            )
            carried.take(Frame(header, blob))
            if fdp.ConsumeBool():
                await asyncio.sleep(0)
    except FrameError:
        pass
    await carried.end()
    carried.refused()
    assert not unexpected, unexpected
    assert sent < 1000
    assert asyncio.all_tasks() == {asyncio.current_task()}
